"""A worker by a clock that tests move, on both engines, and a sender that answers as told and sends nothing.

On PostgreSQL leases are counted by the database's clock, so that one is the test's as well: a function of its name
stands before it on the path of the worker's connections.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, func, select, text

from domain.config import Config
from domain.models.webhooks import Delivery, DeliveryState
from domain.transaction import Database, connect, transaction
from integrations.http import ErrorClass, Exchange, Outcome
from integrations.worker import Worker
from tests.conftest import Clock
from tests.world import World

CLOCK = """
CREATE SCHEMA virtual;
CREATE TABLE virtual.clock AS SELECT now() AS shown;
CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT shown FROM virtual.clock';
"""


@dataclass(frozen=True)
class Answer:
    """What a receiver answers, or how it fails to."""

    status: int | None = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: ErrorClass | None = None
    body: bytes = b"as told"


OK, NO = Answer(), Answer(500)


class Scripted:
    """Stands beyond the network's edge: keeps what it is to send, and answers it at the next look."""

    def __init__(self, answer: Callable[[Exchange], Answer] = lambda exchange: OK) -> None:
        self.answer = answer
        self.sent: list[Exchange] = []
        self._under_way: list[Exchange] = []

    @property
    def in_flight(self) -> int:
        """How many were submitted and not yet handed back."""
        return len(self._under_way)

    def submit(self, exchange: Exchange) -> None:
        """Keep it."""
        self.sent.append(exchange)
        self._under_way.append(exchange)

    def poll(self, timeout_s: float, *, at_least: int = 1) -> list[Outcome]:
        """The answers to all that was submitted."""
        done, self._under_way = self._under_way, []
        return [self._outcome(exchange, self.answer(exchange)) for exchange in done]

    def recall(self, endpoint: Any) -> None:
        """Nothing waits here that could be given back."""

    def wake(self) -> None:
        """Nobody waits."""

    def close(self) -> None:
        """Nothing is open."""

    def _outcome(self, exchange: Exchange, answer: Answer) -> Outcome:
        lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{name}: {value}" for name, value in answer.headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode()
        return Outcome(exchange.key, exchange.url, answer.status, answer.error, 7, head, answer.body)


@dataclass
class Workshop:
    """A worker, what it sends, and its clock."""

    world: World
    worker: Worker
    sender: Scripted
    clock: Clock

    def turn(self, at: datetime) -> None:
        """Let it be `at`, also in the worker's database."""
        self.clock.now = at
        if not self.worker.database.on_sqlite:
            with transaction(self.worker.database) as session:
                session.execute(text("UPDATE virtual.clock SET shown = :at"), {"at": at})

    def work(self) -> list[Exchange]:
        """Let the worker go round until there is nothing to do at this moment; what it sent."""
        before, quiet = len(self.sender.sent), 0
        self.worker.next_tick = self.worker.next_sweep = 0.0
        while quiet < 2:
            self.worker.next_look = 0.0
            quiet = 0 if self.worker.round() or self.worker.claims else quiet + 1
        return self.sender.sent[before:]

    def work_through(self, *, until: datetime) -> list[tuple[timedelta, Exchange]]:
        """Go from one try to the next, a second before each and then at it; what was sent, and after how long."""
        start, sent = self.clock(), [(timedelta(), exchange) for exchange in self.work()]
        while (due := self.next_due()) is not None and due <= until:
            for at in (max(self.clock(), due - timedelta(seconds=1)), due):
                self.turn(at)
                sent += [(at - start, exchange) for exchange in self.work()]
        return sent

    def next_due(self) -> datetime | None:
        """When something is to be tried next, after this moment."""
        waiting = (Delivery.state == DeliveryState.PENDING, Delivery.next_at > self.clock())
        (due,) = self.world.read(select(func.min(Delivery.next_at)).where(*waiting))
        return due


@contextmanager
def workshop(world: World, config: Config, clock: Clock, sender: Scripted | None = None) -> Iterator[Workshop]:
    """A worker that goes by the test's clock on whatever engine."""
    scripted = sender or Scripted()
    with by_the_clock(world.database) as database:
        worker = Worker(config, database, scripted, now=clock)  # type: ignore[arg-type]
        shop = Workshop(world, worker, scripted, clock)
        shop.turn(clock())
        yield shop
        worker.wind_up()


@contextmanager
def by_the_clock(database: Database) -> Iterator[Database]:
    """The same database; on PostgreSQL by connections to which its clock shows what `virtual.clock` holds."""
    if database.on_sqlite:
        yield database
        return
    with transaction(database) as session:
        session.execute(text(CLOCK))
    own = connect(database.writer.url.render_as_string(hide_password=False))
    event.listen(own.writer, "connect", _put_it_first)
    try:
        yield own
    finally:
        own.close()
        with transaction(database) as session:
            session.execute(text("DROP SCHEMA virtual CASCADE"))


def _put_it_first(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute("SET search_path TO virtual, public, pg_catalog")
    connection.autocommit = False


def told(exchange: Exchange) -> dict[str, Any]:
    """What a request tells."""
    body: dict[str, Any] = json.loads(exchange.body)
    return body
