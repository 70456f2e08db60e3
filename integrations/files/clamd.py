"""ClamAV, asked by its daemon's INSTREAM command: the file goes there in pieces, and one line comes back.

The protocol is in clamd(8): https://manpages.debian.org/bookworm/clamav-daemon/clamd.8.en.html
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

PIECE = 64 * 1024  # bytes
PATIENCE = 60.0  # seconds for one step; a file of 12 MB that unpacks to much takes some ten


class ScannerAway(Exception):
    """clamd can't be reached, or says that it can't tell: nothing is known of the file."""


class Clamd:
    """A daemon at `host:port`, or at the path of its socket."""

    def __init__(self, address: str) -> None:
        self.address = address

    def finds(self, content: bytes) -> bool:
        """Whether something is found in it. Raises ScannerAway when that is not known."""
        try:
            answer = self._asked(content)
        except OSError as error:
            raise ScannerAway(type(error).__name__) from error
        if answer == b"stream: OK":
            return False
        if answer.endswith(b" FOUND"):
            return True
        raise ScannerAway("it gives no verdict")

    def _asked(self, content: bytes) -> bytes:
        with self._connected() as connection:
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                connection.sendall(struct.pack(">L", len(piece)) + piece)
            connection.sendall(struct.pack(">L", 0))
            with connection.makefile("rb") as answer:
                return answer.read(1000).rstrip(b"\0\n")

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        if self.address.startswith("/"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(self.address)
                yield connection
            return
        host, _, port = self.address.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE) as connection:
            yield connection
