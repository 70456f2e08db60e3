"""The real thing for tests: a fresh database, gunicorn, the worker, each a process of its own on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests import postgres

ROOT = Path(__file__).parents[2]
TOKEN = "a-bootstrap-token-for-tests-only-0123456789"
START_WITHIN = 40  # seconds; a few unless the machine is busy


@dataclass
class Running:
    """A running installation, and a session for each of its callers."""

    base_url: str
    environment: dict[str, str]

    def get(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """GET, as the holder of `token` or as the public."""
        return self._ask("GET", path, token, **options)

    def post(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """POST."""
        return self._ask("POST", path, token, **options)

    def patch(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """PATCH."""
        return self._ask("PATCH", path, token, **options)

    def _ask(self, method: str, path: str, token: str | None, **options: Any) -> requests.Response:
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        address = path if path.startswith("http") else self.base_url + path
        return requests.request(method, address, headers=headers, timeout=20, **options)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    """Wait until something is true, and return it; fail when it doesn't come to be."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.05)
    return found


@contextmanager
def installation(engine: str, directory: Path) -> Iterator[Running]:
    """Migrate a fresh database and run server and worker on it until the end of the block."""
    name = f"intervet_test_e2e_{os.getpid()}"
    url = f"sqlite:///{directory / 'intervet.sqlite'}" if engine == "sqlite" else postgres.create_database(name)
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "INTERVET_DATA_DIR": str(directory),
        "INTERVET_DATABASE_URL": url,
        "INTERVET_BASE_URL": f"http://127.0.0.1:{port}",
        "INTERVET_BOOTSTRAP_TOKEN": TOKEN,
        "INTERVET_ALLOWED_NETWORKS": "127.0.0.0/8",
        "INTERVET_ALLOW_HTTP": "1",
    }
    subprocess.run([sys.executable, "-m", "cli.main", "migrate"], cwd=ROOT, env=environment, check=True)
    commands = (["gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"], ["integrations.worker"])
    processes = [subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment) for command in commands]
    running = Running(environment["INTERVET_BASE_URL"], environment)
    try:
        wait_until(lambda: _answers(running), seconds=START_WITHIN)
        yield running
    finally:
        for process in processes:
            process.terminate()
        codes = [process.wait(timeout=40) for process in processes]
        if engine == "postgresql":
            postgres.drop_database(name)
    assert codes == [0, 0], "server and worker end cleanly when told to"


def _answers(running: Running) -> bool:
    try:
        return running.get("/v1/calls").ok
    except requests.ConnectionError:
        return False
