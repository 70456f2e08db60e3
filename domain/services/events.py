"""Events, for those who fetch them: given their place in the one order, and shown to whom they concern."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from domain import policies
from domain.errors import Finding, InvalidInput
from domain.models.events import Event
from domain.policies import Principal

SEQUENCER_LOCK = 0x1E7E6  # any number of ours: on PostgreSQL one process at a time gives out positions


def read_events(session: Session, *, after: UUID | None, limit: int, by: Principal) -> Sequence[Event]:
    """The next events that the caller may see, in the order of their positions, after the one named.

    Raises InvalidInput for an `after` that is none of the caller's events.
    """
    query = select(Event).where(Event.position.is_not(None), policies.visible_events(by))
    if after is not None:
        position = session.scalar(select(Event.position).where(Event.id == after, policies.visible_events(by)))
        if position is None:
            raise InvalidInput([Finding("/after", "not_found")])
        query = query.where(Event.position > position)
    return session.scalars(query.order_by(Event.position).limit(limit)).all()


def sequence_events(session: Session, *, limit: int) -> Sequence[Event]:
    """Give the next positions to events that have none, oldest first; return them.

    One process at a time does this, and it sees committed rows alone: a reader that goes by position never passes a
    late commit. Returns nothing while another process is at it.
    """
    waiting = select(Event.id).where(Event.position.is_(None)).order_by(Event.id).limit(limit)
    if not session.scalars(waiting.limit(1)).first() or not _may_sequence(session):
        return []
    last = session.scalar(select(func.max(Event.position))) or 0
    ids = session.scalars(waiting).all()
    positions = [{"id": event_id, "position": last + count} for count, event_id in enumerate(ids, start=1)]
    session.execute(update(Event), positions)
    return session.scalars(select(Event).where(Event.position > last).order_by(Event.position)).all()


def payload(event: Event, *, base_url: str) -> dict[str, Any]:
    """What everybody who may know of an event is told: ids, state, links. The shape is schemas/events.py's."""
    ids = {"project_id": event.project_id, "call_id": event.call_id}
    return {
        "type": event.type.value,
        "timestamp": event.recorded_at,
        "data": {
            "id": event.resource_id,
            "resource": event.resource_type,
            "state": event.resource_state,
            "version": event.resource_version,
            "url": base_url + ADDRESSES[event.resource_type].format(id=event.resource_id),
            **{name: value for name, value in ids.items() if value is not None},
            **event.extra,
        },
    }


ADDRESSES: Mapping[str, str] = {
    "project": "/v1/projects/{id}",
    "call": "/v1/calls/{id}",
    "application": "/v1/applications/{id}",
    "mobility": "/v1/mobilities/{id}",
    "webhook": "/v1/webhooks/{id}",
}


def _may_sequence(session: Session) -> bool:
    if session.get_bind().dialect.name != "postgresql":
        return True  # SQLite has one writer, and this is it.
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SEQUENCER_LOCK}))


def oldest_event(session: Session, *, by: Principal) -> tuple[UUID, datetime] | None:
    """How far back the caller's events reach: the first one's id and instant."""
    query = select(Event.id, Event.recorded_at).where(Event.position.is_not(None), policies.visible_events(by))
    row = session.execute(query.order_by(Event.position).limit(1)).first()
    return (row[0], row[1]) if row else None
