"""Events, for those who fetch them: given their place in the one order, and shown to whom they concern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.orm import Session

from domain import policies
from domain.errors import Finding, InvalidInput
from domain.models.events import Event, EventType
from domain.policies import Principal
from domain.services.projects import named_project
from domain.services.subscriptions import NOTICES, kinds_of, passes

SEQUENCER_LOCK = 0x1E7E6  # any number of ours: on PostgreSQL one process at a time gives out positions


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted; what is none doesn't narrow. `types` may hold wildcards, `project` is a code."""

    types: Sequence[str] | None = None
    project: str | None = None
    country: str | None = None


EVERYTHING = EventFilter()


def read_events(
    session: Session, wanted: EventFilter = EVERYTHING, *, after: UUID | None, limit: int, by: Principal
) -> Sequence[Event]:
    """The next of the wanted events that the caller may see, in the order of their positions, after the one named.

    `after` may be an event that isn't wanted. Raises InvalidInput for one that is none of the caller's, for a type that
    there isn't, and for a project that the caller can't see.
    """
    query = _visible(by).where(*_conditions(session, wanted, by=by))
    if after is not None:
        position = session.scalar(select(Event.position).where(Event.id == after, policies.visible_events(by)))
        if position is None:
            raise InvalidInput([Finding("/after", "not_found")])
        query = query.where(Event.position > position)
    return session.scalars(query.order_by(Event.position).limit(limit)).all()


def _visible(by: Principal) -> Select[Event]:
    # A sample is for the endpoint that it was asked for, and for no other way to it.
    return select(Event).where(Event.position.is_not(None), ~Event.sample, policies.visible_events(by))


def _conditions(session: Session, wanted: EventFilter, *, by: Principal) -> list[ColumnElement[bool]]:
    """The same that an endpoint with these filters is told: what it is told of is then missing in neither."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.types is not None:
        conditions.append(Event.type.in_(_kinds(wanted.types)))
    projects = [] if wanted.project is None else [named_project(session, wanted.project, by=by).code]
    countries = [] if wanted.country is None else [wanted.country]
    if projects or countries:
        conditions.append(or_(Event.type.in_(NOTICES), passes(projects=projects, countries=countries, calls=())))
    return conditions


def _kinds(types: Sequence[str]) -> list[EventType]:
    unknown = [index for index, one in enumerate(types) if not kinds_of([one])]
    if unknown:
        raise InvalidInput([Finding(f"/types/{index}", "unknown_event_type") for index in unknown])
    return kinds_of(types)


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
            **({"sample": True} if event.sample else {}),
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


def newest_event(session: Session, *, by: Principal) -> Event | None:
    """The last event that the caller may see, wanted or not."""
    return session.scalar(_visible(by).order_by(Event.position.desc()).limit(1))


def oldest_event(session: Session, *, by: Principal) -> tuple[UUID, datetime] | None:
    """How far back the caller's events reach, wanted or not: the first one's id and instant.

    It is found near the beginning, by position: what is told to all is visible to whoever reads events at all.
    """
    row = session.execute(
        _visible(by).with_only_columns(Event.id, Event.recorded_at).order_by(Event.position).limit(1)
    ).first()
    return (row[0], row[1]) if row else None
