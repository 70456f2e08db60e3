"""The database, opened for a program: reachable, new enough and with the schema of this release, or one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager

import migrations
from domain.config import Config
from domain.transaction import Database, check_engine, connect


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The database with the schema of this release. Raises ConfigError."""
    with reachable(config) as database:
        migrations.check_current(database)
        yield database


@contextmanager
def reachable(config: Config) -> Iterator[Database]:
    """The database, whatever its schema. Raises ConfigError."""
    database = connect(config.database_url)
    try:
        check_engine(database)
        yield database
    finally:
        database.close()
