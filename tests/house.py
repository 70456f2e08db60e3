"""An application that stands for all tests of a module: for those whose requests leave nothing behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from api.app import create_app
from domain.config import Config
from domain.db import Base
from domain.transaction import Database, reading
from tests.conftest import ENGINES, SECRET_KEY, Clock, lent_database
from tests.world import World


@dataclass(frozen=True)
class House:
    """The application, its database, and a call that is open to all."""

    client: FlaskClient
    database: Database
    world: World

    @cached_property
    def call(self) -> str:
        """The call's address."""
        return f"/v1/calls/{self.world.call().id}"

    def send(self, method: str, path: str, *, by: str | None = None, **options: Any) -> TestResponse:
        """Send what is to be refused, as a member or as the public; nothing may come of it."""
        environ = options.pop("environ_overrides", {})
        if by is not None:
            environ = {"HTTP_AUTHORIZATION": f"Bearer {self.world.token(by)}", **environ}
        before = self.rows()
        answer = self.client.open(path, method=method, environ_overrides=environ, **options)
        assert self.rows() == before
        return answer

    def apply(self, **options: Any) -> TestResponse:
        """Apply to the call, in a way that is to be refused."""
        return self.send("POST", f"{self.call}/applications", **options)

    def rows(self) -> dict[str, int | None]:
        """How many rows every table has."""
        with reading(self.database) as session:
            tables = Base.metadata.sorted_tables
            return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}


@pytest.fixture(scope="module", params=ENGINES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house, on each engine."""
    folder, clock = tmp_path_factory.mktemp("house"), Clock()
    config = Config(folder, "", "http://localhost", secret_keys=(SECRET_KEY,))
    with lent_database(request.param, request, folder) as database:
        client = create_app(config, clock=clock, database=database).test_client()
        yield House(client, database, World(database, clock))


def told(answer: TestResponse) -> tuple[int, list[tuple[str, str]]]:
    """The status of a problem document, and the places and codes that it names."""
    assert answer.content_type == "application/problem+json", answer.text
    assert answer.json["status"] == answer.status_code
    return answer.status_code, [(error["pointer"], error["code"]) for error in answer.json.get("errors", [])]
