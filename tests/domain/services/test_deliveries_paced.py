"""How fast an endpoint is sent to: slowed by its own wish, held to its rate, or in order; on both engines."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.services import deliveries
from domain.services.deliveries import Claim
from domain.transaction import Database, transaction
from tests.conftest import NOW, Clock
from tests.deliveries import (
    LEASE,
    arrived,
    claim,
    edit,
    endpoint,
    failed,
    owe,
    pause,
    resume,
    row,
    settle,
    states,
    together,
)
from tests.world import World

D = DeliveryState
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def ids(claims: Sequence[Claim]) -> list[Any]:
    return [due.id for due in claims]


# ── slowed ────────────────────────────────────────────────────────────────────────────────────────────────────────


def slowed(world: World, *, until: datetime | None = None, count: int = 5) -> Endpoint:
    """An endpoint whose first of so many deliveries was answered by a wish for less."""
    one = endpoint(world, "partner")
    owe(world, one, count)
    settle(world, [failed(due, NOW, status=503, slow=True, slow_until=until) for due in claim(world, limit=1)])
    return one


def test_one_that_asked_to_wait_is_left_in_peace_until_then(world: World) -> None:
    slowed(world, until=NOW + HOUR)

    assert [len(claim(world, at=NOW + after)) for after in (HOUR - SECOND, HOUR)] == [0, 1]


def test_one_that_asked_for_less_gets_one_at_a_time_until_one_arrives(world: World) -> None:
    slowed(world)
    seen = []
    for outcome in (failed, failed, arrived):
        due = claim(world)
        seen.append((len(due), len(claim(world, busy={due[0].endpoint_id: 1}))))
        settle(world, [outcome(one, NOW, next_at=NOW + HOUR) for one in due])

    assert (seen, len(claim(world))) == ([(1, 0)] * 3, 1)


def test_one_at_a_time_is_one_of_all_workers(world: World) -> None:
    slowed(world)

    counts = [len(claim(world)) for _ in range(2)]

    assert (counts, len(claim(world, at=NOW + LEASE))) == ([1, 0], 1)


def test_workers_at_once_send_one_alone(world: World) -> None:
    slowed(world, count=20)
    found: list[Claim] = []

    together(4, lambda _: found.extend(claim(world)))

    assert len(found) == 1


@pytest.mark.parametrize(
    ("results", "slow", "until"),
    [
        ("S", True, None),
        ("Su", True, HOUR),
        ("S f", True, None),
        ("Su f", True, HOUR),
        ("S a", False, None),
        ("Su a", False, None),
        ("Su S", True, HOUR),
        ("f", False, None),
        ("a S", True, None),
        ("S a f", False, None),
    ],
)
def test_what_comes_back_says_whether_it_is_slowed(
    world: World, results: str, slow: Any, until: timedelta | None
) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    kinds: dict[str, Any] = {
        "S": lambda due: failed(due, NOW, slow=True),
        "Su": lambda due: failed(due, NOW, slow=True, slow_until=NOW + HOUR),
        "f": lambda due: failed(due, NOW),
        "a": lambda due: arrived(due, NOW),
    }

    for kind, due in zip(results.split(), claim(world), strict=False):
        settle(world, [kinds[kind](due)])

    kept = row(world, one)
    assert (kept.slowed, kept.slow_until) == (slow, until and NOW + until)


def test_the_longest_wait_of_those_asked_for_at_once_is_kept(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    waits = (MINUTE, HOUR, SECOND)

    due = zip(claim(world), waits, strict=True)
    settle(world, [failed(each, NOW, slow=True, slow_until=NOW + wait) for each, wait in due])

    assert row(world, one).slow_until == NOW + HOUR


def test_others_are_not_slowed(world: World) -> None:
    slowed(world, until=NOW + HOUR)
    other = endpoint(world, "partner")
    owe(world, other, 3)

    assert {due.endpoint_id for due in claim(world)} == {other.id}


# ── a rate ────────────────────────────────────────────────────────────────────────────────────────────────────────


def busiest(moments: Sequence[datetime]) -> int:
    """How many fell into the busiest minute."""
    return max(sum(one <= other < one + MINUTE for other in moments) for one in moments)


@pytest.mark.parametrize(("rate", "step_ms"), [(1, 7000), (60, 900), (90, 1300), (600, 700), (600, 2500)])
def test_no_minute_sees_more_than_the_rate_and_one_seconds_burst(world: World, rate: int, step_ms: int) -> None:
    owe(world, endpoint(world, "partner", rate_per_minute=rate), 2 * rate)
    step, sent = timedelta(milliseconds=step_ms), []

    for number in range(int(75 * SECOND / step)):
        at = NOW + number * step
        sent += [at] * len(claim(world, at=at, limit=1000, per_endpoint=1000, lease=HOUR))

    # Who looks but every two and a half seconds, and saves up one, sends less.
    assert busiest(sent) <= rate + -(-rate // 60)
    assert len(sent) >= rate * (1.1 if step < 2 * SECOND else 0.5 if step < 5 * SECOND else 2)


def test_what_was_not_sent_is_not_saved_up(world: World) -> None:
    one = endpoint(world, "partner", rate_per_minute=120)
    owe(world, one, 50)

    first, later = (len(claim(world, at=NOW + after)) for after in (0 * SECOND, HOUR))

    assert (first, later) == (3, 3)


def test_what_fails_counts_towards_the_rate_as_well(world: World) -> None:
    owe(world, endpoint(world, "partner", rate_per_minute=1))
    counts = []
    for after in (0, 30, 58, 60):
        at = NOW + after * SECOND
        due = claim(world, at=at)
        counts.append(len(due))
        settle(world, [failed(one, at, next_at=at) for one in due], at=at)

    assert counts == [1, 0, 0, 1]


def test_two_workers_keep_one_rate_between_them(world: World) -> None:
    owe(world, endpoint(world, "partner", rate_per_minute=120), 100)
    sent: list[datetime] = []
    lock, random = threading.Lock(), Random(5)
    delays = [random.random() / 50 for _ in range(40)]

    def work(number: int) -> None:
        for step in range(20):
            at = NOW + step * SECOND / 2
            due = claim(world, at=at)
            with lock:
                sent.extend([at] * len(due))
            threading.Event().wait(delays[2 * step + number])

    together(2, work)

    assert len(sent) <= 20 + 2


def test_who_waited_for_the_rate_goes_by_what_was_spent_meanwhile(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: nothing comes between")
    one = endpoint(world, "partner", rate_per_minute=60)
    owe(world, one, 10)

    with transaction(database) as session:
        session.get_one(Endpoint, one.id)  # as it was before the other worker spent
        first = len(claim(world))
        second = deliveries.claim(session, busy={}, per_endpoint=9, limit=9, lease=LEASE, at=NOW)

    assert (first, len(second)) == (2, 0)


def test_a_rate_is_no_edit(world: World) -> None:
    one = endpoint(world, "partner", rate_per_minute=60)
    owe(world, one, 5)
    claim(world)

    assert row(world, one).version == one.version
    assert edit(world, one, description="Ours").description == "Ours"


# ── in order ──────────────────────────────────────────────────────────────────────────────────────────────────────


def drain(world: World, clock: Clock, fails: Any = lambda number: False, *, rounds: int = 100) -> list[Any]:
    """Send what is due, one round a second; the ids in the order in which they were tried."""
    tried: list[Any] = []
    for _ in range(rounds):
        due = claim(world)
        results = [(failed if fails(len(tried) + count) else arrived)(one, clock()) for count, one in enumerate(due)]
        settle(world, results)
        tried += ids(due)
        clock.move(seconds=1)
    return tried


def test_in_order_one_goes_after_the_other(world: World, clock: Clock) -> None:
    wished = owe(world, endpoint(world, "partner", ordered=True), 6)
    # Whatever became due first: the order is that of the events.
    world.do(lambda session, by, at: session.execute(Delivery.__table__.update().where(
        Delivery.id.in_(wished[3:])).values(next_at=NOW - HOUR)))  # fmt: skip

    assert (len(claim(world)), len(claim(world))) == (1, 0)
    clock.move(seconds=60)
    assert drain(world, clock, rounds=8) == wished


def test_in_order_the_first_failure_holds_up_all_behind_it(world: World, clock: Clock) -> None:
    wished = owe(world, endpoint(world, "partner", ordered=True), 4)

    tried = drain(world, clock, lambda number: number in (1, 2, 3, 5), rounds=40)

    first, second, third, fourth = wished
    assert tried == [first, second, second, second, second, third, third, fourth]


def test_in_order_nothing_that_comes_later_overtakes(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner", ordered=True)
    (first,) = owe(world, one)
    settle(world, [failed(due, NOW, next_at=NOW + HOUR) for due in claim(world)])
    (second,) = owe(world, one)

    before = claim(world, at=NOW + HOUR - SECOND)
    clock.move(hours=1)

    assert (before, drain(world, clock, rounds=3)) == ([], [first, second])


def test_in_order_held_and_resumed_keep_their_order(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner", ordered=True)
    wished = owe(world, one, 2)
    claims = claim(world)
    pause(world, one)
    wished += owe_held(world, one, 2)
    settle(world, [failed(due, NOW) for due in claims])
    resume(world, one)
    wished += owe(world, one, 2)

    assert drain(world, clock, rounds=10) == wished


def owe_held(world: World, one: Endpoint, count: int) -> list[Any]:
    found = owe(world, one, count)
    held = Delivery.__table__.update().where(Delivery.id.in_(found)).values(state=D.HELD)
    world.do(lambda session, by, at: session.execute(held))
    return found


def test_in_order_what_was_left_held_keeps_nobody_waiting(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner", ordered=True)
    owe(world, one, 2)
    pause(world, one)
    resume(world, one, send_held=False)
    wished = owe(world, one, 2)

    assert drain(world, clock, rounds=4) == wished


def test_in_order_a_dead_workers_delivery_holds_up_the_rest_until_its_lease_ends(world: World) -> None:
    first, _ = owe(world, endpoint(world, "partner", ordered=True), 2)
    claim(world)

    assert [ids(claim(world, at=NOW + after)) for after in (LEASE - SECOND, LEASE)] == [[], [first]]


def test_in_order_others_are_not_held_up(world: World) -> None:
    one, other = endpoint(world, "partner", ordered=True), endpoint(world, "partner")
    owe(world, one, 3)
    owe(world, other, 3)

    found = [due.endpoint_id for due in claim(world)]

    assert sorted(found) == sorted([one.id, *[other.id] * 3])


def test_in_order_and_by_rate(world: World) -> None:
    wished = owe(world, endpoint(world, "partner", ordered=True, rate_per_minute=60), 4)
    tried = []
    for tenth in range(35):
        at = NOW + tenth * SECOND / 10
        due = claim(world, at=at)
        tried += [(one.id, tenth) for one in due]
        settle(world, [arrived(one, at) for one in due], at=at)

    assert tried == list(zip(wished, (0, 1, 10, 20), strict=True))


def test_in_order_workers_at_once_send_one_after_the_other(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one worker: a second one waits for its place")
    one = endpoint(world, "partner", ordered=True)
    wished = owe(world, one, 15)
    arrivals: list[Any] = []

    def work(number: int) -> None:
        random = Random(number)
        while states(world, one)[D.DELIVERED] < 15:
            for due in claim(world):
                good = random.random() < 0.7
                arrivals.append((due.id, good))
                settle(world, [arrived(due, NOW) if good else failed(due, NOW, next_at=NOW)])

    together(3, work)

    assert [delivery_id for delivery_id, good in arrivals if good] == wished
    assert list(dict.fromkeys(delivery_id for delivery_id, _ in arrivals)) == wished


# ── leased ahead ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("answer", "leased"), [(None, 2), (arrived, 5), (failed, 2)])
def test_only_for_an_endpoint_that_answers_more_is_leased_than_is_sent(world: World, answer: Any, leased: int) -> None:
    one = endpoint(world, "partner")
    if answer:
        owe(world, one)
        settle(world, [answer(due, NOW) for due in claim(world)])
    owe(world, one, 9)

    assert len(claim(world, per_endpoint=2, ahead=3)) == leased
