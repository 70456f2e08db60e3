"""The catalogue's version, read at every public request: as cheaply as each engine can."""

import threading
from contextlib import suppress
from functools import partial
from typing import Any
from weakref import finalize

from sqlalchemy.exc import SQLAlchemyError

from domain.transaction import Database

QUERY = "SELECT version FROM catalogue"
NAME = b"catalogue_version"


class CatalogueVersion:
    """Asks for the version on a connection that the asking thread keeps for this alone.

    A connection from the pool would do, at many times the cost on PostgreSQL: it is tested before the one statement and
    rolled back after it. psycopg's cursor would do, too, at twice the cost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._trouble = (SQLAlchemyError, database.reader.dialect.loaded_dbapi.Error)
        self._mine = threading.local()

    def now(self) -> int | None:
        """The version at this moment; none when the database doesn't say, and then the next call connects anew."""
        try:
            if not hasattr(self._mine, "line"):
                self._mine.line = _Line(self._database)
            version: int = self._mine.line.ask()
        except self._trouble:
            self._mine.__dict__.clear()  # the thread's own
            return None
        return version


class _Line:
    """A connection outside the pool, on which every statement sees what was committed last."""

    def __init__(self, database: Database) -> None:
        pooled = database.reader.raw_connection()
        pooled.detach()
        connection: Any = pooled.dbapi_connection
        # Not __del__: by then the connection may have been collected itself, and psycopg complains of that.
        finalize(self, _hang_up, connection)
        if database.on_sqlite:
            self.ask = partial(_ask_sqlite, connection)
        else:
            connection.autocommit = True
            connection.pgconn.prepare(NAME, QUERY.encode())
            self.ask = partial(_ask_postgresql, connection)


def _hang_up(connection: Any) -> None:
    with suppress(Exception):
        connection.close()


def _ask_sqlite(connection: Any) -> int:
    ((version,),) = connection.execute(QUERY).fetchall()
    return int(version)


def _ask_postgresql(connection: Any) -> int:
    result = connection.pgconn.exec_prepared(NAME, None)
    if result.ntuples != 1:
        raise SQLAlchemyError(connection.pgconn.error_message.decode(errors="replace"))
    return int(result.get_value(0, 0))
