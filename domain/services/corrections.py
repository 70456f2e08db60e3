"""What becomes of an application between its first line and the decision: edited, returned, corrected, submitted."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import change, instant_text
from domain.errors import Conflict, Finding, InvalidInput
from domain.models.applications import Application, ApplicationState
from domain.models.calls import CallState, accepts_until
from domain.models.consents import ConsentSource
from domain.models.documents import Document
from domain.models.events import EventType
from domain.models.links import LinkKind
from domain.policies import Principal
from domain.services import application_rules
from domain.services.applications import ApplicationInput, as_input, compare, is_late, must_accept, values_of
from domain.services.consents import record_consents
from domain.services.decisions import Which, lock_application
from domain.services.links import link_of
from domain.states import move_to

S = ApplicationState

EDITABLE = (S.DRAFT, S.SUBMITTED, S.RETURNED)
TIME_TO_CORRECT = timedelta(days=7)  # where the call is closed and nothing else is said


def editable_until(application: Application, *, at: datetime) -> datetime | None:
    """Until when it may be edited: a returned one as its officer said, others while the call takes applications."""
    call = application.call
    if application.erased_at is not None:
        return None
    if application.state is S.RETURNED:
        until = application.correct_by
    elif application.state in EDITABLE and call.state is CallState.PUBLISHED and call.closes_at is not None:
        until = accepts_until(call)
    else:
        return None
    return until if until is not None and at < until else None


def edit_application(
    session: Session, application: Application, wanted: ApplicationInput, *, by: Principal, at: datetime
) -> Application:
    """Make `application` (locked) as wanted. Records application.updated for one that was sent in.

    Raises Conflict when it can't be edited any more, and InvalidInput naming each field: in a draft something may be
    missing; once it is sent in, its consents stay what they are, and so does its school.
    """
    policies.may_edit_application(by, application)
    _must_be_editable(application, at)
    before = as_input(application)
    if application.state is S.DRAFT:
        same = list(wanted.consents) == list(before.consents)
        new = replace(wanted, consents=()) if same else wanted
        application_rules.check_draft(application.call, new, by=by, at=at, files=_files_of(session, application))
        if not same:
            _replace_consents(session, application, wanted, by=by, at=at)
    else:
        _check_edit(session, application, before, wanted, by=by, at=at)
    if not change(application, values_of(application.call, wanted), at=at) or application.state is S.DRAFT:
        session.flush()
        return application
    return _told(session, application, EventType.APPLICATION_UPDATED, by=by, at=at)


def return_application(
    session: Session, which: Which, *, reason: str, until: datetime | None, by: Principal, at: datetime
) -> Application:
    """Give it back to be corrected until then: until the deadline, unless told, or for a week once that has passed.

    Records application.returned.
    """
    application = which if isinstance(which, Application) else lock_application(session, which, by=by)
    policies.may_decide(by, application)
    if until is not None and until <= at:
        raise InvalidInput([Finding("/until", "not_later", {"than": instant_text(at)})])
    move_to(application, S.RETURNED, at=at)
    closes_at = application.call.closes_at
    application.reason = reason
    application.correct_by = until or (closes_at if closes_at and closes_at > at else at + TIME_TO_CORRECT)
    events.record(session, EventType.APPLICATION_RETURNED, application, at=at)
    return application


def finish_application(session: Session, application_id: UUID, *, by: Principal, at: datetime) -> Application:
    """Submit a draft, or what was returned, as it stands. Records application.submitted.

    Raises Conflict when it is too late, InvalidInput with all that is missing, and to a token DuplicateApplication.
    """
    application = lock_application(session, application_id, by=by)
    policies.may_edit_application(by, application)
    if application.state in (S.DRAFT, S.RETURNED):
        _must_be_editable(application, at)
        files = _files_of(session, application)
        application_rules.check_sent(application.call, as_input(application), by=by, at=at, files=files)
    if application.state is S.DRAFT:
        change(application, {"submitted_at": at, "late": is_late(application.call, at)}, at=at)
    move_to(application, S.SUBMITTED, at=at)
    change(application, {"reason": None, "correct_by": None}, at=at)
    return _told(session, application, EventType.APPLICATION_SUBMITTED, by=by, at=at)


def _must_be_editable(application: Application, at: datetime) -> None:
    if application.erased_at is not None:
        raise Conflict("Who applied was erased: there is nothing left to edit.")
    if application.state not in EDITABLE:
        raise Conflict(f"This application is {application.state}; it can't be edited any more.")
    if application.state is not S.RETURNED:
        must_accept(application.call, at)
    elif editable_until(application, at=at) is None:
        raise Conflict("The time to correct this application is over.")


def _check_edit(
    session: Session,
    application: Application,
    before: ApplicationInput,
    wanted: ApplicationInput,
    *,
    by: Principal,
    at: datetime,
) -> None:
    if list(wanted.consents) != list(before.consents):
        raise InvalidInput([Finding("/consents", "fixed")])
    if before.guardian is not None and wanted.guardian != before.guardian:
        # Their link, and what they said by it, are theirs: another can't take them over.
        raise InvalidInput([Finding("/guardian", "fixed")])
    files = _files_of(session, application)
    application_rules.check_sent(application.call, wanted, by=by, at=at, files=files)


def _replace_consents(
    session: Session, application: Application, wanted: ApplicationInput, *, by: Principal, at: datetime
) -> None:
    source = ConsentSource.LINK if by.application_id is not None else ConsentSource.API
    application.consents = []
    session.flush()  # The old ones first: two to one purpose are refused by the table.
    application.consents = record_consents(session, application.call, wanted.consents, source=source, by=by, at=at)
    change(application, {"updated_at": at}, at=at)


def _told(session: Session, application: Application, kind: EventType, *, by: Principal, at: datetime) -> Application:
    """Compare it with others, now that it may be somebody else's, and record `kind` unless it is a copy.

    What was a copy and is none any more is heard of for the first time, and what has become one for the last.
    """
    if application.guardian is not None:
        link_of(application, LinkKind.GUARDIAN, at=at)
    was_copy = application.duplicate_of_id is not None
    compare(session, application, by=by)
    is_copy = application.duplicate_of_id is not None
    if not (was_copy and is_copy) and not (is_copy and kind is EventType.APPLICATION_SUBMITTED):
        told = EventType.APPLICATION_SUBMITTED if was_copy else kind
        events.record(session, told, application, at=at)
    session.flush()
    return application


def _files_of(session: Session, application: Application) -> set[tuple[str | None, str]]:
    """What an application has: the question for which each document is, if it is for one, and its id."""
    query = select(Document.question, Document.id).where(Document.application_id == application.id)
    return {(question, str(id_)) for question, id_ in session.execute(query)}
