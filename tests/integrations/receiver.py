"""A receiver of webhooks that does as its script says: plain sockets and threads on loopback, for any test to use.

    with Receiver() as receiver:
        ...post to receiver.url("/status/503") ...
        assert receiver.requests[0].headers["webhook-id"] == ...

The path chooses the behaviour: `/ok`, or one of BEHAVIOURS, with an argument behind it where it takes one
(`/status/503`, `/retry-after/120`, `/wait/0.5`). `script` puts a behaviour of the test's own on a path; a `greeting` is
what it does to whoever connects, before it speaks TLS or reads anything. A slow one ends when the receiver is closed,
so that no test waits for a thread.
"""

import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Self

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
DRIP_S = 0.05  # seconds between two drops


@dataclass(frozen=True)
class Received:
    """One request; header names are lower case, `connection` tells which of them came over the same one."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    connection: int


class Hangup(Exception):
    """The behaviour has ended the connection."""


@dataclass
class Line:
    """The connection as a behaviour sees it: say something, wait, hang up."""

    socket: socket.socket
    closing: threading.Event

    def say(self, *pieces: bytes) -> None:
        """Send the pieces one after the other."""
        for piece in pieces:
            self.socket.sendall(piece)

    def wait(self, seconds: float) -> None:
        """Let time pass, or hang up when the receiver is being closed."""
        if self.closing.wait(seconds):
            raise Hangup

    def drip(self, pieces: Iterator[bytes]) -> None:
        """Send each piece a moment after the one before."""
        for piece in pieces:
            self.say(piece)
            self.wait(DRIP_S)

    def reset(self) -> None:
        """End the connection with a reset instead of a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Hangup


Behaviour = Callable[[Line, str], None]


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole reply; underscores in header names stand for hyphens."""
    fields = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + body


def _endless(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def _ok(line: Line, _: str) -> None:
    line.say(OK)


def _status(line: Line, argument: str) -> None:
    line.say(reply(int(argument), b"as you wish"))


def _wait(line: Line, argument: str) -> None:
    line.wait(float(argument))
    line.say(OK)


def _silent(line: Line, _: str) -> None:
    line.wait(3600)


def _retry_after(line: Line, argument: str) -> None:
    line.say(reply(503, Retry_After=argument.replace("_", " ")))


def _redirect(line: Line, _: str) -> None:
    line.say(reply(302, Location="/ok"))


def _drip_body(line: Line, _: str) -> None:
    line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    line.drip(_endless(b"a"))


def _endless_body(line: Line, argument: str) -> None:
    line.say(f"HTTP/1.1 {argument or 200} OK\r\n\r\n".encode())
    for piece in _endless(b"a" * 8192):
        line.say(piece)


def _interim_then_ok(line: Line, _: str) -> None:
    line.say(b"HTTP/1.1 103 Early Hints\r\nX-Which: first\r\n\r\n", reply(200, b"ok", X_Which="last"))


def _wrong_chunks(line: Line, _: str) -> None:
    line.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")


def _short_body(line: Line, _: str) -> None:
    line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    raise Hangup


def _gzip_bomb(line: Line, _: str) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(bytes(20_000_000)) + packer.flush()
    line.say(reply(200, bomb, Content_Encoding="gzip"))


def _reset(line: Line, _: str) -> None:
    line.reset()


def _ok_and_hang_up(line: Line, _: str) -> None:
    line.say(reply(200, b"ok", Connection="close"))
    raise Hangup


def _cookie(line: Line, _: str) -> None:
    line.say(reply(200, b"ok", Set_Cookie="session=1; Path=/"))


BEHAVIOURS: dict[str, Behaviour] = {
    "ok": _ok,
    "status": _status,
    "wait": _wait,
    "silent": _silent,
    "retry-after": _retry_after,
    "redirect": _redirect,
    "drip-body": _drip_body,
    "endless-body": _endless_body,
    "interim-then-ok": _interim_then_ok,
    "wrong-chunks": _wrong_chunks,
    "short-body": _short_body,
    "gzip-bomb": _gzip_bomb,
    "reset": _reset,
    "ok-and-hang-up": _ok_and_hang_up,
    "cookie": _cookie,
}


@dataclass
class Receiver:
    """Listens on a port of its own from entering to leaving; over TLS when given a server's context."""

    tls: ssl.SSLContext | None = None
    address: str = "127.0.0.1"
    port: int = 0
    greeting: Behaviour | None = None
    requests: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._scripts: dict[str, Behaviour] = {}
        self._closing = threading.Event()
        self._arrival = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((self.address, self.port), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # A thread that waits in accept or recv wakes up at a shutdown, and at nothing less.
        for one in [self._listener, *self._sockets.copy()]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def url(self, path: str = "/ok", *, host: str = "") -> str:
        """The address of a path here, by a name that a test resolves to it if it likes."""
        return f"{'https' if self.tls else 'http'}://{host or self.address}:{self.port}{path}"

    def script(self, path: str, behaviour: Behaviour) -> None:
        """Answer this path so from now on."""
        self._scripts[path] = behaviour

    @property
    def open_connections(self) -> int:
        """How many callers are on the line."""
        return len(self._sockets)

    def wait_for(self, count: int, *, timeout_s: float = 10.0) -> list[Received]:
        """The requests, once there are so many; TimeoutError when they don't come."""
        self.wait_until(lambda: len(self.requests) >= count, timeout_s=timeout_s)
        return list(self.requests)

    def wait_until(self, so: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
        """Wait until something is so, looking at each request and each hang-up; TimeoutError when it never is."""
        with self._arrival:
            if not self._arrival.wait_for(so, timeout_s):
                raise TimeoutError(f"after {timeout_s} s and {len(self.requests)} requests it was not so")

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        number = 0
        while not self._closing.is_set():
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._spawn(self._serve, accepted, number)

    def _serve(self, accepted: socket.socket, number: int) -> None:
        line = Line(accepted, self._closing)
        self._sockets.add(line.socket)
        # Whoever calls may hang up, and is often meant to: for the receiver that is never an error.
        with suppress(OSError, Hangup):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.greeting:
                self.greeting(line, "")
            if self.tls:
                line.socket = self.tls.wrap_socket(accepted, server_side=True)
                self._sockets ^= {accepted, line.socket}
            with line.socket.makefile("rb") as stream:
                while request := _read(stream, number):
                    with self._arrival:
                        self.requests.append(request)
                        self._arrival.notify_all()
                    self._behave(line, request.path)
        with suppress(OSError):
            line.socket.close()
        with self._arrival:
            self._sockets -= {accepted, line.socket}
            self._arrival.notify_all()

    def _behave(self, line: Line, path: str) -> None:
        name, _, argument = path.removeprefix("/").partition("?")[0].partition("/")
        (self._scripts.get(path) or BEHAVIOURS[name])(line, argument)


def _read(stream: BinaryIO, number: int) -> Received | None:
    first = stream.readline().decode("latin-1").split(" ")
    if len(first) != 3:  # The end, or what is left of it once this side has shut the line down.
        return None
    method, path, _ = first
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, time.monotonic(), number)
