"""What whoever watches the installation counts: what waits, for how long, and how the attempts ended.

Never more than five statements, however many endpoints there are, and none that counts what grows without end:
deliveries that arrived or were given up are counted as they end (see attempt_tallies.py), not here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select
from sqlalchemy.orm import Session

from domain.models.events import Event
from domain.models.messages import Message, MessageState
from domain.models.recoveries import UNFINISHED, Recovery
from domain.models.webhooks import AttemptTally, Delivery, DeliveryState, Endpoint, EndpointState
from domain.services.messages import UNSENT

QUEUED = (DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.HELD)


@dataclass(frozen=True)
class Tally:
    """How many attempts at an endpoint ended so within a bucket of durations, and how long they took together."""

    endpoint_id: UUID
    outcome: str
    at_most_s: float
    attempts: int
    seconds: float


@dataclass(frozen=True)
class Figures:
    """One look at the whole. `oldest_due_s` is zero when nothing waits that could go out."""

    queued: Counter[DeliveryState]
    endpoints: Counter[EndpointState]
    oldest_due_s: float
    unsequenced: int
    recoveries: int
    messages: Counter[MessageState]
    tallies: Sequence[Tally] = field(default_factory=tuple)


def figures(session: Session, *, at: datetime) -> Figures:
    """Count. Endpoints that were deleted count no more, nor does what was owed to them."""
    counts = [_queued(state).label(state.value) for state in QUEUED]
    query = select(Endpoint.state, Endpoint.next_free_at, _oldest_due(at).label("oldest"), *counts)
    rows = session.execute(query.where(Endpoint.deleted_at.is_(None))).all()
    # By an endpoint's rate a message may be due long before it may go.
    waiting = [max(row.oldest, row.next_free_at or row.oldest) for row in rows if row.oldest is not None]
    return Figures(
        queued=Counter({state: sum(getattr(row, state.value) for row in rows) for state in QUEUED}),
        endpoints=Counter({state: sum(row.state is state for row in rows) for state in EndpointState}),
        oldest_due_s=max(0.0, (at - min(waiting, default=at)).total_seconds()),
        unsequenced=_count(session, Event, Event.position.is_(None)),
        recoveries=_count(session, Recovery, Recovery.state.in_(UNFINISHED)),
        messages=_messages(session),
        tallies=_tallies(session),
    )


def _count(session: Session, table: Any, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _messages(session: Session) -> Counter[MessageState]:
    counts = select(Message.state, func.count()).where(Message.state.in_(UNSENT)).group_by(Message.state)
    return Counter(dict.fromkeys(UNSENT, 0) | dict(session.execute(counts).all()))


def _queued(state: DeliveryState) -> ScalarSelect[int]:
    # Endpoint by endpoint, as the index goes: in one go, both engines would read every delivery there ever was.
    query = select(func.count()).where(Delivery.endpoint_id == Endpoint.id, Delivery.state == state)
    return query.correlate(Endpoint).scalar_subquery()


def _oldest_due(at: datetime) -> ScalarSelect[datetime]:
    """Since when the oldest delivery to an endpoint has been due, where it is we who make it wait.

    An endpoint that is paused, was slowed down or takes one message after the other has a queue that waits as it
    wishes: there is nothing in that for an operator to mend.
    """
    # What a worker that is gone had leased becomes due again when the lease ends.
    since = case((Delivery.state == DeliveryState.LEASED, Delivery.lease_until), else_=Delivery.next_at)
    query = select(func.min(since)).where(
        Delivery.endpoint_id == Endpoint.id,
        Delivery.state.in_((DeliveryState.PENDING, DeliveryState.LEASED)),
        since <= at,
        Endpoint.state.in_((EndpointState.UNVERIFIED, EndpointState.ACTIVE)),
        Endpoint.slowed.is_(False),
        Endpoint.ordered.is_(False),
    )
    return query.correlate(Endpoint).scalar_subquery()


def _tallies(session: Session) -> Sequence[Tally]:
    columns = (
        AttemptTally.endpoint_id,
        AttemptTally.outcome,
        AttemptTally.at_most_s,
        AttemptTally.attempts,
        AttemptTally.seconds,
    )
    query = select(*columns).join(Endpoint, Endpoint.id == AttemptTally.endpoint_id)
    query = query.where(Endpoint.deleted_at.is_(None)).order_by(*columns[:3])
    return [Tally(*row) for row in session.execute(query)]
