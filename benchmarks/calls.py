"""The public list of 20 open calls with translations: prepared, asked for with its tag, and made anew each time."""

import re
import socket
from collections.abc import Iterator
from statistics import median
from tempfile import NamedTemporaryFile

from benchmarks import floors
from benchmarks.load import NUMBER, Load, load
from benchmarks.measure import Effort, Figure, compared, interleaved
from benchmarks.servers import ENGINES, Served, database, served, url_of
from domain.transaction import Database, utcnow
from tests.world import World

CALLS = 20
CONNECTIONS = 16  # two for each thread, so that chance seldom leaves one process without
REQUEST = "GET /v1/calls?status=open&limit=20 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: {languages}\r\n{more}\r\n"
# Nobody has asked in these languages before: the answer is made anew, and is the same.
ANEW = f"sr, x-{NUMBER.decode()};q=0.1"
LANGUAGES = ("en", "sq", "mk", "sr-Cyrl", "bs", "it")
FLOOR = "a bare Flask view that answers the same bytes"
AIMS = {
    "sqlite": {"warm list": 1.2, "list, 304": 1.4, "cold list": 0.4},
    "postgresql": {"warm list": 1.0, "list, 304": 1.4, "cold list": 0.3},
}
GATES = {"sqlite": 0.8, "postgresql": 0.3}


def run(effort: Effort) -> Iterator[Figure]:
    """Measure on both engines."""
    for engine in ENGINES:
        with database(engine) as opened:
            _fill(opened)
            with served("wsgi:app", url_of(opened)) as ours, NamedTemporaryFile() as body:
                whole = _answer(ours.port)
                body.write(whole.partition(b"\r\n\r\n")[2])
                body.flush()
                bare = served("benchmarks.floors:same_bytes()", url_of(opened), environment={floors.BODY: body.name})
                with bare as floor:
                    yield from _figures(engine, ours, floor, whole, effort)


def _figures(engine: str, ours: Served, floor: Served, whole: bytes, effort: Effort) -> Iterator[Figure]:
    tag = re.search(rb"(?i)\r\netag: (.*?)\r\n", whole)
    assert tag is not None
    plain = REQUEST.format(languages="sr", more="").encode()
    known = REQUEST.format(languages="sr", more=f"If-None-Match: {tag[1].decode()}\r\n").encode()
    fresh = REQUEST.format(languages=ANEW, more="").encode()
    sides = {
        "floor": Side(floor, plain, effort, status="200"),
        "warm list": Side(ours, plain, effort, status="200"),
        "list, 304": Side(ours, known, effort, status="304"),
        "cold list": Side(ours, fresh, effort, status="200"),
    }
    measured = interleaved(sides, rounds=effort.rounds)
    for name, aim in AIMS[engine].items():
        yield compared(
            name,
            measured[name],
            measured["floor"],
            engine=engine,
            floor=FLOOR,
            unit="answers/s",
            aim=aim,
            gate=GATES[engine] if name == "warm list" else None,
            extra={"bytes": len(whole), "cpu ms": sides[name].cpu, "cpu ms of the floor": sides["floor"].cpu},
        )


class Side:
    """One kind of request to one server; each call is a load of it."""

    def __init__(self, on: Served, request: bytes, effort: Effort, *, status: str) -> None:
        self._on, self._request, self._effort, self._status = on, request, effort, status
        self._loads: list[Load] = []

    def __call__(self) -> float:
        """Answers a second, in a load that repeats no number of those before."""
        first = 1_000_000 * len(self._loads)
        done = load(self._on, self._request, connections=CONNECTIONS, seconds=self._effort.seconds, first=first)
        assert done.only == self._status, done
        self._loads.append(done)
        return done.rate

    @property
    def cpu(self) -> float:
        """Milliseconds that the server computes for an answer."""
        return median(done.cpu for done in self._loads)


def _fill(opened: Database) -> None:
    world = World(opened, utcnow)
    text = {lang: f"A text in {lang}, as long as a title is on most pages" for lang in LANGUAGES}
    summary = {lang: f"{value}, and what is said below it in a list. " * 2 for lang, value in text.items()}
    for number in range(CALLS):
        title = {lang: f"{value}, {number}" for lang, value in text.items()}
        world.call(title=title, summary=summary, description=summary, slug=f"call-{number}")


def _answer(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        request = REQUEST.format(languages="sr", more="Connection: close\r\n").encode()
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
