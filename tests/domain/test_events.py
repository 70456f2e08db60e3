"""An event is a row of the transaction that it tells of, on both engines."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.db import Base
from domain.events import SINGULAR, clock_key, record
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.services import calls
from tests.world import World


def test_an_event_tells_of_its_thing_as_it_stands(world: World) -> None:
    call = world.call()

    (event,) = world.read(select(Event).where(Event.type == EventType.CALL_PUBLISHED))

    assert (event.resource_type, event.resource_id, event.resource_version, event.resource_state) == (
        "call",
        call.id,
        call.version,
        "published",
    )
    assert (event.project_id, event.owner_id, event.countries, event.call_id, event.public, event.position) == (
        call.project_id,
        call.owner_id,
        ["RS"],
        call.id,
        True,
        None,
    )


def test_an_event_of_the_clock_happens_once(world: World) -> None:
    call = world.call()

    def close(session: Session, *, by: Any, at: Any) -> None:
        once = clock_key(EventType.CALL_CLOSED, call.id, call.closes_at)
        record(session, EventType.CALL_CLOSED, session.get_one(Call, call.id), at=at, once=once)

    world.do(close)

    with pytest.raises(IntegrityError):
        world.do(close)
    assert world.recorded().count(EventType.CALL_CLOSED) == 1


def test_what_fails_is_not_told(world: World) -> None:
    call, before = world.draft(), world.recorded()

    def fail(session: Session, **options: Any) -> None:
        calls.publish_call(session, str(call.id), **options)
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.do(fail)

    assert world.recorded() == before


def test_no_event_has_a_column_for_personal_data() -> None:
    assert [column.name for column in Event.__table__.columns if column.info.get("personal")] == []


def test_everything_that_tells_its_audience_has_a_name_in_the_singular() -> None:
    subjects = {mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "audience")}

    assert {subject.__tablename__ for subject in subjects} == set(SINGULAR)


def test_an_event_carries_no_word_of_who_applied(world: World) -> None:
    world.application(world.call())

    (event,) = world.read(select(Event).where(Event.type == EventType.APPLICATION_SUBMITTED))

    values = " ".join(str(value) for value in vars(event).values())
    assert [word for word in ("Ana", "Petrović", "ana@example.org", "2005") if word in values] == []
