"""Deliveries: owed by the fan-out, claimed under a lease, settled by whoever still holds it.

The delivery row is the queue. A claim writes a fresh token into the row; a result counts only while that token stands
there, so that a worker which overslept its lease can't undo what another did. Nothing here sends anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import change, new_id
from domain.models.events import Event, EventType
from domain.models.organisations import Organisation
from domain.models.tokens import Scope
from domain.models.webhooks import Attempt, Delivery, DeliveryState, Endpoint, EndpointState
from domain.policies import Principal
from domain.services.events import sequence_events
from domain.services.tokens import standings
from domain.services.webhooks import wants
from domain.states import move_to

BATCH = 500  # events given their place and owed to endpoints in one transaction
DISABLED_AFTER = timedelta(days=5)  # of failures without one success; Standard Webhooks leaves the number to us


@dataclass(frozen=True)
class Claim:
    """One delivery that is ours to send until `lease_until`; `number` counts its attempts from 1."""

    id: UUID
    lease_token: UUID
    lease_until: datetime
    number: int
    endpoint_id: UUID
    url: str
    sealed_secret: bytes
    event: Event


@dataclass(frozen=True)
class Result:
    """What became of a claim. `next_at` is none when no further try is to be made; `gone` disables the endpoint."""

    claim: Claim
    at: datetime
    delivered: bool
    duration_ms: int
    status: int | None = None
    error: str | None = None
    reply_headers: Mapping[str, str] | None = None
    reply: bytes = b""
    next_at: datetime | None = None
    slow_until: datetime | None = None
    gone: bool = False


def now(session: Session, *, clock: datetime) -> datetime:
    """The instant that leases are counted by: the database's, where several machines share it."""
    if session.get_bind().dialect.name != "postgresql":
        return clock
    return session.scalar(select(func.clock_timestamp())) or clock


# ── fan-out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fan_out(session: Session, *, at: datetime) -> int:
    """Give new events their place in the order, owe each to every endpoint that may and wants to know; count them."""
    fresh = sequence_events(session, limit=BATCH)
    if not fresh:
        return 0
    owed = [
        _owed(event_id, endpoint, at=at)
        for endpoint in session.scalars(select(Endpoint).where(Endpoint.deleted_at.is_(None)))
        for event_id in _concerning(session, endpoint, fresh)
    ]
    if owed:
        session.execute(insert(Delivery), owed)
    return len(fresh)


def _concerning(session: Session, endpoint: Endpoint, fresh: Sequence[Event]) -> list[UUID]:
    """Which of the fresh events this endpoint is owed: those it asked for and its owner may see; its own pings."""
    pings = [e.id for e in fresh if e.type is EventType.WEBHOOK_PING and e.endpoint_id == endpoint.id]
    wanted = [
        e.id
        for e in fresh
        if e.type is not EventType.WEBHOOK_PING and e.endpoint_id != endpoint.id and wants(endpoint.event_types, e.type)
    ]
    if not wanted:
        return pings
    visible = policies.visible_events(_owner(session, endpoint))
    return pings + list(session.scalars(select(Event.id).where(Event.id.in_(wanted), visible).order_by(Event.position)))


def _owner(session: Session, endpoint: Endpoint) -> Principal:
    """The endpoint's owner as a reader: with the scopes of the token that made it, and what the organisation is now."""
    organisation = session.get_one(Organisation, endpoint.organisation_id)
    return Principal(
        organisation_id=organisation.id,
        country=organisation.country,
        scopes=frozenset(Scope(scope) for scope in endpoint.scopes),
        standings=standings(session, organisation.id, within=endpoint.project_id),
        within=endpoint.project_id,
    )


def _owed(event_id: UUID, endpoint: Endpoint, *, at: datetime) -> dict[str, Any]:
    held = endpoint.state is EndpointState.DISABLED
    return {
        "id": new_id(),
        "event_id": event_id,
        "endpoint_id": endpoint.id,
        "state": DeliveryState.HELD if held else DeliveryState.PENDING,
        "attempts": 0,
        "next_at": at,
        "created_at": at,
        "updated_at": at,
    }


# ── claim ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def claim(
    session: Session, *, busy: Mapping[UUID, int], per_endpoint: int, limit: int, lease: timedelta, at: datetime
) -> list[Claim]:
    """Lease due deliveries: at most `limit`, and so many an endpoint that with those `busy` it has `per_endpoint`.

    Every endpoint has its own turn, so that one with a long queue takes nothing from the others.
    """
    token, until = uuid4(), at + lease
    ids: list[UUID] = []
    for endpoint_id in session.scalars(_endpoints_with_due(at)):
        room = min(per_endpoint - busy.get(endpoint_id, 0), limit - len(ids))
        if room > 0:
            ids += session.scalars(_due(endpoint_id, at).limit(room))
    if not ids:
        return []
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=DeliveryState.LEASED, lease_token=token, lease_until=until, attempts=Delivery.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(
        select(Delivery.id, Delivery.attempts, Endpoint.id, Endpoint.url, Endpoint.secret, Event)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.id.in_(ids))
        .order_by(Event.position)
    )
    return [Claim(row[0], token, until, row[1], row[2], row[3], row[4], row[5]) for row in rows]


def _endpoints_with_due(at: datetime) -> Any:
    due = exists().where(Delivery.endpoint_id == Endpoint.id, _is_due(at))
    return (
        select(Endpoint.id)
        .where(
            Endpoint.deleted_at.is_(None),
            Endpoint.state != EndpointState.DISABLED,
            or_(Endpoint.slow_until.is_(None), Endpoint.slow_until <= at),
            due,
        )
        .order_by(func.random())  # nobody is always first when there are fewer places than endpoints
    )


def _due(endpoint_id: UUID, at: datetime) -> Any:
    query = select(Delivery.id).where(Delivery.endpoint_id == endpoint_id, _is_due(at)).order_by(Delivery.next_at)
    return query.with_for_update(skip_locked=True)


def _is_due(at: datetime) -> Any:
    return or_(
        and_(Delivery.state == DeliveryState.PENDING, Delivery.next_at <= at),
        and_(Delivery.state == DeliveryState.LEASED, Delivery.lease_until <= at),
    )


def release(session: Session, claims: Iterable[Claim], *, at: datetime) -> None:
    """Give back what was claimed and not begun: another worker may send it at once, and it counts as no attempt."""
    for one in claims:
        session.execute(
            update(Delivery)
            .where(Delivery.id == one.id, Delivery.lease_token == one.lease_token)
            .values(
                state=DeliveryState.PENDING,
                lease_token=None,
                lease_until=None,
                attempts=Delivery.attempts - 1,
                next_at=at,
            )
        )


# ── settle ────────────────────────────────────────────────────────────────────────────────────────────────────────


def settle(session: Session, results: Sequence[Result], *, at: datetime) -> int:
    """Write down what became of claims; return how many results were fenced off because their lease had passed on.

    Records webhook.disabled for an endpoint that is gone, or fails five days after its first failure.
    """
    endpoints = _locked_endpoints(session, results)
    standing = _still_ours(session, results)
    ours = [result for result in results if standing.get(result.claim.id) == result.claim.lease_token]
    if ours:
        session.execute(update(Delivery), [_settled(result) for result in ours])
        session.execute(insert(Attempt), [_attempt(result) for result in ours])
        for endpoint in endpoints:
            _judge(session, endpoint, [r for r in ours if r.claim.endpoint_id == endpoint.id], at=at)
    return len(results) - len(ours)


def _locked_endpoints(session: Session, results: Sequence[Result]) -> Sequence[Endpoint]:
    # Before their deliveries, in one order, as whoever resumes or deletes one does: so nobody waits in a ring, and of
    # two workers that settle for the same endpoint the second judges by what the first has found.
    ids = {result.claim.endpoint_id for result in results}
    query = select(Endpoint).where(Endpoint.id.in_(ids)).order_by(Endpoint.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _still_ours(session: Session, results: Sequence[Result]) -> dict[UUID, UUID | None]:
    ids = sorted(result.claim.id for result in results)
    query = select(Delivery.id, Delivery.lease_token).where(Delivery.id.in_(ids)).order_by(Delivery.id)
    return {row[0]: row[1] for row in session.execute(query.with_for_update())}


def _settled(result: Result) -> dict[str, Any]:
    again = DeliveryState.FAILED if result.next_at is None else DeliveryState.PENDING
    return {
        "id": result.claim.id,
        "state": DeliveryState.DELIVERED if result.delivered else again,
        "next_at": result.next_at or result.at,
        "lease_token": None,
        "lease_until": None,
        "updated_at": result.at,
    }


def _attempt(result: Result) -> dict[str, Any]:
    return {
        "id": new_id(),
        "delivery_id": result.claim.id,
        "number": result.claim.number,
        "at": result.at,
        "duration_ms": result.duration_ms,
        "url": result.claim.url,
        "status": result.status,
        "error": result.error,
        "reply_headers": dict(result.reply_headers or {}),
        "reply": result.reply,
    }


def _judge(session: Session, endpoint: Endpoint, results: Sequence[Result], *, at: datetime) -> None:
    if not results:
        return
    if any(result.delivered for result in results) and endpoint.state is EndpointState.UNVERIFIED:
        move_to(endpoint, EndpointState.ACTIVE, at=at)
    since, last = endpoint.failing_since, results[-1]
    for result in results:
        since = None if result.delivered else since or result.at
    asked = [result.slow_until for result in results if result.slow_until]
    slow = max(asked) if asked else None if last.delivered else endpoint.slow_until
    change(endpoint, {"failing_since": since, "slow_until": slow}, at=at)
    worn_out = since is not None and last.at - since >= DISABLED_AFTER
    if endpoint.state is not EndpointState.DISABLED and (worn_out or any(result.gone for result in results)):
        move_to(endpoint, EndpointState.DISABLED, at=at)
        events.record(session, EventType.WEBHOOK_DISABLED, endpoint, at=at)
    if endpoint.state is EndpointState.DISABLED:
        _hold(session, endpoint, at=at)


def _hold(session: Session, endpoint: Endpoint, *, at: datetime) -> None:
    """Keep what is still owed until the endpoint is resumed, also what was under way when it was disabled."""
    owed = update(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.state == DeliveryState.PENDING)
    session.execute(owed.values(state=DeliveryState.HELD, updated_at=at))


def forget_replies(session: Session, *, before: datetime) -> None:
    """Drop what receivers answered longer ago than that; that they were asked, and when, stays."""
    old = update(Attempt).where(Attempt.at < before, Attempt.reply.is_not(None))
    session.execute(old.values(reply=None, reply_headers=None))
