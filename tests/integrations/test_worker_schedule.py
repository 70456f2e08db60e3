"""When the worker tries again, and when it gives up: the whole of it by a clock that the test moves, to the second."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.config import Config
from domain.models.events import Event, EventType
from domain.models.webhooks import Attempt, Delivery, DeliveryState, EndpointState
from domain.services import delivery_log
from integrations.http import ErrorClass
from integrations.webhooks.retries import SCHEDULE
from tests.conftest import NOW, Clock
from tests.deliveries import endpoint, owe, resume, row, states
from tests.integrations.working import NO, OK, Answer, Workshop, told, workshop
from tests.world import World

D, PING = DeliveryState, "webhook.ping"
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3600, 86_400))
LATER = NOW + 30 * DAY


@pytest.fixture
def shop(world: World, config: Config, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """A worker whose receiver fails, and whose jitter is none."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    with workshop(world, config, clock) as shop:
        shop.sender.answer = lambda exchange: NO
        yield shop


def passed(sent: Any) -> list[timedelta]:
    return [after for after, _ in sent]


def test_ten_attempts_over_three_days_and_then_it_is_given_up(world: World, shop: Workshop) -> None:
    one = endpoint(world, "partner", PING)
    owe(world, one)

    sent = shop.work_through(until=LATER)

    assert passed(sent) == [sum(SCHEDULE[: number + 1], timedelta()) for number in range(10)]
    assert (passed(sent)[-1], states(world, one)) == (75 * HOUR + 35 * MINUTE + 5 * SECOND, {D.FAILED: 1})
    assert len({exchange.headers["webhook-id"] for _, exchange in sent}) == 1
    assert [int(exchange.headers["webhook-timestamp"]) for _, exchange in sent] == [
        int((NOW + after).timestamp()) for after in passed(sent)
    ]


def test_every_attempt_is_in_the_log_when_it_was(world: World, shop: Workshop) -> None:
    owe(world, endpoint(world, "partner", PING))
    sent = shop.work_through(until=LATER)

    attempts = world.read(select(Attempt).order_by(Attempt.number))

    assert [(attempt.number, attempt.at) for attempt in attempts] == [
        (number, NOW + after) for number, after in enumerate(passed(sent), start=1)
    ]
    assert {(attempt.status, attempt.error, bytes(attempt.reply)) for attempt in attempts} == {(500, None, b"as told")}


@pytest.mark.parametrize(("random", "second"), [(0.0, 4), (0.5, 5), (1.0, 6)])
def test_jitter_spreads_what_failed_together(
    world: World, shop: Workshop, monkeypatch: pytest.MonkeyPatch, random: float, second: int
) -> None:
    monkeypatch.setattr("random.random", lambda: random)
    owe(world, endpoint(world, "partner", PING))
    shop.work()

    assert world.read(select(Delivery.next_at)) == [NOW + second * SECOND]


@pytest.mark.parametrize(
    ("own", "moments"),
    [
        ([], [0]),
        ([60], [0, 60]),
        ([60, 600], [0, 60, 660]),
        ([1, 1, 1], [0, 1, 2, 3]),
        ([86_400], [0, 86_400]),
    ],
    ids=str,
)
def test_a_schedule_of_ones_own_replaces_ours(world: World, shop: Workshop, own: list[int], moments: list[int]) -> None:
    one = endpoint(world, "partner", PING, retry_after_s=own)
    owe(world, one)

    sent = shop.work_through(until=LATER)

    assert (passed(sent), states(world, one)) == ([moment * SECOND for moment in moments], {D.FAILED: 1})


def test_in_order_the_last_delay_is_repeated_until_it_is_disabled(world: World, shop: Workshop) -> None:
    one = endpoint(world, "partner", PING, ordered=True, retry_after_s=[3600, 86_400])
    owe(world, one, 3)

    sent = shop.work_through(until=LATER)

    assert passed(sent) == [0 * HOUR, HOUR, *(HOUR + days * DAY for days in range(1, 6))]
    assert len({exchange.headers["webhook-id"] for _, exchange in sent}) == 1
    assert (row(world, one).state, states(world, one)) == (EndpointState.DISABLED, {D.HELD: 3})


def test_a_success_ends_it(world: World, shop: Workshop) -> None:
    one = endpoint(world, "partner", PING)
    owe(world, one)
    shop.sender.answer = lambda exchange: OK if len(shop.sender.sent) == 3 else NO

    sent = shop.work_through(until=LATER)

    assert (passed(sent), states(world, one)) == ([0 * SECOND, 5 * SECOND, 305 * SECOND], {D.DELIVERED: 1})


def test_one_sent_again_by_hand_has_the_whole_schedule_before_it(world: World, shop: Workshop) -> None:
    (delivery_id,) = owe(world, endpoint(world, "partner", PING, retry_after_s=[60]))
    shop.work_through(until=LATER)

    world.do(delivery_log.retry_delivery, delivery_id, by=world.principal("partner"))
    sent = shop.work_through(until=LATER)

    assert passed(sent) == [0 * SECOND, 60 * SECOND]
    assert world.read(select(Attempt.number).order_by(Attempt.number)) == [1, 2, 3, 4]


# ── what the receiver asks for ────────────────────────────────────────────────────────────────────────────────────


def http_date(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S GMT")


ASKED: list[tuple[int, str | None, timedelta, bool]] = [
    (429, None, 5 * SECOND, True),
    (502, None, 5 * SECOND, True),
    (503, None, 5 * SECOND, True),
    (504, None, 5 * SECOND, True),
    (429, "120", 120 * SECOND, True),
    (502, "120", 120 * SECOND, True),
    (503, http_date(NOW + HOUR), HOUR, True),
    (504, "3", 5 * SECOND, True),
    (503, "999999", DAY, True),
    (503, "soon", 5 * SECOND, True),
    (503, "-5", 5 * SECOND, True),
    (503, http_date(NOW - HOUR), 5 * SECOND, True),
    (500, "120", 5 * SECOND, False),
    (404, "120", 5 * SECOND, False),
    (301, "120", 5 * SECOND, False),
]


@pytest.mark.parametrize("case", ASKED, ids=lambda case: f"{case[0]} {case[1]}")
def test_who_asks_to_wait_is_waited_for(world: World, shop: Workshop, case: tuple[Any, ...]) -> None:
    status, asked, waited, slowed = case
    one = endpoint(world, "partner", PING)
    owe(world, one)
    shop.sender.answer = lambda exchange: Answer(status, {} if asked is None else {"Retry-After": asked})

    shop.work()

    assert (world.read(select(Delivery.next_at)), row(world, one).slowed) == ([NOW + waited], slowed)


def test_while_it_is_waited_for_nothing_is_sent_and_then_one_at_a_time(world: World, shop: Workshop) -> None:
    one = endpoint(world, "partner", PING)
    owe(world, one)
    shop.sender.answer = lambda exchange: Answer(503, {"Retry-After": "3600"})
    shop.work()
    owe(world, one, 3)

    shop.turn(NOW + HOUR - SECOND)
    before = shop.work()
    shop.turn(NOW + HOUR)
    first = shop.work()
    shop.sender.answer = lambda exchange: OK
    shop.turn(NOW + 2 * HOUR)
    rest = shop.work()

    assert (len(before), len(first), len(rest)) == (0, 1, 4)


@pytest.mark.parametrize("error", [ErrorClass.TIMEOUT, ErrorClass.CONNECT, ErrorClass.TLS, ErrorClass.REFUSED_ADDRESS])
def test_what_never_answers_is_tried_again(world: World, shop: Workshop, error: ErrorClass) -> None:
    one = endpoint(world, "partner", PING)
    owe(world, one)
    shop.sender.answer = lambda exchange: Answer(None, error=error)

    shop.work()

    assert (states(world, one), world.read(select(Attempt.error))) == ({D.PENDING: 1}, [error])


# ── five days ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_five_days_of_failures_it_is_disabled_and_its_owner_was_warned_thrice(
    world: World, shop: Workshop
) -> None:
    failing = endpoint(world, "partner", "webhook.ping", retry_after_s=[6 * 3600] * 20)
    watcher = endpoint(world, "partner", "webhook.*", headers={"X-Watcher": "yes"})
    owe(world, failing)
    shop.sender.answer = lambda exchange: OK if "x-watcher" in exchange.headers else NO

    sent = shop.work_through(until=LATER)

    warned = [(after / DAY, told(one)["type"]) for after, one in sent if one.endpoint == watcher.id]
    assert warned == [
        (1.0, "webhook.failing"),
        (3.0, "webhook.failing"),
        (4.5, "webhook.failing"),
        (5.0, "webhook.disabled"),
    ]
    assert (row(world, failing).state, row(world, watcher).state) == (EndpointState.DISABLED, EndpointState.ACTIVE)
    assert (sent[-2][0], states(world, failing)) == (5 * DAY, {D.FAILED: 1})


def test_one_that_is_gone_is_told_of_and_resumed_with_what_was_held(world: World, shop: Workshop) -> None:
    gone = endpoint(world, "partner", "call.published", PING)
    owe(world, gone)
    shop.sender.answer = lambda exchange: Answer(410)
    shop.work()
    world.call()
    held = (shop.work(), states(world, gone))

    resume(world, gone)
    shop.sender.answer = lambda exchange: OK

    assert held == ([], {D.HELD: 2})
    assert sorted(told(exchange)["type"] for exchange in shop.work()) == ["call.published", "webhook.ping"]
    assert world.read(select(Event.type).where(Event.type == EventType.WEBHOOK_DISABLED)) == ["webhook.disabled"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_workers_own_clock_decides_nothing_where_the_database_has_one(
    world: World, shop: Workshop, clock: Clock, hours: int
) -> None:
    if world.database.on_sqlite:
        pytest.skip("SQLite has no clock of its own")
    one = endpoint(world, "partner", PING)
    owe(world, one)
    clock.move(hours=hours)

    shop.work()

    assert (states(world, one), world.read(select(Delivery.next_at))) == ({D.PENDING: 1}, [NOW + 5 * SECOND])
