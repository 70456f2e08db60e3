"""Server and workers as processes of their own, to be killed without warning and started again."""

import ctypes
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from tests.e2e.running import ROOT

SERVER = ("gunicorn", "-c", "deploy/gunicorn.conf.py", "tests.kill.served:app")
WORKER = ("tests.kill.planted",)
ENDS_WITHIN = 45  # seconds; the server takes 30 for answers in flight, the worker 20 for deliveries
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass
class Process:
    """One of them; it leads a group of its own, so that all it has started can be killed with it."""

    words: Sequence[str]
    environment: dict[str, str]
    output: IO[bytes]
    running: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it, again."""
        libc = ctypes.CDLL(None)
        self.running = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            cwd=ROOT,
            env=self.environment,
            stdout=self.output,
            stderr=self.output,
            start_new_session=True,
            # Whatever becomes of the test, nothing of it runs on.
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509
        )

    def kill(self) -> None:
        """End it and all that it has started, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def kill_a_child(self, dice: random.Random) -> None:
        """End one of those that it has started; it is for it to start another."""
        children = sorted(child.pid for child in psutil.Process(self.running.pid).children())
        if children:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(children), signal.SIGKILL)

    def end(self) -> int:
        """Have it end in its own time; return with what code."""
        self.running.terminate()
        return self.running.wait(timeout=ENDS_WITHIN)


class Processes:
    """A server and its workers, and a count of what was done to them."""

    def __init__(self, environment: dict[str, str], folder: Path, *, workers: int, dice: random.Random) -> None:
        self.output = (folder / "output").open("ab")
        self.server = Process(SERVER, environment, self.output)
        self.workers = [Process(WORKER, environment, self.output) for _ in range(workers)]
        self.kills: Counter[str] = Counter()
        self.dice = dice

    def kill_one(self) -> str:
        """Kill one at random, start it again at once, and say which: a worker, or some or all of the server."""
        choice = self.dice.choices(("worker", "server process", "server"), weights=(55, 30, 15))[0]
        if choice == "server process":
            self.server.kill_a_child(self.dice)
        else:
            chosen = self.server if choice == "server" else self.dice.choice(self.workers)
            chosen.kill()
            chosen.start()
        self.kills[choice] += 1
        return choice

    def end(self) -> list[int]:
        """Have all of them end in their own time; return with what codes."""
        return [process.end() for process in (self.server, *self.workers)]

    def said(self) -> str:
        """The end of what they have said."""
        self.output.flush()
        return Path(self.output.name).read_text()[-3000:]

    def kill_all(self) -> None:
        """Leave nothing behind."""
        for process in (self.server, *self.workers):
            process.kill()
        self.output.close()
