"""Erasure: what identifies a person goes, from every table; the rows stay for the counts.

Every column that a model marks as personal is emptied by that mark, so that a new one can't be forgotten. Events name
nobody, and deliveries are made from them; what a backup holds goes with the backup.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import change
from domain.models.applications import Application, ApplicationState
from domain.models.events import EventType
from domain.models.mobilities import Mobility
from domain.models.participants import Participant
from domain.policies import Principal
from domain.services import decisions, kept_answers
from domain.services.documents import erase_documents
from domain.services.import_work import forget_person
from domain.services.link_requests import forget_address

# Words of officers about the person, which may say who it is.
SAID: Mapping[type[Any], Sequence[str]] = {Application: ("reason",)}


def erase_application(session: Session, application_id: UUID, *, by: Principal, at: datetime) -> Application:
    """Erase who applied, in this application and in what came of it; nothing happens to one who is erased already.

    One that may still be withdrawn is withdrawn first. Its links open nothing any more. The participant is erased, too,
    unless another application belongs to them. Records person.erased for the application and for each mobility: those
    who hold the person by it are to do the same.
    """
    application = decisions.lock_application(session, application_id, by=by)
    policies.may_erase(by, application)
    if application.erased_at is not None:
        return application
    if ApplicationState.WITHDRAWN in application.TRANSITIONS.get(application.state, frozenset()):
        decisions.withdraw_application(session, application.id, by=by, at=at)
    applications = [application, *_copies(session, application)]
    participants = list(_participants(session, application))
    persons: list[Application | Participant] = [*applications, *participants]
    for one in applications:
        forget_address(session, one)
        forget_person(session, one)
    for row in persons:
        change(row, {name: _left(row, name) for name in _identifying(type(row))}, at=at)
    for one in applications:
        erase_documents(session, one)
        _close(one, at=at)
    kept_answers.forget_about(session, [row.id for row in persons])
    _tell(session, application, participants, at=at)
    return application


def _copies(session: Session, application: Application) -> Sequence[Application]:
    """What the same person sent a second time. Who holds the link of a copy erases that one alone."""
    return session.scalars(select(Application).where(Application.duplicate_of_id == application.id)).all()


def _participants(session: Session, application: Application) -> Iterator[Participant]:
    """The participant, and the traces of who was merged into them; nobody while another application is theirs."""
    if application.participant_id is None:
        return
    theirs = (Application.participant_id == application.participant_id, Application.erased_at.is_(None))
    if session.scalar(select(Application.id).where(*theirs, Application.id != application.id).limit(1)) is not None:
        return
    found = {application.participant_id}
    while more := set(session.scalars(select(Participant.id).where(Participant.merged_into_id.in_(found)))) - found:
        found |= more
    yield from session.scalars(select(Participant).where(Participant.id.in_(found)))


def _identifying(model: type[Any]) -> list[str]:
    marked = [column.key for column in inspect(model).columns if column.info.get("personal")]
    return [*marked, *SAID.get(model, ())]


def _left(row: Any, name: str) -> Any:
    """What stands where something was: nothing, or where something must, what resembles nobody else's."""
    column = inspect(type(row)).columns[name]
    if column.nullable:
        return None
    return {} if name == "answers" else row.id.hex


def _close(application: Application, *, at: datetime) -> None:
    application.erased_at = at
    for link in application.links:
        link.revoked_at = link.revoked_at or at


def _tell(session: Session, application: Application, participants: Sequence[Participant], *, at: datetime) -> None:
    # Of copies and drafts nobody was told.
    if application.duplicate_of_id is None and application.state is not ApplicationState.DRAFT:
        events.record(session, EventType.PERSON_ERASED, application, at=at)
    goes = Mobility.participant_id.in_([one.id for one in participants])
    for mobility in session.scalars(select(Mobility).where(goes, Mobility.deleted_at.is_(None))).all():
        change(mobility, {"updated_at": at}, at=at)  # Lists of changes show it again, without the name.
        events.record(session, EventType.PERSON_ERASED, mobility, at=at)
