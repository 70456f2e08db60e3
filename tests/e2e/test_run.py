"""`python -m cli.run`, as `make run` starts it: what it says works, and nothing of it is left when it ends."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests import postgres
from tests.e2e.running import ROOT, free_port, wait_until
from tests.e2e.test_readme import blocks

RUN = (sys.executable, "-m", "cli.run")
SERVER = (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app")
WORKER = (sys.executable, "-m", "integrations.worker")
MAKEFILE = f"run:\n\t@exec {shlex.join(RUN)}\n"
FIRST_START_WITHIN = 90  # seconds, with all that is to be loaded
SECOND_START_WITHIN = 20  # seconds; three on a machine that has nothing else to do
END_WITHIN = 45  # seconds; three likewise, and forty are the program's own bound


@dataclass
class Start:
    """A started program, and what it has said so far."""

    process: subprocess.Popen[bytes]
    output: Path
    took: float = 0

    @property
    def said(self) -> str:
        """All its lines."""
        return self.output.read_text()

    @property
    def curls(self) -> list[str]:
        """The lines to try."""
        return [line for line in self.said.splitlines() if line.startswith("curl ")]

    def family(self) -> list[int]:
        """The program and everything that it has started, directly or not."""
        found = [self.process.pid]
        for pid in found:
            found += [int(child) for child in children_of(pid)]
        return found

    def is_refused(self) -> tuple[int, list[str]]:
        """Wait until it has ended by itself; what it told the shell, and what it said."""
        return self.process.wait(timeout=SECOND_START_WITHIN), self.said.splitlines()


def children_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def lives(pid: int) -> bool:
    """Whether the process is there, and not merely waiting to be counted out."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def launched(words: Sequence[str], settings: Mapping[str, str], folder: Path) -> Iterator[Start]:
    """Start a program that listens on a free port; end it at the end of the block, if it hasn't ended."""
    environment = {**os.environ, "PORT": str(free_port()), "INTERVET_DATA_DIR": str(folder), **settings}
    environment.pop("INTERVET_BASE_URL", None)
    with (folder / "output").open("wb") as output:
        # In a group of its own, as in a terminal: a signal to it is not one to the tests.
        process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )
    try:
        yield Start(process, folder / "output")
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def serving(
    folder: Path, *, words: Sequence[str] = RUN, within: float = SECOND_START_WITHIN, **settings: str
) -> Iterator[Start]:
    """A start that has come to serve. However the block left it, nothing of it is left when it has ended."""
    begun = time.monotonic()
    with launched(words, settings, folder) as start:
        wait_until(lambda: len(start.curls) == 4 or start.process.poll() is not None, seconds=within)
        start.took = time.monotonic() - begun
        assert start.process.poll() is None, start.said
        family = start.family()
        yield start
        start.process.terminate()
        wait_until(lambda: not any(map(lives, family)), seconds=END_WITHIN)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """The first start on a machine: everything is made and loaded."""
    with serving(tmp_path_factory.mktemp("first"), within=FIRST_START_WITHIN) as start:
        yield start


def answer(line: str) -> Any:
    """What a line answers when it is pasted into a shell."""
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=30)
    return json.loads(done.stdout)


def test_the_first_line_lists_open_calls_of_serbia_in_serbian(first: Start) -> None:
    items = answer(first.curls[0])["items"]

    shown = {(call["status"], call["lang"], *call["eligible_countries"]) for call in items}
    assert shown == {("open", "sr-Cyrl", "RS")}


def test_the_second_line_says_who_the_token_is(first: Start) -> None:
    assert answer(first.curls[1])["organisation"] == "Uniser Società Cooperativa Sociale Onlus"


def test_the_third_line_reports_the_reference_project(first: Start) -> None:
    report = answer(first.curls[2])

    assert report["rows"][0] == {
        "activity": "short_term_learner",
        "planned": 360,
        "participations": 372,
        "percent": 103.33,
    }


def test_the_fourth_line_applies_once_however_often_it_is_repeated(first: Start) -> None:
    once, again = (answer(first.curls[3]) for _ in range(2))

    assert (once["state"], again) == ("submitted", once)


def test_the_readme_shows_the_lines_that_are_printed(first: Start) -> None:
    token = (first.output.parent / "bootstrap_token").read_text()
    printed = [line.replace(token, "$(cat var/bootstrap_token)") for line in first.curls]

    assert [comparable(line) for line in blocks()[1]] == [comparable(line) for line in printed]


def comparable(line: str) -> list[str]:
    """A line's words, with one port and one key for all."""
    return shlex.split(re.sub(r"[0-9a-f-]{36}", "A-KEY", re.sub(r"127\.0\.0\.1:\d+", "HERE", line)))


def test_what_could_not_be_read_as_a_request_is_not_quoted_in_the_log(first: Start) -> None:
    address = urlsplit(first.curls[0].split()[-1].strip("'\""))
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
        connection.sendall(b"GET /v1/my/kanarienvogel\r\n\r\n")
        answered = connection.recv(100)

    assert answered.startswith(b"HTTP/1.1 400")
    wait_until(lambda: "Invalid request" in first.said)
    assert "kanarienvogel" not in first.said


def test_the_docs_are_where_it_says(first: Start) -> None:
    (address,) = re.findall(r"^Docs +(\S+)$", first.said, re.MULTILINE)

    assert requests.get(address, timeout=20).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_server_and_worker_and_is_no_failure(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, DEMO="0") as start:
        # The first of the server's processes answers before the last has begun.
        family = wait_until(lambda: found if len(found := start.family()) >= 5 else None)

        start.process.send_signal(number)

        assert start.process.wait(timeout=END_WITHIN) == 0
        assert (len(family) >= 5, [pid for pid in family if lives(pid)]) == (True, [])


def test_a_kill_leaves_nobody_behind(tmp_path: Path) -> None:
    with serving(tmp_path, DEMO="0") as start:
        family = start.family()

        start.process.kill()

        wait_until(lambda: not any(map(lives, family)), seconds=END_WITHIN)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_to_make_alone_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    with serving(tmp_path, words=("make", "-f", str(tmp_path / "Makefile"), "run"), DEMO="0") as start:
        family = start.family()

        start.process.send_signal(number)

        wait_until(lambda: not any(map(lives, family)), seconds=END_WITHIN)


def test_a_start_with_everything_loaded_loads_nothing(first: Start) -> None:
    folder = first.output.parent
    copy = folder / "second"
    copy.mkdir()
    with serving(copy, INTERVET_DATABASE_URL=f"sqlite:///{folder / 'intervet.sqlite'}") as start:
        assert ("Loading" in start.said, start.took < SECOND_START_WITHIN) == (False, True)


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Start, Start]]:
    """A start on PostgreSQL without the demonstration, ended, and the one after it."""
    name, folder = f"intervet_test_run_{os.getpid()}", tmp_path_factory.mktemp("again")
    settings = {"INTERVET_DATABASE_URL": postgres.create_database(name), "DEMO": "0"}
    with serving(folder, **settings) as before:
        before.output = before.output.rename(folder / "before")
    with serving(folder, **settings) as after:
        yield before, after
    postgres.drop_database(name)


def test_a_second_start_shows_the_same_token(again: tuple[Start, Start]) -> None:
    before, after = again

    assert "Authorization: Bearer ivt_" in before.curls[1]
    assert shlex.split(before.curls[1])[:-1] == shlex.split(after.curls[1])[:-1]
    assert answer(after.curls[1])["holder"] == "first token"


def test_without_the_demonstration_whoever_holds_the_token_founds_a_project(again: tuple[Start, Start]) -> None:
    _, start = again

    assert answer(start.curls[0])["items"] == []
    assert answer(start.curls[3])["code"] == "MY-PROJECT"


def test_when_the_worker_falls_the_server_is_ended_and_the_shell_told(tmp_path: Path) -> None:
    with serving(tmp_path, DEMO="0") as start:
        children = map(int, children_of(start.process.pid))
        (fallen,) = [pid for pid in children if "integrations.worker" in command_of(pid)]

        os.kill(fallen, signal.SIGKILL)

        assert start.process.wait(timeout=END_WITHIN) == 1
    assert start.said.splitlines()[-1] == "The worker ended by itself (-9)."


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


AWAY, NO_FOLDER = "postgresql+psycopg://nobody@127.0.0.1:1/none", "sqlite:////proc/none/intervet.sqlite"
REFUSALS = {
    "run, unreachable": (RUN, AWAY, "The database can't be reached: "),
    "server, unreachable": (SERVER, AWAY, "The database can't be reached: "),
    "worker, unreachable": (WORKER, AWAY, "The database can't be reached: "),
    "run, no folder": (RUN, NO_FOLDER, "The database's directory can't be used: "),
    "server, no folder": (SERVER, NO_FOLDER, "There is no database at /proc/none/intervet.sqlite; "),
    "worker, no folder": (WORKER, NO_FOLDER, "There is no database at /proc/none/intervet.sqlite; "),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_database_that_cannot_be_used_is_one_clear_line(tmp_path: Path, reason: str) -> None:
    words, url, beginning = REFUSALS[reason]
    with launched(words, {"INTERVET_DATABASE_URL": url}, tmp_path) as start:
        code, said = start.is_refused()

    assert (code > 0, [line[: len(beginning)] for line in ours(said)]) == (True, [beginning])


@pytest.mark.parametrize("words", [RUN, SERVER], ids=["run", "server"])
def test_a_port_in_use_is_one_clear_line(tmp_path: Path, words: Sequence[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with launched(words, {"PORT": port}, tmp_path) as start:
            code, said = start.is_refused()

    sentence = f"Port {port} on 127.0.0.1: Address already in use; set PORT to a free one."
    assert (code > 0, ours(said)) == (True, [sentence])


@pytest.mark.parametrize("words", [SERVER, WORKER], ids=["server", "worker"])
def test_without_a_database_it_says_what_to_do(tmp_path: Path, words: Sequence[str]) -> None:
    with launched(words, {}, tmp_path) as start:
        code, said = start.is_refused()

    sentence = (
        f"There is no database at {tmp_path}/intervet.sqlite; set INTERVET_DATA_DIR to the directory where it is kept, "
        "or run `intervet-admin migrate` to make one."
    )
    assert (code > 0, ours(said)) == (True, [sentence])


def test_a_second_worker_on_sqlite_waits_and_can_be_told_to_end(tmp_path: Path) -> None:
    migrate(tmp_path)
    same, folders = {"INTERVET_DATA_DIR": str(tmp_path)}, (tmp_path / "one", tmp_path / "other")
    for folder in folders:
        folder.mkdir()
    with launched(WORKER, same, folders[0]) as one, launched(WORKER, same, folders[1]) as other:
        wait_until(lambda: "waiting for it to end" in one.said + other.said, seconds=SECOND_START_WITHIN)
        waiting = one if "waiting" in one.said else other
        waiting.process.terminate()

        assert waiting.process.wait(timeout=END_WITHIN) == 0


def migrate(folder: Path) -> None:
    words = (sys.executable, "-m", "cli.main", "migrate")
    subprocess.run(words, env={**os.environ, "INTERVET_DATA_DIR": str(folder)}, check=True, capture_output=True)


def ours(lines: list[str]) -> list[str]:
    """What was said, without gunicorn's line that it is starting."""
    return [line for line in lines if "[INFO] Starting gunicorn" not in line]
