"""Applications: received, decided, answered. From here a submitted application becomes an event."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, func, select
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import new_id
from domain.errors import CallClosed, CallNotOpen, Conflict, DuplicateApplication, Finding, InvalidInput, NotFound
from domain.languages import fold
from domain.models.applications import Application, ApplicationState, SubmittedVia
from domain.models.calls import Call, CallState, Destination, HowToApply, accepts_until
from domain.models.consents import ConsentSource
from domain.models.events import EventType
from domain.models.links import LinkKind
from domain.models.organisations import Membership, Organisation
from domain.policies import PUBLIC, Principal
from domain.services import application_rules, links
from domain.services.calls import get_call
from domain.services.consents import ConsentInput, record_consents
from domain.services.pages import Page, PageRequest, fetch_page

# Crockford's base 32: nothing that a person mistakes for something else when reading it out over the telephone.
REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SOURCES: Mapping[SubmittedVia, ConsentSource] = {
    SubmittedVia.API: ConsentSource.API,
    SubmittedVia.CLI: ConsentSource.IMPORT,
}


@dataclass(frozen=True)
class PersonInput:
    """The person who applies, as they are today."""

    given_names: str
    family_name: str
    email: str
    birth_date: date
    country: str
    gender: str | None = None
    nationality: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class ApplicationInput:
    """What is sent in."""

    person: PersonInput
    answers: Mapping[str, Any]
    consents: Sequence[ConsentInput] = ()
    preferences: Sequence[UUID] = ()
    languages: Sequence[Mapping[str, Any]] = ()
    lang: str = "en"
    isced_f: str | None = None
    eqf_level: int | None = None
    graduation_date: date | None = None
    sending_organisation_id: UUID | None = None
    guardian: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ApplicationFilter:
    """Which applications are wanted; what is none doesn't narrow."""

    call_id: UUID | None = None
    project_id: UUID | None = None
    state: ApplicationState | None = None
    sending_organisation_id: UUID | None = None
    destination_id: UUID | None = None
    country: str | None = None
    late: bool | None = None
    modified_since: datetime | None = None


def _name_of(named_by: Any, key: Any, name: Any) -> ColumnElement[Any]:
    """The name of another row, to sort by; that of none comes first."""
    return func.coalesce(select(name).where(key == named_by).scalar_subquery(), "", type_=String)


SORT_KEYS: Mapping[str, ColumnElement[Any]] = {
    "submitted_at": Application.submitted_at.expression,
    "updated_at": Application.updated_at.expression,
    "reference": Application.reference.expression,
    "state": Application.state.expression,
    "sending_organisation": _name_of(Application.sending_id, Organisation.id, Organisation.legal_name),
    "destination": _name_of(Application.destination_id, Destination.id, Destination.city),
}


# ── intake ────────────────────────────────────────────────────────────────────────────────────────────────────────


def submit_application(
    session: Session, id_or_slug: str, wanted: ApplicationInput, *, by: Principal, at: datetime, via: SubmittedVia
) -> Application:
    """Take an application in, received at `at`. Records application.submitted.

    Raises CallNotOpen, CallClosed, InvalidInput naming each field, and to a token DuplicateApplication. The public is
    not told who applied before: its copy is kept, marked, and answered like any other, without an event.
    """
    call = get_call(session, id_or_slug, by=by)
    policies.may_apply(by, call)
    _must_accept(call, at)
    application_rules.check(call, wanted, by=by, at=at)
    sending_id = _sending_organisation(session, call, wanted, by=by)
    first = _same_person(session, call, wanted)
    if first is not None and by is not PUBLIC:
        raise DuplicateApplication(first.reference)
    application = _application(call, wanted, sending_id=sending_id, at=at, via=via)
    application.consents = record_consents(session, call, wanted.consents, source=SOURCES[via], by=by, at=at)
    application.submitted_by_id = by.organisation_id
    application.duplicate_of_id = first.id if first else None
    application.likely_duplicate = first is None and _resembles_another(session, application)
    session.add(application)
    if first is None:
        events.record(session, EventType.APPLICATION_SUBMITTED, application, at=at)
    session.flush()
    return application


def _must_accept(call: Call, at: datetime) -> None:
    if call.how_to_apply is HowToApply.EXTERNAL_URL:
        raise Conflict(f"Applications to this call are taken at {call.external_url}.", external_url=call.external_url)
    if call.state is CallState.CANCELLED:
        raise Conflict("This call was cancelled.")
    if call.state is CallState.DRAFT or call.opens_at is None or call.closes_at is None:
        raise Conflict("This call isn't published yet.")
    if at < call.opens_at:
        raise CallNotOpen(call.opens_at, call.timezone)
    if call.state is not CallState.PUBLISHED or at >= max(call.closes_at, accepts_until(call)):
        raise CallClosed(call.closes_at, call.timezone)


def _sending_organisation(session: Session, call: Call, wanted: ApplicationInput, *, by: Principal) -> UUID:
    """The school that sends the person: the one named, else the caller's own, else the call's owner."""
    if by is PUBLIC and wanted.sending_organisation_id is None:
        return call.owner_id
    sending_id = wanted.sending_organisation_id or by.organisation_id or call.owner_id
    membership = session.scalar(
        select(Membership).where(Membership.project_id == call.project_id, Membership.organisation_id == sending_id)
    )
    # Whoever sends a person is shown who that is: a host or an authority doesn't become that by being named.
    if membership is None or not policies.SENDERS.intersection(membership.roles):
        raise InvalidInput([Finding("/sending_organisation_id", "not_found")])
    if by is not PUBLIC:
        policies.may_send_for(by, call, membership)
    return sending_id


def _application(
    call: Call, wanted: ApplicationInput, *, sending_id: UUID, at: datetime, via: SubmittedVia
) -> Application:
    person = {name: getattr(wanted.person, name) for name in PersonInput.__dataclass_fields__}
    application_id = new_id()
    return Application(
        id=application_id,
        project_id=call.project_id,
        call_id=call.id,
        call=call,
        sending_id=sending_id,
        reference=_reference(),
        **person,
        email_key=key_of(wanted.person.email),
        name_key=_name_key(wanted.person),
        preferences=[str(choice) for choice in wanted.preferences],
        answers=dict(wanted.answers),
        form_version=call.form_version,
        languages=[dict(language) for language in wanted.languages],
        isced_f=wanted.isced_f,
        eqf_level=wanted.eqf_level,
        graduation_date=wanted.graduation_date,
        lang=wanted.lang,
        submitted_via=via,
        submitted_at=at,
        late=call.closes_at is not None and at >= call.closes_at,
        guardian=dict(wanted.guardian) if wanted.guardian else None,
        links=[links.new_link(call.project_id, kind, at=at) for kind in _holders(wanted)],
        state=ApplicationState.SUBMITTED,
        synthetic=call.synthetic,
        created_at=at,
        updated_at=at,
    )


def _holders(wanted: ApplicationInput) -> list[LinkKind]:
    return [LinkKind.APPLICANT, *([LinkKind.GUARDIAN] if wanted.guardian else [])]


def key_of(*parts: str) -> str:
    """What is compared to find the same e-mail or name however it is written (case, accents, script)."""
    return hashlib.sha256("\n".join(fold(part) for part in parts).encode()).hexdigest()


def name_key(given_names: str, family_name: str, birth_date: date | None) -> str:
    """What is compared to propose that two are one: name and birth date, whatever the case, accents or script."""
    return key_of(given_names, family_name, birth_date.isoformat() if birth_date else "")


def _name_key(person: PersonInput) -> str:
    return name_key(person.given_names, person.family_name, person.birth_date)


def _reference() -> str:
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))  # 40 bits; unique in the table besides
    return f"A-{letters[:4]}-{letters[4:]}"


def _same_person(session: Session, call: Call, wanted: ApplicationInput) -> Application | None:
    return session.scalar(
        select(Application).where(
            Application.call_id == call.id,
            Application.email_key == key_of(wanted.person.email),
            Application.name_key == _name_key(wanted.person),
            *_counting(),
        )
    )


def _resembles_another(session: Session, application: Application) -> bool:
    same = (Application.email_key == application.email_key) | (Application.name_key == application.name_key)
    query = select(Application.id).where(Application.call_id == application.call_id, same, *_counting()).limit(1)
    return session.scalar(query) is not None


def _counting() -> tuple[ColumnElement[bool], ...]:
    return (Application.duplicate_of_id.is_(None), Application.state != ApplicationState.WITHDRAWN)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def get_application(session: Session, application_id: UUID, *, by: Principal) -> Application:
    """Find one application that the caller may see. Raises NotFound."""
    query = select(Application).where(Application.id == application_id, policies.visible_applications(by))
    application = session.scalar(query)
    if application is None:
        raise NotFound("There is no such application.")
    return application


def list_applications(
    session: Session, wanted: ApplicationFilter, *, by: Principal, page: PageRequest
) -> Page[Application]:
    """List the applications that the caller may see, latest first; copies marked as duplicates are left out."""
    query = select(Application).where(policies.visible_applications(by), *matches(wanted))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Application.id, default="-submitted_at")


def matches(wanted: ApplicationFilter) -> list[ColumnElement[bool]]:
    """The conditions under which an application is one of those wanted; copies marked as duplicates never are."""
    conditions: list[ColumnElement[bool]] = [Application.duplicate_of_id.is_(None)]
    columns: Mapping[Any, object] = {
        Application.call_id: wanted.call_id,
        Application.project_id: wanted.project_id,
        Application.state: wanted.state,
        Application.sending_id: wanted.sending_organisation_id,
        Application.destination_id: wanted.destination_id,
        Application.country: wanted.country,
        Application.late: wanted.late,
    }
    conditions += [column == value for column, value in columns.items() if value is not None]
    if wanted.modified_since is not None:
        conditions.append(Application.updated_at >= wanted.modified_since)
    return conditions
