"""The README's quickstart, executed line for line."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.running import free_port, wait_until

ROOT = Path(__file__).parents[2]
FIRST_START = 90  # seconds, the promise of the README's first line; the packages are installed already


def blocks() -> list[list[str]]:
    """The shell lines of the quickstart, block by block."""
    quickstart = (ROOT / "README.md").read_text().partition("## Quickstart")[2].partition("\n## ")[0]
    return [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", quickstart, re.DOTALL)]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[int]:
    """What the first block starts, on a port and in a data directory of the test's own."""
    (command,) = blocks()[0]
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "INTERVET_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(command, shell=True, cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_until(lambda: answers(port), seconds=FIRST_START)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def test_the_quickstart_works_line_for_line(started: int, tmp_path: Path) -> None:
    for line in blocks()[1]:
        command = line.replace("127.0.0.1:8000", f"127.0.0.1:{started}").replace("var/", f"{tmp_path}/")
        answer = subprocess.run(f"{command} --fail --silent --show-error", shell=True, capture_output=True, check=False)
        assert (answer.returncode, answer.stderr) == (0, b""), line
        assert answer.stdout.startswith(b"{"), line


def test_the_third_block_runs_these_tests() -> None:
    assert blocks()[2] == ["make test"]


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok
    except requests.ConnectionError:
        return False
