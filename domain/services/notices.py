"""Notices to organisations: at each event that concerns them, once a day, or not at all; of their endpoints always."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session

from domain import policies
from domain.models.events import Event, EventType
from domain.models.messages import Message, MessageKind, Recipient
from domain.models.organisations import Notices, Organisation
from domain.models.tokens import Scope
from domain.policies import Principal
from domain.services.messages import owed
from domain.services.tokens import standings

DIGEST_TIME = time(5)  # UTC: before work begins, summer and winter, from Tirana to Brussels
LATE = timedelta(minutes=2)  # above LONGEST_OPEN_WRITE: what was recorded before is committed by then
DAY = timedelta(days=1)
ABOUT_ENDPOINTS = {
    EventType.WEBHOOK_FAILING: MessageKind.WEBHOOK_FAILING,
    EventType.WEBHOOK_DISABLED: MessageKind.WEBHOOK_DISABLED,
}
# A contact is told what happened, never to whom.
TOLD_SCOPES = frozenset({Scope.CALLS_READ, Scope.APPLICATIONS_READ, Scope.MOBILITIES_READ, Scope.EVENTS_READ})


def owe_notices(session: Session, events: Sequence[Event], *, at: datetime) -> int:
    """Owe notices of these events, which follow one another, to the organisations that want each; count them."""
    if not events:
        return 0
    rows = [*_of_endpoints(events, at=at), *_of_each(session, events, at=at)]
    if rows:
        session.execute(insert(Message), rows)
    return len(rows)


def _of_endpoints(events: Sequence[Event], *, at: datetime) -> Iterator[dict[str, Any]]:
    for event in events:
        if event.type in ABOUT_ENDPOINTS and not event.sample:
            yield _row(ABOUT_ENDPOINTS[event.type], event.owner_id, event.id, at=at)


def _of_each(session: Session, events: Sequence[Event], *, at: datetime) -> Iterator[dict[str, Any]]:
    positions = Event.position.between(events[0].position, events[-1].position)
    for organisation in session.scalars(_wanting(Notices.EACH)).all():
        concerning = policies.concerning_events(as_reader(session, organisation))
        ids = select(Event.id).where(positions, concerning).order_by(Event.position)
        for event_id in session.scalars(ids).all():
            yield _row(MessageKind.NOTICE, organisation.id, event_id, at=at)


def owe_digests(session: Session, *, at: datetime) -> int:
    """Owe a digest of what was recorded since the last one to each organisation that wants one a day; count them."""
    until = datetime.combine((at - LATE).date(), DIGEST_TIME, tzinfo=at.tzinfo)
    until -= DAY if at - LATE < until else timedelta()
    of_organisation = (Message.organisation_id == Organisation.id, Message.kind == MessageKind.DIGEST)
    last = select(func.max(Message.until)).where(*of_organisation).correlate(Organisation).scalar_subquery()
    missing = ~exists().where(*of_organisation, Message.until >= until).correlate(Organisation)
    wanted = _wanting(Notices.DAILY).where(missing).with_only_columns(Organisation.id, last)
    rows = [
        owed(MessageKind.DIGEST, Recipient.ORGANISATION, once=f"digest:{id_}:{until.date()}", at=at)
        | {"organisation_id": id_, "since": since or until - DAY, "until": until}
        for id_, since in session.execute(wanted)
    ]
    if rows:
        session.execute(insert(Message), rows)
    return len(rows)


def as_reader(session: Session, organisation: Organisation) -> Principal:
    """The organisation as a reader of events, persons left out."""
    return Principal(
        organisation_id=organisation.id,
        country=organisation.country,
        scopes=TOLD_SCOPES,
        standings=standings(session, organisation.id),
    )


def _wanting(notices: Notices) -> Any:
    wanting = (Organisation.notices == notices, Organisation.contact_email.is_not(None))
    return select(Organisation).where(*wanting).order_by(Organisation.id)


def _row(kind: MessageKind, organisation_id: Any, event_id: Any, *, at: datetime) -> dict[str, Any]:
    about = {"organisation_id": organisation_id, "event_id": event_id}
    return owed(kind, Recipient.ORGANISATION, once=f"{event_id}:{organisation_id}", at=at, **about)
