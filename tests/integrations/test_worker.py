"""The worker against a real receiver, on both engines."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook

from domain.config import Config
from domain.errors import Unavailable
from domain.models.webhooks import Attempt, Delivery, DeliveryState, Endpoint, EndpointSecret, EndpointState
from domain.services import deliveries
from domain.transaction import Database, connect, transaction, utcnow
from integrations.guard import own_places
from integrations.http import Sender
from integrations.worker import Worker
from tests.conftest import Caller, Clock
from tests.integrations.receiver import Receiver
from tests.world import World

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def config(config: Config) -> Config:
    """As always, but the receivers of these tests may be called."""
    return replace(config, allow_http=True, allowed_networks=LOOPBACK)


@pytest.fixture
def worker(config: Config, database: Database, clock: Clock) -> Iterator[Worker]:
    """A worker by the test's clock."""
    with Sender(allow_http=True, allowed_networks=LOOPBACK) as sender:
        yield Worker(config, database, sender, now=clock)


def work(worker: Worker, *, until: Any, seconds: float = 10) -> None:
    """Let the worker go round until something is so."""
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        worker.next_tick = 0
        worker.round()
        worker.collect(0.05)


@pytest.fixture
def clock() -> Clock:
    """A clock that shows the real time: verifiers look at their own."""
    clock = Clock()
    clock.now = utcnow()
    return clock


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real receiver on loopback."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def partner(as_: Any) -> Caller:
    """The Serbian partner, who has endpoints."""
    return as_("partner")


def endpoint(partner: Caller, url: str, *event_types: str) -> dict[str, Any]:
    answer = partner.post("/v1/webhooks", json={"url": url, "event_types": list(event_types or ("application.*",))})
    assert answer.status_code == 201, answer.json
    return answer.json


def test_an_application_reaches_its_partner_signed(
    world: World, partner: Caller, worker: Worker, receiver: Receiver
) -> None:
    made = endpoint(partner, receiver.url("/ok"))
    application = world.application(world.call())

    work(worker, until=lambda: receiver.requests)

    request = receiver.requests[0]
    told = Webhook(made["secret"]).verify(request.body, request.headers)
    assert (told["type"], told["data"]["id"], told["data"]["state"]) == (
        "application.submitted",
        str(application.id),
        "submitted",
    )


def owe_now(database: Database, worker: Worker) -> None:
    with transaction(database) as session:
        deliveries.fan_out(session, at=worker.now())


def make_due(world: World) -> None:
    """Let the wait before the next try be over."""
    passed = utcnow() - timedelta(minutes=1)
    world.do(lambda session, **_: session.execute(update(Delivery).values(next_at=passed)))


def test_what_fails_is_sent_again_under_the_same_id(
    world: World, partner: Caller, worker: Worker, receiver: Receiver
) -> None:
    endpoint(partner, receiver.url("/status/503"))
    world.application(world.call())

    for times in (1, 2):
        work(worker, until=lambda times=times: len(world.read(select(Attempt.id))) == times)
        make_due(world)

    ids = [request.headers["webhook-id"] for request in receiver.requests]
    attempts = world.read(select(Attempt).order_by(Attempt.number))
    assert (len(ids), len(set(ids))) == (2, 1)
    assert [(attempt.number, attempt.status) for attempt in attempts] == [(1, 503), (2, 503)]


def test_an_endpoint_that_is_gone_is_disabled_and_its_events_are_held(
    world: World, partner: Caller, worker: Worker, receiver: Receiver
) -> None:
    endpoint(partner, receiver.url("/status/410"))
    call = world.call()
    world.application(call)

    work(worker, until=lambda: world.read(select(Endpoint.state)) == [EndpointState.DISABLED])
    world.application(call, "Mia")
    work(worker, until=lambda: len(world.read(select(Delivery.id))) == 2)

    assert (set(world.read(select(Delivery.state))), len(receiver.requests)) == ({DeliveryState.HELD}, 1)


def test_one_that_can_not_be_prepared_keeps_nobody_else_waiting(
    world: World, partner: Caller, as_: Any, worker: Worker, receiver: Receiver
) -> None:
    broken = endpoint(partner, receiver.url("/broken"))
    endpoint(as_("coordinator"), receiver.url("/ok"))
    junk = (
        update(EndpointSecret).where(EndpointSecret.endpoint_id == UUID(broken["id"])).values(sealed=b"of a lost key")
    )
    world.do(lambda session, **_: session.execute(junk))
    world.application(world.call())

    work(worker, until=lambda: len(world.read(select(Attempt.id))) == 2)

    attempts = world.read(select(Attempt))
    assert sorted((attempt.status, attempt.error) for attempt in attempts if attempt.error is None) == [(200, None)]
    assert [attempt.error for attempt in attempts if attempt.status is None] == ["unprepared"]
    assert [request.path for request in receiver.requests] == ["/ok"]


def test_a_worker_that_ends_gives_back_what_it_has_not_begun(
    world: World, partner: Caller, worker: Worker, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.worker.LAST_WORDS", 0.2)
    worker.sender = Sender(allow_http=True, allowed_networks=LOOPBACK)
    endpoint(partner, receiver.url("/silent"))
    world.application(world.call())
    work(worker, until=lambda: worker.claims)

    worker.wind_up()

    rows = world.read(select(Delivery))
    assert [(row.state, row.attempts, row.lease_token) for row in rows] == [(DeliveryState.PENDING, 0, None)]


def test_several_workers_send_everything_once(
    world: World, partner: Caller, config: Config, database: Database, receiver: Receiver
) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one worker: a second one waits for its place")
    endpoint(partner, receiver.url("/ok"), "application.*")
    call = world.call()
    for number in range(30):
        world.application(call, f"N{number}")
    senders = [Sender(allow_http=True, allowed_networks=LOOPBACK) for _ in range(3)]
    workers = [Worker(config, database, sender) for sender in senders]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()

    wait(lambda: world.read(select(Delivery.state)) == [DeliveryState.DELIVERED] * 30)
    for worker, thread in zip(workers, threads, strict=True):
        worker.stop()
        thread.join()

    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert (len(ids), len(set(ids)), len(world.read(select(Attempt.id)))) == (30, 30, 30)


def wait(until: Any, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_results_that_cannot_be_written_down_take_no_place(
    world: World, partner: Caller, worker: Worker, receiver: Receiver, database: Database
) -> None:
    endpoint(partner, receiver.url("/ok"))
    world.application(world.call())
    owe_now(database, worker)
    worker.send_due()
    worker.database = connect("postgresql+psycopg://nobody@/none?host=/nowhere")

    with pytest.raises(Unavailable):
        work_until_collected(worker)

    assert worker.claims == {}


def work_until_collected(worker: Worker) -> None:
    while worker.claims:
        worker.collect(1)


OWN_PLACES = {
    "sqlite:////var/lib/intervet/intervet.sqlite": {("127.0.0.1", 8000)},
    "postgresql+psycopg://me:secret@db.example:5433/intervet": {("127.0.0.1", 8000), ("10.1.0.5", 5433)},
    "postgresql+psycopg:///intervet?host=/run/postgresql": {("127.0.0.1", 8000), ("127.0.0.1", 5432)},
    "postgresql+psycopg:///intervet?host=db.example&port=5433": {("127.0.0.1", 8000), ("10.1.0.5", 5433)},
    "postgresql+psycopg:///intervet?host=db.example:5433&host=db.example": {
        ("127.0.0.1", 8000),
        ("10.1.0.5", 5433),
        ("10.1.0.5", 5432),
    },
}


@pytest.mark.parametrize("url", OWN_PLACES)
def test_where_server_and_database_listen_is_never_called(config: Config, url: str) -> None:
    names = {"127.0.0.1": ["127.0.0.1"], "db.example": ["10.1.0.5"]}

    assert own_places(replace(config, database_url=url), lookup=names.__getitem__) == OWN_PLACES[url]
