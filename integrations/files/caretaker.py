"""Who looks after stored files: has those scanned that wait for it, and removes those that no row names.

A thread of the worker's, since both take long and neither may hold a transaction open meanwhile. Several may do it at
once: a file that is scanned twice is settled once, and one that is gone is gone.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from domain.errors import Busy, NotFound
from domain.models.documents import DocumentState
from domain.services import documents
from integrations.files.clamd import Clamd, ScannerAway
from integrations.files.store import Store

TICK = 1.0  # seconds between two looks for what is to be scanned
PAUSE = 30.0  # seconds until a scanner or a store that was away is asked again
SWEEP = 3600.0  # seconds between two rounds of removing
# A file is put before the row that names it, and the row comes within 45 seconds or not at all: api/http.py.
IN_THE_MAKING = timedelta(hours=1)
BATCH = 100  # files
LAST_WORDS = 5.0  # seconds for a scan under way once we are told to stop; whatever is cut off goes on waiting

log = logging.getLogger("intervet.files")

Opened = Callable[[], AbstractContextManager[Session]]


@dataclass
class Caretaker:
    """Does its rounds until told to stop. Without a scanner, what waits goes on waiting."""

    store: Store
    scanner: Clamd | None
    reading: Opened
    writing: Opened
    now: Callable[[], datetime]
    stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Do the rounds in a thread, as long as the context lasts."""
        thread = threading.Thread(target=self.run, name="caretaker", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            thread.join(LAST_WORDS)

    def run(self) -> None:
        """Do the rounds."""
        wait, next_sweep = 0.0, 0.0
        while not self.stopped.wait(wait):
            try:
                wait = TICK if self.scan() else PAUSE
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + SWEEP
                    self.sweep()
            except (Busy, DBAPIError, StaleDataError) as error:
                log.warning("files were not looked after", extra={"error_class": type(error).__name__})
                wait = PAUSE

    def scan(self) -> bool:
        """Have everything scanned that waits for it; tell whether the scanner could say of each what it is."""
        if self.scanner is None:
            return True
        with self.reading() as session:
            waiting = documents.pending_documents(session, limit=BATCH)
        told = [self._scanned(self.scanner, one) for one in waiting if not self.stopped.is_set()]
        return all(told)

    def _scanned(self, scanner: Clamd, document_id: UUID) -> bool:
        try:
            found = scanner.finds(self.store.read(document_id))
        except NotFound:
            return True  # It was deleted meanwhile, or is lost: there is nothing to hand out.
        except ScannerAway as error:
            log.warning("a file could not be scanned", extra={"error_class": str(error)})
            return False
        with self.writing() as session:
            state = DocumentState.INFECTED if found else DocumentState.CLEAN
            documents.settle_scan(session, document_id, state, at=self.now())
        return True

    def sweep(self) -> int:
        """Remove the files that no row names and that no request is about to name; return how many."""
        removed, kept = 0, self.store.kept_before(self.now() - IN_THE_MAKING)
        while some := list(islice(kept, BATCH)):
            with self.reading() as session:
                strays = documents.unnamed(session, some)
            for stray in strays:
                self.store.remove(stray)
            removed += len(strays)
        return removed
