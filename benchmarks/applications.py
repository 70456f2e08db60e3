"""An application to a call, sent by 16 clients at once and kept for good."""

import json
from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.load import NUMBER, Load, load
from benchmarks.measure import Effort, Figure, compared, interleaved
from benchmarks.servers import ENGINES, Served, database, served, url_of
from domain.transaction import utcnow
from tests.world import World

CLIENTS = 16
FLOOR = "the same validation in a bare Flask view without a database"
AIM, SPREAD = 0.75, 3.0

APPLICATION = {
    "person": {
        "given_names": "Ana",
        "family_name": f"Petrović {NUMBER.decode()}",
        "email": f"ana.{NUMBER.decode()}@example.org",
        "birth_date": "2005-03-08",
        "country": "RS",
        "nationality": "RS",
        "phone": "+381 60 000 0000",
    },
    "answers": {"motivation": "I want to learn how others cook, and to tell them how we do. " * 5},
    "consents": [{"purpose": "processing", "granted": True, "text_version": "1", "lang": "sr-Latn"}],
    "languages": [{"tag": "fr", "cefr": "B1"}],
    "lang": "sr-Latn",
}


def run(effort: Effort) -> Iterator[Figure]:
    """Measure on both engines."""
    for engine in ENGINES:
        with database(engine) as opened:
            call = World(opened, utcnow).call()
            request = _request(f"/v1/calls/{call.id}/applications")
            bare = served("benchmarks.floors:validation_only()", url_of(opened))
            with served("wsgi:app", url_of(opened)) as ours, bare as floor:
                yield from _figures(engine, ours, floor, request, effort)


def _figures(engine: str, ours: Served, floor: Served, request: bytes, effort: Effort) -> Iterator[Figure]:
    loads: dict[str, list[Load]] = {"ours": [], "floor": []}
    asked = iter(range(0, 99_000_000, 1_000_000))

    def once(name: str, to: Served) -> float:
        done = load(to, request, connections=CLIENTS, seconds=effort.seconds, first=next(asked))
        assert done.only == "201", done
        loads[name].append(done)
        return done.rate

    sides = {"ours": partial(once, "ours", ours), "floor": partial(once, "floor", floor)}
    measured = interleaved(sides, rounds=effort.rounds)
    yield compared(
        "POST of an application, 16 clients",
        measured["ours"],
        measured["floor"],
        engine=engine,
        floor=FLOOR,
        unit="applications/s",
        aim=AIM,
        extra={
            "cpu ms": median(one.cpu for one in loads["ours"]),
            "cpu ms of the floor": median(one.cpu for one in loads["floor"]),
        },
    )
    kept = loads["ours"][-effort.rounds :]
    yield compared(
        "its p99 latency",
        [one.p99 for one in kept],
        [one.p50 for one in kept],
        engine=engine,
        floor="its own p50",
        unit="ms",
        aim=SPREAD,
        at_most=True,
    )


def _request(path: str) -> bytes:
    body = json.dumps(APPLICATION, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
