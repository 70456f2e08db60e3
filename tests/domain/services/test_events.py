"""Events, for those who fetch them: in one order, to whom they concern; on both engines."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.db import new_id
from domain.models.applications import SubmittedVia
from domain.models.events import Event, EventType
from domain.models.projects import ProjectState
from domain.models.tokens import Scope
from domain.policies import OPERATOR, Principal
from domain.services import applications, calls, clock, decisions, deliveries, events, mobilities, projects, webhooks
from domain.services.events import read_events
from domain.transaction import Database, transaction
from schemas.events import dumped
from tests.deliveries import claim, endpoint, failed, fan_out, owe, settle
from tests.world import MEMBERS, STRANGER, World

E = EventType


def read(world: World, by: Principal, *, after: UUID | None = None, limit: int = 200) -> list[Event]:
    return list(world.do(lambda session, by, at: read_events(session, after=after, limit=limit, by=by), by=by))


def kinds(found: list[Event]) -> list[EventType]:
    return [event.type for event in found]


# ── the one order ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_are_read_in_the_order_of_their_positions(world: World) -> None:
    world.application(world.call())
    fan_out(world)

    found = read(world, world.principal("coordinator"))

    assert kinds(found) == [E.PROJECT_STARTED, E.CALL_PUBLISHED, E.APPLICATION_SUBMITTED]
    assert [event.position for event in found] == [1, 2, 3]


def test_an_event_without_a_position_is_not_told_yet(world: World) -> None:
    world.call()

    assert read(world, world.principal("coordinator")) == []


def test_a_reader_goes_on_after_the_last_one_it_has(world: World) -> None:
    for _ in range(3):
        world.call()
    fan_out(world)
    by = world.principal("network")

    pages, after = [], None
    while page := read(world, by, after=after, limit=2):
        pages.append(kinds(page))
        after = page[-1].id

    assert pages == [[E.PROJECT_STARTED, E.CALL_PUBLISHED], [E.CALL_PUBLISHED, E.CALL_PUBLISHED]]


def test_a_late_commit_is_never_passed_by(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: no commit is late")
    call, by = world.call(), world.principal("coordinator")
    with transaction(database) as session:
        wanted = {"by": OPERATOR, "at": world.clock(), "via": SubmittedVia.API}
        early = applications.submit_application(session, str(call.id), world.application_input("Ana"), **wanted)
        later = world.application(call, "Mia")
        fan_out(world)
        before = read(world, by)
    fan_out(world)

    after = read(world, by, after=before[-1].id)

    assert (before[-1].resource_id, [event.resource_id for event in after]) == (later.id, [early.id])
    assert after[0].id < before[-1].id


def test_sequencers_at_once_give_every_event_one_place(world: World, database: Database) -> None:
    for _ in range(20):
        world.call()
    start = threading.Barrier(3)

    def sequence() -> None:
        start.wait()
        for _ in range(30):
            with transaction(database) as session:
                deliveries.fan_out(session, at=world.clock())

    threads = [threading.Thread(target=sequence) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(world.read(select(Event.position))) == list(range(1, 22))


# ── to whom ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reader_is_told_what_its_endpoint_would_be(world: World) -> None:
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    world.mobility()
    fan_out(world)

    told = {name: set(kinds(read(world, world.principal(name)))) for name in (*MEMBERS, STRANGER)}

    public, member = {E.CALL_PUBLISHED}, {E.CALL_PUBLISHED, E.PROJECT_STARTED}
    everything = {*member, E.APPLICATION_SUBMITTED, E.MOBILITY_NOMINATED}
    assert told == dict.fromkeys(MEMBERS, member) | {
        **dict.fromkeys(("coordinator", "partner", "school"), everything),
        **dict.fromkeys(("host", "agency"), member | {E.MOBILITY_NOMINATED}),
        STRANGER: public,
    }


def test_a_token_without_the_scope_is_told_nothing(world: World) -> None:
    world.call()
    fan_out(world)

    assert read(world, world.principal("coordinator", scopes=frozenset(Scope) - {Scope.EVENTS_READ})) == []


def test_an_event_that_the_reader_can_not_know_is_no_mark_to_read_on_from(world: World) -> None:
    application = world.application(world.call())
    fan_out(world)
    (hidden,) = world.read(select(Event.id).where(Event.resource_id == application.id))
    by = world.principal("stranger")

    for after in (hidden, new_id()):
        found = world.refused(lambda s, by, at, after=after: read_events(s, after=after, limit=9, by=by), by=by)
        assert found == [("/after", "not_found")]


def test_it_is_told_how_far_back_the_events_reach(world: World) -> None:
    world.call()
    fan_out(world)

    oldest = [
        world.do(lambda s, by, at: events.oldest_event(s, by=by), by=world.principal(name))
        for name in ("network", "stranger")
    ]

    assert oldest == [(event.id, world.clock()) for event in read(world, world.principal("network"))]


# ── every type ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_type_of_event_happens_and_is_told_in_its_shape(world: World) -> None:
    for walk in (calls_walk, applications_walk, mobilities_walk, webhooks_walk, projects_walk):
        walk(world)

    happened = world.read(select(Event))

    assert {event.type for event in happened} == set(EventType)
    for event in happened:
        dumped(event.type, events.payload(event, base_url="http://localhost")["data"])


def calls_walk(world: World) -> None:
    call, other = world.call(), world.call()
    world.do(lambda session, by, at: clock.tick(session, at=call.closes_at - timedelta(days=1)))
    world.do(calls.extend_call, str(call.id), closes_at=call.closes_at + timedelta(hours=1))
    over = call.closes_at + timedelta(hours=1)
    world.do(lambda session, by, at: clock.tick(session, at=call.opens_at))
    world.do(lambda session, by, at: clock.tick(session, at=over))
    world.do(edit, call, places=9)
    world.do(calls.begin_selection, str(call.id), at=over)
    world.do(calls.decide_call, str(call.id))
    world.do(calls.archive_call, str(call.id))
    world.do(calls.cancel_call, str(other.id))


def edit(session: Any, call: Any, *, places: int, by: Any, at: Any) -> None:
    held = calls.lock_call(session, str(call.id), by=by)
    calls.edit_call(session, held, replace(calls.as_input(held, "TEST"), places=places), by=by, at=at)


def applications_walk(world: World) -> None:
    names = [f"N{number}" for number in range(7)]
    chosen = world.selection(*names, places=9, destinations=())
    confirmed, declined, expired, reserved, rejected, withdrawn, _ = [one.id for one in chosen]
    offer = {"destination_id": None, "confirm_by": world.clock() + timedelta(days=1)}
    for one in (confirmed, declined, expired):
        world.do(decisions.select_application, one, **offer)
    world.do(decisions.confirm_application, confirmed, participant_id=None)
    world.do(decisions.decline_application, declined)
    world.do(decisions.reserve_application, reserved, rank=1)
    world.do(decisions.promote_application, reserved, **offer)
    world.do(decisions.reject_application, rejected, reason=None)
    world.do(decisions.withdraw_application, withdrawn)
    world.do(lambda session, by, at: clock.tick(session, at=offer["confirm_by"]))
    ineligible = world.application(world.call(), "Out")
    world.do(decisions.decide_eligibility, ineligible.id, eligible=False, reason="No")


def mobilities_walk(world: World) -> None:
    done, ended, off = (world.mobility(world.participant(name)) for name in ("Ana", "Mia", "Eva"))
    for mobility in (done, ended):
        world.live(mobility)
    world.do(edit_mobility, done)
    world.do(mobilities.complete_mobility, done.id)
    world.do(mobilities.recognise_mobility, done.id)
    world.do(mobilities.terminate_mobility, ended.id, with_cause=True)
    world.do(mobilities.cancel_mobility, off.id)


def edit_mobility(session: Any, mobility: Any, *, by: Any, at: Any) -> None:
    held = mobilities.lock_mobility(session, mobility.id, by=by)
    wanted = replace(mobilities.as_input(held, "TEST"), comments="Changed.")
    mobilities.edit_mobility(session, held, wanted, by=by, at=at)


def webhooks_walk(world: World) -> None:
    one = endpoint(world, "partner")
    world.do(webhooks.ping_endpoint, one.id, by=world.principal("partner"))
    owe(world, one)
    settle(world, [failed(due, world.clock(), gone=True) for due in claim(world)])


def projects_walk(world: World) -> None:
    for state in (ProjectState.SUBMITTED, ProjectState.FINALISED, ProjectState.ARCHIVED):
        world.do(projects.advance_project, "TEST", state)
