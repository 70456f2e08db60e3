"""How long events are on their way: 50 a second to five endpoints, of which one takes all and never answers."""

import logging
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from benchmarks.deliveries import loopback_config, own_endpoints
from benchmarks.measure import Effort, Figure
from benchmarks.servers import ENGINES, database
from domain.db import new_id
from domain.models.events import Event
from domain.transaction import Database, transaction, utcnow
from integrations.guard import guarded_sender
from integrations.worker import Worker, tune

ENDPOINTS = 5  # the last one hangs
A_SECOND = 50  # events
SECONDS = 15.0  # of each engine, in full
LAST_ONES = 5.0  # seconds for what is on its way at the end
GATE = 1.0  # second, for 99 of 100
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
FLOOR = "the bound of one second"


def run(effort: Effort) -> Iterator[Figure]:
    """Measure on both engines; the ratio is the 99th percentile in seconds."""
    logging.getLogger("intervet.worker").setLevel(logging.ERROR)
    tune()
    seconds = max(4.0, SECONDS * effort.scale)
    for engine in ENGINES:
        with receiver() as one, database(engine) as opened:
            took = _measured(opened, one, count=int(A_SECOND * seconds))
        percentiles = statistics.quantiles(took, n=100)
        yield Figure(
            name="from event to arrival, p99",
            engine=engine,
            floor=FLOOR,
            unit="s",
            ratio=percentiles[98],
            ratios=[percentiles[49], percentiles[98], max(took)],
            ours=percentiles[98],
            floors=GATE,
            gate=GATE,
            at_most=True,
            extra={"p50": percentiles[49], "longest": max(took), "events": len(took) // (ENDPOINTS - 1)},
        )


class Receiver(NamedTuple):
    """Where it listens; when each message arrived (monotonic), by id and path; `end` hangs up on everybody."""

    port: int
    arrivals: dict[tuple[str, str], float]
    end: Callable[[], None]


def _measured(opened: Database, receiver: Receiver, *, count: int) -> list[float]:
    """Seconds from the commit of each event to its arrival at each endpoint that answers; all of them must arrive."""
    config = loopback_config(opened)
    own_endpoints(opened, config, receiver.port, count=ENDPOINTS, event_type="*")
    worker = Worker(config, opened, guarded_sender(config))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        recorded = _record(opened, count=count)
        expected = {(str(id_), f"/{number}") for id_ in recorded for number in range(ENDPOINTS - 1)}
        deadline = time.monotonic() + LAST_ONES
        while not expected <= receiver.arrivals.keys() and time.monotonic() < deadline:
            time.sleep(0.05)
        return [receiver.arrivals[key] - recorded[UUID(key[0])] for key in expected]
    finally:
        worker.stop()
        receiver.end()  # so that nobody waits for the one that hangs
        thread.join()


def _record(opened: Database, *, count: int) -> dict[UUID, float]:
    """Record events evenly over time; when each was committed, on the monotonic clock."""
    recorded, began = {}, time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        with transaction(opened) as session:
            id_ = _event(session)
        recorded[id_] = time.monotonic()
    return recorded


def _event(session: Session) -> UUID:
    """Another event like the first one, not yet in its place."""
    table = Event.__table__
    model = dict(session.execute(select(table).where(table.c.position == 1)).mappings().one())
    copy = model | {"id": new_id(), "position": None, "once": None, "recorded_at": utcnow()}
    session.execute(insert(Event), [copy])
    return UUID(str(copy["id"]))


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver in a process of its own, until the end of the block."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.latency"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    arrivals: dict[tuple[str, str], float] = {}
    reader = threading.Thread(target=_read, args=(process.stdout, arrivals))
    reader.start()
    try:
        yield Receiver(port, arrivals, process.terminate)
    finally:
        process.terminate()
        process.wait(timeout=10)
        reader.join()
        process.stdout.close()


def _read(lines: Iterator[str], arrivals: dict[tuple[str, str], float]) -> None:
    for line in lines:
        moment, message_id, path = line.split()
        arrivals.setdefault((message_id, path), float(moment))


def main() -> None:
    """Print the port, then a line for every message that arrives; answer all but those to the last endpoint."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.EpollSelector()
    selector.register(listener, selectors.EVENT_READ)
    begun: dict[socket.socket, bytes] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                line, _ = listener.accept()
                selector.register(line, selectors.EVENT_READ)
                begun[line] = b""
                continue
            line = key.fileobj  # type: ignore[assignment]
            piece = _piece(line)
            begun[line] += piece
            if not piece:
                selector.unregister(line)
                line.close()
                del begun[line]
            elif _whole(begun[line]):
                _arrived(line, begun[line])
                begun[line] = b""


def _piece(line: socket.socket) -> bytes:
    try:
        return line.recv(65536)
    except ConnectionError:
        return b""


def _whole(text: bytes) -> bool:
    head, end, body = text.partition(b"\r\n\r\n")
    return bool(end) and len(body) >= int(_header(head, b"content-length"))


def _header(head: bytes, name: bytes) -> str:
    return (
        next(line.split(b":", 1)[1] for line in head.lower().split(b"\r\n") if line.startswith(name)).decode().strip()
    )


def _arrived(line: socket.socket, text: bytes) -> None:
    path = text.split(b" ", 2)[1].decode()
    print(time.monotonic(), _header(text.partition(b"\r\n\r\n")[0], b"webhook-id"), path, flush=True)
    if path != f"/{ENDPOINTS - 1}":
        line.sendall(OK)


if __name__ == "__main__":
    main()
