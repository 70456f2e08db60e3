"""clamd for tests: the real one where it is installed, with one signature; and one that says what it is told."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Not the usual test file: whatever scans this machine should leave the tests alone.
BAD = b"this text stands for something bad: 5f2c-intervet-test"
CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")


@contextmanager
def real_clamd(folder: Path) -> Iterator[str]:
    """clamd at a socket in `folder`, which knows BAD and nothing else."""
    (folder / "signatures").mkdir()
    (folder / "signatures" / "test.ndb").write_text(f"Test.Bad:0:*:{BAD.hex()}\n")
    place = folder / "clamd.sock"
    settings = folder / "clamd.conf"
    settings.write_text(
        f"LocalSocket {place}\nDatabaseDirectory {folder / 'signatures'}\nForeground yes\nTemporaryDirectory {folder}\n"
    )
    assert CLAMD is not None
    process = subprocess.Popen([CLAMD, "-c", str(settings)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not _listens(place):
            assert process.poll() is None, "clamd does not start"
            assert time.monotonic() < deadline, "clamd does not open its socket"
            time.sleep(0.05)
        yield str(place)
    finally:
        process.terminate()
        process.wait()


def _listens(place: Path) -> bool:
    """Whether somebody answers there: the socket stands some time before."""
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(place)) == 0


@contextmanager
def scripted_clamd(answer: bytes) -> Iterator[str]:
    """Something at a port that reads a file as clamd does, and gives this answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, answer), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as sent:
            assert sent.read(len(b"zINSTREAM\0")) == b"zINSTREAM\0"
            while size := int.from_bytes(sent.read(4)):
                sent.read(size)
            connection.sendall(answer)
