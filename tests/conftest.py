"""What the tests stand on: each of them on both engines, with a clock that stands still until it is moved."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

import migrations
from api.app import create_app
from domain.config import Config
from domain.db import Base
from domain.transaction import Database, connect, transaction
from tests import postgres
from tests.house import House
from tests.world import World

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
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    database = connect(f"sqlite:///{path}")
    migrations.upgrade(database)
    with database.writer.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    return path


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
def database(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database."""
    with lent_database(engine, request, tmp_path) as lent:
        yield lent


@contextmanager
def lent_database(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """A migrated, empty database for a fixture of whatever scope."""
    if engine == "postgresql":
        kept = request.getfixturevalue("migrated_postgresql")
        yield kept
        _empty(kept)
        return
    path = folder / "intervet.sqlite"
    shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
    database = connect(f"sqlite:///{path}")
    # As on the PostgreSQL of the tests: what a power failure would take is nobody's loss here.
    event.listen(database.writer, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    """The clock of the test."""
    return Clock()


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Config:
    """Settings for the test's database."""
    url = database.writer.url.render_as_string(hide_password=False)
    return Config(data_dir=tmp_path, database_url=url, base_url="http://localhost", secret_keys=(SECRET_KEY,))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session; what a test leaves in it is kept at its end."""
    with transaction(database) as session:
        yield session


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    """The people and organisations that tests speak of."""
    return World(database, clock)


@pytest.fixture
def client(config: Config, database: Database, clock: Clock) -> FlaskClient:
    """A client of the whole application."""
    return create_app(config, clock=clock, database=database).test_client()


@pytest.fixture
def as_(client: FlaskClient, world: World) -> Callable[..., Any]:
    """Call the API as somebody: `as_("coordinator").get("/v1/me")`."""
    return lambda name, **scopes: Caller(client, world.token(name, **scopes))


@pytest.fixture(scope="module", params=ENGINES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An application for all tests of a module, on each engine: for those whose requests leave nothing behind.

    Not beside `database` in one module: on PostgreSQL the two are the same.
    """
    folder, clock = tmp_path_factory.mktemp("house"), Clock()
    config = Config(folder, "", "http://localhost", secret_keys=(SECRET_KEY,))
    with lent_database(request.param, request, folder) as database:
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
