"""Messages on their way: claimed under a lease, settled by whoever still holds it, tried again by a schedule.

As with deliveries, a claim writes a fresh token into the row, and a result counts only while that token stands there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from domain.db import change, new_id
from domain.models.messages import Message, MessageAttempt, MessageState
from domain.states import move_to

# How long to wait after each try that failed: greylisting lets the second or third through, and RFC 5321 4.5.4.1 asks
# to go on for days.
WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60, 24 * 60)
)  # 2 days 22 hours 21 minutes in all


class Claim(NamedTuple):
    """One message that is ours to send while `lease_token` stands in its row; `number` counts its attempts from 1."""

    id: UUID
    lease_token: UUID
    number: int


class Result(NamedTuple):
    """What became of a claim. `permanent` when no further try would help, `dropped` when nothing was there to send."""

    claim: Claim
    at: datetime
    duration_ms: int = 0
    sent: bool = False
    permanent: bool = False
    dropped: bool = False
    lang: str | None = None
    code: int | None = None
    status: str | None = None
    error: str | None = None


def anything_due(session: Session, *, at: datetime) -> bool:
    """Whether a claim would find something: a read, for who would otherwise write in vain every second."""
    return session.scalar(select(Message.id).where(_is_due(at)).limit(1)) is not None


def claim(session: Session, *, limit: int, lease: timedelta, at: datetime) -> list[Claim]:
    """Lease what is due, at most `limit`; those that have waited longest first."""
    token = uuid4()
    query = select(Message).where(_is_due(at)).order_by(Message.next_at, Message.id).limit(limit)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        _lease(row, token, until=at + lease, at=at)
    session.flush()
    return [Claim(row.id, token, row.attempts) for row in rows]


def _lease(row: Message, token: UUID, *, until: datetime, at: datetime) -> None:
    if row.state is MessageState.WAITING:  # A lease that ran out counts no second time.
        move_to(row, MessageState.SENDING, at=at)
        row.attempts += 1
    row.lease_token, row.lease_until = token, until


def _is_due(at: datetime) -> Any:
    waiting = and_(Message.state == MessageState.WAITING, Message.next_at <= at)
    return or_(waiting, and_(Message.state == MessageState.SENDING, Message.lease_until <= at))


def settle(session: Session, result: Result, *, at: datetime) -> bool:
    """Write down what became of a claim; tell whether it still counted."""
    row = _held(session, result.claim)
    if row is None:
        return False
    if not result.dropped:
        session.add(_attempt(result))
    move_to(row, _next_state(row, result), at=at)
    change(row, _given_back(row, result), at=at)
    return True


def release(session: Session, claims: Sequence[Claim], *, at: datetime) -> None:
    """Give back what was claimed and not begun; it counts as no attempt."""
    for one in claims:
        row = _held(session, one)
        if row is not None:
            move_to(row, MessageState.WAITING, at=at)
            change(row, {"attempts": row.attempts - 1, "lease_token": None, "lease_until": None}, at=at)


def _held(session: Session, claim: Claim) -> Message | None:
    held = (Message.id == claim.id, Message.lease_token == claim.lease_token, Message.state == MessageState.SENDING)
    return session.scalar(select(Message).where(*held).with_for_update(of=Message))


def _next_state(row: Message, result: Result) -> MessageState:
    if result.sent:
        return MessageState.SENT
    if result.dropped:
        return MessageState.DROPPED
    return MessageState.FAILED if result.permanent or row.attempts > len(WAITS) else MessageState.WAITING


def _given_back(row: Message, result: Result) -> dict[str, Any]:
    values: dict[str, Any] = {"lease_token": None, "lease_until": None, "error": result.error}
    if result.sent:
        values |= {"sent_at": result.at, "lang": result.lang}
    if row.state is MessageState.WAITING:
        values["next_at"] = result.at + WAITS[row.attempts - 1]
    return values


def _attempt(result: Result) -> MessageAttempt:
    told = {name: getattr(result, name) for name in ("at", "duration_ms", "code", "status", "error")}
    return MessageAttempt(id=new_id(), message_id=result.claim.id, number=result.claim.number, **told)
