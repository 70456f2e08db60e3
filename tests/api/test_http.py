"""What every view stands on."""

from datetime import timedelta

from sqlalchemy import func, select

from api.app import create_app
from domain.config import Config
from domain.models.applications import Application
from domain.transaction import Database, reading
from tests.api.test_applications import ANA
from tests.conftest import Clock
from tests.world import World


def test_a_write_that_took_too_long_is_not_done(world: World, config: Config, database: Database, clock: Clock) -> None:
    address = f"/v1/calls/{world.call().id}/applications"
    arrival, moments = clock.now, iter([clock.now])

    slow = create_app(config, clock=lambda: next(moments, arrival + timedelta(seconds=46)), database=database)
    answer = slow.test_client().post(address, json=ANA)

    with reading(database) as session:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert session.scalar(select(func.count()).select_from(Application)) == 0
