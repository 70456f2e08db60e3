"""Eight workers on one PostgreSQL, their clocks an hour apart: nothing leased twice, lost, or settled twice."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from domain.config import Config
from domain.models.webhooks import Attempt, Delivery, DeliveryState
from domain.transaction import Database, connect, transaction, utcnow
from integrations.worker import Worker
from tests.conftest import Clock
from tests.deliveries import endpoint, owe
from tests.integrations.working import Answer, Scripted
from tests.world import World

WORKERS, ENDPOINTS, DELIVERIES = 8, 25, 10_000
PATIENCE = 35  # seconds

# The database itself watches: whoever takes a live lease, or settles what is settled, is written down.
WATCH = """
CREATE TABLE seen_twice (delivery_id uuid, why text);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'leased' AND NEW.state = 'leased' AND NEW.lease_token <> OLD.lease_token
        AND OLD.lease_until > clock_timestamp() THEN
        INSERT INTO seen_twice VALUES (OLD.id, 'leased while leased');
    ELSIF OLD.state = 'delivered' THEN
        INSERT INTO seen_twice VALUES (OLD.id, 'moved after it had arrived');
    ELSIF NEW.state = 'delivered' AND OLD.state <> 'leased' THEN
        INSERT INTO seen_twice VALUES (OLD.id, 'arrived without a lease');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER watch BEFORE UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION watch();
"""
FORGET = "DROP TRIGGER watch ON deliveries; DROP FUNCTION watch; DROP TABLE seen_twice;"


@pytest.fixture
def clock() -> Clock:
    """A clock that shows the real time: leases are counted by the database's."""
    clock = Clock()
    clock.now = utcnow()
    return clock


@pytest.fixture
def watched(database: Database) -> Iterator[Any]:
    """What the database has seen twice, read by calling it."""
    if database.on_sqlite:
        pytest.skip("SQLite has one worker: a second one waits for its place")
    execute(database, WATCH)

    def seen() -> list[Any]:
        with transaction(database) as session:
            return list(session.execute(text("SELECT * FROM seen_twice")).all())

    yield seen
    execute(database, FORGET)


def execute(database: Database, statement: str) -> None:
    with transaction(database) as session:
        session.execute(text(statement))


def test_the_watch_sees_a_live_lease_that_is_taken(world: World, database: Database, watched: Any) -> None:
    owe(world, endpoint(world, "partner", "webhook.ping"))
    for token in ("1", "2"):
        lease = f"'00000000-0000-0000-0000-00000000000{token}', lease_until = now() + interval '1 minute'"
        execute(database, f"UPDATE deliveries SET state = 'leased', lease_token = {lease}")

    execute(database, "UPDATE deliveries SET state = 'delivered'")
    execute(database, "UPDATE deliveries SET state = 'pending'")

    assert [why for _, why in watched()] == ["leased while leased", "moved after it had arrived"]


@contextmanager
def at_work(config: Config, database: Database) -> Iterator[list[Scripted]]:
    """Eight workers with databases of their own, the clock of each an hour before the next one's."""
    url = database.writer.url.render_as_string(hide_password=False)
    senders, workers = [Scripted() for _ in range(WORKERS)], []
    with ExitStack() as stack:
        for number, sender in enumerate(senders):
            own = connect(url)
            stack.callback(own.close)
            apart = timedelta(hours=number - WORKERS // 2)
            workers.append(Worker(config, own, sender, now=lambda apart=apart: utcnow() + apart))  # type: ignore[misc, arg-type]
        threads = [threading.Thread(target=worker.run) for worker in workers]
        for thread in threads:
            thread.start()
        try:
            yield senders
        finally:
            for worker in workers:
                worker.stop()
            for thread in threads:
                thread.join()


def fails_once(seen: set[str]) -> Any:
    """One in twenty is refused at first."""

    def answer(exchange: Any) -> Answer:
        message_id = exchange.headers["webhook-id"]
        known = message_id in seen
        seen.add(message_id)
        return Answer(200) if known or UUID(message_id).int % 20 else Answer(500)

    return answer


def left(world: World) -> int:
    return world.read(select(func.count()).where(Delivery.state != DeliveryState.DELIVERED))[0]


def test_eight_workers_share_ten_thousand_deliveries(
    world: World, config: Config, database: Database, watched: Any
) -> None:
    hooks = [endpoint(world, "partner", "webhook.ping", retry_after_s=[1, 1, 1]) for _ in range(ENDPOINTS)]
    ids = [id_ for hook in hooks for id_ in owe(world, hook, DELIVERIES // ENDPOINTS)]
    # What a dead worker has left behind.
    dead = {"state": DeliveryState.LEASED, "attempts": 1, "lease_until": utcnow() - timedelta(seconds=1)}
    world.do(lambda session, by, at: session.execute(update(Delivery).where(Delivery.id.in_(ids[:100])).values(dead)))
    seen: set[str] = set()

    with at_work(config, database) as senders:
        for sender in senders:
            sender.answer = fails_once(seen)
        deadline = time.monotonic() + PATIENCE
        while left(world) and time.monotonic() < deadline:
            time.sleep(0.2)

    sent = Counter(exchange.headers["webhook-id"] for sender in senders for exchange in sender.sent)
    attempts = world.read(select(func.count(Attempt.id)))[0]
    assert (left(world), watched(), len(sent)) == (0, [], DELIVERIES)
    assert attempts == sum(sent.values())
    # Nobody was killed, so nothing is sent but what was never answered, or refused.
    refused = sum(UUID(message_id).int % 20 == 0 for message_id in sent)
    assert (sum(sent.values()), sum(1 for sender in senders if sender.sent) > 1) == (DELIVERIES + refused, True)
