"""Webhooks from the claim to the settled row: the worker's rounds with many due deliveries to 32 endpoints.

Beside them, what is to be written for each whatever sends it: leased, settled and logged by the statements alone.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pycurl
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from uuid_utils import uuid7

from benchmarks.measure import Effort, Figure, compared, interleaved
from benchmarks.servers import ENGINES, SECRET_KEY, database, url_of
from benchmarks.sink import sink
from domain.config import Config
from domain.db import new_id
from domain.models.events import Event
from domain.models.tokens import Scope
from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.policies import Principal
from domain.services import delivery_batches, webhooks
from domain.services.delivery_batches import Settled
from domain.services.webhooks import EndpointInput
from domain.transaction import Database, reading, transaction, utcnow
from domain.vault import Vault
from integrations.guard import guarded_sender
from integrations.outbound import AT_ONCE, GATHERED
from integrations.webhooks import deliver, signing
from integrations.worker import LEASE, Worker, tune
from tests.integrations.sending import secret
from tests.world import World

ENDPOINTS = 32
DELIVERIES = 12_000  # a round: long enough that the first claim and the last commit, which nothing overlaps, are little
ROUNDS = 5  # each takes seconds
LOOPBACK = (ip_network("127.0.0.0/8"),)
FLOOR = "a bare libcurl multi loop that posts as many signed messages, each ready to be sent, to the same sink"
STATEMENTS = "what is to be written for as many: the statements that lease, settle and log them, with nothing sent"
AIMS = {"sqlite": 0.85, "postgresql": 0.80}
GATES = {"sqlite": 0.7, "postgresql": 0.5}

Message = tuple[str, bytes, list[str]]
"""A URL, a body and the lines of the header."""


def run(effort: Effort) -> Iterator[Figure]:
    """Measure on both engines.

    Every delivery has an address, a body, an id and a signature of its own. The floor has them all made before its time
    begins to run, then sets URL, body and headers of a handle, and sends: as many at once as we do, to the same sink.
    """
    logging.getLogger("intervet.worker").setLevel(logging.ERROR)
    tune()
    count = int(DELIVERIES * effort.scale)
    for engine in ENGINES:
        with sink() as port, database(engine) as opened:
            config = loopback_config(opened)
            endpoints = own_endpoints(opened, config, port, count=ENDPOINTS, event_type="application.*")
            worker = Worker(config, opened, guarded_sender(config))
            sides = {
                "ours": partial(_delivered, worker, opened, endpoints, count),
                "floor": partial(_posted, _messages(port, count)),
                "statements": partial(_written, opened, endpoints, count),
            }
            measured = interleaved(sides, rounds=min(ROUNDS, effort.rounds))
            worker.wind_up()
        yield from _figures(engine, measured, count=count)


def _figures(engine: str, measured: Mapping[str, Sequence[float]], *, count: int) -> Iterator[Figure]:
    told: dict[str, Any] = {
        "engine": engine,
        "unit": "deliveries/s",
        "extra": {"endpoints": ENDPOINTS, "a round": count},
    }
    ours, floor, statements = measured["ours"], measured["floor"], measured["statements"]
    yield compared(
        "deliveries, claim to settled", ours, floor, floor=FLOOR, aim=AIMS[engine], gate=GATES[engine], **told
    )
    yield compared("deliveries, claim to settled", ours, statements, floor=STATEMENTS, **told)
    yield compared("what is to be written for them", statements, floor, floor=FLOOR, **told)


def _delivered(worker: Worker, opened: Database, endpoints: Sequence[UUID], count: int) -> float:
    with transaction(opened) as session:
        _owe(session, endpoints, count)
    settled = _settled(opened)
    began = time.perf_counter()
    while worker.round() or worker.claims:
        pass
    seconds = time.perf_counter() - began
    assert _settled(opened) - settled == count
    return count / seconds


def _written(opened: Database, endpoints: Sequence[UUID], count: int) -> float:
    """Lease, settle and log as many, each batch in two transactions, without a request or an object for any of them."""
    with transaction(opened) as session:
        _owe(session, endpoints, count)
    rooms, left, token = dict.fromkeys(endpoints, GATHERED), count, uuid4()
    began = time.perf_counter()
    while left:
        at = utcnow()
        with transaction(opened) as session:
            leased = delivery_batches.lease(
                session,
                rooms,
                which=delivery_batches.PENDING,
                limit=GATHERED,
                token=token,
                until=at + LEASE,
                at=at,
            )
        rows = [
            Settled(one.id, token.hex, "delivered", at, at, uuid7().hex, 1, 1, "http://127.0.0.1/", 204, None, {}, "")
            for one in leased
        ]
        with transaction(opened) as session:
            left -= len(delivery_batches.settle(session, rows))
    return count / (time.perf_counter() - began)


def _messages(port: int, count: int) -> list[Message]:
    """Messages like ours, each with its own id, body and signature, to each endpoint in turn."""
    secrets = [secret(number.to_bytes(32)) for number in range(ENDPOINTS)]
    return [_message(port, number % ENDPOINTS, secrets[number % ENDPOINTS]) for number in range(count)]


def _message(port: int, endpoint: int, secret: str) -> Message:
    ids = {name: str(new_id()) for name in ("id", "project_id", "call_id")}
    data = {
        **ids,
        "resource": "call",
        "state": "published",
        "version": 2,
        "url": f"http://127.0.0.1/v1/calls/{ids['id']}",
    }
    body = deliver.render("call.published", occurred_at=utcnow(), data=data)
    signed = signing.headers([secret], message_id=str(new_id()), timestamp=utcnow(), body=body)
    headers = {**deliver.OURS, **signed}
    return f"http://127.0.0.1:{port}/{endpoint}", body, [f"{name}: {value}" for name, value in headers.items()]


def _posted(messages: Sequence[Message]) -> float:
    """POST the messages, as many at once as the worker does."""
    multi, free = pycurl.CurlMulti(), [_handle() for _ in range(AT_ONCE)]
    waiting, done = iter(messages), 0
    began = time.perf_counter()
    while done < len(messages):
        while free and (message := next(waiting, None)):
            handle = free.pop()
            handle.setopt(pycurl.URL, message[0])
            handle.setopt(pycurl.POSTFIELDS, message[1])
            handle.setopt(pycurl.HTTPHEADER, message[2])
            multi.add_handle(handle)
        multi.perform()
        _, succeeded, failed = multi.info_read()
        assert not failed, failed
        for handle in succeeded:
            multi.remove_handle(handle)
            free.append(handle)
        done += len(succeeded)
        if not succeeded:
            multi.select(1.0)
    seconds = time.perf_counter() - began
    multi.close()
    return len(messages) / seconds


def _handle() -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.WRITEDATA, BytesIO())
    return handle


def loopback_config(opened: Database) -> Config:
    """Settings by which receivers on this machine may be called."""
    return Config(
        data_dir=Path("var"),
        database_url=url_of(opened),
        base_url="http://127.0.0.1",
        secret_keys=(SECRET_KEY,),
        allowed_networks=LOOPBACK,
        allow_http=True,
    )


def own_endpoints(opened: Database, config: Config, port: int, *, count: int, event_type: str) -> list[UUID]:
    """The endpoints, with nothing owed to them, and an event that can be owed."""
    world, vault = World(opened, utcnow), Vault(config.secret_keys)
    owner = Principal(organisation_id=world.organisation("partner"), country="RS", scopes=frozenset(Scope))
    with transaction(opened) as session:
        for number in range(count):
            wanted = EndpointInput(url=f"http://127.0.0.1:{port}/{number}", event_types=(event_type,))
            webhooks.create_endpoint(session, wanted, config=config, vault=vault, by=owner, at=utcnow())
    world.call()
    with transaction(opened) as session:
        for position, event in enumerate(session.scalars(select(Event)), start=1):
            event.position = position
        return list(session.scalars(select(Endpoint.id)))


def _owe(session: Session, endpoints: Sequence[UUID], count: int) -> None:
    """`count` deliveries that are due, to each endpoint of an event in turn."""
    last = session.scalar(select(func.max(Event.position))) or 0
    table: Any = Event.__table__
    model = dict(session.execute(select(table).order_by(Event.position).limit(1)).mappings().one())
    each = range(-(-count // len(endpoints)))
    copies = [model | {"id": new_id(), "position": last + 1 + number, "once": None} for number in each]
    session.execute(insert(table), copies)
    owed = [_owed(copy["id"], endpoint) for copy in copies for endpoint in endpoints]
    session.execute(insert(Delivery), owed[:count])


def _owed(event_id: UUID, endpoint_id: UUID) -> dict[str, object]:
    at = utcnow()
    return {
        "id": new_id(),
        "event_id": event_id,
        "endpoint_id": endpoint_id,
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "attempts_before": 0,
        "next_at": at,
        "created_at": at,
        "updated_at": at,
    }


def _settled(opened: Database) -> int:
    with reading(opened) as session:
        delivered = Delivery.state == DeliveryState.DELIVERED
        return session.scalar(select(func.count()).select_from(Delivery).where(delivered)) or 0
