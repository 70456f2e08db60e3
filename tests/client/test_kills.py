"""The client killed without a word, and the server: every row once, and every answer written down."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intervet_client.results import path_for
from tests.client import school as schools
from tests.client.school import CALL, RUNS_WITHIN, School, pupils
from tests.e2e.running import ROOT, START_WITHIN, Running, free_port, wait_until

KILLS = 5


@pytest.fixture
def school(engine: str, tmp_path: Path) -> Iterator[School]:
    """A school and a server of its own."""
    with schools.school(engine, tmp_path) as started:
        yield started


def lines(file: Path) -> int:
    """How many rows have been written down."""
    path = path_for(file)
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def kill_at(school: School, file: Path, rows: int) -> None:
    """Start it, and kill it once so many rows are written down."""
    running = school.start("apply", file, "--call", CALL)
    deadline = time.monotonic() + RUNS_WITHIN
    while lines(file) < rows and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    running.kill()
    assert running.wait() == -signal.SIGKILL, "it was killed on its way"


def test_killed_five_times_it_sends_each_row_once(school: School) -> None:
    file = school.file(pupils(120))
    for number in range(1, KILLS + 1):
        kill_at(school, file, number * 15)

    done = school.run("apply", file, "--call", CALL)

    outcomes = school.outcomes(file)
    assert (done.returncode, [one.row for one in outcomes]) == (0, [str(number) for number in range(2, 122)])
    assert sorted(one.reference for one in outcomes) == school.references()
    submitted = school.client.events(types="application.submitted")
    assert wait_until(lambda: len(list(school.client.events(types="application.submitted"))) == 120), list(submitted)


def test_a_server_that_is_killed_and_comes_back_gets_each_row_once(school: School) -> None:
    port = free_port()
    environment = school.running.environment | {"PORT": str(port)}
    server = serve(environment)
    file = school.file(pupils(60))
    school.running = Running(f"http://127.0.0.1:{port}", environment)
    running = school.start("apply", file, "--call", CALL)
    wait_until(lambda: lines(file) >= 20 or running.poll() is not None, seconds=RUNS_WITHIN)

    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    assert running.poll() is None, "it waits for the server"
    again = serve(environment)

    assert running.wait(timeout=RUNS_WITHIN) == 0
    assert sorted(one.reference for one in school.outcomes(file)) == school.references()
    assert len(school.references()) == 60
    os.killpg(again.pid, signal.SIGTERM)
    again.wait(timeout=40)


def serve(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server that answers, leader of a group of its own."""
    words = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"]
    server = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True)
    probe = Running(f"http://127.0.0.1:{environment['PORT']}", environment)

    def answers() -> bool:
        try:
            return probe.get("/livez").ok
        except OSError:
            return False

    wait_until(answers, seconds=START_WITHIN)
    return server
