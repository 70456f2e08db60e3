"""A small world for tests: a project, its coordinator, partners, a school and a host, and a call that is open.

Everything is made through the services, lazily and once: `world.call()` makes the project it needs.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.errors import InvalidInput
from domain.models.activities import Activity, ActivityCode, Profile
from domain.models.applications import Application, SubmittedVia
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.models.links import Link, LinkKind
from domain.models.mobilities import Mobility
from domain.models.organisations import Membership, Organisation, OrganisationType, Role
from domain.models.participants import Participant
from domain.models.projects import ActionType, Project, ProjectState
from domain.models.tokens import Scope
from domain.policies import OPERATOR, Principal
from domain.services import (
    applications,
    calls,
    decisions,
    links,
    memberships,
    mobilities,
    participants,
    projects,
    tokens,
)
from domain.services.applications import ApplicationInput, PersonInput
from domain.services.calls import CallInput
from domain.services.consents import ConsentInput
from domain.services.destinations import DestinationInput
from domain.services.memberships import MemberInput
from domain.services.mobilities import MobilityInput
from domain.services.participants import ParticipantInput
from domain.services.projects import ProjectInput
from domain.services.tokens import TokenInput
from domain.transaction import Database, reading, transaction

# name: (country, roles, the national partner above it)
MEMBERS: dict[str, tuple[str, tuple[Role, ...], str | None]] = {
    "coordinator": ("IT", (Role.COORDINATOR,), None),
    "partner": ("RS", (Role.NATIONAL_PARTNER,), None),
    "albanian_partner": ("AL", (Role.NATIONAL_PARTNER,), None),
    "school": ("RS", (Role.SENDING,), "partner"),
    "albanian_school": ("AL", (Role.SENDING,), "albanian_partner"),
    "host": ("FR", (Role.RECEIVING,), None),
    "agency": ("BE", (Role.AUTHORITY,), None),
    "network": ("BE", (Role.NETWORK,), None),
}
STRANGER = "stranger"  # an organisation of no project
LINK_KEY = "a key for links in tests, of no use elsewhere"


class World:
    """Makes what a test names."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self._ids: dict[str, UUID] = {}
        self._tokens: dict[tuple[str, frozenset[Scope], str | None], str] = {}

    def do(self, verb: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a service in a transaction of its own, as the operator unless told otherwise, now."""
        with transaction(self.database) as session:
            return verb(session, *args, **{"by": OPERATOR, "at": self.clock(), **options})

    def refused(self, verb: Callable[..., Any], *args: Any, **options: Any) -> list[tuple[str, str]]:
        """What a service finds wrong with its input: the pointer and the code of each finding."""
        with pytest.raises(InvalidInput) as caught:
            self.do(verb, *args, **options)
        return [(finding.pointer, finding.code) for finding in caught.value.findings]

    def read(self, query: Any) -> list[Any]:
        """What the database holds."""
        with reading(self.database) as session:
            return list(session.scalars(query))

    def recorded(self) -> list[EventType]:
        """The events so far, first to last."""
        return self.read(select(Event.type).order_by(Event.id))

    def principal(self, name: str, **options: Any) -> Principal:
        """The organisation called `name` as a caller; options are those of its token."""
        secret = self.token(name, **options)
        with reading(self.database) as session:
            return tokens.authenticate(session, secret, at=self.clock())

    def organisation(self, name: str) -> UUID:
        """The organisation called `name`, in the project with its role there."""
        if name not in self._ids:
            country, roles, parent = MEMBERS.get(name, ("DE", (), None))
            project_id = self.project() if roles and name != "coordinator" else None
            parent_id = self.organisation(parent) if parent else None
            with transaction(self.database) as session:
                self._ids[name] = self._organisation(session, name, country)
                if project_id is not None:
                    session.add(self._membership(name, project_id, roles, parent_id))
        return self._ids[name]

    def names(self) -> dict[str, UUID]:
        """Everything made so far that has a name."""
        return dict(self._ids)

    def project(self) -> UUID:
        """The project TEST, ongoing."""
        if "project" not in self._ids:
            coordinator_id = self.organisation("coordinator")
            with transaction(self.database) as session:
                coordinator = session.get_one(Organisation, coordinator_id)
                project = projects.create_project(
                    session, PROJECT, by=OPERATOR, at=self.clock(), coordinator=coordinator
                )
                projects.advance_project(session, "TEST", ProjectState.ONGOING, by=OPERATOR, at=self.clock())
                self._ids["project"] = project.id
        return self._ids["project"]

    def other_project(self, coordinator: str, *members: str) -> str:
        """The code of another project, ongoing, that `coordinator` has founded and taken `members` into as schools."""
        founder_id, ids = self.organisation(coordinator), [self.organisation(name) for name in members]
        with transaction(self.database) as session:
            founder = session.get_one(Organisation, founder_id)
            wanted = replace(PROJECT, code="OTHER")
            project = projects.create_project(session, wanted, by=OPERATOR, at=self.clock(), coordinator=founder)
            projects.advance_project(session, "OTHER", ProjectState.ONGOING, by=OPERATOR, at=self.clock())
            for organisation_id in ids:
                member = MemberInput(organisation_id, roles=[Role.SENDING])
                memberships.add_member(session, project, member, by=OPERATOR, at=self.clock())
        return "OTHER"

    def activity(self, code: ActivityCode = ActivityCode.SHORT_TERM_LEARNER) -> UUID:
        """An activity of the project."""
        if code not in self._ids:
            project_id = self.project()
            with transaction(self.database) as session:
                self._ids[code] = self._activity(session, project_id, code)
        return self._ids[code]

    def call_input(self, **changes: Any) -> CallInput:
        """A call of the Serbian partner for three weeks in Lyon, open for 30 days from yesterday."""
        now = self.clock()
        wanted = CallInput(
            project=self.project_code(),
            activity_id=self.activity(),
            owner_id=self.organisation("partner"),
            title={"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону"},
            summary={"en": "For cooks.", "sr-Cyrl": "За куваре."},
            description={"en": "Work and learn.", "sr-Cyrl": "Радите и учите."},
            eligible_countries=["RS"],
            places=2,
            timezone="Europe/Belgrade",
            destinations=(
                DestinationInput(
                    country="FR",
                    city="Lyon",
                    host_id=self.organisation("host"),
                    places=2,
                    starts_on=date(2027, 2, 1),
                    ends_on=date(2027, 2, 21),
                ),
            ),
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=29),
            form=[MOTIVATION],
            public_intake=True,
            consent_purposes=["processing"],
        )
        return replace(wanted, **changes)

    def draft(self, **changes: Any) -> Call:
        """A call that isn't published."""
        return self.do(calls.create_call, self.call_input(**changes))  # type: ignore[no-any-return]

    def call(self, **changes: Any) -> Call:
        """A published call."""
        return self.do(calls.publish_call, str(self.draft(**changes).id))  # type: ignore[no-any-return]

    def application_input(self, name: str = "Ana", **changes: Any) -> ApplicationInput:
        """An application of somebody called `name`."""
        person = PersonInput(
            given_names=name,
            family_name="Petrović",
            email=f"{name.lower()}@example.org",
            birth_date=date(2005, 3, 8),
            country="RS",
        )
        wanted = ApplicationInput(
            person=person,
            answers={"motivation": "I want to learn."},
            consents=(ConsentInput(purpose="processing", granted=True, text_version="1", lang="en"),),
        )
        return replace(wanted, **changes)

    def application(self, call: Call, name: str = "Ana", **changes: Any) -> Application:
        """A submitted application."""
        wanted = self.application_input(name, **changes)
        return self.do(  # type: ignore[no-any-return]
            applications.submit_application, str(call.id), wanted, via=SubmittedVia.API
        )

    def agreed(self, *purposes: str) -> tuple[ConsentInput, ...]:
        """Consents to these, as they are sent."""
        return tuple(ConsentInput(purpose=one, granted=True, text_version="1", lang="en") for one in purposes)

    def saved(self, call: Call, name: str = "Ana", **changes: Any) -> Application:
        """A draft, with all that is needed unless told otherwise."""
        wanted = self.application_input(name, **changes)
        return self.do(applications.save_draft, str(call.id), wanted, via=SubmittedVia.API)  # type: ignore[no-any-return]

    def secret(self, application: Application, kind: LinkKind = LinkKind.APPLICANT) -> str:
        """The secret of the applicant's link, or of the guardian's."""
        live = (Link.application_id == application.id, Link.kind == kind, Link.revoked_at.is_(None))
        return links.secret_of(self.read(select(Link.id).where(*live))[0], key=LINK_KEY)

    def applicant(self, application: Application, kind: LinkKind = LinkKind.APPLICANT) -> Principal:
        """Who applied, or their guardian, as they come by their link."""
        with reading(self.database) as session:
            return links.authenticate(session, self.secret(application, kind), key=LINK_KEY)

    def minor(self, call: Call, name: str = "Ana", **changes: Any) -> Application:
        """An application of somebody who is sixteen, with a guardian who has yet to consent."""
        young = replace(self.application_input(name).person, birth_date=date(2010, 3, 8))
        return self.application(call, name, person=young, guardian=GUARDIAN, **changes)

    def eligible(self, call: Call, name: str = "Ana") -> Application:
        """An application that may take part in the selection."""
        application = self.application(call, name)
        return self.do(  # type: ignore[no-any-return]
            decisions.decide_eligibility, application.id, eligible=True, reason=None
        )

    def selection(self, *names: str, **changes: Any) -> list[Application]:
        """Eligible applications of those named, to one call whose selection has begun."""
        call = self.call(**changes)
        found = [self.eligible(call, name) for name in names]
        self.do(calls.begin_selection, str(call.id), at=call.closes_at)
        return found

    def participant_input(self, name: str = "Ana", **changes: Any) -> ParticipantInput:
        """Somebody called `name`, of age, from the Serbian school."""
        wanted = ParticipantInput(
            given_names=name,
            family_name="Petrović",
            country="RS",
            sending_organisation_id=self.organisation("school"),
            birth_date=date(2005, 3, 8),
        )
        return replace(wanted, **changes)

    def participant(self, name: str = "Ana", **changes: Any) -> Participant:
        """A participant of the project."""
        project_id, wanted = self.project(), self.participant_input(name, **changes)
        with transaction(self.database) as session:
            project = session.get_one(Project, project_id)
            return participants.create_participant(session, project, wanted, by=OPERATOR, at=self.clock())

    def mobility_input(self, participant_id: UUID, **changes: Any) -> MobilityInput:
        """Three weeks with the host in Lyon that break no rule."""
        wanted = MobilityInput(
            project=self.project_code(),
            participant_id=participant_id,
            activity_id=self.activity(),
            receiving_id=self.organisation("host"),
            receiving_country="FR",
            receiving_city="Lyon",
            start_date=date(2027, 2, 1),
            end_date=date(2027, 2, 21),
        )
        return replace(wanted, **changes)

    def mobility(self, participant: Participant | None = None, **changes: Any) -> Mobility:
        """A nominated mobility, of Ana unless told."""
        goes = participant or self.participant()
        return self.do(mobilities.create_mobility, self.mobility_input(goes.id, **changes))  # type: ignore[no-any-return]

    def live(self, mobility: Mobility) -> Mobility:
        """The mobility, confirmed and begun."""
        self.do(mobilities.confirm_mobility, mobility.id)
        return self.do(mobilities.start_mobility, mobility.id)  # type: ignore[no-any-return]

    def token(self, name: str, *, scopes: frozenset[Scope] = frozenset(Scope), project: str | None = None) -> str:
        """A token of the organisation called `name`, narrowed to a project if one is named."""
        if (name, scopes, project) not in self._tokens:
            self.project()
            wanted = TokenInput(
                holder=f"{name}'s clerk",
                scopes=sorted(scopes),
                organisation_id=self.organisation(name),
                project=project,
            )
            self._tokens[name, scopes, project] = self.do(tokens.create_token, wanted).secret
        return self._tokens[name, scopes, project]

    def project_code(self) -> str:
        """The code of the project, once it is there."""
        self.project()
        return PROJECT.code

    def _organisation(self, session: Session, name: str, country: str) -> UUID:
        organisation = Organisation(
            id=new_id(),
            legal_name=f"The {name}",
            type=OrganisationType.OTHER,
            country=country,
            created_at=self.clock(),
            updated_at=self.clock(),
        )
        session.add(organisation)
        return organisation.id

    def _membership(self, name: str, project_id: UUID, roles: tuple[Role, ...], parent_id: UUID | None) -> Membership:
        return Membership(
            id=new_id(),
            project_id=project_id,
            organisation_id=self._ids[name],
            roles=list(roles),
            parent_id=parent_id,
            created_at=self.clock(),
            updated_at=self.clock(),
        )

    def _activity(self, session: Session, project_id: UUID, code: ActivityCode) -> UUID:
        activity = Activity(
            id=new_id(),
            project_id=project_id,
            key=code.value,
            code=code,
            profile=Profile.LEARNER,
            title={"en": code.value},
            created_at=self.clock(),
            updated_at=self.clock(),
        )
        session.add(activity)
        return activity.id


PROJECT = ProjectInput(
    code="TEST",
    title={"en": "A project for tests"},
    action_type=ActionType.KA121_VET,
    rule_set="KA1-VET-2021",
    starts_on=date(2026, 1, 1),
    ends_on=date(2028, 12, 31),
    languages=["en", "sr-Cyrl"],
)
GUARDIAN: dict[str, Any] = {
    "given_names": "Vesna",
    "family_name": "Petrović",
    "email": "vesna@example.org",
    "phone": None,
    "relation": "mother",
}
MOTIVATION = {
    "name": "motivation",
    "type": "long_text",
    "label": {"en": "Why do you want to go?", "sr-Cyrl": "Зашто желите да идете?"},
    "required": True,
    "max_length": 2000,
}
