"""The database's door: connect, write in one transaction, read in one.

SQLite and PostgreSQL differ here and almost nowhere else. What SQLite needs to lose nothing (BEGIN IMMEDIATE, WAL,
synchronous=FULL, foreign keys, a version without the WAL-corruption bug) is set below; its own waiting is unfair, so a
writer lock that all processes share stands before it.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from domain.config import ConfigError
from domain.errors import Busy, Unavailable

WRITER_WAIT = 10  # seconds; longer than any write of ours, shorter than a caller's patience
READER_PRAGMAS = {"foreign_keys": "ON", "trusted_schema": "OFF", "cell_size_check": "ON", "mmap_size": "0"}
WRITER_PRAGMAS = READER_PRAGMAS | {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": str(WRITER_WAIT * 1000),
    "secure_delete": "ON",
    "journal_size_limit": str(64 * 1024 * 1024),
    "wal_autocheckpoint": "1000",  # pages of 4 KiB
}
# Fixed in 3.51.3 and carried back to these: https://sqlite.org/wal.html (the WAL-reset bug)
SQLITE_FIXED_IN = {(3, 50): (3, 50, 7), (3, 44): (3, 44, 6)}
SQLITE_OLDEST = (3, 51, 3)
POSTGRESQL_OPTIONS = "-c statement_timeout=10000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=15000"
POSTGRESQL_OLDEST = 150000
# Serialisation failure, deadlock: the same transaction, begun anew, will do.
TRY_AGAIN = {"40001", "40P01"}
LOCKED_OUT = {"55P03"}
# Locked by another process, the file or its disk gone or full; the connection, the server's means, its operator.
SQLITE_OUT_OF_REACH = ("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")
POSTGRESQL_OUT_OF_REACH = ("08", "53", "57")


def utcnow() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


class WriterLock:
    """One writer at a time, in the order of asking, over the threads of this process and all processes of this host."""

    def __init__(self, path: Path) -> None:
        self._thread = threading.Lock()
        self._file = path.open("ab")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock, or raise Unavailable when other threads keep it for longer than WRITER_WAIT."""
        if not self._thread.acquire(timeout=WRITER_WAIT):
            raise Unavailable("The database is busy; try again in a moment.", retry_after=5)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._thread.release()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@dataclass(frozen=True)
class Database:
    """A connected database: one engine that writes, one that can't."""

    writer: Engine
    reader: Engine
    lock: WriterLock | None

    @property
    def on_sqlite(self) -> bool:
        """Whether this is the embedded engine."""
        return self.writer.dialect.name == "sqlite"

    def close(self) -> None:
        """Give back every connection."""
        self.writer.dispose()
        self.reader.dispose()
        if self.lock is not None:
            self.lock.close()


def connect(url: str, *, pool_size: int = 4) -> Database:
    """Connect lazily to `url`.

    Raises ConfigError when it can't be an address, and when the SQLite at hand could corrupt what it keeps.
    """
    try:
        if make_url(url).get_backend_name() == "sqlite":
            return _connect_sqlite(url, pool_size=pool_size)
        return _connect_postgresql(url, pool_size=pool_size)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(
            "INTERVET_DATABASE_URL is not the address of a database; check its port and signs."
        ) from error
    except OSError as error:
        raise ConfigError(f"The database's directory can't be used: {error}.") from error


@contextmanager
def transaction(database: Database) -> Iterator[Session]:
    """Write: everything inside becomes true at the end, or nothing does. This is the only commit in the code base."""
    with _writing(database), _translated(), Session(database.writer, expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def reading(database: Database) -> Iterator[Session]:
    """Read from one moment's state; the connection refuses to write."""
    with _translated(), Session(database.reader, autoflush=False, expire_on_commit=False) as session:
        yield session


def should_retry(error: BaseException) -> bool:
    """Whether the same transaction, begun anew, may well succeed."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in TRY_AGAIN


def check_engine(database: Database) -> None:
    """Raise ConfigError with one clear line when the database can't be reached or is too old."""
    try:
        with database.reader.connect() as connection:
            # SQLite opens whatever it is given; to read is to find out whether it is a database.
            probe = "SELECT count(*) FROM sqlite_master" if database.on_sqlite else "SHOW server_version_num"
            answer = int(connection.scalar(text(probe)) or 0)
            if not database.on_sqlite and answer < POSTGRESQL_OLDEST:
                raise ConfigError("PostgreSQL 15 or newer is needed.")
    except DBAPIError as error:
        raise ConfigError(f"The database can't be reached: {str(error.orig).strip().splitlines()[0]}") from error


def check_writable(database: Database) -> None:
    """Take the writer's place and give it back, with nothing written. Raises Unavailable, or what the driver raises."""
    # SQLite locks at BEGIN; on PostgreSQL a copy of another server has no transaction numbers of its own to give.
    probe = "SELECT 1" if database.on_sqlite else "SELECT pg_current_xact_id()"
    with _writing(database), _translated(), database.writer.connect() as connection:
        connection.execute(text(probe))


def _writing(database: Database) -> AbstractContextManager[None]:
    return database.lock.held() if database.lock else nullcontext()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("All database connections are in use; try again in a moment.", retry_after=2) from error
    except OperationalError as error:
        if _sqlstate(error) in LOCKED_OUT:
            raise Busy("Another request holds this; try again in a moment.", retry_after=2) from error
        if should_retry(error) or not _out_of_reach(error):
            raise
        raise Unavailable("The database can't be reached just now; try again in a moment.", retry_after=5) from error


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _out_of_reach(error: OperationalError) -> bool:
    """Whether the database is away, full or overloaded; what else it calls operational is a mistake of ours."""
    name, state = getattr(error.orig, "sqlite_errorname", None), _sqlstate(error)
    if name is not None:
        return str(name).startswith(SQLITE_OUT_OF_REACH)
    return error.connection_invalidated or state is None or state.startswith(POSTGRESQL_OUT_OF_REACH)


def _connect_sqlite(url: str, *, pool_size: int) -> Database:
    module = _sqlite_module()
    path = make_url(url).database
    if not path or path == ":memory:":
        raise ConfigError("SQLite needs a file: an in-memory database is gone with its process.")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"module": module, "pool_size": pool_size, "max_overflow": 2, "pool_timeout": 3}
    # The driver begins no transaction of its own accord (isolation_level=None): the "begin" event says which kind.
    writer = create_engine(url, hide_parameters=True, connect_args={"isolation_level": None}, **options)
    reader = create_engine(url, hide_parameters=True, connect_args={"isolation_level": None}, **options)
    _prepare(writer, WRITER_PRAGMAS, begin="BEGIN IMMEDIATE")
    _prepare(reader, READER_PRAGMAS | {"busy_timeout": str(WRITER_WAIT * 1000), "query_only": "ON"}, begin="BEGIN")
    return Database(writer=writer, reader=reader, lock=WriterLock(Path(f"{path}.lock")))


def _sqlite_module() -> Any:
    try:
        import pysqlite3 as module  # noqa: PLC0415  it has no wheel for every platform; the standard one stands in
    except ImportError:
        import sqlite3 as module  # noqa: PLC0415
    version = module.sqlite_version_info
    if version < SQLITE_FIXED_IN.get(version[:2], SQLITE_OLDEST):
        raise ConfigError(
            f"SQLite {module.sqlite_version} can corrupt a database that several processes write; 3.51.3 or newer is "
            "needed (pip install pysqlite3), or PostgreSQL by INTERVET_DATABASE_URL."
        )
    return module


def _prepare(engine: Engine, pragmas: dict[str, str], *, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _connect_postgresql(url: str, *, pool_size: int) -> Database:
    arguments = {"options": POSTGRESQL_OPTIONS, "connect_timeout": 3, "keepalives_idle": 30}
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args=arguments,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=3,
        pool_pre_ping=True,
    )
    return Database(writer=engine, reader=engine.execution_options(postgresql_readonly=True), lock=None)
