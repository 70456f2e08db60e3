"""`intervet-admin doctor`: one line for each thing that has to be right."""

import argparse
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, make_url, select, text

import migrations
from cli import secrets
from domain.config import Config, ConfigError
from domain.models.messages import Message, MessageState
from domain.transaction import Database, reading
from domain.vault import Vault
from migrations.opened import check_schema, reachable

# In the data directory, where domain/config.py keeps them.
KEPT_KEY, KEPT_LINK_KEY = "secret_key", "link_key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_arguments: argparse.Namespace, config: Config) -> int:
    """Say what is right and what is wrong; not zero if anything is."""
    findings = list(examine(config))
    for name, good, sentence in findings:
        print(f"{'ok ' if good else 'BAD'}  {name}: {sentence}")
    return 0 if all(good for _, good, _ in findings) else 1


def examine(config: Config) -> Iterator[tuple[str, bool, str]]:
    """Each thing, whether it is right, and a sentence about it."""
    with ExitStack() as stack:
        database: Database | None = None
        try:
            database = stack.enter_context(reachable(config))
            yield "database", True, _address(config)
        except ConfigError as error:
            yield "database", False, str(error)
        if database is not None:
            yield "engine", True, _engine(database)
            schema = _checked("schema", lambda: _schema(database))
            yield schema
            if schema[1]:
                yield "mail", True, _mail(database, config)
            if schema[1] and _has_key(config):
                yield _checked("sealed", lambda: _sealed(database, config))
    yield _checked("data directory", lambda: _data_directory(config.data_dir))
    set_keys = (config.secret_keys, (config.link_key,) if config.link_key else ())
    for name, kept, keys in zip(("secret key", "link key"), (KEPT_KEY, KEPT_LINK_KEY), set_keys, strict=True):
        yield _checked(name, partial(_key, config.data_dir / kept, f"INTERVET_{kept.upper()}", keys))
    yield _checked("base URL", lambda: _base_url(config.base_url))


def _checked(name: str, look: Callable[[], str]) -> tuple[str, bool, str]:
    try:
        return name, True, look()
    except ConfigError as error:
        return name, False, str(error)


def _address(config: Config) -> str:
    return make_url(config.database_url).render_as_string(hide_password=True)


def _engine(database: Database) -> str:
    with database.reader.connect() as connection:
        if database.on_sqlite:
            return f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"
        return f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"


def _schema(database: Database) -> str:
    check_schema(database)
    return f"{migrations.newest()}, the one that this release needs"


def _mail(database: Database, config: Config) -> str:
    waiting = select(func.count()).select_from(Message).where(Message.state == MessageState.WAITING)
    with reading(database) as session:
        count = session.scalar(waiting)
    if config.mail is None:
        return f"INTERVET_SMTP_URL is not set; {count} messages wait"
    return f"{config.mail.host}:{config.mail.port} ({config.mail.encryption}) as {config.mail.sender}; {count} wait"


def _has_key(config: Config) -> bool:
    return bool(config.secret_keys) or (config.data_dir / KEPT_KEY).exists()


def _sealed(database: Database, config: Config) -> str:
    # By hand: what starts a server would make the keys that are missing, and this is to say that they are.
    keys = config.secret_keys or ((config.data_dir / KEPT_KEY).read_text().strip(),)
    counts = secrets.count(database, Vault(keys))
    if not secrets.in_order(counts):
        raise ConfigError(secrets.verdict(counts))
    return f"{sum(map(Counter.total, counts.values()))} under the first key, none under another"


def _data_directory(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return f"{folder} can be written"
    except OSError as error:
        raise ConfigError(f"{folder} can't be written: {error.strerror}.") from error


def _key(path: Path, variable: str, keys: tuple[str, ...]) -> str:
    if keys:
        return f"{len(keys)} set by {variable}"
    if not path.exists():
        raise ConfigError(f"{variable} is not set and {path} isn't there; intervet-admin migrate makes one.")
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path} can be read by others; chmod 600 it.")
    return f"kept in {path}, for its owner alone"


def _base_url(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme == "https" or _is_local(parts.hostname or ""):
        return address
    raise ConfigError(f"{address} sends tokens in the clear; use https for anything but this machine.")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
