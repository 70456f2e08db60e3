"""The database, opened for a command: reachable, new enough and with the schema of this release, or one clear line."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import migrations
from domain.config import Config, ConfigError
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


def check_port(host: str, port: int) -> None:
    """Raise ConfigError when somebody else listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        # As the server will: a port that was used a moment ago is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it can't be used"
            raise ConfigError(f"Port {port} on {host}: {reason}; set PORT to a free one.") from error
