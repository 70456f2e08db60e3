"""What the clock does: calls open and close, deadlines come near, places that nobody confirmed expire."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain import events
from domain.db import instant_text
from domain.models.calls import Call, CallState
from domain.models.events import Event, EventType
from domain.services.decisions import expire_applications

NOTICES = (14, 7, 3, 1)  # days before the deadline
# What lies further back is told no more: after a long standstill nobody wants last month's openings.
LOOK_BACK = timedelta(days=7)
NOTICE_FRESH = timedelta(days=1)  # a notice of seven days is wrong when six are left
SHOWN = (CallState.PUBLISHED, CallState.IN_SELECTION, CallState.DECIDED)
BATCH = 100  # expired places in one transaction


class Moment(NamedTuple):
    """Something that the clock has brought about, once."""

    kind: EventType
    call: Call
    key: str
    extra: dict[str, Any]


def tick(session: Session, *, at: datetime) -> int:
    """Do everything that is due; return how much it was. Records events that are unique by thing, type and instant."""
    due = [moment for call in _near(session, at) for moment in _moments(call, at)]
    keys = [moment.key for moment in due]
    known = set(session.scalars(select(Event.once).where(Event.once.in_(keys)))) if keys else set()
    fresh = [moment for moment in due if moment.key not in known]
    for moment in fresh:
        events.record(session, moment.kind, moment.call, at=at, once=moment.key, **moment.extra)
    return len(fresh) + expire_applications(session, at=at, limit=BATCH)


def _near(session: Session, at: datetime) -> list[Call]:
    """Calls whose opening or deadline lies close enough to matter, also when their selection began right after it."""
    horizon = at + timedelta(days=max(NOTICES))
    recent = at - LOOK_BACK
    near = or_(Call.opens_at.between(recent, at), Call.closes_at.between(recent, horizon))
    return list(session.scalars(select(Call).where(Call.state.in_(SHOWN), near)))


def _moments(call: Call, at: datetime) -> Iterator[Moment]:
    assert call.opens_at is not None and call.closes_at is not None, "publishing requires both"
    for kind, moment in ((EventType.CALL_OPENED, call.opens_at), (EventType.CALL_CLOSED, call.closes_at)):
        if at - LOOK_BACK <= moment <= at:
            yield Moment(kind, call, events.clock_key(kind, call.id, moment), {})
    for days in NOTICES:
        moment = call.closes_at - timedelta(days=days)
        if moment <= at < min(moment + NOTICE_FRESH, call.closes_at) and call.opens_at <= moment:
            key = events.clock_key(EventType.CALL_CLOSING_SOON, call.id, moment)
            extra = {"closes_at": instant_text(call.closes_at), "days": days}
            yield Moment(EventType.CALL_CLOSING_SOON, call, key, extra)
