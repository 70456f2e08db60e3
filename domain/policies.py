"""Who may do and see what. Every list, item, export, event, webhook and write asks here and nowhere else.

`visible_<nouns>(by)` is a condition for a query; `may_<verb>(by, thing)` returns quietly or raises Forbidden. What
isn't visible is not found: the caller learns nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from domain.db import holds
from domain.errors import Forbidden
from domain.models.activities import Activity, ReportedFigure, Target
from domain.models.applications import Application
from domain.models.calls import Call, was_published
from domain.models.consents import Purpose
from domain.models.documents import Document
from domain.models.events import Event, EventType
from domain.models.imports import Import
from domain.models.mobilities import Mobility, MobilityState
from domain.models.organisations import Membership, Organisation, Role
from domain.models.participants import Participant
from domain.models.projects import Project, ProjectState
from domain.models.tokens import Scope, Token
from domain.models.webhooks import Endpoint

ALL_SCOPES = frozenset(Scope)
# From these on a host knows the names of those it hosts.
NAMES_KNOWN = frozenset(MobilityState) - {MobilityState.NOMINATED, MobilityState.CANCELLED}
ANY_MEMBER = frozenset(Role)
# Who applies for others, and as whose an application is sent.
SENDERS = frozenset({Role.COORDINATOR, Role.NATIONAL_PARTNER, Role.SENDING})
# The scopes without which less of an event, or of what it is about, is shown.
SHOWING = (
    Scope.EVENTS_READ,
    Scope.CALLS_READ,
    Scope.APPLICATIONS_READ,
    Scope.MOBILITIES_READ,
    Scope.PERSONAL_READ,
    Scope.SENSITIVE_READ,
)
EVENTS_FOR_AUTHORITIES = tuple(kind for kind in EventType if kind.startswith(("call.", "mobility.", "project.")))


@dataclass(frozen=True)
class Standing:
    """What the caller's organisation is in one project, and which organisations it looks after there."""

    project_id: UUID
    roles: frozenset[Role]
    charges: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Principal:
    """Who is calling: an organisation's token, an applicant by a link, the public, or this installation's operator."""

    organisation_id: UUID | None = None
    country: str | None = None
    token_id: UUID | None = None
    holder: str = ""
    scopes: frozenset[Scope] = frozenset()
    standings: tuple[Standing, ...] = ()
    operator: bool = False
    within: UUID | None = None  # the one project that the token is narrowed to
    unnoted: bool = False  # the token's first use of the day has not been noted yet
    link_id: UUID | None = None  # of the link by which an applicant comes,
    application_id: UUID | None = None  # and the one application that it opens;
    guardian_of: UUID | None = None  # for a guardian, the application to which they are asked to consent

    def projects(self, *roles: Role) -> list[UUID]:
        """The projects in which the caller has any of `roles`."""
        return [standing.project_id for standing in self.standings if standing.roles & frozenset(roles)]

    def has(self, project_id: UUID, *roles: Role) -> bool:
        """Whether the caller has any of `roles` in this project; the operator has all."""
        return self.operator or project_id in self.projects(*roles)

    def looks_after(self, organisation_id: UUID, project_id: UUID | None = None) -> bool:
        """Whether the organisation is in the caller's charge: its school, or any member of a project it coordinates."""
        return self.operator or any(
            organisation_id in standing.charges
            for standing in self.standings
            if project_id in (None, standing.project_id)
        )


PUBLIC = Principal()
OPERATOR = Principal(operator=True, holder="operator", scopes=ALL_SCOPES)


def _everything(by: Principal, *scopes: Scope) -> ColumnElement[bool] | None:
    """All rows for the operator, none for a caller without a scope that it takes; else the roles decide."""
    if by.operator:
        return true()
    return None if by.scopes.issuperset(scopes) else false()


def _country_projects(by: Principal, project_id: Any, in_country: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(project_id.in_(by.projects(Role.NATIONAL_PARTNER)), in_country)


def _own(by: Principal, owner_id: Any, project_id: Any) -> ColumnElement[bool]:
    """What is the caller's own; for a token narrowed to a project, what of it belongs to that project."""
    # Whoever coordinates a project makes tokens for its members, narrowed to it: they must open nothing else of theirs.
    return and_(owner_id == by.organisation_id, true() if by.within is None else project_id == by.within)


# ── who sees ──────────────────────────────────────────────────────────────────────────────────────────────────────


def visible_calls(by: Principal) -> ColumnElement[bool]:
    """Everyone sees what was published; drafts are for their owner, the coordinator, and the country's partner."""
    published = was_published()
    everything = _everything(by, Scope.CALLS_READ)
    if everything is not None:
        return or_(published, everything)
    return or_(
        published,
        _own(by, Call.owner_id, Call.project_id),
        Call.project_id.in_(by.projects(Role.COORDINATOR)),
        _country_projects(by, Call.project_id, holds(Call.eligible_countries, by.country or "")),
    )


def visible_applications(by: Principal) -> ColumnElement[bool]:
    """The coordinator sees all, a national partner its country's and its calls', a school what it submitted.

    Who comes by a link of their own sees the one application that it is for.
    """
    if by.link_id is not None:
        return Application.id == (by.application_id or by.guardian_of)
    everything = _everything(by, Scope.APPLICATIONS_READ)
    if everything is not None:
        return everything
    members = by.projects(*ANY_MEMBER)
    return or_(
        Application.project_id.in_(by.projects(Role.COORDINATOR)),
        _country_projects(by, Application.project_id, Application.country == by.country),
        and_(
            Application.project_id.in_(by.projects(Role.NATIONAL_PARTNER)),
            Application.call_id.in_(select(Call.id).where(Call.owner_id == by.organisation_id)),
        ),
        and_(
            Application.project_id.in_(members),
            or_(Application.sending_id == by.organisation_id, Application.submitted_by_id == by.organisation_id),
        ),
    )


def visible_documents(by: Principal) -> ColumnElement[bool]:
    """Who sees an application sees which files belong to it."""
    return Document.application_id.in_(select(Application.id).where(visible_applications(by)))


def visible_participants(by: Principal) -> ColumnElement[bool]:
    """The coordinator, the country's partner, and the school whose person it is. Persons need their own scope."""
    everything = _everything(by, Scope.MOBILITIES_READ, Scope.PERSONAL_READ)
    if everything is not None:
        return everything
    return or_(
        Participant.project_id.in_(by.projects(Role.COORDINATOR)),
        _country_projects(by, Participant.project_id, Participant.country == by.country),
        and_(Participant.project_id.in_(by.projects(Role.SENDING)), Participant.sending_id == by.organisation_id),
    )


def visible_mobilities(by: Principal) -> ColumnElement[bool]:
    """Both ends of the journey, the country's partner, the coordinator; an authority without names."""
    everything = _everything(by, Scope.MOBILITIES_READ)
    if everything is not None:
        return everything
    members = by.projects(*ANY_MEMBER)
    return or_(
        Mobility.project_id.in_(by.projects(Role.COORDINATOR, Role.AUTHORITY)),
        _country_projects(by, Mobility.project_id, Mobility.sending_country == by.country),
        and_(
            Mobility.project_id.in_(members),
            or_(Mobility.sending_id == by.organisation_id, Mobility.receiving_id == by.organisation_id),
        ),
    )


def visible_projects(by: Principal) -> ColumnElement[bool]:
    """Members see their projects; everyone sees those that have begun (their calls and statistics are public)."""
    begun = Project.state != ProjectState.DRAFT
    everything = _everything(by)
    return everything if everything is not None else or_(begun, Project.id.in_(by.projects(*ANY_MEMBER)))


def visible_memberships(by: Principal) -> ColumnElement[bool]:
    """Who takes part in a project is known to its members."""
    everything = _everything(by)
    return everything if everything is not None else Membership.project_id.in_(by.projects(*ANY_MEMBER))


def visible_organisations(by: Principal) -> ColumnElement[bool]:
    """One's own, and those one shares a project with."""
    everything = _everything(by)
    if everything is not None:
        return everything
    partners = select(Membership.organisation_id).where(Membership.project_id.in_(by.projects(*ANY_MEMBER)))
    return or_(Organisation.id == by.organisation_id, Organisation.id.in_(partners))


def visible_activities(by: Principal) -> ColumnElement[bool]:
    """What a project offers is as public as the project."""
    return Activity.project_id.in_(select(Project.id).where(visible_projects(by)))


def visible_targets(by: Principal) -> ColumnElement[bool]:
    """What a project promised is known to its members."""
    everything = _everything(by)
    return everything if everything is not None else Target.project_id.in_(by.projects(*ANY_MEMBER))


def visible_reported_figures(by: Principal) -> ColumnElement[bool]:
    """Gathered figures are shown to the project's members."""
    everything = _everything(by)
    return everything if everything is not None else ReportedFigure.project_id.in_(by.projects(*ANY_MEMBER))


def visible_tokens(by: Principal) -> ColumnElement[bool]:
    """One's own organisation's, and those made for one's charges within the project."""
    everything = _everything(by, Scope.TOKENS_MANAGE)
    if everything is not None:
        return everything
    charges = (
        and_(Token.project_id == standing.project_id, Token.organisation_id.in_(standing.charges))
        for standing in by.standings
        if standing.charges
    )
    return or_(_own(by, Token.organisation_id, Token.project_id), *charges)


def visible_endpoints(by: Principal) -> ColumnElement[bool]:
    """One's own organisation's."""
    everything = _everything(by, Scope.WEBHOOKS_MANAGE)
    mine = _own(by, Endpoint.organisation_id, Endpoint.project_id)
    return and_(everything if everything is not None else mine, Endpoint.deleted_at.is_(None))


def visible_imports(by: Principal) -> ColumnElement[bool]:
    """One's own organisation's."""
    everything = _everything(by, Scope.APPLICATIONS_SUBMIT)
    return everything if everything is not None else _own(by, Import.organisation_id, Import.project_id)


def visible_events(by: Principal) -> ColumnElement[bool]:
    """What concerns the caller: the audience fixed at recording, met with the caller's roles now."""
    everything = _everything(by, Scope.EVENTS_READ)
    if everything is not None:
        return everything
    members = by.projects(*ANY_MEMBER)
    mine = or_(
        Event.owner_id == by.organisation_id,
        Event.sending_id == by.organisation_id,
        and_(Event.receiving_id == by.organisation_id, ~Event.type.in_(_of("application."))),
    )
    return or_(
        Event.public,
        Event.project_id.in_(by.projects(Role.COORDINATOR)),
        _country_projects(by, Event.project_id, holds(Event.countries, by.country or "")),
        and_(Event.project_id.in_(by.projects(Role.AUTHORITY)), Event.type.in_(EVENTS_FOR_AUTHORITIES)),
        and_(Event.project_id.in_(members), or_(mine, Event.type.in_(_of("project.")))),
        Event.endpoint_id.in_(select(Endpoint.id).where(_own(by, Endpoint.organisation_id, Endpoint.project_id))),
    )


def concerning_events(by: Principal) -> ColumnElement[bool]:
    """What of all that an organisation sees is its business: its own, its charges', calls for its country, projects."""
    members = by.projects(*ANY_MEMBER)
    own = or_(*(column == by.organisation_id for column in (Event.owner_id, Event.sending_id, Event.receiving_id)))
    mine = or_(
        own,
        Event.project_id.in_(by.projects(Role.COORDINATOR)),
        _country_projects(by, Event.project_id, holds(Event.countries, by.country or "")),
        and_(Event.project_id.in_(members), Event.public, holds(Event.countries, by.country or "")),
        and_(Event.project_id.in_(members), Event.type.in_(_of("project."))),
    )
    return and_(visible_events(by), mine, Event.endpoint_id.is_(None), ~Event.sample)


def _of(prefix: str) -> list[EventType]:
    return [kind for kind in EventType if kind.startswith(prefix)]


def sees_persons(by: Principal) -> bool:
    """Whether the caller is shown persons in what it sees: who applied, whom to write to at an organisation."""
    return by.operator or Scope.PERSONAL_READ in by.scopes


def sees_file(by: Principal, document: Document) -> bool:
    """Whether the caller is shown a file's name, which is often a person's: who sees persons, and whose file it is."""
    return by.application_id == document.application_id or sees_persons(by)


def sees_guardians(by: Principal) -> bool:
    """Whether the caller is shown the guardians of minors, in the applications that it sees."""
    return by.operator or Scope.SENSITIVE_READ in by.scopes


def sees_participant(by: Principal, mobility: Mobility) -> bool:
    """Whether the caller is shown who goes: a host from confirmation on, with their consent; an authority never."""
    if not sees_persons(by):
        return False
    if by.has(mobility.project_id, Role.COORDINATOR) or mobility.sending_id == by.organisation_id:
        return True
    if by.has(mobility.project_id, Role.NATIONAL_PARTNER) and mobility.sending_country == by.country:
        return True
    hosts = mobility.receiving_id == by.organisation_id
    return hosts and mobility.shared_with_host and mobility.state in NAMES_KNOWN


def attests_consents(by: Principal) -> bool:
    """Whether the caller's word stands for a paper with a signature: a token's that may submit, never the public's."""
    return by.operator or Scope.APPLICATIONS_SUBMIT in by.scopes


def sees_all_cells(by: Principal, project_id: UUID) -> bool:
    """Whether statistics are shown without small cells taken out."""
    return by.has(project_id, Role.COORDINATOR)


# ── who may ───────────────────────────────────────────────────────────────────────────────────────────────────────


def require_scope(by: Principal, scope: Scope) -> None:
    """A token without the scope is refused, whatever its organisation may do."""
    if not by.operator and scope not in by.scopes:
        raise Forbidden(f"This token lacks the scope {scope}; make one that has it.", scope=str(scope))


def may_create_projects(by: Principal) -> None:
    """Any organisation with the scope may found a project, and coordinates it."""
    require_scope(by, Scope.PROJECTS_MANAGE)
    _must(by.within is None, "This token is for one project; a new one takes a token of the organisation as a whole.")


def may_manage_project(by: Principal, project_id: UUID) -> None:
    """The coordinator alone changes a project, its members, activities, targets and figures."""
    require_scope(by, Scope.PROJECTS_MANAGE)
    _must(by.has(project_id, Role.COORDINATOR), "Only the project's coordinator may do this.")


def may_create_organisations(by: Principal) -> None:
    """A coordinator makes partners, a national partner makes its schools."""
    require_scope(by, Scope.ORGANISATIONS_MANAGE)
    allowed = by.operator or bool(by.projects(Role.COORDINATOR, Role.NATIONAL_PARTNER))
    _must(allowed, "Only a coordinator or a national partner may create organisations.")


def may_edit_organisation(by: Principal, organisation: Organisation) -> None:
    """Itself, its national partner, or the coordinator; of one in several projects, whoever is that in all of them."""
    require_scope(by, Scope.ORGANISATIONS_MANAGE)
    # Nobody is asked before being made a member: to found a project and take somebody in must not open what is theirs.
    own = organisation.id == by.organisation_id
    answers = [
        by.looks_after(organisation.id, member.project_id) or (own and by.has(member.project_id, *ANY_MEMBER))
        for member in organisation.memberships
    ]
    _must(
        all(answers) if answers else by.operator or (own and by.within is None),
        "Only the organisation itself, or who looks after it in every project that it is in, may edit it.",
    )


def may_move_organisation(by: Principal, organisation: Organisation) -> None:
    """The country decides what a national partner sees, so only the coordinator of all its projects changes it."""
    _must(
        all(by.has(member.project_id, Role.COORDINATOR) for member in organisation.memberships),
        "Only the coordinator of every project that the organisation is in may change its country.",
    )


def may_add_member(by: Principal, project_id: UUID, *, roles: Iterable[Role], parent_id: UUID | None) -> None:
    """The coordinator adds anyone; a national partner adds sending schools under itself."""
    require_scope(by, Scope.ORGANISATIONS_MANAGE)
    own_school = (
        by.has(project_id, Role.NATIONAL_PARTNER) and set(roles) == {Role.SENDING} and parent_id == by.organisation_id
    )
    _must(
        by.has(project_id, Role.COORDINATOR) or own_school,
        "The coordinator adds members; a national partner adds sending schools under itself.",
    )


def may_take_in(by: Principal, project_id: UUID, organisation: Organisation) -> None:
    """The coordinator takes in anyone whom it sees; a national partner the schools of its country."""
    _must(
        by.has(project_id, Role.COORDINATOR) or organisation.country == by.country,
        "A national partner adds schools of its own country.",
    )


def may_manage_tokens(
    by: Principal, organisation_id: UUID, *, project_id: UUID | None, scopes: Iterable[Scope]
) -> None:
    """For one's own organisation; for one's charges only narrowed to the project. Never more scopes than one has."""
    require_scope(by, Scope.TOKENS_MANAGE)
    # A charge may be in other projects too: a token that reached those would open them to its maker.
    charge = project_id is not None and by.looks_after(organisation_id, project_id)
    own = organisation_id == by.organisation_id and by.within in (None, project_id)
    _must(
        by.operator or own or charge,
        "Tokens are made for one's own organisation, or for one looked after in a project, narrowed to that project.",
    )
    _must(by.scopes.issuperset(scopes), "A token can't be given scopes that its maker's token lacks.")


def may_edit_endpoint(by: Principal, endpoint: Endpoint) -> None:
    """Whoever sees as much as the token that made it: an endpoint is told what that one sees, wherever it leads."""
    require_scope(by, Scope.WEBHOOKS_MANAGE)
    lacking = [scope for scope in SHOWING if scope in endpoint.scopes and scope not in by.scopes]
    _must(
        by.operator or not lacking,
        f"This endpoint is told more than this token may see: edit it with a token that also has {', '.join(lacking)}, "
        "or make another endpoint with this one.",
    )


def may_manage_calls(by: Principal, project_id: UUID, *, owner_id: UUID, countries: Iterable[str]) -> None:
    """The coordinator, or a national partner for a call of its own that is open to its country alone."""
    require_scope(by, Scope.CALLS_WRITE)
    own = by.has(project_id, Role.NATIONAL_PARTNER) and owner_id == by.organisation_id
    _must(
        by.has(project_id, Role.COORDINATOR) or (own and set(countries) <= {by.country}),
        "Only the coordinator may do this, or a national partner with its own call for its own country.",
    )


def may_apply(by: Principal, call: Call) -> None:
    """A token of a coordinator, national partner or sending school; anyone where the call takes public applications."""
    if by is PUBLIC:
        _must(call.public_intake, "This call takes applications through schools and partners; a token is needed.")
        return
    require_scope(by, Scope.APPLICATIONS_SUBMIT)
    _must(
        by.has(call.project_id, *SENDERS),
        "Only the coordinator, a national partner or a sending school may apply for others.",
    )


def may_import(by: Principal, call: Call) -> None:
    """Who may apply for others, by a token: its rights are asked for anew while the rows are taken in."""
    _must(by.token_id is not None, "Imports are made with a token of an organisation.")
    may_apply(by, call)


def may_send_for(by: Principal, call: Call, sending: Membership) -> None:
    """A school applies for itself, a national partner for itself and its schools, the coordinator for all."""
    allowed = by.has(call.project_id, Role.COORDINATOR) or by.organisation_id in (
        sending.organisation_id,
        sending.parent_id,
    )
    _must(allowed, "An organisation may apply for itself and for the schools under it.")


def may_decide(by: Principal, application: Application) -> None:
    """The coordinator, the call's owner, or the partner of the applicant's country."""
    require_scope(by, Scope.APPLICATIONS_DECIDE)
    partner = by.has(application.project_id, Role.NATIONAL_PARTNER) and (
        application.country == by.country or application.call.owner_id == by.organisation_id
    )
    _must(
        by.has(application.project_id, Role.COORDINATOR) or partner,
        "Only the coordinator, or the national partner of the applicant's country or of the call, decides.",
    )


def may_answer_for_applicant(by: Principal, application: Application) -> None:
    """Confirm, decline, withdraw: the applicant; on their word the school that sent it, and those who decide."""
    if by.application_id == application.id:
        return
    if by.organisation_id in (application.sending_id, application.submitted_by_id):
        require_scope(by, Scope.APPLICATIONS_SUBMIT)
        return
    may_decide(by, application)


def may_upload(by: Principal, application: Application) -> None:
    """Who answers for the applicant adds files to the application, and takes them away."""
    may_answer_for_applicant(by, application)


def may_read_file(by: Principal, document: Document) -> None:
    """What is in a file is about a person."""
    if by.application_id != document.application_id:
        require_scope(by, Scope.PERSONAL_READ)


def may_consent(by: Principal, application: Application) -> None:
    """Answer what is asked, and take it back: the guardian, the applicant, and on their word who answers for them."""
    if by.guardian_of != application.id:
        may_answer_for_applicant(by, application)


def may_take_back(by: Principal, application: Application, purpose: str) -> None:
    """As `may_consent`; what the guardian agreed to, the applicant may not take back."""
    may_consent(by, application)
    own = purpose != Purpose.PARENTAL_CONSENT or by.application_id is None
    _must(own, "This is your guardian's consent; only they may take it back, or the school on their word.")


def may_edit_application(by: Principal, application: Application) -> None:
    """The applicant; whoever sent it in for them, their school, and the coordinator."""
    if by.application_id == application.id:
        return
    require_scope(by, Scope.APPLICATIONS_SUBMIT)
    theirs = by.organisation_id in (application.sending_id, application.submitted_by_id)
    _must(
        theirs or by.has(application.project_id, Role.COORDINATOR),
        "Only the applicant, who sent the application in, the applicant's school, or the coordinator may edit it.",
    )


def may_erase(by: Principal, application: Application) -> None:
    """The applicant; at their wish those who decide, and see whom they erase."""
    if by.application_id != application.id:
        require_scope(by, Scope.PERSONAL_READ)
        may_decide(by, application)


def may_manage_mobilities(by: Principal, project_id: UUID, *, country: str) -> None:
    """The coordinator, or the national partner of the sending country."""
    require_scope(by, Scope.MOBILITIES_WRITE)
    partner = by.has(project_id, Role.NATIONAL_PARTNER) and country == by.country
    _must(by.has(project_id, Role.COORDINATOR) or partner, "Only the coordinator or the national partner may do this.")


def may_report_on(by: Principal, mobility: Mobility) -> None:
    """Arrivals and outcomes: those who manage the mobility, and its host."""
    require_scope(by, Scope.MOBILITIES_WRITE)
    if mobility.receiving_id is None or mobility.receiving_id != by.organisation_id:
        may_manage_mobilities(by, mobility.project_id, country=mobility.sending_country)


def _must(allowed: object, sentence: str) -> None:
    if not allowed:
        raise Forbidden(sentence)
