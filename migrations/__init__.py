"""The schema's history, and the two questions asked of it: what is the newest, and what does a database have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from domain.config import ConfigError
from domain.transaction import Database

ROOT = Path(__file__).parent
ADVISORY_LOCK = 0x1E7E5  # any number of ours; two migrations never run at once on PostgreSQL


def newest() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory(str(ROOT)).get_current_head()
    assert head is not None, "there is at least the first migration"
    return head


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; none for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """Bring the database to the newest revision, one process at a time. Raises ConfigError for one from the future."""
    with database.writer.connect() as connection, _unbound(connection, database), connection.begin():
        if not database.on_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        check_known(revision_of(connection))
        configuration = AlembicConfig()
        configuration.set_main_option("script_location", str(ROOT).replace("%", "%%"))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        if database.on_sqlite:
            lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            assert not lost, "a migration took away rows that others refer to"


def check_current(database: Database) -> None:
    """Raise ConfigError with one clear line unless the database has the revision that this code needs."""
    with database.reader.connect() as connection:
        revision = revision_of(connection)
    check_known(revision)
    if revision != newest():
        raise ConfigError("The database's schema is older than this code; run `intervet-admin migrate`.")


def check_known(revision: str | None) -> None:
    """Raise ConfigError for a revision that this code has never heard of."""
    known = {script.revision for script in ScriptDirectory(str(ROOT)).walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigError(f"The database's schema ({revision}) is newer than this code; install the newer release.")


@contextmanager
def _unbound(connection: Connection, database: Database) -> Iterator[None]:
    """On SQLite, let tables be made anew beneath the rows that refer to them.

    https://sqlite.org/lang_altertable.html#otheralter: it can't be switched inside a transaction.
    """
    if not database.on_sqlite:
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
