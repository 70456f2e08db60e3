"""Deliveries: owed, claimed, settled; on both engines."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.models.events import EventType
from domain.models.projects import ProjectState
from domain.models.webhooks import Attempt, Delivery, DeliveryState
from domain.services import deliveries, projects
from domain.transaction import Database, transaction
from tests.conftest import NOW
from tests.deliveries import (
    LEASE,
    arrived,
    claim,
    endpoint,
    failed,
    fan_out,
    leave,
    owe,
    owed,
    pause,
    resume,
    settle,
    states,
)
from tests.world import MEMBERS, STRANGER, World

E, D = EventType, DeliveryState
EVERYONE = (*MEMBERS, STRANGER)
SECOND = timedelta(seconds=1)


# ── who is owed what ──────────────────────────────────────────────────────────────────────────────────────────────

TOLD = {
    E.CALL_PUBLISHED: set(EVERYONE),
    E.APPLICATION_SUBMITTED: {"coordinator", "partner", "school"},
    E.MOBILITY_NOMINATED: {"coordinator", "partner", "school", "host", "agency"},
    E.PROJECT_SUBMITTED: set(MEMBERS),
}


def test_an_event_goes_to_those_whom_it_concerns_and_to_nobody_else(world: World) -> None:
    endpoints = {name: endpoint(world, name, *TOLD) for name in EVERYONE}
    call = world.call()
    world.application(call, sending_organisation_id=world.organisation("school"))
    world.mobility()
    world.do(projects.advance_project, "TEST", ProjectState.SUBMITTED)

    fan_out(world)

    told = {name: owed(world, one) for name, one in endpoints.items()}
    assert {kind: {name for name in EVERYONE if kind in told[name]} for kind in TOLD} == TOLD
    assert max(Counter(kinds).most_common(1)[0][1] for kinds in told.values()) == 1


def test_an_endpoint_sees_no_more_than_the_token_that_made_it(world: World) -> None:
    code = world.other_project("stranger", "coordinator")
    narrow, wide = endpoint(world, "coordinator", project=code), endpoint(world, "coordinator")

    world.application(world.call())
    fan_out(world)

    assert E.APPLICATION_SUBMITTED in owed(world, wide)
    assert set(owed(world, narrow)) == {E.CALL_PUBLISHED, E.PROJECT_STARTED}


def test_a_private_event_reaches_nobody_who_has_left_the_project(world: World) -> None:
    school, coordinator = endpoint(world, "school", "application.*"), endpoint(world, "coordinator", "application.*")
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    leave(world, "school")

    fan_out(world)

    assert (owed(world, school), owed(world, coordinator)) == ([], [E.APPLICATION_SUBMITTED])


def test_an_endpoint_gets_what_it_asked_for(world: World) -> None:
    one = endpoint(world, "partner", "call.*")

    world.application(world.call())
    fan_out(world)

    assert owed(world, one) == [E.CALL_PUBLISHED]


def test_an_event_is_owed_once_however_often_the_fan_out_runs(world: World) -> None:
    one = endpoint(world, "partner", "call.*")
    world.call()

    assert [fan_out(world) > 0, fan_out(world), owed(world, one)] == [True, 0, [E.CALL_PUBLISHED]]


def test_events_of_a_disabled_endpoint_are_held(world: World) -> None:
    one = endpoint(world, "partner", "call.*")
    owe(world, one)
    settle(world, [failed(due, NOW, gone=True, next_at=None) for due in claim(world)])

    world.call()
    fan_out(world)

    assert (states(world, one), claim(world, at=NOW + timedelta(days=9))) == ({D.FAILED: 1, D.HELD: 1}, [])


# ── claim ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_carries_what_it_takes_to_send(world: World) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)

    (due,) = claim(world)

    assert (due.id, due.number, due.endpoint_id, due.url, due.lease_until) == (
        delivery_id,
        1,
        one.id,
        "https://partner.example.org/hook",
        NOW + LEASE,
    )


def test_what_is_leased_is_claimed_again_only_when_the_lease_is_over(world: World) -> None:
    owe(world, endpoint(world, "partner"))

    claimed = [[due.number for due in claim(world, at=NOW + after)] for after in (0 * SECOND, LEASE - SECOND, LEASE)]

    assert claimed == [[1], [], [1]]


def test_what_is_not_due_yet_is_left_alone(world: World) -> None:
    owe(world, endpoint(world, "partner"))
    settle(world, [failed(due, NOW, next_at=NOW + timedelta(minutes=5)) for due in claim(world)])

    assert [len(claim(world, at=NOW + after)) for after in (timedelta(minutes=5) - SECOND, timedelta(minutes=5))] == [
        0,
        1,
    ]


def test_one_with_a_long_queue_takes_nothing_from_the_others(world: World) -> None:
    busy, quiet = endpoint(world, "partner"), endpoint(world, "school")
    owe(world, busy, 1000)
    owe(world, quiet, 2)

    claimed = Counter(due.endpoint_id for due in claim(world, per_endpoint=8, limit=64))

    assert claimed == {busy.id: 8, quiet.id: 2}


def test_what_is_under_way_counts_towards_an_endpoints_share(world: World) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "school")
    owe(world, one, 5)
    owe(world, other, 5)

    claimed = Counter(due.endpoint_id for due in claim(world, busy={one.id: 2, other.id: 3}, per_endpoint=3))

    assert claimed == {one.id: 1}


def test_no_more_is_claimed_than_there_is_room_for(world: World) -> None:
    for name in ("partner", "school", "host"):
        owe(world, endpoint(world, name), 5)

    assert len(claim(world, per_endpoint=4, limit=6)) == 6


def test_what_is_released_can_be_claimed_at_once_and_was_no_attempt(world: World) -> None:
    owe(world, endpoint(world, "partner"))

    world.do(lambda session, by, at: deliveries.release(session, claim_in(session, at), at=at))

    assert [due.number for due in claim(world)] == [1]


def claim_in(session: Any, at: Any) -> Any:
    return deliveries.claim(session, busy={}, per_endpoint=9, limit=9, lease=LEASE, at=at)


def test_who_has_overslept_can_not_release_what_another_has(world: World) -> None:
    owe(world, endpoint(world, "partner"))
    (early,) = claim(world)
    claim(world, at=NOW + LEASE)

    world.do(lambda session, by, at: deliveries.release(session, [early], at=at))

    assert world.read(select(Delivery.state)) == [D.LEASED]


# ── settle ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (lambda due: arrived(due, NOW), D.DELIVERED),
        (lambda due: failed(due, NOW), D.PENDING),
        (lambda due: failed(due, NOW, next_at=None), D.FAILED),
    ],
    ids=["a success", "a failure with a next try", "the last failure"],
)
def test_a_result_decides_how_its_delivery_stands(world: World, outcome: Any, state: DeliveryState) -> None:
    one = endpoint(world, "partner")
    owe(world, one)

    fenced = settle(world, [outcome(due) for due in claim(world)])

    assert (fenced, states(world, one)) == (0, {state: 1})


def test_every_attempt_is_logged(world: World) -> None:
    owe(world, endpoint(world, "partner"))
    first = {"status": None, "error": "timeout", "next_at": NOW}
    settle(world, [failed(due, NOW, **first) for due in claim(world)])
    settle(world, [arrived(due, NOW + SECOND, reply=b"ok", reply_headers={"server": "x"}) for due in claim(world)])

    attempts = world.read(select(Attempt).order_by(Attempt.number))
    assert [(a.number, a.at, a.status, a.error, a.duration_ms, a.reply, a.reply_headers) for a in attempts] == [
        (1, NOW, None, "timeout", 7, b"", {}),
        (2, NOW + SECOND, 200, None, 7, b"ok", {"server": "x"}),
    ]


def test_a_result_counts_while_its_lease_stands_and_is_fenced_off_after(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    (overslept,) = claim(world)
    (holder,) = claim(world, at=NOW + LEASE)

    fenced = [settle(world, [failed(overslept, NOW, next_at=None)]), settle(world, [arrived(holder, NOW)])]
    late = settle(world, [failed(overslept, NOW, next_at=None)])

    assert (fenced, late, states(world, one)) == ([1, 0], 1, {D.DELIVERED: 1})
    assert world.read(select(Attempt.number)) == [1]


@pytest.mark.parametrize("ordered", [False, True])
def test_a_lease_that_ran_out_takes_no_try(world: World, *, ordered: bool) -> None:
    one = endpoint(world, "partner", ordered=ordered)
    owe(world, one)
    claim(world)  # by a worker that is killed before it begins

    (again,) = claim(world, at=NOW + LEASE)

    assert (again.number, again.try_number) == (1, 1)


# ── several at once ───────────────────────────────────────────────────────────────────────────────────────────────


def test_several_workers_share_the_work_and_do_nothing_twice(world: World) -> None:
    for name in ("partner", "school", "host"):
        owe(world, endpoint(world, name), 20)
    start, fenced = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        while world.read(select(Delivery.id).where(Delivery.state == D.PENDING).limit(1)):
            due = claim(world, limit=5, per_endpoint=3)
            fenced.append(settle(world, [arrived(one, NOW) for one in due]) if due else 0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    attempts = Counter(world.read(select(Attempt.delivery_id)))
    assert (len(attempts), set(attempts.values()), sum(fenced)) == (60, {1}, 0)
    assert set(world.read(select(Delivery.state))) == {D.DELIVERED}


def test_nobody_waits_at_a_row_that_another_claims(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: the others wait for it")
    one = endpoint(world, "partner")
    owe(world, one, 3)

    with transaction(database) as session:
        mine = deliveries.claim(session, busy={}, per_endpoint=2, limit=2, lease=LEASE, at=NOW)
        theirs = claim(world)

    assert (len(mine), len(theirs), len({due.id for due in mine + theirs})) == (2, 1, 3)


@pytest.mark.parametrize(
    ("before", "meanwhile", "stands"),
    [(pause, resume, {D.PENDING: 1}), (None, pause, {D.HELD: 1})],
    ids=["resumed", "paused"],
)
def test_what_is_owed_while_its_endpoint_is_turned_stands_as_it_should(
    world: World, database: Database, before: Any, meanwhile: Any, stands: Any
) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: nothing comes between")
    one = endpoint(world, "partner", "call.published")
    world.call()
    if before:
        before(world, one)
    other = threading.Thread(target=meanwhile, args=(world, one))

    with transaction(database) as session:
        deliveries.fan_out(session, at=NOW)
        other.start()
        other.join(0.5)
    other.join(5)

    assert states(world, one) == stands
