"""The outbound loop and the clock: `python -m integrations.worker`.

One thread goes round: give new events their place and owe them to endpoints, claim what is due, send, settle. Every
step that touches the database is a transaction of its own, and none is open while something is sent. On PostgreSQL any
number of these may run, on any number of machines; on SQLite one does, and a second one waits for its place.
"""

import fcntl
import logging
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from domain import logs
from domain.addresses import Place
from domain.config import Config, ConfigError, read_config, with_secret_key
from domain.errors import Busy
from domain.services import clock, deliveries, kept_answers
from domain.services.deliveries import Claim, Result
from domain.services.events import payload
from domain.services.webhooks import secret_of
from domain.transaction import Database, transaction, utcnow
from domain.vault import Unsealable, Vault
from integrations.http import ErrorClass, Exchange, Outcome, Sender
from integrations.resolver import Lookup, system_lookup
from integrations.webhooks import retries
from integrations.webhooks.deliver import prepare
from integrations.webhooks.retries import Verdict
from migrations.opened import opened
from schemas.events import dumped

LEASE = timedelta(seconds=60)  # a full timeout of 15 s, the wait for a place, and 15 s to write down what came of it
MARGIN = timedelta(seconds=30)  # not begun later than this before the lease ends
AT_ONCE = 64  # deliveries under way
PER_ENDPOINT = 8  # of them to one endpoint: one that hangs holds an eighth
IDLE_WAIT = 0.1  # seconds between two looks at the database when there is nothing to send
BUSY_WAIT = 0.02  # seconds in which finished deliveries gather, so that one transaction settles many
TICK = 1.0  # seconds between two looks at the clock's events
SWEEP = 3600.0  # seconds between two rounds of forgetting
REPLIES_KEPT = timedelta(days=30)
LAST_WORDS = 20.0  # seconds for deliveries under way once we are told to stop

log = logging.getLogger("intervet.worker")


class Worker:
    """One round after the other, until told to stop."""

    def __init__(
        self, config: Config, database: Database, sender: Sender, *, now: Callable[[], datetime] = utcnow
    ) -> None:
        self.config, self.database, self.sender, self.now = config, database, sender, now
        self.vault = Vault(config.secret_keys)
        self.claims: dict[UUID, Claim] = {}
        self.next_tick = self.next_sweep = 0.0
        self.stopping = False

    def run(self) -> None:
        """Work until `stop`; then finish what is under way and give the rest back."""
        while not self.stopping:
            try:
                worked = self.round()
            except (Busy, DBAPIError, StaleDataError) as error:
                # Another worker was quicker, or the database is away for a moment: what was leased stays leased.
                log.warning("round failed", extra={"error_class": type(error).__name__})
                worked = 0
                time.sleep(0 if isinstance(error, IntegrityError | StaleDataError) else 1)
            if not worked:
                self.collect(IDLE_WAIT)
        self.wind_up()

    def stop(self, *_: object) -> None:
        """Come to an end after this round. May be called from a signal handler."""
        self.stopping = True
        self.sender.wake()

    def round(self) -> int:
        """Do once everything that is due; return how much it was."""
        self.look_at_the_clock()
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            new = deliveries.fan_out(session, at=at)
        return new + self.send_due() + self.collect(BUSY_WAIT if self.claims else 0)

    def look_at_the_clock(self) -> None:
        """Record what the time has brought about; forget what has been kept long enough."""
        moment = time.monotonic()
        if moment >= self.next_tick:
            self.next_tick = moment + TICK
            with transaction(self.database) as session:
                clock.tick(session, at=self.now())
        if moment >= self.next_sweep:
            self.next_sweep = moment + SWEEP
            with transaction(self.database) as session:
                kept_answers.forget_old(session, at=self.now())
                deliveries.forget_replies(session, before=self.now() - REPLIES_KEPT)

    def send_due(self) -> int:
        """Claim as many due deliveries as there is room for, and begin to send them."""
        room = AT_ONCE - len(self.claims)
        if room <= 0:
            return 0
        busy = Counter(claim.endpoint_id for claim in self.claims.values())
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            claimed = deliveries.claim(session, busy=busy, per_endpoint=PER_ENDPOINT, limit=room, lease=LEASE, at=at)
        start_by = time.monotonic() + (LEASE - MARGIN).total_seconds()
        lost = [one for one in claimed if not self.begin(one, start_by=start_by)]
        if lost:
            with transaction(self.database) as session:
                deliveries.settle(session, [self.unsent(one) for one in lost], at=self.now())
        return len(claimed)

    def begin(self, claim: Claim, *, start_by: float) -> bool:
        """Begin to send a claim; say whether it could be made into a request: one that can't must not stop the rest."""
        try:
            exchange = self.exchange(claim, start_by=start_by)
        except (Unsealable, ValidationError) as error:
            log.error("delivery can't be prepared", extra={"error_class": type(error).__name__})
            return False
        self.claims[claim.id] = claim
        self.sender.submit(exchange)
        return True

    def unsent(self, claim: Claim) -> Result:
        """A failure of ours, to be tried again on the schedule: the operator may put a key back, or mend the code."""
        at = self.now()
        again = retries.next_attempt_at(attempt=claim.number, at=at, random=random.random())  # noqa: S311  jitter
        return Result(claim=claim, at=at, delivered=False, duration_ms=0, error="unprepared", next_at=again)

    def exchange(self, claim: Claim, *, start_by: float) -> Exchange:
        """The signed request for a claim, built afresh for every attempt."""
        told = payload(claim.event, base_url=self.config.base_url)
        return prepare(
            key=claim.id,
            endpoint=claim.endpoint_id,
            url=claim.url,
            message_id=str(claim.event.id),
            event_type=told["type"],
            occurred_at=told["timestamp"],
            data=dumped(claim.event.type, told["data"]),
            secrets=[secret_of(claim.endpoint_id, claim.sealed_secret, vault=self.vault)],
            at=self.now(),
            start_by=start_by,
        )

    def collect(self, wait: float) -> int:
        """Wait for outcomes, and settle them; return how many there were."""
        outcomes = self.sender.poll(wait)
        if outcomes:
            try:
                self.write_down(outcomes)
            finally:
                # Also when it can't be written down: the lease passes, and until then the place is free for others.
                for outcome in outcomes:
                    del self.claims[outcome.key]  # type: ignore[arg-type]
        return len(outcomes)

    def write_down(self, outcomes: Sequence[Outcome]) -> None:
        """Settle what was begun, give back what was not."""
        at = self.now()
        begun = [outcome for outcome in outcomes if outcome.error is not ErrorClass.NOT_STARTED]
        results = [self.result(outcome, at=at) for outcome in begun]
        late = [self.claims[outcome.key] for outcome in outcomes if outcome not in begun]  # type: ignore[index]
        with transaction(self.database) as session:
            fenced = deliveries.settle(session, results, at=at)
            deliveries.release(session, late, at=at)
        if fenced:
            log.warning("results came after their lease", extra={"fenced": fenced})

    def result(self, outcome: Outcome, *, at: datetime) -> Result:
        """What an outcome means for its delivery: arrived, to be tried again, or not any more."""
        claim = self.claims[outcome.key]  # type: ignore[index]
        verdict = retries.verdict(outcome.status, outcome.error)
        wait = retries.asked_to_wait(outcome.status, outcome.headers.get("retry-after"), at=at)
        again = retries.next_attempt_at(
            attempt=claim.number,
            at=at,
            random=random.random(),  # noqa: S311  jitter, not a secret
            retry_after=wait,
        )
        return Result(
            claim=claim,
            at=at,
            delivered=verdict is Verdict.DELIVERED,
            duration_ms=outcome.duration_ms,
            status=outcome.status,
            error=outcome.error,
            reply_headers=outcome.headers,
            reply=outcome.reply,
            next_at=None if verdict is Verdict.DELIVERED else again,
            slow_until=None if wait is None else at + wait,
            gone=verdict is Verdict.GONE,
        )

    def wind_up(self) -> None:
        """Settle what is under way within LAST_WORDS, and release what is not, for another worker to send."""
        deadline = time.monotonic() + LAST_WORDS
        while self.claims and time.monotonic() < deadline:
            self.collect(0.2)
        if self.claims:
            with transaction(self.database) as session:
                deliveries.release(session, self.claims.values(), at=self.now())
        self.sender.close()


@contextmanager
def only_one(path: Path, *, stopping: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the one place that SQLite has for a worker; wait, and say why, while another has it, until `stopping`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if not taken(file):
            log.warning("another worker has the one place that SQLite has; waiting for it to end")
        # Asked for again and again: a signal would not end a wait inside the kernel.
        while not (taken(file) or stopping()):
            time.sleep(IDLE_WAIT)
        yield


def taken(file: IO[bytes]) -> bool:
    """Whether the lock is ours now; asking again for one's own lock is no harm."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def loosened(config: Config) -> Sequence[str]:
    """What the operator has opened in the guard on outgoing addresses, in words, to be said at start."""
    said = [f"networks {', '.join(map(str, config.allowed_networks))} may be called"] if config.allowed_networks else []
    return [*said, "plain http may be called"] if config.allow_http else said


def own_places(config: Config, *, lookup: Lookup = system_lookup) -> frozenset[Place]:
    """Where our server and our database listen: closed to deliveries also inside a network that may be called."""
    places = {("127.0.0.1", config.port)}
    if not config.on_sqlite:
        database = urlsplit(config.database_url)
        places |= {(address, database.port or 5432) for address in lookup(database.hostname or "127.0.0.1")}
    return frozenset(places)


def main() -> int:
    """Run until SIGTERM or SIGINT. Not zero, with one clear line, when the settings or the database will not do."""
    logs.to_stream()
    try:
        config = with_secret_key(read_config())
        with opened(config) as database:
            serve(config, database)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


def serve(config: Config, database: Database) -> None:
    """Work until told to stop; on SQLite, once the place is free."""
    for sentence in loosened(config):
        log.warning("the guard is loosened: %s", sentence)
    sender = Sender(
        allow_http=config.allow_http,
        allowed_networks=config.allowed_networks,
        own_places=own_places(config),
        at_once=AT_ONCE,
        per_endpoint=PER_ENDPOINT,
    )
    worker = Worker(config, database, sender)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    with (
        nullcontext()
        if database.lock is None
        else only_one(config.data_dir / "worker.lock", stopping=lambda: worker.stopping)
    ):
        worker.run()


if __name__ == "__main__":
    raise SystemExit(main())
