"""`python -m cli.run`, which is `make run`: one program that prepares everything, serves, delivers, and ends cleanly.

The server and the worker are processes of their own, each leader of a group of its own: Ctrl-C in a terminal goes to
every process there, and would cut off what they have under way. They are told to end by us, and waited for.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from cli import reference
from cli.migrate import known_token, migrate
from cli.ports import check_port
from domain.config import Config, ConfigError, read_config, with_keys
from domain.errors import DomainError
from domain.transaction import Database, utcnow
from migrations.opened import made, opened

HOST = "127.0.0.1"  # where deploy/gunicorn.conf.py listens
ROOT = Path(__file__).parents[1]
SERVER = (sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py"), "wsgi:app")
WORKER = (sys.executable, "-m", "integrations.worker")
ANSWERS_WITHIN = 60.0  # seconds; two unless the machine is busy
ENDS_WITHIN = 40.0  # seconds; the server takes 30 for answers in flight, the worker 20 for deliveries
TELL_EVERY = 2.0  # seconds until all of them are told once more to end
LOOK_EVERY = 0.1  # seconds between two looks at the children, the parent and the signals
MAKE = ("make", "gmake")
PR_SET_PDEATHSIG = 1  # prctl(2)


class Stopped(BaseException):
    """We are told to end while we are still preparing: whatever is half done is rolled back."""


@dataclass
class Wish:
    """Whether somebody wants us to end."""

    asked: bool = False

    def note(self, *_: object) -> None:
        """Remember it; called from a signal handler."""
        self.asked = True


@dataclass
class Parent:
    """The process that started us. When it is make, its end is ours.

    make passes SIGTERM on to us. On SIGINT it waits for us without a word; but it no longer catches that signal then.
    """

    pid: int = field(default_factory=os.getppid)

    def __post_init__(self) -> None:
        self.is_make = _read(f"/proc/{self.pid}/comm").strip() in MAKE
        self.caught = self._catches_interrupts()

    def wants_an_end(self) -> bool:
        """Whether it is gone, or was interrupted."""
        return self.is_make and (os.getppid() != self.pid or (self.caught and not self._catches_interrupts()))

    def _catches_interrupts(self) -> bool:
        caught = [line for line in _read(f"/proc/{self.pid}/status").splitlines() if line.startswith("SigCgt:")]
        return bool(caught) and bool(int(caught[0].split()[1], 16) >> (signal.SIGINT - 1) & 1)


@dataclass
class Child:
    """The server or the worker."""

    name: str
    process: subprocess.Popen[bytes]

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def signal_group(self, number: int) -> None:
        """Signal the process and all that it has started."""
        with suppress(ProcessLookupError):  # All of them have ended.
            os.killpg(self.process.pid, number)


def main() -> int:
    """Prepare, serve until told to end, and end. Not zero when something failed."""
    wish, parent = Wish(), Parent()
    try:
        _on_signals(_raise_stopped)
        config = with_keys(read_config())
        check_port(HOST, config.port)
        prepare(config)
        _on_signals(wish.note)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
        return 2
    except DomainError as error:
        print(error.detail, file=sys.stderr)
        return 1
    except Stopped:
        return 0
    return serve(config, until=lambda: wish.asked or parent.wants_an_end())


def prepare(config: Config) -> None:
    """Migrate, make the first token, and load what is missing."""
    with made(config) as database:
        migrate(database, config)
        if config.load_demo:
            _load(database, reference.missing(database))


def serve(config: Config, *, until: Callable[[], bool]) -> int:
    """Run the server and the worker until one of them ends or `until` says so."""
    children = [Child("server", _start(SERVER)), Child("worker", _start(WORKER))]
    try:
        greeting = refresh(config)  # While they start: they take longer.
        trouble = _trouble_until_it_answers(config.port, children, until)
        if not trouble:
            print(greeting, flush=True)
            trouble = _trouble_while_it_serves(children, until)
    finally:
        in_time = _end(children)
    if trouble:
        print(trouble, file=sys.stderr)
    return 1 if trouble or not in_time else 0


def refresh(config: Config) -> str:
    """Move the demonstration's aged deadlines, and give what is to be said once the server answers."""
    from cli import hello  # noqa: PLC0415  imported beside the starting server, not before it

    with opened(config) as database:
        if config.load_demo:
            try:
                for sentence in reference.refresh(database, at=utcnow()):
                    print(sentence)
            except DomainError as error:
                print(f"The demonstration's deadlines stay as they are: {error.detail}", file=sys.stderr)
        return hello.greeting(config, database, known_token(database, config))


def _load(database: Database, files: Sequence[Path]) -> None:
    if not files:
        return
    from cli.load import load, read_project_file  # noqa: PLC0415  a second start has no use for it

    for path in files:
        print(f"Loading {path.name} ...", flush=True)
        load(database, read_project_file(path), at=utcnow())


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def end_with_us() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    # What runs between fork and exec must not need a lock that a thread holds: we have no threads.
    return subprocess.Popen(words, start_new_session=True, preexec_fn=end_with_us)  # noqa: PLW1509, S603  our own words


def _trouble_until_it_answers(port: int, children: Sequence[Child], until: Callable[[], bool]) -> str | None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not (until() or _answers(port)):
        if time.monotonic() > deadline:
            return f"The server doesn't answer within {ANSWERS_WITHIN:.0f} s."
        if any(child.ended for child in children):
            break
        time.sleep(LOOK_EVERY)
    return _fallen(children)


def _trouble_while_it_serves(children: Sequence[Child], until: Callable[[], bool]) -> str | None:
    while not until() and not any(child.ended for child in children):
        time.sleep(LOOK_EVERY)
    return _fallen(children)


def _fallen(children: Sequence[Child]) -> str | None:
    fallen = [f"The {child.name} ended by itself ({child.process.returncode})." for child in children if child.ended]
    return "\n".join(fallen) or None


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(children: Sequence[Child]) -> bool:
    """End both, at the same time; tell whether they did so in time. Nobody is left behind."""
    for child in children:
        if not child.ended:
            child.process.terminate()
    deadline = time.monotonic() + ENDS_WITHIN
    told = time.monotonic()
    while time.monotonic() < deadline and not all(child.ended for child in children):
        time.sleep(LOOK_EVERY)
        # gunicorn tells its workers once; one that was just being forked has lost it, and would be waited for in vain.
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            for child in children:
                child.signal_group(signal.SIGTERM)
    in_time = all(child.ended for child in children)
    for child in children:
        child.signal_group(signal.SIGKILL)
        child.process.wait()
    return in_time


def _on_signals(handler: Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, handler)


def _raise_stopped(*_: object) -> None:
    raise Stopped


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    raise SystemExit(main())
