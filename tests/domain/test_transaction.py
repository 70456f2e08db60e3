"""The database's door, on both engines."""

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import psycopg.errors
import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from domain import transaction as door
from domain.config import ConfigError
from domain.errors import Busy, Unavailable
from domain.models.kept_answers import KeptAnswer
from domain.transaction import Database, check_engine, connect, reading, should_retry, transaction
from tests.conftest import NOW


def row(key: str = "k") -> KeptAnswer:
    return KeptAnswer(scope="", key=key, fingerprint=b"", created_at=NOW)


def count(database: Database) -> int:
    with reading(database) as session:
        return session.scalar(select(func.count()).select_from(KeptAnswer)) or 0


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_inside_becomes_true_at_the_end(database: Database) -> None:
    with transaction(database) as session:
        session.add(row())
        session.flush()
        during = count(database)

    assert (during, count(database)) == (0, 1)


def test_nothing_becomes_true_when_something_fails(database: Database) -> None:
    def fail() -> None:
        with transaction(database) as session:
            session.add(row("first"))
            session.flush()
            session.execute(insert(KeptAnswer), {"scope": "", "key": "first", "fingerprint": b"", "created_at": NOW})

    with pytest.raises(IntegrityError):
        fail()

    assert count(database) == 0


def test_who_only_reads_can_not_write(database: Database) -> None:
    with reading(database) as session, pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        session.execute(update(KeptAnswer).values(key="l"))


def test_no_write_is_lost_among_threads(database: Database) -> None:
    with transaction(database) as session:
        session.add(row("0"))
    start = threading.Barrier(4)

    def add_one() -> None:
        start.wait()
        for _ in range(10):
            with transaction(database) as session:
                kept = session.scalars(select(KeptAnswer).with_for_update()).one()
                session.execute(update(KeptAnswer).values(key=str(int(kept.key) + 1)))

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading(database) as session:
        assert list(session.scalars(select(KeptAnswer.key))) == ["40"]


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_waits_too_long_for_another_is_told_to_come_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "WRITER_WAIT", 0.05)
    with transaction(database) as session:
        session.add(row())
        session.flush()
        with pytest.raises(Busy) as caught:
            impatient(database)

    assert caught.value.retry_after > 0


def impatient(database: Database) -> None:
    with transaction(database) as session:
        if not database.on_sqlite:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        session.add(row())


def test_a_statement_that_is_wrong_is_our_mistake_and_no_outage(database: Database) -> None:
    with pytest.raises(DBAPIError), reading(database) as session:
        session.execute(text("SELECT nothing FROM nowhere"))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.UniqueViolation(), False),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.OperationalError(), False),
    ],
)
def test_what_lost_a_race_may_be_begun_anew(error: Exception, again: object) -> None:
    assert should_retry(DBAPIError("SELECT 1", None, error)) == again


def test_no_free_connection_is_told_as_busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = database.writer.url.render_as_string(hide_password=False)
    narrow = connect(url, pool_size=1)
    for engine in (narrow.writer, narrow.reader):
        monkeypatch.setattr(engine.pool, "_timeout", 0.05)
    held = [narrow.reader.connect() for _ in range(3)]

    with pytest.raises(Unavailable, match="connections are in use"):
        count(narrow)

    for connection in held:
        connection.close()
    narrow.close()


# ── engines ───────────────────────────────────────────────────────────────────────────────────────────────────────

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "journal_size_limit": 64 * 1024 * 1024,
    "wal_autocheckpoint": 1000,
}


def test_sqlite_is_set_so_that_it_loses_nothing(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'a.sqlite'}")

    with Session(database.writer) as session:
        found = {name: session.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS}
    database.close()

    assert found == PRAGMAS


def test_sqlite_takes_the_writers_place_before_it_writes(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'a.sqlite'}")

    with database.writer.connect() as held, database.writer.connect() as other:
        held.exec_driver_sql("SELECT 1")
        other.connection.dbapi_connection.execute("PRAGMA busy_timeout=0")
        with pytest.raises(OperationalError, match="locked"):
            other.exec_driver_sql("SELECT 1")
    database.close()


def test_postgresql_is_bounded_in_time(migrated_postgresql: Database) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with migrated_postgresql.writer.connect() as connection:
        found = [connection.scalar(text(f"SHOW {name}")) for name in names]

    assert found == ["10s", "3s", "15s"]


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ((3, 51, 3), True),
        ((3, 53, 0), True),
        ((3, 50, 7), True),
        ((3, 44, 6), True),
        ((3, 51, 2), False),
        ((3, 50, 6), False),
        ((3, 45, 3), False),
        ((3, 40, 1), False),
    ],
)
def test_a_sqlite_that_could_corrupt_its_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], good: object
) -> None:
    named = ".".join(map(str, version))
    monkeypatch.setitem(sys.modules, "pysqlite3", SimpleNamespace(sqlite_version_info=version, sqlite_version=named))

    try:
        door._sqlite_module()
        refused = ""
    except ConfigError as refusal:
        refused = str(refusal)

    assert (refused == "", refused.startswith(f"SQLite {named} can corrupt")) == (good, not good)


UNUSABLE = {
    "sqlite://": "a file",
    "sqlite:///:memory:": "a file",
    "postgresql+psycopg://db:port/intervet": "INTERVET_DATABASE_URL",
    "postgresql+psycopg:///intervet?host=/nowhere": "can't be reached",
    "sqlite:////proc/nowhere/intervet.sqlite": "can't be",
}


@pytest.mark.parametrize("url", UNUSABLE)
def test_a_database_that_can_not_be_used_is_one_clear_line(url: str) -> None:
    with pytest.raises(ConfigError, match=UNUSABLE[url]) as caught:
        check_engine(connect(url))

    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, this is not a database, though it is long enough to look like one. " * 20)

    database = connect(f"sqlite:///{path}")

    with pytest.raises(ConfigError, match="not a database"):
        check_engine(database)

    database.close()
