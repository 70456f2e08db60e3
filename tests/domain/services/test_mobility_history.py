"""Mobilities that are over: the same rows, events and rules as when they are lived through step by step."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Forbidden, StateConflict
from domain.models.events import Event, EventType
from domain.models.mobilities import MobilityState
from domain.models.projects import Project
from domain.services import participants
from domain.services.mobilities import MobilityInput
from domain.services.mobility_history import enter_past_mobility
from domain.services.participants import ParticipantInput
from domain.services.tokens import authenticate
from domain.transaction import Database, reading
from tests.conftest import Clock
from tests.world import World

CONFIRMED, LIVE = MobilityState.CONFIRMED, MobilityState.LIVE


@pytest.fixture
def wanted(world: World) -> MobilityInput:
    """Three weeks of somebody in Lyon."""
    activity_id, sending_id = world.activity(), world.organisation("school")
    receiving_id = world.organisation("host")
    project = world.do(lambda session, **_: session.get_one(Project, world.project()))
    person = world.do(participants.create_participant, project, ParticipantInput("Ana", "Ilić", "RS", sending_id))
    return MobilityInput(
        project="TEST",
        participant_id=person.id,
        activity_id=activity_id,
        receiving_id=receiving_id,
        start_date=date(2026, 3, 2),
        end_date=date(2026, 3, 22),
    )


def enter(world: World, wanted: MobilityInput, clock: Clock, *states: MobilityState, **options: Any) -> Any:
    """Enter it with these steps, a day apart, the nomination first."""
    steps = {state: clock() + timedelta(days=number) for number, state in enumerate(states, 1)}
    by = {"by": options["by"]} if "by" in options else {}
    return world.do(
        lambda session, *, by, at: enter_past_mobility(session, wanted, nominated_at=at, steps=steps, by=by), **by
    )


def test_each_step_is_told_as_of_its_moment(
    world: World, wanted: MobilityInput, clock: Clock, database: Database
) -> None:
    mobility = enter(world, wanted, clock, CONFIRMED, LIVE)

    with reading(database) as session:
        query = select(Event.type, Event.recorded_at, Event.resource_version).where(Event.resource_id == mobility.id)
        told = session.execute(query.order_by(Event.id)).all()
    assert [tuple(event) for event in told] == [
        (EventType.MOBILITY_NOMINATED, clock(), 1),
        (EventType.MOBILITY_CONFIRMED, clock() + timedelta(days=1), 2),
        (EventType.MOBILITY_STARTED, clock() + timedelta(days=2), 3),
    ]


def test_it_ends_where_its_last_step_led(world: World, wanted: MobilityInput, clock: Clock) -> None:
    assert enter(world, wanted, clock, CONFIRMED, LIVE).state is LIVE


def test_no_step_is_left_out(world: World, wanted: MobilityInput, clock: Clock) -> None:
    with pytest.raises(StateConflict):
        enter(world, wanted, clock, LIVE)


def test_it_takes_the_right_to_manage_it(world: World, wanted: MobilityInput, clock: Clock) -> None:
    secret = world.token("school")
    school = world.do(lambda session, *, by, at: authenticate(session, secret, at=at))

    with pytest.raises(Forbidden):
        enter(world, wanted, clock, CONFIRMED, by=school)
