"""The outbound loop and the clock: `python -m integrations.worker`.

Two threads. One sends; it never waits for the database. The other, the clerk, has all that touches the database: it
gives new events their place and owes them to endpoints, writes down what came of deliveries and claims what is due.
Every step of it is a transaction of its own, and none is open while something is sent on its behalf. Two more have a
pace of their own: files/caretaker.py looks after files, mailer.py sends mail to persons. On PostgreSQL any
number of these may run, on any number of machines; on SQLite one does, and a second one waits for its place.
"""

import gc
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from domain import logs
from domain.config import Config, ConfigError, read_config, with_keys
from domain.errors import Busy
from domain.models.webhooks import Endpoint, Payload
from domain.services import (
    clock,
    deliveries,
    import_work,
    kept_answers,
    link_requests,
    messages,
    notices,
    recoveries,
)
from domain.services.deliveries import Claim
from domain.services.subscriptions import owner_of
from domain.services.webhook_secrets import forget_expired
from domain.transaction import Database, reading, transaction, utcnow
from domain.vault import Vault
from integrations.files.caretaker import Caretaker
from integrations.files.clamd import Clamd
from integrations.files.store import store_of
from integrations.guard import guarded_sender, loosened
from integrations.http import Sender
from integrations.import_rows import load_application
from integrations.mailer import mailing
from integrations.messages import Messages
from integrations.one_worker import only_one
from integrations.outbound import (
    AHEAD,
    CLAIMED,
    GATHERED,
    PER_ENDPOINT,
    Ended,
    Fresh,
    Outbound,
    not_started,
    result,
)
from integrations.webhooks.contents import resource_of
from migrations.opened import opened

START_WITHIN = timedelta(seconds=30)  # what is leased and not begun by then is given back
LONGEST_TIMEOUT = timedelta(seconds=30)  # that an endpoint may have: schemas/webhooks.py
LEASE = START_WITHIN + LONGEST_TIMEOUT + timedelta(seconds=15)  # to write down what came of it
IDLE_WAIT = 0.1  # seconds between two looks at the database when there is nothing to send
BUSY_WAIT = 0.02  # seconds in which finished deliveries gather, so that one transaction settles many
TICK = 1.0  # seconds between two looks at the clock's events
SWEEP = 3600.0  # seconds between two rounds of forgetting
LAST_WORDS = 20.0  # seconds for deliveries under way once we are told to stop
GARBAGE_LOOKED_FOR_AT = 50_000  # objects more than there were: a few claims and their results

log = logging.getLogger("intervet.worker")


class Job(NamedTuple):
    """What the clerk is to do at once: write down what has ended, and claim as many as there is room for."""

    ended: Sequence[Ended]
    busy: Mapping[UUID, int]
    room: int


class Worker:
    """One round after the other, until told to stop."""

    def __init__(
        self, config: Config, database: Database, sender: Sender, *, now: Callable[[], datetime] = utcnow
    ) -> None:
        assert START_WITHIN + LONGEST_TIMEOUT < LEASE, "what is begun last must still be ours when it ends"
        self.config, self.database, self.now = config, database, now
        messages = Messages(Vault(config.secret_keys), base_url=config.base_url)
        self.outbound = Outbound(sender, messages, now=now)
        self.clerk = ThreadPoolExecutor(1, thread_name_prefix="clerk")
        self.job: tuple[Job, Future[int]] | None = None
        # Told by the job, and the clerk's until it is done: what it has leased, and whether it has written down.
        self.leased: list[Fresh] = []
        self.written = True
        self.unwritten: list[Ended] = []  # what a job that failed was to write down; they have no place any more
        self.next_look = self.next_tick = self.next_sweep = 0.0
        self.stopping = False

    @property
    def claims(self) -> Mapping[Claim, None]:
        """What is leased to us and not yet written down."""
        return self.outbound.claims

    @property
    def sender(self) -> Sender:
        """What sends."""
        return self.outbound.sender

    @sender.setter
    def sender(self, sender: Sender) -> None:
        self.outbound.sender = sender

    def run(self) -> None:
        """Work until `stop`; then finish what is under way and give the rest back."""
        while not self.stopping:
            try:
                worked = self.round()
            except (Busy, DBAPIError, StaleDataError) as error:
                # Another worker was quicker, or the database is away for a moment: what was leased stays leased.
                log.warning("round failed", extra={"error_class": type(error).__name__})
                worked = 0
                self.outbound.gather(0 if isinstance(error, IntegrityError | StaleDataError) else 1)
            if not worked and self.outbound.idle:
                self.outbound.gather(IDLE_WAIT)
        self.wind_up()

    def stop(self, *_: object) -> None:
        """Come to an end after this round. May be called from a signal handler."""
        self.stopping = True
        self.sender.wake()

    # ── the sending thread ────────────────────────────────────────────────────────────────────────────────────────

    def round(self) -> int:
        """Begin what is claimed, gather what comes back, and keep the clerk busy; return how much there was."""
        if self.outbound.idle or self.outbound.ended or self.unwritten or time.monotonic() >= self.next_look:
            self.instruct(room=self.outbound.room())
        if self.outbound.idle:
            self.wait_for_clerk()
        worked = self.hear_clerk()
        return worked + self.outbound.begin() + self.outbound.gather(BUSY_WAIT, at_least=GATHERED)

    def send_due(self) -> int:
        """Claim as many due deliveries as there is room for, and begin to send them."""
        self.wait_for_clerk()
        self.hear_clerk()
        self.instruct(room=self.outbound.room())
        self.wait_for_clerk()
        self.hear_clerk()
        begun = 0
        while self.outbound.fresh:
            begun += self.outbound.begin()
        return begun

    def collect(self, wait: float) -> int:
        """Wait for outcomes, and until they are written down; return how many there were. Nothing new is claimed."""
        came = self.outbound.gather(wait)
        self.wait_for_clerk()
        self.hear_clerk()
        if self.outbound.ended or self.unwritten:
            self.instruct(room=0)
            self.wait_for_clerk()
            self.hear_clerk()
        return came

    def instruct(self, *, room: int) -> None:
        """Give the clerk the next job, unless it has one."""
        if self.job is not None:
            return
        busy = self.outbound.busy()
        unwritten, self.unwritten = self.unwritten, []
        job = Job([*unwritten, *self.outbound.take_ended()], busy, room)
        future = self.clerk.submit(self.keep_books, job)
        self.job = (job, future)
        future.add_done_callback(lambda _: self.sender.wake())

    def wait_for_clerk(self) -> None:
        """Do nothing until the clerk has done its job; what became of it, `hear_clerk` says."""
        if self.job is not None:
            self.job[1].exception()

    def hear_clerk(self) -> int:
        """Take over what the clerk has done, if it has; return how much that was. Raises what went wrong there."""
        if self.job is None or not self.job[1].done():
            return 0
        (job, future), self.job = self.job, None
        leased, self.leased = self.leased, []
        self.outbound.forget(job.ended)
        self.outbound.add(leased)
        if future.exception() is not None and not self.written:
            # Once more with the next job: what comes too late for its lease is fenced off.
            self.unwritten = list(job.ended[-CLAIMED:])
        worked = future.result()
        self.next_look = 0.0 if worked else time.monotonic() + IDLE_WAIT
        return worked

    def wind_up(self) -> None:
        """Settle what is under way within LAST_WORDS, and release what is not, for another worker to send."""
        deadline = time.monotonic() + LAST_WORDS
        self.outbound.stop()
        while self.claims and time.monotonic() < deadline:
            self.collect(0.2)
            self.outbound.stop()  # also what the clerk was just claiming
        self.clerk.shutdown()
        self.hear_clerk()
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            ended = [*self.unwritten, *self.outbound.take_ended()]
            self.settle(session, ended, at=at)
            self.outbound.forget(ended)
            deliveries.release(session, list(self.claims), at=at)
        self.sender.close()

    # ── the clerk's thread ────────────────────────────────────────────────────────────────────────────────────────

    def keep_books(self, job: Job) -> int:
        """Do everything that the database has to do; return how much it was."""
        try:
            new = self.take_in() + self.take_in_rows()
        finally:  # What has come back is written down, whatever else goes wrong.
            settled = self.settle_and_claim(job)
        return new + settled

    def take_in(self) -> int:
        """Look at the clock, owe new events, go on with recoveries; return how much there was of the latter."""
        self.look_at_the_clock()
        with reading(self.database) as session:
            if not deliveries.anything_new(session):
                return 0
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            return deliveries.fan_out(session, at=at) + recoveries.go_on(session, at=at)

    def take_in_rows(self) -> int:
        """Go on with imports; return how many rows were done with."""
        with reading(self.database) as session:
            if not import_work.anything_waiting(session):
                return 0
        with transaction(self.database) as session:
            return import_work.go_on(session, load=load_application, at=self.now())

    def look_at_the_clock(self) -> None:
        """Record what the time has brought about; forget what has been kept long enough."""
        moment = time.monotonic()
        if moment >= self.next_tick:
            self.next_tick = moment + TICK
            with transaction(self.database) as session:
                clock.tick(session, at=self.now())
                messages.remind_of_offers(session, at=self.now())
                notices.owe_digests(session, at=self.now())
                deliveries.warn_of_failing(session, at=self.now())
                deliveries.hold_overslept(session, at=deliveries.now(session, clock=self.now()))
        if moment >= self.next_sweep:
            self.next_sweep = moment + SWEEP
            with transaction(self.database) as session:
                kept_answers.forget_old(session, at=self.now())
                deliveries.forget_replies(session, at=self.now())
                forget_expired(session, at=self.now())
                link_requests.forget_requests(session, at=self.now())
                import_work.forget_rows(session, at=self.now())

    def settle_and_claim(self, job: Job) -> int:
        """Write down what has ended, claim what there is room for; return how many these were."""
        self.written = not job.ended
        if job.ended:
            # Apart from the claim: the endpoints that it locks are those for which other workers settle, too.
            with transaction(self.database) as session:
                self.settle(session, job.ended, at=deliveries.now(session, clock=self.now()))
            self.written = True
        # Who has something to write down will find something to claim; who hasn't looks first.
        if not job.room or not (job.ended or self.anything_due()):
            return len(job.ended)
        with transaction(self.database) as session:
            at = deliveries.now(session, clock=self.now())
            claimed = deliveries.claim(
                session, busy=job.busy, per_endpoint=PER_ENDPOINT, ahead=AHEAD, limit=job.room, lease=LEASE, at=at
            )
        start_by = time.monotonic() + START_WITHIN.total_seconds()
        self.leased = [Fresh(one, self.resource(one), start_by) for one in claimed]
        return len(job.ended) + len(claimed)

    def anything_due(self) -> bool:
        """Whether a claim would find anything."""
        with reading(self.database) as session:
            return deliveries.anything_due(session, at=deliveries.now(session, clock=self.now()))

    def settle(self, session: Session, ended: Sequence[Ended], *, at: datetime) -> None:
        """Settle what was begun, give back what was not."""
        fenced = deliveries.settle(session, [result(one, at=at) for one in ended if not not_started(one)], at=at)
        deliveries.release(session, [one.claim for one in ended if not_started(one)], at=at)
        if fenced:
            log.warning("results came after their lease", extra={"fenced": fenced})

    def resource(self, claim: Claim) -> Any:
        """What a full payload tells, made now within what the endpoint's owner may see; or what went wrong."""
        if claim.endpoint.payload is not Payload.FULL:
            return None
        try:
            with reading(self.database) as session:
                owner = owner_of(session, session.get_one(Endpoint, claim.endpoint_id))
                return resource_of(session, claim.event, owner=owner, at=self.now(), base_url=self.config.base_url)
        except Exception as error:  # noqa: BLE001  one that can't be shown must not stop the rest: it is `unprepared`
            return error


def main() -> int:
    """Run until SIGTERM or SIGINT. Not zero, with one clear line, when the settings or the database will not do."""
    logs.to_stream()
    try:
        config = read_config()
        with opened(config) as database:
            serve(with_keys(config), database)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


def tune() -> None:
    """Set this process up for two threads that both have much to do."""
    # Each asks for Python's lock hundreds of times a second; five milliseconds, as it stands, is too long a wait.
    sys.setswitchinterval(0.001)
    # What is loaded stays, and what is made for a delivery is freed when it ends: looking for rings among thousands
    # that are under way took a sixth of the clerk's time, and found none.
    gc.freeze()
    gc.set_threshold(GARBAGE_LOOKED_FOR_AT, *gc.get_threshold()[1:])


def serve(config: Config, database: Database) -> None:
    """Work until told to stop; on SQLite, once the place is free."""
    for sentence in loosened(config):
        log.warning("the guard is loosened: %s", sentence)
    tune()
    worker = Worker(config, database, guarded_sender(config))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    place = (
        nullcontext()
        if database.lock is None
        else only_one(config.data_dir / "worker.lock", stopping=lambda: worker.stopping)
    )
    with place, caretaker(config, database).at_work(), mailing(config, database):
        worker.run()


def caretaker(config: Config, database: Database) -> Caretaker:
    """Who looks after the files of this installation."""
    scanner = Clamd(config.clamav) if config.clamav else None
    opened_for = (partial(reading, database), partial(transaction, database))
    return Caretaker(store_of(config), scanner, *opened_for, now=utcnow)


if __name__ == "__main__":
    raise SystemExit(main())
