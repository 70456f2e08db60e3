"""What results say of an endpoint: verified, failing, warned of, disabled; and what is kept of replies."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.models.events import Event, EventType
from domain.models.webhooks import Attempt, Endpoint, EndpointState
from domain.services import deliveries
from tests.conftest import NOW, Clock
from tests.deliveries import (
    arrived,
    claim,
    disable,
    edit,
    endpoint,
    failed,
    fan_out,
    owe,
    owed,
    pause,
    resume,
    row,
    settle,
    states,
)
from tests.world import World

E, S = EventType, EndpointState
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
OK, NO = True, False


# ── verified, failing since ───────────────────────────────────────────────────────────────────────────────────────


def test_the_first_success_verifies_an_endpoint_and_a_failure_does_not(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    seen = []
    for outcome, due in zip((failed, arrived, arrived), claim(world), strict=True):
        at = NOW + len(seen) * SECOND
        settle(world, [outcome(due, at)], at=at)
        seen.append((row(world, one).state, row(world, one).verified_at))

    assert seen == [(S.UNVERIFIED, None), (S.ACTIVE, NOW + SECOND), (S.ACTIVE, NOW + SECOND)]


FAILING_SINCE = [
    ([[NO]], 0),
    ([[NO], [NO]], 0),
    ([[NO], [OK]], None),
    ([[NO, OK]], None),
    ([[OK, NO]], 1),
    ([[NO], [OK, NO]], 2),
    ([[NO], [OK], [NO]], 2),
]


def test_failures_count_from_the_first_since_the_last_success(world: World) -> None:
    found = []
    for batches, _ in FAILING_SINCE:
        one, moments = endpoint(world, "partner"), iter(NOW + number * SECOND for number in range(9))
        owe(world, one, sum(map(len, batches)))
        due = iter(claim(world))
        for batch in batches:
            settle(world, [(arrived if good else failed)(next(due), next(moments)) for good in batch])
        since = row(world, one).failing_since
        found.append((batches, since and (since - NOW) // SECOND))

    assert found == FAILING_SINCE


# ── gone, and five days ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_endpoint_that_is_gone_is_disabled_and_what_it_is_owed_is_held(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    first, second = claim(world, limit=2)

    settle(world, [failed(first, NOW, status=410, gone=True)])
    settle(world, [failed(second, NOW)])

    assert (row(world, one).state, states(world, one)) == (S.DISABLED, {deliveries.DeliveryState.HELD: 3})


def test_one_that_answers_410_among_successes_is_gone_too(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    first, second, third = claim(world)

    settle(world, [arrived(first, NOW), failed(second, NOW, status=410, gone=True), arrived(third, NOW)])

    assert row(world, one).state is S.DISABLED


@pytest.mark.parametrize(
    ("after", "state"), [(5 * DAY - SECOND, S.UNVERIFIED), (5 * DAY, S.DISABLED), (6 * DAY, S.DISABLED)]
)
def test_five_days_of_failures_disable_an_endpoint(world: World, after: timedelta, state: EndpointState) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 2)
    first, second = claim(world)

    settle(world, [failed(first, NOW)])
    settle(world, [failed(second, NOW + after)])

    assert row(world, one).state is state


def test_a_success_begins_the_five_days_anew(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 4)

    for outcome, due, after in zip((failed, arrived, failed, failed), claim(world), (0, 4, 4, 8), strict=True):
        settle(world, [outcome(due, NOW + after * DAY)])

    assert (row(world, one).state, row(world, one).failing_since) == (S.ACTIVE, NOW + 4 * DAY)


def test_time_alone_disables_nobody(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    settle(world, [failed(due, NOW) for due in claim(world)])

    warn(world, NOW + 9 * DAY)

    assert row(world, one).state is S.UNVERIFIED


def test_that_one_is_disabled_is_told_to_its_owners_others_once(world: World) -> None:
    gone, other = endpoint(world, "partner", "webhook.*"), endpoint(world, "partner", "webhook.*")
    stranger = endpoint(world, "coordinator", "webhook.*")
    owe(world, gone, 2)
    for due in claim(world):
        settle(world, [failed(due, NOW, gone=True)])

    fan_out(world)

    told = (owed(world, other), E.WEBHOOK_DISABLED in owed(world, gone), owed(world, stranger))
    assert told == ([E.WEBHOOK_DISABLED], False, [])


def test_one_that_is_paused_is_disabled_too_when_it_is_gone(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    claims = claim(world)
    pause(world, one)

    settle(world, [failed(due, NOW, gone=True) for due in claims])

    assert row(world, one).state is S.DISABLED


# ── webhook.failing ───────────────────────────────────────────────────────────────────────────────────────────────


def warn(world: World, at: datetime) -> int:
    return world.do(lambda session, by, at: deliveries.warn_of_failing(session, at=at), at=at)


def fail(world: World, one: Endpoint, at: datetime = NOW) -> None:
    owe(world, one)
    mine = [due for due in claim(world, at=at) if due.endpoint_id == one.id]
    settle(world, [failed(due, at, next_at=None) for due in mine], at=at)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (DAY - SECOND, 0),
        (DAY, 1),
        (3 * DAY - SECOND, 1),
        (3 * DAY, 1),
        (4.5 * DAY, 1),
        (9 * DAY, 1),
    ],
)
def test_after_a_standstill_the_owner_is_warned_once(world: World, after: timedelta, told: int) -> None:
    fail(world, endpoint(world, "partner"))

    assert (warn(world, NOW + after), warn(world, NOW + after)) == (told, 0)


def test_the_owner_is_warned_after_one_three_and_four_and_a_half_days(world: World) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "partner", "webhook.failing")
    fail(world, one)

    hours = [hour for hour in range(5 * 24) if warn(world, NOW + hour * DAY / 24)]

    fan_out(world)
    assert (hours, row(world, one).warnings) == ([24, 72, 108], 3)
    assert owed(world, other) == [E.WEBHOOK_FAILING] * 3


def test_a_warning_says_since_when_and_until_when(world: World) -> None:
    one = endpoint(world, "partner")
    fail(world, one)
    warn(world, NOW + 3 * DAY)

    (told,) = world.read(select(Event).where(Event.type == E.WEBHOOK_FAILING))

    assert (told.resource_id, told.recorded_at) == (one.id, NOW + 3 * DAY)
    assert told.extra == {"failing_since": "2026-11-22T09:00:00Z", "disabled_at": "2026-11-27T09:00:00Z"}


def test_a_warning_goes_to_the_owners_others_alone(world: World) -> None:
    names = ("partner", "partner", "coordinator", "school")
    one, *others = (endpoint(world, name, "webhook.*") for name in names)
    fail(world, one)

    warn(world, NOW + DAY)
    fan_out(world)

    assert [E.WEBHOOK_FAILING in owed(world, each) for each in (one, *others)] == [False, True, False, False]


def test_a_success_takes_the_warnings_back(world: World) -> None:
    one = endpoint(world, "partner")
    fail(world, one)
    warn(world, NOW + DAY)
    owe(world, one)
    settle(world, [arrived(due, NOW + DAY) for due in claim(world, at=NOW + DAY)])

    fail(world, one, NOW + 2 * DAY)

    assert [warn(world, NOW + days * DAY) for days in (2, 2.99, 3, 4, 5)] == [0, 0, 1, 0, 1]


@pytest.mark.parametrize("stop", [pause, disable])
def test_of_one_that_receives_nothing_nobody_is_warned(world: World, stop: Any) -> None:
    one = endpoint(world, "partner")
    fail(world, one)
    stop(world, one)

    assert warn(world, NOW + 2 * DAY) == 0


def test_a_resumed_one_fails_anew(world: World) -> None:
    one = endpoint(world, "partner")
    fail(world, one)
    disable(world, one)

    resume(world, one)

    assert (warn(world, NOW + 9 * DAY), row(world, one).failing_since) == (0, None)


# ── replies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def replies(world: World) -> list[tuple[Any, Any]]:
    attempts = world.read(select(Attempt).order_by(Attempt.at))
    return [(attempt.reply, attempt.reply_headers) for attempt in attempts]


def forget(world: World, at: datetime) -> None:
    world.do(lambda session, by, at: deliveries.forget_replies(session, at=at), at=at)


@pytest.mark.parametrize("days", [1, 30, 90])
def test_replies_are_kept_as_long_as_their_endpoint_wishes_and_the_log_stays(world: World, days: int) -> None:
    owe(world, endpoint(world, "partner", keep_replies_days=days))
    settle(world, [arrived(due, NOW, reply=b"ok", reply_headers={"x": "y"}) for due in claim(world)])

    seen = []
    for at in (NOW + days * DAY, NOW + days * DAY + SECOND):
        forget(world, at)
        seen += replies(world)

    assert seen == [(b"ok", {"x": "y"}), (None, None)]
    assert world.read(select(Attempt.status)) == [200]


def test_where_none_are_wished_nothing_is_kept_of_a_reply(world: World) -> None:
    owe(world, endpoint(world, "partner", keep_replies_days=0))
    settle(world, [arrived(due, NOW, reply=b"ok", reply_headers={"x": "y"}) for due in claim(world)])

    forget(world, NOW + SECOND)

    assert [(reply, headers or None) for reply, headers in replies(world)] == [(None, None)]


def test_who_wishes_less_later_has_the_older_ones_forgotten(world: World) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "partner")
    for each in (one, other):
        owe(world, each)
    settle(world, [arrived(due, NOW, reply=b"ok") for due in claim(world)])

    edit(world, one, keep_replies_days=0)
    forget(world, NOW + SECOND)

    query = select(Attempt.reply).join(deliveries.Delivery, deliveries.Delivery.id == Attempt.delivery_id)
    assert world.read(query.where(deliveries.Delivery.endpoint_id == one.id)) == [None]
    assert world.read(select(func.count(Attempt.reply))) == [1]
