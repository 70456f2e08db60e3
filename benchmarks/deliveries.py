"""Webhooks from the claim to the settled row: the worker's rounds with many due deliveries to 32 endpoints."""

import logging
import time
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import pycurl
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks.measure import Effort, Figure, compared, interleaved
from benchmarks.servers import ENGINES, SECRET_KEY, database, url_of
from benchmarks.sink import sink
from domain.config import Config
from domain.db import new_id
from domain.models.events import Event
from domain.models.tokens import Scope
from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.policies import Principal
from domain.services import webhooks
from domain.services.deliveries import claim
from domain.services.webhooks import EndpointInput
from domain.transaction import Database, reading, transaction, utcnow
from domain.vault import Vault
from integrations.exchange import Exchange
from integrations.http import Sender
from integrations.worker import AT_ONCE, LEASE, PER_ENDPOINT, Worker
from tests.world import World

ENDPOINTS = 32
DELIVERIES = 1600  # a round
ROUNDS = 5  # each takes seconds
LONGER = 10  # times as many for the floor, which is done in no time otherwise
LOOPBACK = (ip_network("127.0.0.0/8"),)
FLOOR = "a bare libcurl multi loop that posts the same bytes to the same sink"
AIMS = {"sqlite": 0.85, "postgresql": 0.80}


def run(effort: Effort) -> Iterator[Figure]:
    """Measure on both engines."""
    logging.getLogger("intervet.worker").setLevel(logging.ERROR)
    count = int(DELIVERIES * effort.scale)
    for engine in ENGINES:
        with sink() as port, database(engine) as opened:
            config = _config(opened)
            endpoints = _endpoints(opened, config, port)
            with _sender() as sender:
                worker = Worker(config, opened, sender)
                example = _example(worker, opened, endpoints)
                sides = {
                    "ours": partial(_delivered, worker, opened, endpoints, count),
                    "floor": partial(_posted, example, port, count * LONGER),
                }
                measured = interleaved(sides, rounds=min(ROUNDS, effort.rounds))
        yield compared(
            "deliveries, claim to settled",
            measured["ours"],
            measured["floor"],
            engine=engine,
            floor=FLOOR,
            unit="deliveries/s",
            aim=AIMS[engine],
            extra={"endpoints": ENDPOINTS, "a round": count},
        )


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


def _posted(example: Exchange, port: int, count: int) -> float:
    """POST the same bytes `count` times, as many at once as the worker does."""
    multi, free = pycurl.CurlMulti(), [_handle(example, port, number) for number in range(AT_ONCE)]
    begun = done = 0
    began = time.perf_counter()
    while done < count:
        while free and begun < count:
            multi.add_handle(free.pop())
            begun += 1
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
    return count / seconds


def _handle(example: Exchange, port: int, number: int) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, f"http://127.0.0.1:{port}/{number % ENDPOINTS}")
    handle.setopt(pycurl.POSTFIELDS, example.body)
    handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in example.headers.items()])
    handle.setopt(pycurl.WRITEDATA, BytesIO())
    return handle


def _config(opened: Database) -> Config:
    return Config(
        data_dir=Path("var"),
        database_url=url_of(opened),
        base_url="http://127.0.0.1",
        secret_keys=(SECRET_KEY,),
        allowed_networks=LOOPBACK,
        allow_http=True,
    )


def _sender() -> Sender:
    return Sender(allow_http=True, allowed_networks=LOOPBACK, at_once=AT_ONCE, per_endpoint=PER_ENDPOINT)


def _endpoints(opened: Database, config: Config, port: int) -> list[UUID]:
    """The endpoints, with nothing owed to them, and an event that can be owed."""
    world, vault = World(opened, utcnow), Vault(config.secret_keys)
    owner = Principal(organisation_id=world.organisation("partner"), country="RS", scopes=frozenset(Scope))
    with transaction(opened) as session:
        for number in range(ENDPOINTS):
            wanted = EndpointInput(url=f"http://127.0.0.1:{port}/{number}", event_types=("application.*",))
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
        "next_at": at,
        "created_at": at,
        "updated_at": at,
    }


def _example(worker: Worker, opened: Database, endpoints: Sequence[UUID]) -> Exchange:
    """What the worker would send, for the floor to send as well."""
    with transaction(opened) as session:
        _owe(session, endpoints, 1)
        (claimed,) = claim(session, busy={}, per_endpoint=1, limit=1, lease=LEASE, at=utcnow())
        example = worker.exchange(claimed, start_by=time.monotonic() + 60)
        session.rollback()
    return example


def _settled(opened: Database) -> int:
    with reading(opened) as session:
        delivered = Delivery.state == DeliveryState.DELIVERED
        return session.scalar(select(func.count()).select_from(Delivery).where(delivered)) or 0
