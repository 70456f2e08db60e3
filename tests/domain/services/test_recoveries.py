"""Recoveries: what is sent to an endpoint again, in parts, killed and gone on with; on both engines."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, update

from domain.db import new_id
from domain.errors import NotFound, StateConflict
from domain.models.events import Event, EventType
from domain.models.recoveries import Recovery, RecoveryKind, RecoveryState
from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.services import recoveries, webhooks
from domain.services.pages import PageRequest
from domain.services.recoveries import RecoveryInput
from domain.transaction import Database, transaction
from tests.conftest import NOW, Clock
from tests.deliveries import arrived, claim, do, endpoint, failed, fan_out, leave, owe, pause, resume, settle, states
from tests.world import World

D, K, R = DeliveryState, RecoveryKind, RecoveryState
HOUR = timedelta(hours=1)
EVERY_STATE = (D.DELIVERED, D.FAILED, D.HELD, D.PENDING, D.LEASED)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two events in one transaction, so that there are several."""
    monkeypatch.setattr(recoveries, "BATCH", 2)


def recover(
    world: World, one: Endpoint, kind: RecoveryKind, *, since: datetime = NOW - HOUR, name: str = "partner", **more: Any
) -> Recovery:
    """Ask for a recovery, a minute later."""
    wanted = RecoveryInput(kind, since, **more)
    return do(world, one, recoveries.create_recovery, name, wanted=wanted, at=world.clock() + timedelta(minutes=1))


def go_on(world: World) -> int:
    return world.do(lambda session, by, at: recoveries.go_on(session, at=at), at=world.clock() + timedelta(minutes=1))


def finish(world: World) -> int:
    """Go on until nothing is left; say in how many transactions."""
    return next(count for count in range(100) if not go_on(world))


def progress(world: World) -> list[tuple[RecoveryState, int | None, int]]:
    rows = world.read(select(Recovery).order_by(Recovery.id))
    return [(row.state, row.total, row.done) for row in rows]


def in_every_state(world: World, one: Endpoint) -> dict[DeliveryState, UUID]:
    """A delivery in each state, in their events' order."""
    ids = dict(zip(EVERY_STATE, owe(world, one, len(EVERY_STATE)), strict=True))
    with transaction(world.database) as session:
        for state, delivery_id in ids.items():
            values = {"state": state, "attempts": 3, "lease_until": NOW + HOUR if state is D.LEASED else None}
            session.execute(update(Delivery).where(Delivery.id == delivery_id).values(values))
    return ids


# ── what is sent again ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "again"),
    [(K.FAILED, [D.FAILED]), (K.UNDELIVERED, [D.FAILED, D.HELD]), (K.EVERYTHING, [D.DELIVERED, D.FAILED, D.HELD])],
)
def test_each_kind_sends_again_what_it_says(world: World, kind: RecoveryKind, again: list[DeliveryState]) -> None:
    one = endpoint(world, "partner", "application.*")
    ids = in_every_state(world, one)
    world.do(lambda session, by, at: session.execute(update(Delivery).where(
        Delivery.id == ids[D.PENDING]).values(next_at=NOW + HOUR)))  # fmt: skip
    recover(world, one, kind)
    finish(world)

    due = claim(world, at=NOW + timedelta(minutes=2))

    assert sorted(one.id for one in due) == sorted(ids[state] for state in again)
    assert {(one.number, one.try_number) for one in due} == {(4, 1)}
    assert progress(world) == [(R.DONE, len(again), len(again))]


@pytest.mark.parametrize(("kind", "count"), [(K.FAILED, 0), (K.UNDELIVERED, 1), (K.EVERYTHING, 1)], ids=str)
def test_what_was_never_owed_is_sent_where_it_never_arrived(world: World, kind: RecoveryKind, count: int) -> None:
    call = world.call()
    world.application(call)
    fan_out(world)
    late, other = endpoint(world, "partner", "call.published"), endpoint(world, "partner", "call.*")

    recover(world, late, kind)
    finish(world)

    assert (progress(world), states(world, late), states(world, other)) == (
        [(R.DONE, count, count)],
        Counter({D.PENDING: count} if count else {}),
        Counter(),
    )


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (-HOUR, None, [0, 1, 2]),
        (0 * HOUR, None, [0, 1, 2]),
        (HOUR, None, [1, 2]),
        (HOUR, 2 * HOUR, [1]),
        (-HOUR, HOUR, [0]),
        (2 * HOUR, 9 * HOUR, [2]),
    ],
    ids=str,
)
def test_it_goes_by_when_events_were_recorded(
    world: World, clock: Clock, since: timedelta, until: timedelta | None, found: list[int]
) -> None:
    one, ids = endpoint(world, "partner"), []
    for _ in range(3):
        ids += owe(world, one)
        clock.move(hours=1)
    settle(world, [arrived(due, clock()) for due in claim(world)])

    recover(world, one, K.EVERYTHING, since=NOW + since, until=None if until is None else NOW + until)
    finish(world)

    assert sorted(due.id for due in claim(world, at=clock() + HOUR)) == sorted(ids[number] for number in found)


def test_it_never_tells_what_the_owner_may_not_know_any_more(world: World) -> None:
    one = endpoint(world, "school", "application.*", "call.published")
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    fan_out(world)
    settle(world, [arrived(due, NOW) for due in claim(world)])
    before = states(world, one)
    leave(world, "school")

    recover(world, one, K.EVERYTHING, name="school")
    finish(world)

    assert (before, states(world, one)) == ({D.DELIVERED: 2}, {D.DELIVERED: 1, D.PENDING: 1})


def test_other_endpoints_are_left_alone(world: World) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "partner")
    world.call()
    fan_out(world)
    settle(world, [failed(due, NOW, next_at=None) for due in claim(world)])
    before = states(world, other)

    recover(world, one, K.EVERYTHING)
    finish(world)

    assert ([due.endpoint_id for due in claim(world, at=NOW + HOUR)], states(world, other)) == (
        [one.id] * before[D.FAILED],
        before,
    )


def test_what_is_sent_again_keeps_its_id(world: World) -> None:
    one = endpoint(world, "partner", "call.*")
    world.call()
    fan_out(world)
    first = claim(world)
    settle(world, [arrived(due, NOW) for due in first])

    recover(world, one, K.EVERYTHING)
    finish(world)

    assert [due.event.id for due in claim(world, at=NOW + HOUR)] == [due.event.id for due in first]


# ── asked for ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("since", "until"), [(NOW, NOW), (NOW + HOUR, None), (NOW, NOW - HOUR), (NOW + HOUR, NOW + 2 * HOUR)]
)
def test_it_begins_before_it_ends(world: World, since: datetime, until: datetime | None) -> None:
    one, wanted = endpoint(world, "partner"), RecoveryInput(K.FAILED, since, until)

    found = world.refused(recoveries.create_recovery, one.id, wanted, by=world.principal("partner"))

    assert found == [("/since", "not_before")]


def test_it_ends_now_unless_told_and_never_later(world: World) -> None:
    one = endpoint(world, "partner")
    ends = [recover(world, one, K.FAILED, until=until).until for until in (None, NOW, NOW + 9 * HOUR)]

    assert ends == [NOW + timedelta(minutes=1), NOW, NOW + timedelta(minutes=1)]


def test_a_dry_run_counts_and_touches_nothing(world: World) -> None:
    one = endpoint(world, "partner")
    in_every_state(world, one)
    before = states(world, one)

    recover(world, one, K.EVERYTHING, dry_run=True)
    finish(world)

    assert (progress(world), states(world, one)) == ([(R.DONE, 3, 0)], before)


def test_where_there_is_nothing_it_is_done_at_once(world: World) -> None:
    recover(world, endpoint(world, "partner"), K.FAILED)

    assert (finish(world), progress(world)) == (1, [(R.DONE, 0, 0)])


VERBS: dict[str, Any] = {
    "read": lambda session, id_, by, at: recoveries.get_recovery(session, id_, by=by),
    "cancelled": recoveries.cancel_recovery,
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_recovery_is_for_the_endpoints_owner(world: World, verb: str) -> None:
    made = recover(world, endpoint(world, "partner"), K.FAILED)

    for name in ("coordinator", "school", "stranger"):
        with pytest.raises(NotFound):
            world.do(VERBS[verb], made.id, by=world.principal(name))

    world.do(VERBS[verb], made.id, by=world.principal("partner"))


@pytest.mark.parametrize("name", ["coordinator", "school", "stranger"])
def test_nobody_recovers_for_another(world: World, name: str) -> None:
    with pytest.raises(NotFound):
        recover(world, endpoint(world, "partner"), K.FAILED, name=name)


def test_the_recoveries_of_an_endpoint_are_listed_newest_first(world: World, clock: Clock) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "partner")
    made = []
    for each in (one, other, one):
        made.append(recover(world, each, K.FAILED).id)
        clock.move(seconds=1)

    page = do(world, one, lambda s, id_, by, at: recoveries.list_recoveries(s, id_, by=by, page=PageRequest()))

    assert [found.id for found in page.items] == [made[2], made[0]]


# ── in parts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def given_up(world: World, one: Endpoint, count: int) -> list[UUID]:
    ids = owe(world, one, count)
    lost = update(Delivery).where(Delivery.endpoint_id == one.id).values(state=D.FAILED, attempts=3)
    world.do(lambda session, by, at: session.execute(lost))
    return ids


@pytest.mark.usefixtures("small_parts")
def test_it_tells_how_far_it_is(world: World) -> None:
    one = endpoint(world, "partner")
    given_up(world, one, 5)
    recover(world, one, K.FAILED)

    seen = [(progress(world), states(world, one)[D.PENDING])]
    while go_on(world):
        seen.append((progress(world), states(world, one)[D.PENDING]))

    assert seen == [
        ([(R.PENDING, None, 0)], 0),
        ([(R.RUNNING, 5, 2)], 2),
        ([(R.RUNNING, 5, 4)], 4),
        ([(R.DONE, 5, 5)], 5),
    ]


@pytest.mark.usefixtures("small_parts")
def test_what_arrives_meanwhile_is_not_sent_a_third_time(world: World) -> None:
    one = endpoint(world, "partner")
    ids = given_up(world, one, 5)
    recover(world, one, K.EVERYTHING)

    sent = []
    while go_on(world):
        due = claim(world, at=NOW + HOUR)
        sent += [one.id for one in due]
        settle(world, [arrived(one, NOW + HOUR) for one in due])

    assert (sorted(sent), progress(world)) == (sorted(ids), [(R.DONE, 5, 5)])


@pytest.mark.usefixtures("small_parts")
def test_a_cancelled_one_sends_no_more(world: World) -> None:
    one = endpoint(world, "partner")
    given_up(world, one, 5)
    made = recover(world, one, K.FAILED)
    go_on(world)

    world.do(recoveries.cancel_recovery, made.id, by=world.principal("partner"))

    assert (go_on(world), progress(world), states(world, one)) == (
        0,
        [(R.CANCELLED, 5, 2)],
        {D.PENDING: 2, D.FAILED: 3},
    )


@pytest.mark.parametrize("end", [finish, None], ids=["done", "cancelled"])
def test_what_is_over_is_not_cancelled(world: World, end: Any) -> None:
    made = recover(world, endpoint(world, "partner"), K.FAILED)
    by = world.principal("partner")
    end(world) if end else world.do(recoveries.cancel_recovery, made.id, by=by)

    with pytest.raises(StateConflict):
        world.do(recoveries.cancel_recovery, made.id, by=by)


class Killed(Exception):
    """The process is gone."""


@contextmanager
def killed_before(database: Database, statement: str) -> Iterator[None]:
    """End the transaction as a kill would, just before a statement of this beginning is sent."""

    def die(_connection: Any, _cursor: Any, sent: str, *_: Any) -> None:
        if sent.startswith(statement):
            raise Killed

    event.listen(database.writer, "before_cursor_execute", die)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        event.remove(database.writer, "before_cursor_execute", die)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("statement", ["UPDATE deliveries", "UPDATE recoveries", "INSERT INTO deliveries"])
def test_one_that_was_killed_goes_on_where_it_was(world: World, database: Database, statement: str) -> None:
    call = world.call()
    for name in ("Ana", "Mia"):
        world.application(call, name)
    fan_out(world)
    one = endpoint(world, "partner", "application.*")
    given_up(world, one, 4)
    recover(world, one, K.UNDELIVERED)

    for _ in range(2):
        with killed_before(database, statement):
            finish(world)
    finish(world)

    assert (progress(world), states(world, one)) == ([(R.DONE, 6, 6)], {D.PENDING: 6})
    assert set(world.read(select(Delivery.attempts_before).where(Delivery.endpoint_id == one.id))) == {0, 3}


@pytest.mark.usefixtures("small_parts")
def test_recoveries_take_turns(world: World, clock: Clock) -> None:
    for _ in range(2):
        one = endpoint(world, "partner")
        given_up(world, one, 4)
        recover(world, one, K.FAILED)

    seen = []
    for _ in range(4):
        clock.move(seconds=1)
        go_on(world)
        seen.append([done for _, _, done in progress(world)])

    assert seen == [[2, 0], [2, 2], [4, 2], [4, 4]]


@pytest.mark.usefixtures("small_parts")
def test_two_workers_share_recoveries_and_do_nothing_twice(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one worker: a second one waits for its place")
    one = endpoint(world, "partner")
    given_up(world, one, 6)
    recover(world, one, K.FAILED)
    with transaction(database) as session:
        recoveries.go_on(session, at=world.clock())
        meanwhile = go_on(world)

    finish(world)

    assert (meanwhile, progress(world), states(world, one)) == (0, [(R.DONE, 6, 6)], {D.PENDING: 6})


# ── paused, resumed, deleted ──────────────────────────────────────────────────────────────────────────────────────


def test_at_a_paused_endpoint_it_is_held_until_it_is_resumed(world: World) -> None:
    world.call()
    fan_out(world)
    one = endpoint(world, "partner", "call.published")
    given_up(world, one, 2)
    pause(world, one)
    recover(world, one, K.UNDELIVERED)

    finish(world)
    held = states(world, one)
    resume(world, one)

    assert (held, progress(world), len(claim(world, at=NOW + HOUR))) == ({D.HELD: 3}, [(R.DONE, 3, 3)], 3)


def test_what_is_to_stay_held_stays_held_though_it_was_recovered(world: World) -> None:
    one = endpoint(world, "partner")
    given_up(world, one, 2)
    pause(world, one)
    recover(world, one, K.FAILED)
    finish(world)

    resume(world, one, send_held=False)

    assert (states(world, one), claim(world, at=NOW + HOUR)) == ({D.HELD: 2}, [])


@pytest.mark.usefixtures("small_parts")
def test_with_its_endpoint_a_recovery_ends(world: World) -> None:
    one = endpoint(world, "partner")
    given_up(world, one, 5)
    recover(world, one, K.FAILED)
    go_on(world)

    do(world, one, webhooks.delete_endpoint)

    assert (finish(world), progress(world), states(world, one)) == (1, [(R.CANCELLED, 5, 2)], {D.FAILED: 5})


def test_who_resumes_it_meanwhile_gets_what_becomes_due(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: nothing comes between")
    one = endpoint(world, "partner")
    given_up(world, one, 2)
    pause(world, one)
    recover(world, one, K.FAILED)
    resumer = threading.Thread(target=resume, args=(world, one))

    with transaction(database) as session:
        recoveries.go_on(session, at=world.clock() + timedelta(minutes=1))
        session.flush()
        resumer.start()
        resumer.join(0.5)
    resumer.join(5)

    assert states(world, one) == {D.PENDING: 2}


# ── many ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def happened(world: World, count: int) -> None:
    """So many public events, past the services."""
    rows = [
        {
            "id": new_id(),
            "position": number,
            "type": EventType.CALL_UPDATED,
            "recorded_at": NOW,
            "countries": [],
            "public": True,
            "resource_type": "call",
            "resource_id": new_id(),
            "resource_version": 1,
            "resource_state": "published",
            "sample": False,
            "extra": {},
        }
        for number in range(1, count + 1)
    ]
    with transaction(world.database) as session:
        session.execute(insert(Event), rows)


def test_thousands_are_recovered_without_a_cap_and_in_parts(world: World) -> None:
    happened(world, 3000)
    one = endpoint(world, "stranger", "call.updated")
    recover(world, one, K.UNDELIVERED, name="stranger")
    parts = []

    while made := go_on(world):
        parts.append(made - 1)

    assert (parts, progress(world)) == ([500] * 6 + [0], [(R.DONE, 3000, 3000)])
    assert states(world, one) == {D.PENDING: 3000}
