"""What the clock does, on both engines."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from domain.models.applications import Application, ApplicationState
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.services import calls, clock, decisions
from domain.transaction import Database, transaction
from tests.world import World

BY_CLOCK = (EventType.CALL_OPENED, EventType.CALL_CLOSING_SOON, EventType.CALL_CLOSED)
MICROSECOND = timedelta(microseconds=1)


def tick(world: World, at: datetime) -> int:
    return world.do(lambda session, by, at: clock.tick(session, at=at), at=at)


def told(world: World) -> list[tuple[Any, ...]]:
    """What the clock has brought about: the type, and the days that are left."""
    events = world.read(select(Event).where(Event.type.in_(BY_CLOCK)).order_by(Event.id))
    return [(event.type, *([event.extra["days"]] if "days" in event.extra else [])) for event in events]


def day_by_day(call: Call, *, days: int = 31) -> Sequence[datetime]:
    return [call.opens_at + timedelta(hours=12 * half) for half in range(2 * days)]


def test_a_call_opens_comes_near_its_end_and_closes_once_each(world: World) -> None:
    call = world.call()

    for at in day_by_day(call):
        tick(world, at)
        tick(world, at)

    assert told(world) == [
        ("call.opened",),
        ("call.closing_soon", 14),
        ("call.closing_soon", 7),
        ("call.closing_soon", 3),
        ("call.closing_soon", 1),
        ("call.closed",),
    ]


def test_the_clock_tells_to_the_instant(world: World) -> None:
    call = world.call(opens_at=world.clock() + timedelta(days=1))
    edges = [call.opens_at, *(call.closes_at - timedelta(days=days) for days in (14, 7, 3, 1, 0))]

    found = [(tick(world, edge - MICROSECOND), tick(world, edge)) for edge in edges]

    assert found == [(0, 1)] * 6


def test_a_notice_carries_the_deadline(world: World) -> None:
    call = world.call()

    tick(world, call.closes_at - timedelta(days=7))

    (event,) = world.read(select(Event).where(Event.type == EventType.CALL_CLOSING_SOON))
    assert event.extra == {"closes_at": "2026-12-21T09:00:00Z", "days": 7}


def test_an_extension_leads_to_new_notices_and_a_second_closing(world: World) -> None:
    call = world.call()
    tick(world, call.closes_at)
    world.do(calls.extend_call, str(call.id), closes_at=call.closes_at + timedelta(days=2), at=call.closes_at)

    for at in (call.closes_at + timedelta(days=1), call.closes_at + timedelta(days=2)):
        tick(world, at)

    assert told(world) == [("call.closed",), ("call.closing_soon", 1), ("call.closed",)]


def test_a_call_that_is_open_for_five_days_is_not_told_to_close_in_seven(world: World) -> None:
    call = world.call(closes_at=world.clock() + timedelta(days=4))

    for at in day_by_day(call, days=6):
        tick(world, at)

    assert [days for _, *days in told(world)] == [[], [3], [1], []]


def test_after_a_standstill_what_is_long_past_is_told_no_more(world: World) -> None:
    call = world.call()

    tick(world, call.closes_at + timedelta(days=7, microseconds=1))

    assert told(world) == []


def test_a_closing_is_told_also_when_the_selection_has_begun_at_once(world: World) -> None:
    call = world.call()
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)

    tick(world, call.closes_at + timedelta(seconds=1))

    assert told(world) == [("call.closed",)]


def test_the_clock_is_not_for_drafts_nor_for_what_was_cancelled(world: World) -> None:
    call, draft = world.call(), world.draft()
    world.do(calls.cancel_call, str(call.id))

    for at in (draft.opens_at, draft.closes_at - timedelta(days=1), draft.closes_at):
        tick(world, at)

    assert told(world) == []


def test_places_that_nobody_confirmed_expire_with_the_clock(world: World) -> None:
    (application,) = world.selection("Ana", destinations=())
    until = world.clock() + timedelta(days=1)
    world.do(decisions.select_application, application.id, destination_id=None, confirm_by=until)

    tick(world, until)

    assert world.read(select(Application.state)) == [ApplicationState.EXPIRED]


def test_clocks_that_tick_at_once_tell_everything_once(world: World, database: Database) -> None:
    call = world.call()
    start, refused = threading.Barrier(4), []

    def tick_along() -> None:
        start.wait()
        try:
            with transaction(database) as session:
                clock.tick(session, at=call.closes_at)
        except IntegrityError:
            refused.append("another was quicker")

    threads = [threading.Thread(target=tick_along) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(told(world)) == Counter([("call.closed",)])
