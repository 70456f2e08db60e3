"""Applications through the services, on both engines."""

from sqlalchemy import select

from domain.models.events import Event, EventType
from domain.transaction import Database, reading
from tests.world import World


def recorded(database: Database) -> list[EventType]:
    with reading(database) as session:
        return list(session.scalars(select(Event.type).order_by(Event.id)))


def test_a_submitted_application_is_an_event_in_the_same_transaction(world: World, database: Database) -> None:
    application = world.application(world.call())

    with reading(database) as session:
        event = session.scalars(select(Event).where(Event.type == EventType.APPLICATION_SUBMITTED)).one()

    assert (event.resource_id, event.resource_version, event.resource_state) == (application.id, 1, "submitted")
