"""The database, opened for a program: there, reachable, and with the schema of this release, or one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

import migrations
from domain.config import Config, ConfigError
from domain.transaction import Database, check_engine, connect


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The database with the schema of this release. Raises ConfigError."""
    with reachable(config) as database:
        check_schema(database)
        yield database


@contextmanager
def reachable(config: Config) -> Iterator[Database]:
    """The database that is there, whatever its schema. Raises ConfigError, and makes none where none is."""
    path = _sqlite_file(config.database_url)
    # SQLite makes whatever it is asked to open: a command given in the wrong directory would leave an empty one there.
    if path is not None and not path.exists():
        raise ConfigError(
            f"There is no database at {path}; set INTERVET_DATA_DIR to the directory where it is kept, "
            "or run `intervet-admin migrate` to make one."
        )
    with made(config) as database:
        yield database


@contextmanager
def made(config: Config) -> Iterator[Database]:
    """The database, an empty one where there was none: for who migrates it next. Raises ConfigError."""
    database = connect(config.database_url)
    try:
        check_engine(database)
        yield database
    finally:
        database.close()


def check_schema(database: Database) -> None:
    """Raise ConfigError with one clear line unless the database has the schema of this release."""
    with database.reader.connect() as connection:
        revision = migrations.revision_of(connection)
    if revision is None:
        address = database.writer.url.render_as_string(hide_password=True)
        raise ConfigError(f"The database {address} is empty; run `intervet-admin migrate`.")
    migrations.check_current(database)


def _sqlite_file(url: str) -> Path | None:
    """The file that an address of SQLite names; none where connecting has something else to say about it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
