"""`intervet-admin backup FILE`: a copy of the database as of one moment, checked, while it is in use."""

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url

from domain.config import Config, ConfigError
from domain.errors import Conflict
from domain.transaction import Database
from migrations.opened import reachable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that isn't there yet")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Write the copy beside FILE, check it, and give it its name."""
    target: Path = arguments.file
    if target.exists():
        raise ConfigError(f"{target} is there already; name another file.")
    if not target.parent.is_dir():
        raise ConfigError(f"There is no folder {target.parent}.")
    with reachable(config) as database:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # readable by its owner alone
        os.close(handle)
        draft = Path(name)
        try:
            (_copy_sqlite if database.on_sqlite else _dump_postgresql)(database, draft)
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
    print(f"{target}: {target.stat().st_size} bytes, complete and checked.")
    where = config.files_url or config.data_dir / "files"
    print(f"The documents are not in it: copy {where} as well, after this.")
    print("Keep the secret key and the link key with it, in another place: without the first the secrets in the copy")
    print("can't be read, without the second the links that applicants hold open nothing.")
    return 0


def _copy_sqlite(database: Database, draft: Path) -> None:
    """SQLite's own backup: cp would miss what is still in the write-ahead log."""
    driver: Any = database.reader.dialect.dbapi
    source = database.reader.raw_connection()
    copy = driver.connect(str(draft), isolation_level=None)
    try:
        source.driver_connection.backup(copy, pages=-1)  # type: ignore[union-attr]
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        strays = copy.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        copy.close()
        source.close()
    if verdict != "ok" or strays:
        raise Conflict(f"The copy is not sound ({verdict}, {len(strays)} rows that point nowhere), so it wasn't kept.")
    _make_durable(draft)


def _dump_postgresql(database: Database, draft: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise ConfigError("pg_dump is not installed here; run it where it is, with the database's address.")
    url = make_url(database.writer.url)
    with tempfile.TemporaryDirectory() as folder:
        # The password goes by a file that only we can read: arguments can be read by everybody on the machine.
        passwords = Path(folder) / "pgpass"
        passwords.touch(mode=0o600)
        passwords.write_text(f"*:*:*:*:{_escaped(url.password or '')}\n")
        words = [program, "--format=custom", f"--file={draft}", f"--dbname={_conninfo(url, passwords)}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  words of our own
    if done.returncode != 0:
        raise Conflict(f"pg_dump says: {done.stderr.strip()}")
    _make_durable(draft)


def _conninfo(url: URL, passwords: Path) -> str:
    parts = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    named = {name: value for name, value in parts.items() if value is not None} | dict(url.query)
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in {**named, "passfile": passwords}.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _make_durable(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
