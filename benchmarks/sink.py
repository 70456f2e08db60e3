"""A receiver of webhooks that does nothing but say yes, as fast as one process of Python can."""

import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@contextmanager
def sink() -> Iterator[int]:
    """A sink in a process of its own, on the port given, until the end of the block."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.sink"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def main() -> None:
    """Print the port, then answer for ever."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.EpollSelector()
    selector.register(listener, selectors.EVENT_READ)
    begun: dict[socket.socket, bytes] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                line, _ = listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(line, selectors.EVENT_READ)
                begun[line] = b""
            elif not _served(key.fileobj, begun):  # type: ignore[arg-type]
                selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]


def _served(line: socket.socket, begun: dict[socket.socket, bytes]) -> bool:
    """Read what has come and answer what is whole; False when the other end has hung up."""
    try:
        piece = line.recv(65536)
    except ConnectionError:
        piece = b""
    if not piece:
        del begun[line]
        return False
    text = begun[line] + piece
    end = text.find(b"\r\n\r\n")
    if end >= 0 and len(text) >= end + 4 + _length(text[:end]):
        line.sendall(OK)
        text = b""
    begun[line] = text
    return True


def _length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(b"\r\ncontent-length:")
    return 0 if place < 0 else int(lower[place + 17 :].split(b"\r\n", 1)[0])


if __name__ == "__main__":
    main()
