"""Lists of mobilities: narrowed, paged, and what has changed in them since they were read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.db import new_id
from domain.errors import InvalidInput
from domain.models.activities import ActivityCode
from domain.models.mobilities import MobilityRole, MobilityState, RecordStatus
from domain.policies import OPERATOR
from domain.services import mobilities
from domain.services.mobility_lists import LONGEST_OPEN_WRITE, MobilityFilter, is_gone
from domain.services.pages import PageRequest
from domain.transaction import transaction
from tests.conftest import Clock
from tests.domain.services.changed_mobilities import deleted, edited, found, listed
from tests.world import World

FITTING: list[dict[str, Any]] = [
    {"project": "TEST"},
    {"activity": ActivityCode.SHORT_TERM_LEARNER},
    {"state": MobilityState.NOMINATED},
    {"sending_country": "RS"},
    {"receiving_country": "FR"},
    {"record_status": RecordStatus.COMPLETE},
]
OTHERS: list[dict[str, Any]] = [
    {"project": "NONE"},
    {"activity": ActivityCode.COURSE},
    {"state": MobilityState.LIVE},
    {"sending_organisation_id": new_id()},
    {"receiving_organisation_id": new_id()},
    {"sending_country": "AL"},
    {"receiving_country": "IT"},
    {"record_status": RecordStatus.DRAFT},
    {"participant_id": new_id()},
]


def test_a_list_is_narrowed_by_each_filter(world: World) -> None:
    world.mobility()

    assert [wanted for wanted in FITTING + OTHERS if found(world, **wanted)] == FITTING


def test_a_list_is_narrowed_by_its_organisations_and_person(world: World) -> None:
    mobility = world.mobility()
    ends = {"sending_organisation_id": mobility.sending_id, "receiving_organisation_id": mobility.receiving_id}

    assert found(world, **ends, participant_id=mobility.participant_id) == [mobility.id]


@pytest.mark.parametrize("sort", ["start_date", "-start_date", "created_at", "updated_at"])
def test_a_list_pages_through_everything_once(world: World, sort: str) -> None:
    made = {world.mobility(start_date=day and date(2027, 2, day)).id for day in (None, 1, 2)}

    first = listed(world, page=PageRequest(limit=2, sort=sort))
    second = listed(world, page=PageRequest(limit=2, sort=sort, cursor=first.next_cursor))

    assert [len(first.items), len(second.items)] == [2, 1]
    assert {mobility.id for mobility in (*first.items, *second.items)} == made


@pytest.mark.parametrize("cursor", ["x", "x.1", "x.-1", "x.٣", "x." + "9" * 17])
def test_a_foreign_cursor_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        listed(world, page=PageRequest(cursor=cursor))

    assert [(f.pointer, f.code) for f in refusal.value.findings] == [("/cursor", "not_a_cursor")]


# ── what changed since ────────────────────────────────────────────────────────────────────────────────────────────


def test_all_pages_of_a_reading_carry_the_first_ones_instant(world: World, clock: Clock) -> None:
    world.mobility(), world.mobility()
    first = listed(world, page=PageRequest(limit=1))

    clock.move(minutes=5)
    second = listed(world, page=PageRequest(limit=1, cursor=first.next_cursor))

    assert (first.as_of, second.as_of) == (clock.now - timedelta(minutes=5) - LONGEST_OPEN_WRITE, first.as_of)


def test_what_did_not_change_is_not_listed_again(world: World, clock: Clock) -> None:
    world.mobility()
    clock.move(minutes=5)

    as_of = listed(world).as_of

    assert found(world, modified_since=as_of) == []


def test_a_write_that_began_before_a_reading_and_ended_after_it_is_not_missed(world: World, clock: Clock) -> None:
    mobility = world.mobility()
    clock.move(minutes=5)
    begun = clock.now
    with transaction(world.database) as session:
        held = mobilities.lock_mobility(session, mobility.id, by=OPERATOR)
        wanted = replace(mobilities.as_input(held, "TEST"), comments="Late.")
        mobilities.edit_mobility(session, held, wanted, by=OPERATOR, at=begun)
        clock.move(seconds=8)
        reader = listed(world, modified_since=begun - timedelta(minutes=1))
        read_at = clock.now

    assert reader.items == []
    assert found(world, modified_since=reader.as_of) == [mobility.id]
    # Had it been told the instant of its reading, it would have passed the change by.
    assert found(world, modified_since=read_at) == []


def test_a_deleted_one_is_a_tombstone_for_those_who_ask_what_changed(world: World, clock: Clock) -> None:
    mobility, as_of = world.mobility(), listed(world).as_of
    clock.move(minutes=5)

    deleted(world, mobility)

    changed = listed(world, modified_since=as_of).items
    assert [(m.id, is_gone(m, MobilityFilter())) for m in changed] == [(mobility.id, True)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"state": MobilityState.NOMINATED},
        {"record_status": RecordStatus.COMPLETE},
        {"receiving_country": "FR"},
        {"activity": ActivityCode.SHORT_TERM_LEARNER},
    ],
)
def test_one_that_left_the_filter_is_gone_from_that_list(world: World, clock: Clock, wanted: dict[str, Any]) -> None:
    mobility, as_of = world.mobility(), listed(world, **wanted).as_of
    clock.move(minutes=5)
    course = world.activity(ActivityCode.COURSE)
    edited(world, mobility, activity_id=course, receiving_country="IT", role=MobilityRole.ACCOMPANYING)
    world.do(mobilities.confirm_mobility, mobility.id)

    changed = listed(world, **wanted, modified_since=as_of).items

    assert [(m.id, is_gone(m, MobilityFilter(**wanted))) for m in changed] == [(mobility.id, True)]


def test_one_that_still_fits_is_not_gone(world: World, clock: Clock) -> None:
    mobility, as_of = world.mobility(), listed(world).as_of
    clock.move(minutes=5)
    edited(world, mobility, comments="Still here.")
    wanted = {"state": MobilityState.NOMINATED, "participant_id": mobility.participant_id}

    changed = listed(world, **wanted, modified_since=as_of).items

    assert [is_gone(m, MobilityFilter(**wanted)) for m in changed] == [False]


def test_a_reader_who_loops_ends_up_with_what_is_there(world: World, clock: Clock) -> None:
    kept: dict[object, int] = {}
    since, made = None, [world.mobility() for _ in range(3)]
    changes: list[Callable[[], object]] = [
        lambda: edited(world, made[0], comments="One."),
        lambda: deleted(world, made[1]),
        lambda: made.append(world.mobility()),
        lambda: edited(world, made[2], comments="Two."),
    ]
    for change in [lambda: None, *changes]:
        change()
        page = listed(world, modified_since=since)
        for mobility in page.items:
            kept[mobility.id] = mobility.version
            if is_gone(mobility, MobilityFilter()):
                del kept[mobility.id]
        since = page.as_of
        clock.move(seconds=20)

    assert kept == {mobility.id: mobility.version for mobility in listed(world).items}
