"""Projects through the services, on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from domain.errors import Forbidden
from domain.models.events import Event
from domain.models.projects import ProjectState
from domain.services.projects import advance_project, create_project
from domain.transaction import Database, reading
from tests.world import PROJECT, World


def test_every_step_is_an_event_in_the_same_transaction(world: World, database: Database) -> None:
    code = world.project_code()

    for state in (ProjectState.SUBMITTED, ProjectState.FINALISED, ProjectState.ARCHIVED):
        world.do(advance_project, code, state)

    with reading(database) as session:
        rows = session.execute(select(Event.type, Event.resource_state, Event.project_id).order_by(Event.id)).all()
    assert [tuple(row) for row in rows] == [
        ("project.started", "ongoing", world.project()),
        ("project.submitted", "submitted", world.project()),
        ("project.finalised", "finalised", world.project()),
        ("project.archived", "archived", world.project()),
    ]


def test_a_project_without_an_organisation_to_coordinate_it_is_refused(world: World) -> None:
    with pytest.raises(Forbidden, match="A project needs a coordinating organisation"):
        world.do(create_project, replace(PROJECT, code="NEXT"))
