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
from domain.models.applications import UNSENT, Application, ApplicationState, SubmittedVia
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
from domain.states import move_to

# Crockford's base 32: nothing that a person mistakes for something else when reading it out over the telephone.
REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
QUALIFICATION = ("isced_f", "eqf_level", "graduation_date")
SOURCES: Mapping[SubmittedVia, ConsentSource] = {
    SubmittedVia.API: ConsentSource.API,
    SubmittedVia.CLI: ConsentSource.IMPORT,
    SubmittedVia.IMPORT: ConsentSource.IMPORT,
}


@dataclass(frozen=True)
class PersonInput:
    """The person who applies, as they are today; in a draft, as far as they have said it."""

    given_names: str | None = None
    family_name: str | None = None
    email: str | None = None
    birth_date: date | None = None
    country: str | None = None
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
    session: Session,
    id_or_slug: str,
    wanted: ApplicationInput,
    *,
    by: Principal,
    at: datetime,
    via: SubmittedVia,
    received_at: datetime | None = None,
) -> Application:
    """Take an application in, received at `at`. Records application.submitted.

    What was received before and is taken in only now counts by `received_at`, so that our own pace makes nobody late.
    Raises CallNotOpen, CallClosed, InvalidInput naming each field, and to a token DuplicateApplication. The public is
    not told who applied before: its copy is kept, marked, and answered like any other, without an event.
    """
    call = get_call(session, id_or_slug, by=by)
    policies.may_apply(by, call)
    must_accept(call, received_at or at)
    application_rules.check(call, wanted, by=by, at=at)
    application = _application(session, call, wanted, by=by, received_at=received_at or at, at=at, via=via)
    compare(session, application, by=by)
    move_to(application, ApplicationState.SUBMITTED, at=at)
    session.add(application)
    if application.duplicate_of_id is None:
        events.record(session, EventType.APPLICATION_SUBMITTED, application, at=at)
    session.flush()
    return application


def save_draft(
    session: Session, id_or_slug: str, wanted: ApplicationInput, *, by: Principal, at: datetime, via: SubmittedVia
) -> Application:
    """Keep what is yet to be finished and submitted, while the call takes applications. Told as no event.

    Raises what `submit_application` raises, but nothing for what is merely missing, nor for who has applied already.
    """
    call = get_call(session, id_or_slug, by=by)
    policies.may_apply(by, call)
    must_accept(call, at)
    application_rules.check_draft(call, wanted, by=by, at=at)
    application = _application(session, call, wanted, by=by, received_at=at, at=at, via=via)
    session.add(application)
    session.flush()
    return application


def must_accept(call: Call, at: datetime) -> None:
    """Raise CallNotOpen, CallClosed or another Conflict unless the call takes what is received at `at`."""
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
    session: Session,
    call: Call,
    wanted: ApplicationInput,
    *,
    by: Principal,
    received_at: datetime,
    at: datetime,
    via: SubmittedVia,
) -> Application:
    """A draft with what is wanted, yet to be added to the session."""
    return Application(
        id=new_id(),
        project_id=call.project_id,
        call_id=call.id,
        call=call,
        sending_id=_sending_organisation(session, call, wanted, by=by),
        submitted_by_id=by.organisation_id,
        reference=_reference(),
        **values_of(call, wanted),
        submitted_via=via,
        submitted_at=received_at,
        late=is_late(call, received_at),
        consents=record_consents(session, call, wanted.consents, source=SOURCES[via], by=by, at=at),
        links=[links.new_link(call.project_id, kind, at=at) for kind in _holders(wanted)],
        state=ApplicationState.DRAFT,
        synthetic=call.synthetic,
        created_at=at,
        updated_at=at,
    )


def _holders(wanted: ApplicationInput) -> list[LinkKind]:
    return [LinkKind.APPLICANT, *([LinkKind.GUARDIAN] if wanted.guardian else [])]


def values_of(call: Call, wanted: ApplicationInput) -> dict[str, Any]:
    """What is wanted as the columns hold it, consents and school apart."""
    person = {name: getattr(wanted.person, name) for name in PersonInput.__dataclass_fields__}
    return {
        **person,
        **keys_of(wanted.person),
        "preferences": [str(choice) for choice in wanted.preferences],
        "answers": dict(wanted.answers),
        "form_version": call.form_version,
        "languages": [dict(language) for language in wanted.languages],
        "guardian": dict(wanted.guardian) if wanted.guardian else None,
        **{name: getattr(wanted, name) for name in ("lang", *QUALIFICATION)},
    }


def as_input(application: Application) -> ApplicationInput:
    """The application as it stands, in the form in which it is wanted."""
    consents = [
        ConsentInput(**{name: getattr(one, name) for name in ConsentInput.__dataclass_fields__})
        for one in application.consents
        if one.withdrawn_at is None
    ]
    return ApplicationInput(
        person=PersonInput(**{name: getattr(application, name) for name in PersonInput.__dataclass_fields__}),
        consents=consents,
        preferences=[UUID(choice) for choice in application.preferences],
        sending_organisation_id=application.sending_id,
        **{name: getattr(application, name) for name in ("answers", "languages", "lang", "guardian", *QUALIFICATION)},
    )


def is_late(call: Call, at: datetime) -> bool:
    """Whether what is received at `at` came after the deadline."""
    return call.closes_at is not None and at >= call.closes_at


def key_of(*parts: str) -> str:
    """What is compared to find the same e-mail or name however it is written (case, accents, script)."""
    return hashlib.sha256("\n".join(fold(part) for part in parts).encode()).hexdigest()


def name_key(given_names: str, family_name: str, birth_date: date | None) -> str:
    """What is compared to propose that two are one: name and birth date, whatever the case, accents or script."""
    return key_of(given_names, family_name, birth_date.isoformat() if birth_date else "")


def keys_of(person: PersonInput) -> Mapping[str, str]:
    """By what the person is compared with others."""
    name = name_key(person.given_names or "", person.family_name or "", person.birth_date)
    return {"email_key": key_of(person.email or ""), "name_key": name}


def _reference() -> str:
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))  # 40 bits; unique in the table besides
    return f"A-{letters[:4]}-{letters[4:]}"


def compare(session: Session, application: Application, *, by: Principal) -> None:
    """Say whether the same person has applied before, or another resembles them. Nothing is flushed by asking.

    Raises DuplicateApplication to a token. Whoever comes without one is not told: theirs is marked as a copy.
    """
    email, name = Application.email_key == application.email_key, Application.name_key == application.name_key
    others = select(Application).where(
        Application.call_id == application.call_id,
        Application.id != application.id,
        Application.duplicate_of_id.is_(None),
        Application.state.not_in(UNSENT),
    )
    with session.no_autoflush:
        first = session.scalar(others.where(email, name))
        alike = first is None and session.scalar(others.where(email | name).limit(1)) is not None
    if first is not None and by is not PUBLIC and by.application_id is None:
        raise DuplicateApplication(first.reference)
    application.duplicate_of_id = first.id if first else None
    application.likely_duplicate = alike


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
    """The conditions under which an application is one of those wanted; copies marked as duplicates never are.

    Drafts are when they are asked for by their state.
    """
    conditions: list[ColumnElement[bool]] = [Application.duplicate_of_id.is_(None)]
    if wanted.state is None:
        conditions.append(Application.state != ApplicationState.DRAFT)
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
