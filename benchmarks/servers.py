"""What is measured, as processes: gunicorn with an application, and databases that forget nothing."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import migrations
from domain.transaction import Database, connect
from tests import postgres

ROOT = Path(__file__).parents[1]
ENGINES = ("sqlite", "postgresql")
SECRET_KEY = "a key for benchmarks that is of no use elsewhere"
WORKERS, THREADS = 2, 4  # on both sides of a comparison, whatever the engine
START_WITHIN = 30  # seconds
LAST_WORDS = 20  # lines of a server's log that are shown when something went wrong


@dataclass(frozen=True)
class Served:
    """An application that answers on `port`; `pid` is the process above its workers."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """The time that its workers have computed so far."""
        ticks = 0
        for worker in self.workers():
            # The name before them stands in brackets and may hold anything; 14 and 15 of `man proc_pid_stat`.
            fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def workers(self) -> list[int]:
        """The processes that answer."""
        return [int(child) for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


@contextmanager
def served(
    application: str,
    database_url: str,
    *,
    environment: Mapping[str, str] | None = None,
    workers: int = WORKERS,
    threads: int = THREADS,
) -> Iterator[Served]:
    """Run gunicorn as we deploy it, but for the numbers of processes, threads and requests."""
    port = _free_port()
    settings = {
        **os.environ,
        "PORT": str(port),
        "INTERVET_DATABASE_URL": database_url,
        "INTERVET_BASE_URL": "http://127.0.0.1",
        "INTERVET_SECRET_KEY": SECRET_KEY,
        **(environment or {}),
    }
    options = ["--workers", str(workers), "--threads", str(threads), "--max-requests", "0", "--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", *options, application]
    with tempfile.TemporaryFile("w+", dir=_data_directory()) as log:
        process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield Served(port, process.pid)
        except Exception:
            log.seek(0)
            sys.stderr.writelines(log.readlines()[-LAST_WORDS:])
            raise
        finally:
            process.terminate()
            process.wait(timeout=START_WITHIN)


@contextmanager
def database(engine: str) -> Iterator[Database]:
    """A fresh, migrated database that keeps what it has committed."""
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=_data_directory()) as directory:
        name = f"{postgres.PREFIX}benchmark_{os.getpid()}"
        on_sqlite = engine == "sqlite"
        opened = connect(f"sqlite:///{directory}/intervet.sqlite" if on_sqlite else postgres.create_database(name))
        migrations.upgrade(opened)
        yield opened
        opened.close()
        if not on_sqlite:
            postgres.drop_database(name)


def url_of(opened: Database) -> str:
    """The address of a database, with everything that connecting needs."""
    return opened.writer.url.render_as_string(hide_password=False)


def _data_directory() -> Path:
    # Not in $TMPDIR: that may be in memory, where nothing has to be waited for.
    directory = ROOT / "var"
    directory.mkdir(exist_ok=True)
    return directory


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
                probe.sendall(b"GET /v1/calls HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if probe.recv(12).endswith((b"200", b"404", b"405")):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answered on port {port}")
