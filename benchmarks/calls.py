"""The public list of 20 open calls with translations: prepared, asked for with its tag, and made anew each time."""

import re
import socket
from collections.abc import Callable, Iterator
from tempfile import NamedTemporaryFile

from benchmarks import floors
from benchmarks.load import NUMBER, load
from benchmarks.measure import Effort, Figure, compared, interleaved
from benchmarks.servers import ENGINES, database, served, url_of
from domain.transaction import Database, utcnow
from tests.world import World

CALLS = 20
CONNECTIONS = 16  # two for each thread, so that chance seldom leaves one process without
REQUEST = "GET /v1/calls?status=open&limit=20 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: {languages}\r\n{more}\r\n"
# Nobody has asked in these languages before: the answer is made anew, and is the same.
ANEW = f"sr, x-{NUMBER.decode()};q=0.1"
LANGUAGES = ("en", "sq", "mk", "sr-Cyrl", "bs", "it")
FLOOR = "a bare Flask view that answers the same bytes"
AIMS = {"sqlite": (1.2, 1.4, 0.4), "postgresql": (1.0, 1.4, 0.3)}  # warm, 304, cold
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
                    yield from _figures(engine, ours.port, floor.port, whole, effort)


def _figures(engine: str, port: int, floor_port: int, whole: bytes, effort: Effort) -> Iterator[Figure]:
    tag = re.search(rb"(?i)\r\netag: (.*?)\r\n", whole)
    assert tag is not None
    plain = REQUEST.format(languages="sr", more="").encode()
    known = REQUEST.format(languages="sr", more=f"If-None-Match: {tag[1].decode()}\r\n").encode()
    fresh = REQUEST.format(languages=ANEW, more="").encode()
    sides = {
        "floor": _side(floor_port, plain, effort, status="200"),
        "warm": _side(port, plain, effort, status="200"),
        "304": _side(port, known, effort, status="304"),
        "cold": _side(port, fresh, effort, status="200"),
    }
    measured = interleaved(sides, rounds=effort.rounds)
    warm, short, cold = AIMS[engine]
    common = {"engine": engine, "floor": FLOOR, "unit": "answers/s", "extra": {"bytes": len(whole)}}
    yield compared("warm list", measured["warm"], measured["floor"], aim=warm, gate=GATES[engine], **common)
    yield compared("list, 304", measured["304"], measured["floor"], aim=short, **common)
    yield compared("cold list", measured["cold"], measured["floor"], aim=cold, **common)


def _side(port: int, request: bytes, effort: Effort, *, status: str) -> Callable[[], float]:
    asked = iter(range(0, 99_000_000, 1_000_000))

    def once() -> float:
        done = load(port, request, connections=CONNECTIONS, seconds=effort.seconds, first=next(asked))
        assert done.only == status, done
        return done.rate

    return once


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
