"""What the tests stand on: each of them on both engines, with a clock that stands still until it is moved."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, update
from sqlalchemy.orm import Session

import migrations
from api.app import create_app
from api.http import Services
from domain.config import Config
from domain.db import Base
from domain.models.catalogue import Catalogue
from domain.transaction import Database, connect, transaction
from tests import postgres
from tests.house import House
from tests.world import LINK_KEY, World

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET_KEY = "a key for tests, of no use elsewhere"
ENGINES = ("sqlite", "postgresql")


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now

    def move(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated SQLite database, emptied after each test."""
    database = connect(f"sqlite:///{tmp_path_factory.mktemp('database') / 'intervet.sqlite'}")
    # As on the PostgreSQL of the tests: what a power failure would take is nobody's loss here.
    event.listen(database.writer, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    migrations.upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[Database]:
    """A migrated PostgreSQL database, emptied after each test."""
    name = f"intervet_test_{os.getpid()}"
    postgres.drop_database(name)
    database = connect(postgres.create_database(name))
    migrations.upgrade(database)
    yield database
    database.close()
    postgres.drop_database(name)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine that the test runs on."""
    return str(request.param)


@pytest.fixture
def database(engine: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database."""
    with lent_database(engine, request) as lent:
        yield lent


@contextmanager
def lent_database(engine: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database for a fixture of whatever scope; kept, since every new one compiles anew."""
    kept: Database = request.getfixturevalue(f"migrated_{engine}")
    yield kept
    _empty(kept)


@pytest.fixture
def clock() -> Clock:
    """The clock of the test."""
    return Clock()


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Config:
    """Settings for the test's database."""
    url = database.writer.url.render_as_string(hide_password=False)
    keys: Any = {"secret_keys": (SECRET_KEY,), "link_key": LINK_KEY}
    return Config(data_dir=tmp_path, database_url=url, base_url="http://localhost", **keys)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session; what a test leaves in it is kept at its end."""
    with transaction(database) as session:
        yield session


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    """The people and organisations that tests speak of."""
    return World(database, clock)


@pytest.fixture(scope="session")
def lent_app() -> Callable[[Config, Database, Clock], Flask]:
    """One application for each engine, lent to every test with settings and a clock of its own: making one is slow."""
    kept: dict[str, Flask] = {}
    clocks: dict[str, Clock] = {}

    def lend(config: Config, database: Database, clock: Clock) -> Flask:
        name = database.writer.dialect.name
        clocks[name] = clock

        def now() -> datetime:
            return clocks[name]()

        if name not in kept:
            kept[name] = create_app(config, clock=now, database=database)
        standing: Services = kept[name].extensions["intervet"]
        kept[name].extensions["intervet"] = replace(standing, config=config, clock=clock)
        return kept[name]

    return lend


@pytest.fixture
def client(lent_app: Callable[..., Flask], config: Config, database: Database, clock: Clock) -> FlaskClient:
    """A client of the whole application."""
    return lent_app(config, database, clock).test_client()


@pytest.fixture
def as_(client: FlaskClient, world: World) -> Callable[..., Any]:
    """Call the API as somebody: `as_("coordinator").get("/v1/me")`."""
    return lambda name, **scopes: Caller(client, world.token(name, **scopes))


@pytest.fixture(scope="module", params=ENGINES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An application for all tests of a module, on each engine: for those whose requests leave nothing behind.

    Not beside `database` in one module: the two are the same.
    """
    folder, clock = tmp_path_factory.mktemp("house"), Clock()
    config = Config(folder, "", "http://localhost", secret_keys=(SECRET_KEY,))
    with lent_database(request.param, request) as database:
        client = create_app(config, clock=clock, database=database).test_client()
        yield House(client, database, World(database, clock))


@pytest.fixture
def count_queries() -> Callable[[Callable[[], Any]], int]:
    """How many statements something sends to the database: `count_queries(lambda: client.get("/v1/calls"))`."""

    def count(act: Callable[[], Any]) -> int:
        statements: list[Any] = []

        def note(*statement: Any) -> None:
            statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            act()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(statements)

    return count


class Caller:
    """A client that sends somebody's token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(path: str, **options: Any) -> Any:
            headers = {**self.headers, **options.pop("headers", {})}
            return getattr(self.client, method)(path, headers=headers, **options)

        return call


def _empty(database: Database) -> None:
    # Row by row: to TRUNCATE these small tables, with a new file for each and its indexes, takes four times as long.
    with transaction(database) as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "catalogue":
                session.execute(table.delete())
        session.execute(update(Catalogue).values(version=Catalogue.version + 1))  # for the answers prepared before
