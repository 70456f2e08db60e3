"""The one place that SQLite has for a worker: a lock on a file, which the kernel gives back when its holder dies."""

import fcntl
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ASK_AGAIN = 0.1  # seconds

log = logging.getLogger("intervet.worker")


@contextmanager
def only_one(path: Path, *, stopping: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the one place that SQLite has for a worker; wait, and say why, while another has it, until `stopping`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if not taken(file):
            log.warning("another worker has the one place that SQLite has; waiting for it to end")
        # Asked for again and again: a signal would not end a wait inside the kernel.
        while not (taken(file) or stopping()):
            time.sleep(ASK_AGAIN)
        yield


def taken(file: IO[bytes]) -> bool:
    """Whether the lock is ours now; asking again for one's own lock is no harm."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
