"""Deliveries: owed by the fan-out, claimed under a lease, settled by whoever still holds it.

The delivery row is the queue. A claim writes a fresh token into the row; a result counts only while that token stands
there, so that a worker which overslept its lease can't undo what another did. Nothing here sends anything.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import and_, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session
from uuid_utils import uuid7

from domain import events
from domain.db import change, instant_text, new_id
from domain.models.events import Event, EventType
from domain.models.recoveries import UNFINISHED, Recovery
from domain.models.webhooks import (
    RECEIVING,
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointSecret,
    EndpointState,
    Payload,
)
from domain.services import delivery_batches
from domain.services.attempt_tallies import count_attempts
from domain.services.delivery_batches import EXPIRED, PENDING, Leased, Settled
from domain.services.events import sequence_events
from domain.services.messages import owe_messages
from domain.services.notices import owe_notices
from domain.services.subscriptions import concerns
from domain.services.webhook_secrets import keys_in_force
from domain.services.webhooks import hold
from domain.states import move_to

BATCH = 500  # events given their place and owed to endpoints in one transaction
# Since the first failure after the last success; Standard Webhooks leaves the numbers to us.
WARNED_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=4, hours=12))
DISABLED_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True, eq=False)
class Recipient:
    """An endpoint as it was when something was claimed for it, with the keys that sign: plain, for it is read often."""

    id: UUID
    url: str
    payload: Payload
    signatures: Sequence[str]
    sealed_headers: bytes | None
    timeout_s: int
    retry_after_s: Sequence[int] | None
    ordered: bool
    keep_replies_days: int
    keys: Sequence[EndpointSecret]


PLAIN = tuple(getattr(Endpoint, name) for name in Recipient.__slots__ if name != "keys")
# By these it is told how much an endpoint is sent at a time.
PACE = (Endpoint.slowed, Endpoint.rate_per_minute, Endpoint.verified_at, Endpoint.failing_since)


@dataclass(slots=True, eq=False)
class Claim:
    """One delivery that is ours to send until `lease_until`.

    `number` counts all its attempts from 1, `try_number` those since it was last asked for: by it the schedule goes.
    """

    id: UUID
    lease_token: UUID
    lease_until: datetime
    number: int
    try_number: int
    endpoint: Recipient
    event: Event

    @property
    def endpoint_id(self) -> UUID:
        """The endpoint's id."""
        return self.endpoint.id

    @property
    def url(self) -> str:
        """Where it goes."""
        return self.endpoint.url


class Result(NamedTuple):
    """What became of a claim. `next_at` is none when no further try is to be made; `gone` disables the endpoint.

    `slow` when the receiver asked for less: nothing is sent until `slow_until`, then one at a time until one arrives.
    """

    claim: Claim
    at: datetime
    delivered: bool
    duration_ms: int
    status: int | None = None
    error: str | None = None
    reply_headers: Mapping[str, str] | None = None
    reply: bytes = b""
    next_at: datetime | None = None
    slow: bool = False
    slow_until: datetime | None = None
    gone: bool = False


def now(session: Session, *, clock: datetime) -> datetime:
    """The instant that leases are counted by: the database's, where several machines share it."""
    if session.get_bind().dialect.name != "postgresql":
        return clock
    return session.scalar(select(func.clock_timestamp())) or clock


# ── fan-out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fan_out(session: Session, *, at: datetime) -> int:
    """Give new events their place in the order, owe each to endpoints and persons who are to know; return how many."""
    fresh = sequence_events(session, limit=BATCH)
    if not fresh:
        return 0
    positions = Event.position.between(fresh[0].position, fresh[-1].position)
    owed = [
        owed_to(endpoint, event_id, at=at)
        for endpoint in session.scalars(_standing_endpoints())
        for event_id in session.scalars(
            select(Event.id).where(positions, concerns(session, endpoint)).order_by(Event.position)
        )
    ]
    if owed:
        session.execute(insert(Delivery), owed)
    owe_messages(session, fresh, at=at)
    owe_notices(session, fresh, at=at)
    return len(fresh)


def _standing_endpoints() -> Any:
    # Whoever pauses or resumes one waits until we have committed: what it holds or lets go is then all there is.
    standing = select(Endpoint).where(Endpoint.deleted_at.is_(None)).order_by(Endpoint.id)
    return standing.with_for_update(read=True)


def anything_new(session: Session) -> bool:
    """Whether events wait for their place, or recoveries to be gone on with: a read, for those who ask all the time."""
    waiting = exists().where(Event.position.is_(None)), exists().where(Recovery.state.in_(UNFINISHED))
    return bool(session.scalar(select(or_(*waiting))))


def owed_to(endpoint: Endpoint, event_id: UUID, *, at: datetime) -> dict[str, Any]:
    """The row of a delivery that is due now, or held while the endpoint receives nothing."""
    return {
        "id": new_id(),
        "event_id": event_id,
        "endpoint_id": endpoint.id,
        "state": DeliveryState.PENDING if endpoint.receives else DeliveryState.HELD,
        "attempts": 0,
        "attempts_before": 0,
        "next_at": at,
        "created_at": at,
        "updated_at": at,
    }


# ── claim ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def claim(
    session: Session,
    *,
    busy: Mapping[UUID, int],
    per_endpoint: int,
    limit: int,
    lease: timedelta,
    at: datetime,
    ahead: int = 0,
) -> list[Claim]:
    """Lease due deliveries: at most `limit`, and so many an endpoint that with those `busy` it has `per_endpoint`.

    An endpoint that answers, and has no wishes about when, may have `ahead` more that wait their turn. Every endpoint
    has its own turn, so that one with a long queue takes nothing from the others.
    """
    if limit <= 0:
        return []
    token, until = uuid4(), at + lease
    endpoints: dict[UUID, Any] = {}
    leased: list[Leased] = []
    rooms: dict[UUID, int] = {}
    overslept: dict[UUID, int] = {}
    for endpoint in session.execute(_endpoints_with_due(at)).all():
        endpoints[endpoint.id] = endpoint
        under_way = busy.get(endpoint.id, 0)
        if _has_wishes(endpoint):
            room = min(per_endpoint - under_way, limit)
            wanted = _wished(session, session.get_one(Endpoint, endpoint.id), busy=under_way, room=room, at=at)
            leased += _lease_these(session, wanted, token=token, until=until)
            limit -= len(wanted)
            continue
        rooms[endpoint.id] = per_endpoint + (ahead if _may_wait(endpoint) else 0) - under_way
        if endpoint.expired:
            overslept[endpoint.id] = rooms[endpoint.id]
    for which, wanting in ((EXPIRED, overslept), (PENDING, rooms)):
        found = delivery_batches.lease(session, wanting, which=which, limit=limit, token=token, until=until, at=at)
        limit -= len(found)
        if which is EXPIRED:
            for one in found:
                rooms[UUID(one.endpoint_id)] -= 1
        leased += found
    return _claims(session, leased, endpoints, token=token, until=until, at=at)


def _has_wishes(endpoint: Any) -> bool:
    return bool(endpoint.ordered or endpoint.slowed or endpoint.rate_per_minute is not None)


def _may_wait(endpoint: Any) -> bool:
    # What fails, or never answered yet, is not to hold more than it must: a few dozen that hang would have leased all
    # that a worker may. What is shown in full is shown as it is when it is sent.
    answers = endpoint.verified_at is not None and endpoint.failing_since is None
    return bool(answers and endpoint.payload is Payload.THIN)


def _claims(
    session: Session,
    leased: list[Leased],
    endpoints: Mapping[UUID, Any],
    *,
    token: UUID,
    until: datetime,
    at: datetime,
) -> list[Claim]:
    """What is leased, with all that it takes to send it, in the order of the events."""
    if not leased:
        return []
    wanted = [UUID(id_) for id_ in {one.event_id for one in leased}]
    told = {one.id.hex: one for one in session.scalars(select(Event).where(Event.id.in_(wanted)))}
    places = {id_: event.position or 0 for id_, event in told.items()}
    leased.sort(key=lambda one: places[one.event_id])
    keys = keys_in_force(session, endpoints, at=at)
    recipients = {id_.hex: Recipient(*(*one[: len(PLAIN)], keys.get(id_, ()))) for id_, one in endpoints.items()}
    return [
        Claim(UUID(id_), token, until, attempts, attempts - before, recipients[endpoint_id], told[event_id])
        for id_, endpoint_id, event_id, attempts, before in leased
    ]


def _endpoints_with_due(at: datetime) -> Any:
    """The endpoints that something may be sent to now, each with whether a lease there has run out."""
    of_endpoint = Delivery.endpoint_id == Endpoint.id
    pending, expired = (exists().where(of_endpoint, due) for due in (_is_pending(at), _is_overslept(at)))
    return (
        select(*PLAIN, *PACE, expired.label("expired"))
        .where(
            Endpoint.deleted_at.is_(None),
            Endpoint.state.in_(RECEIVING),
            or_(Endpoint.slow_until.is_(None), Endpoint.slow_until <= at),
            or_(Endpoint.next_free_at.is_(None), Endpoint.next_free_at <= at),
            or_(pending, expired),
        )
        .order_by(func.random())  # nobody is always first when there are fewer places than endpoints
    )


def anything_due(session: Session, *, at: datetime) -> bool:
    """Whether there is something to claim: a read, for those who would otherwise write in vain many times a second."""
    return session.execute(_endpoints_with_due(at).order_by(None).limit(1)).first() is not None


def _wished(session: Session, endpoint: Endpoint, *, busy: int, room: int, at: datetime) -> Sequence[UUID]:
    """The deliveries to an endpoint that may be sent now: as many as there is room, and as it wishes."""
    if room <= 0 or not _is_ours_alone(session, endpoint):
        return []
    if endpoint.slowed:
        room = min(room, 1 - max(busy, _under_way(session, endpoint, at)))
    query = _next_in_order(endpoint.id, at) if endpoint.ordered else _due(endpoint.id, at)
    found = session.scalars(query.limit(max(0, _permitted(endpoint, room, at)))).all()
    if endpoint.rate_per_minute is not None:
        _spend(session, endpoint, len(found), at=at)
    return found


def _under_way(session: Session, endpoint: Endpoint, at: datetime) -> int:
    """How many are being sent to an endpoint, by whichever worker."""
    live = (Delivery.endpoint_id == endpoint.id, Delivery.state == DeliveryState.LEASED, Delivery.lease_until > at)
    return session.scalar(select(func.count()).select_from(Delivery).where(*live)) or 0


def _due(endpoint_id: UUID, at: datetime) -> Any:
    query = select(Delivery.id).where(Delivery.endpoint_id == endpoint_id, _is_due(at)).order_by(Delivery.next_at)
    return query.with_for_update(skip_locked=True)


def _lease_these(session: Session, ids: Sequence[UUID], *, token: UUID, until: datetime) -> list[Leased]:
    if not ids:
        return []
    # As in delivery_batches: a lease that ran out counts no second time.
    attempts = Delivery.attempts + case((Delivery.state == DeliveryState.LEASED, 0), else_=1)
    rows = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=DeliveryState.LEASED, lease_token=token, lease_until=until, attempts=attempts)
        .returning(Delivery.id, Delivery.endpoint_id, Delivery.event_id, Delivery.attempts, Delivery.attempts_before)
        .execution_options(synchronize_session=False)
    )
    return [Leased(row[0].hex, row[1].hex, row[2].hex, row[3], row[4]) for row in rows]


def _next_in_order(endpoint_id: UUID, at: datetime) -> Any:
    """The first of what is still owed, if it is due: while it waits, or is under way, so do all behind it."""
    open_states = (DeliveryState.PENDING, DeliveryState.LEASED)
    first = (
        select(Delivery.id)
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.endpoint_id == endpoint_id, Delivery.state.in_(open_states))
        .order_by(Event.position)
        .limit(1)
    )
    return select(Delivery.id).where(Delivery.id == first.scalar_subquery(), _is_due(at))


def _is_ours_alone(session: Session, endpoint: Endpoint) -> bool:
    """Whether no other worker claims for this endpoint at this moment; none will until we have committed."""
    mine = select(Endpoint.id).where(Endpoint.id == endpoint.id).with_for_update(skip_locked=True, key_share=True)
    if session.scalar(mine) is None:
        return False
    session.refresh(endpoint)  # Another may have spent of its rate, or slowed it down, before we had it.
    return endpoint.receives


def _permitted(endpoint: Endpoint, room: int, at: datetime) -> int:
    """How many may be sent now: one in order, and no more than the endpoint's rate allows."""
    wished = 1 if endpoint.ordered else room
    if endpoint.rate_per_minute is None:
        return wished
    interval = timedelta(minutes=1) / endpoint.rate_per_minute
    return max(0, min(wished, (at - _free_since(endpoint, at)) // interval + 1))


def _free_since(endpoint: Endpoint, at: datetime) -> datetime:
    """Since when the endpoint has been owed its next message by its rate; no more than one second is saved up."""
    burst = at - timedelta(seconds=1)
    return max(endpoint.next_free_at or burst, burst)


def _spend(session: Session, endpoint: Endpoint, count: int, *, at: datetime) -> None:
    assert endpoint.rate_per_minute is not None
    spent = _free_since(endpoint, at) + count * (timedelta(minutes=1) / endpoint.rate_per_minute)
    # Past the version: it is no edit, and whoever edits the endpoint now is not to be told that it was one.
    session.execute(update(Endpoint).where(Endpoint.id == endpoint.id).values(next_free_at=spent))


def _is_due(at: datetime) -> Any:
    return or_(_is_pending(at), _is_overslept(at))


def _is_pending(at: datetime) -> Any:
    return and_(Delivery.state == DeliveryState.PENDING, Delivery.next_at <= at)


def _is_overslept(at: datetime) -> Any:
    return and_(Delivery.state == DeliveryState.LEASED, Delivery.lease_until <= at)


def release(session: Session, claims: Collection[Claim], *, at: datetime) -> None:
    """Give back what was claimed and not begun: another worker may send it at once, and it counts as no attempt.

    Where the endpoint has stopped receiving meanwhile, it is held.
    """
    tokens: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for one in claims:
        tokens[one.lease_token].append(one.id)
    ids = {one.endpoint_id for one in claims}
    paused = [one for one in _locked_endpoints(session, ids) if not one.receives] if ids else []
    for token, of_token in tokens.items():
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(of_token), Delivery.lease_token == token)
            .values(
                state=DeliveryState.PENDING,
                lease_token=None,
                lease_until=None,
                attempts=Delivery.attempts - 1,
                next_at=at,
            )
            .execution_options(synchronize_session=False)
        )
    for endpoint in paused:
        hold(session, endpoint, at=at)


def hold_overslept(session: Session, *, at: datetime) -> None:
    """Hold what nobody settled in time at an endpoint that receives nothing now; it counts as no attempt."""
    resting = select(Endpoint.id).where(Endpoint.state.not_in(RECEIVING), Endpoint.deleted_at.is_(None))
    # Who comes late is fenced off, as by a second lease: their number would be given out twice.
    given_back = {"lease_token": None, "lease_until": None, "attempts": Delivery.attempts - 1}
    session.execute(
        update(Delivery)
        .where(Delivery.endpoint_id.in_(resting), _is_overslept(at))
        .values(state=DeliveryState.HELD, updated_at=at, **given_back)
        .execution_options(synchronize_session=False)
    )


# ── settle ────────────────────────────────────────────────────────────────────────────────────────────────────────


def settle(session: Session, results: Sequence[Result], *, at: datetime) -> int:
    """Write down what became of claims; return how many results were fenced off because their lease had passed on.

    Records webhook.disabled for an endpoint that is gone, or fails five days after its first failure.
    """
    if not results:
        return 0
    ailing = _lock(session, {result.claim.endpoint_id for result in results})
    rows = [_settled(result) for result in results]
    standing = delivery_batches.settle(session, rows)
    by_endpoint: defaultdict[UUID, list[Result]] = defaultdict(list)
    for row, result in zip(rows, results, strict=True):
        if row.id in standing:
            by_endpoint[result.claim.endpoint_id].append(result)
    ended = {id_: [(_ending(one), one.duration_ms) for one in ours] for id_, ours in by_endpoint.items()}
    count_attempts(session, ended)
    judged = [id_ for id_, ours in by_endpoint.items() if id_ in ailing or not all(one.delivered for one in ours)]
    for endpoint in _locked_endpoints(session, judged) if judged else ():
        _judge(session, endpoint, by_endpoint[endpoint.id], at=at)
    return len(results) - len(standing)


def _lock(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Lock endpoints; return those that a success changes: to an active one that never failed since it makes none."""
    well = and_(
        Endpoint.state == EndpointState.ACTIVE,
        Endpoint.verified_at.is_not(None),
        Endpoint.failing_since.is_(None),
        Endpoint.warnings == 0,
        ~Endpoint.slowed,
        Endpoint.slow_until.is_(None),
    )
    query = select(Endpoint.id, well).where(Endpoint.id.in_(ids)).order_by(Endpoint.id)
    return {id_ for id_, is_well in session.execute(query.with_for_update(key_share=True)) if not is_well}


def _locked_endpoints(session: Session, ids: Iterable[UUID]) -> Sequence[Endpoint]:
    # Before their deliveries, in one order, as whoever resumes or deletes one does: so nobody waits in a ring, and of
    # two workers that settle for the same endpoint the second judges by what the first has found.
    query = select(Endpoint).where(Endpoint.id.in_(ids)).order_by(Endpoint.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _settled(result: Result) -> Settled:
    claim = result.claim
    again = "failed" if result.next_at is None else "pending"
    kept = claim.endpoint.keep_replies_days > 0
    return Settled(
        claim.id.hex,
        claim.lease_token.hex,
        "delivered" if result.delivered else again,
        result.next_at or result.at,
        result.at,
        uuid7().hex,  # as new_id() makes them, in a fifth of the time
        claim.number,
        result.duration_ms,
        claim.endpoint.url,
        result.status,
        result.error,
        (result.reply_headers or {}) if kept else None,
        result.reply.hex() if kept else None,
    )


def _ending(result: Result) -> str:
    """How an attempt ended, in a word."""
    if result.delivered:
        return "delivered"
    return result.error or str(result.status)


def _judge(session: Session, endpoint: Endpoint, results: Sequence[Result], *, at: datetime) -> None:
    """Draw from the results what the endpoint is now: verified, failing since, slowed, disabled."""
    if not results:
        return
    if any(result.delivered for result in results):
        change(endpoint, {"verified_at": endpoint.verified_at or at}, at=at)
        if endpoint.state is EndpointState.UNVERIFIED:
            move_to(endpoint, EndpointState.ACTIVE, at=at)
    since, last = endpoint.failing_since, results[-1]
    for result in results:
        since = None if result.delivered else since or result.at
    asked = [result.slow_until for result in results if result.slow_until]
    slow_until = max(asked) if asked else None if last.delivered else endpoint.slow_until
    slowed = last.slow or (endpoint.slowed and not last.delivered)
    warnings = endpoint.warnings if since else 0
    values = {"failing_since": since, "warnings": warnings, "slowed": slowed, "slow_until": slow_until}
    change(endpoint, values, at=at)
    worn_out = since is not None and last.at - since >= DISABLED_AFTER
    if endpoint.state is not EndpointState.DISABLED and (worn_out or any(result.gone for result in results)):
        move_to(endpoint, EndpointState.DISABLED, at=at)
        events.record(session, EventType.WEBHOOK_DISABLED, endpoint, at=at)
    if not endpoint.receives:
        hold(session, endpoint, at=at)  # also what was under way when it was paused or disabled


def warn_of_failing(session: Session, *, at: datetime) -> int:
    """Record webhook.failing for endpoints that have failed for one, three and four and a half days; count them."""
    failing = select(Endpoint).where(
        Endpoint.deleted_at.is_(None), Endpoint.state.in_(RECEIVING), Endpoint.failing_since <= at - WARNED_AFTER[0]
    )
    told = 0
    for endpoint in session.scalars(failing.with_for_update(skip_locked=True)):
        assert endpoint.failing_since is not None
        due = sum(at - endpoint.failing_since >= age for age in WARNED_AFTER)
        if due > endpoint.warnings:
            change(endpoint, {"warnings": due}, at=at)
            ends = {"failing_since": endpoint.failing_since, "disabled_at": endpoint.failing_since + DISABLED_AFTER}
            texts = {name: instant_text(moment) for name, moment in ends.items()}
            events.record(session, EventType.WEBHOOK_FAILING, endpoint, at=at, **texts)
            told += 1
    return told


def forget_replies(session: Session, *, at: datetime) -> None:
    """Drop what receivers answered longer ago than their endpoint keeps it; that they were asked, and when, stays."""
    for endpoint_id, days in session.execute(select(Endpoint.id, Endpoint.keep_replies_days)).all():
        of_endpoint = Attempt.delivery_id.in_(select(Delivery.id).where(Delivery.endpoint_id == endpoint_id))
        old = update(Attempt).where(of_endpoint, Attempt.at < at - timedelta(days=days), Attempt.reply.is_not(None))
        session.execute(old.values(reply=None, reply_headers=None).execution_options(synchronize_session=False))
