"""The worker against a real receiver, on both engines."""

import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from standardwebhooks import Webhook

from domain.config import Config
from domain.errors import Unavailable
from domain.services import deliveries
from domain.transaction import Database, connect, transaction, utcnow
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


def test_results_that_cannot_be_written_down_take_no_place(
    world: World, partner: Caller, worker: Worker, receiver: Receiver, database: Database
) -> None:
    endpoint(partner, receiver.url("/ok"))
    world.application(world.call())
    with transaction(database) as session:
        deliveries.fan_out(session, at=worker.now())
    worker.send_due()
    worker.database = connect("postgresql+psycopg://nobody@/none?host=/nowhere")

    with pytest.raises(Unavailable):
        work_until_collected(worker)

    assert worker.claims == {}


def work_until_collected(worker: Worker) -> None:
    while worker.claims:
        worker.collect(1)
