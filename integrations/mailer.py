"""The worker's third thread: it sends messages to persons, and keeps nothing else waiting.

Each letter is claimed in a transaction, sent in none, and settled in another before the next is begun: whoever is
killed in between has at most one letter out twice, both with the same Message-ID.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from domain.config import Config
from domain.errors import Busy
from domain.services import deliveries, message_queue
from domain.services.letters import contents_of
from domain.services.message_contents import Contents, Dropped
from domain.services.message_queue import Claim, Result
from domain.transaction import Database, reading, transaction, utcnow
from integrations.mail.render import BadAddress, Letter, letter
from integrations.mail.send import LETTER_S, Mailbox, Outcome

CLAIMED = 20  # messages at once
BEGIN_WITHIN_S = 60.0  # after a claim; what is not begun by then is given back
LEASE = timedelta(seconds=BEGIN_WITHIN_S + 2 * LETTER_S + 30)  # the greeting, one letter, and to write it down
IDLE_S = 1.0  # between two looks at the database when nothing is due
REST_S = 15.0  # when the mail server can't be reached, before the next letter is tried on it
LAST_WORDS_S = 15.0  # for the letter under way once we are told to stop

log = logging.getLogger("intervet.mailer")


class Post(Protocol):
    """What takes letters."""

    def post(self, letter: Letter) -> Outcome:
        """Hand one over."""

    def close(self) -> None:
        """There are no more for now."""


class Mailer:
    """One round after the other, until told to stop."""

    def __init__(self, config: Config, database: Database, post: Post, *, now: Callable[[], datetime] = utcnow) -> None:
        assert config.mail is not None, "without a mail server there is nothing for it to do"
        self.config, self.server, self.database, self.post, self.now = config, config.mail, database, post, now
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until `stopping` is set."""
        while not self.stopping.is_set():
            try:
                wait = self.round()
            except (Busy, DBAPIError, StaleDataError) as error:
                log.warning("round failed", extra={"error_class": type(error).__name__})
                wait = IDLE_S
            except Exception:  # one message that can't be handled must not silence all the others
                log.exception("round failed")
                wait = REST_S
            self.stopping.wait(wait)

    def round(self) -> float:
        """Send what is due; return for how many seconds there is nothing to do."""
        claims = self.claim()
        begin_by = time.monotonic() + BEGIN_WITHIN_S
        try:
            for index, claim in enumerate(claims):
                if self.stopping.is_set() or time.monotonic() > begin_by:
                    self.release(claims[index:])
                    break
                if not self.send(claim):
                    self.release(claims[index + 1 :])
                    return REST_S
        finally:
            self.post.close()
        return 0.0 if claims else IDLE_S

    def claim(self) -> list[Claim]:
        """Take what is due, and ours to send."""
        with reading(self.database) as session:
            if not message_queue.anything_due(session, at=deliveries.now(session, clock=self.now())):
                return []
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            return message_queue.claim(session, limit=CLAIMED, lease=LEASE, at=at)

    def send(self, claim: Claim) -> bool:
        """Send one and write down what came of it; false when the mail server takes nothing now."""
        began = time.monotonic()
        prepared = self.prepared(claim)
        if isinstance(prepared, Result):
            self.settle(prepared)
            return True
        contents, ready = prepared
        outcome = self.post.post(ready)
        took = round((time.monotonic() - began) * 1000)
        told = {name: getattr(outcome, name) for name in ("sent", "permanent", "code", "status", "error")}
        self.settle(Result(claim, self.now(), took, lang=contents.lang, **told))
        return not outcome.unreachable

    def prepared(self, claim: Claim) -> tuple[Contents, Letter] | Result:
        """What is to be sent, made now; or how it ends without."""
        try:
            with reading(self.database) as session:
                contents = contents_of(session, claim.id, config=self.config)
            if isinstance(contents, Dropped):
                return Result(claim, self.now(), dropped=True, error=str(contents))
            return contents, letter(contents, message_id=claim.id, server=self.server, at=self.now())
        except BadAddress:
            return Result(claim, self.now(), permanent=True, error="bad_address")
        except Exception:  # a message that can't be made must not stop those behind it
            log.exception("message not prepared")
            return Result(claim, self.now(), error="unprepared")

    def settle(self, result: Result) -> None:
        """Write down what came of one."""
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            if not message_queue.settle(session, result, at=at):
                log.warning("result came after its lease")

    def release(self, claims: Sequence[Claim]) -> None:
        """Give back what was not begun."""
        if claims:
            with transaction(self.database) as session:
                message_queue.release(session, claims, at=deliveries.now(session, clock=self.now()))


@contextmanager
def mailing(config: Config, database: Database) -> Iterator[None]:
    """Send mail beside what is done inside; without a mail server, messages wait in the database."""
    if config.mail is None:
        log.warning("no mail server is set: messages to persons wait")
        yield
        return
    mailer = Mailer(config, database, Mailbox(config.mail))
    # A daemon: a mail server that never answers does not keep the worker from ending.
    thread = threading.Thread(target=mailer.run, name="mailer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        mailer.stopping.set()
        thread.join(LAST_WORDS_S)
