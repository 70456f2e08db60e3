"""Makes requests over kept-alive connections, as fast as they are answered: one process, the same for all sides.

    echo '{"port": 8000, "connections": 16, "seconds": 1, "request": "GET / HTTP/1.1\r\n…", "first": 0}' |
        python -m benchmarks.load

Every NUMBER in the request becomes a number that no other request of the run has, of the same width.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.servers import Served

NUMBER = b"00000000"
PATIENCE = 20.0  # seconds for one answer


@dataclass(frozen=True)
class Load:
    """What came of it: answers a second, by status, and for one the time it took and computed, in milliseconds."""

    rate: float
    statuses: dict[str, int]
    p50: float
    p99: float
    cpu: float = 0.0

    @property
    def only(self) -> str:
        """The status that all answers had."""
        (status,) = self.statuses
        return status


def load(on: "Served", request: bytes, *, connections: int, seconds: float, first: int = 0) -> Load:
    """Run a load in a process of its own."""
    asked = {
        "port": on.port,
        "request": request.decode("latin-1"),
        "connections": connections,
        "seconds": seconds,
        "first": first,
    }
    command = [sys.executable, "-m", "benchmarks.load"]
    before = on.cpu_seconds()
    answered = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    done = Load(**json.loads(answered.stdout))
    return replace(done, cpu=(on.cpu_seconds() - before) * 1000 / sum(done.statuses.values()))


class Line:
    """One connection, and the answer that is on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.asked_at = 0.0

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.received = b""
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> str | None:
        """Read what has come; the status once the answer is whole."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionError("the server hung up")
        self.received += piece
        end = self.received.find(b"\r\n\r\n")
        if end < 0 or len(self.received) < end + 4 + _length(self.received[:end]):
            return None
        return self.received[9:12].decode()


def _length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(b"\r\ncontent-length:")
    return 0 if place < 0 else int(lower[place + 17 :].split(b"\r\n", 1)[0])


def run(asked: dict[str, Any]) -> Load:
    """Keep all connections busy until the time is up; what is under way then is waited for and counted."""
    request, number = asked["request"].encode("latin-1"), asked["first"]
    lines = [Line(asked["port"]) for _ in range(asked["connections"])]
    selector = selectors.DefaultSelector()
    taken: list[float] = []
    statuses: Counter[str] = Counter()
    began = time.perf_counter()
    until = began + asked["seconds"]
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
        number += 1
        line.ask(request.replace(NUMBER, b"%08d" % number))
    under_way = len(lines)
    while under_way:
        ready = selector.select(PATIENCE)
        if not ready:
            raise TimeoutError("no answer came")
        for key, _ in ready:
            status = key.data.status()
            if status is None:
                continue
            now = time.perf_counter()
            taken.append(now - key.data.asked_at)
            statuses[status] += 1
            if now < until:
                number += 1
                key.data.ask(request.replace(NUMBER, b"%08d" % number))
            else:
                under_way -= 1
    seconds = time.perf_counter() - began
    parts = quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    return Load(len(taken) / seconds, dict(statuses), p50=parts[49] * 1000, p99=parts[98] * 1000)


if __name__ == "__main__":
    print(json.dumps(vars(run(json.load(sys.stdin)))))
