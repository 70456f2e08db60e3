"""Endpoints, events and what is owed, for tests that deliver without sending."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from domain.config import Config
from domain.db import new_id
from domain.models.events import Event, EventType
from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.services import deliveries, webhooks
from domain.services.deliveries import Claim, Result
from domain.services.webhooks import EndpointInput
from domain.transaction import transaction
from domain.vault import Vault
from tests.world import World

VAULT = Vault(["a key for tests, of no use elsewhere"])
CONFIG = Config(data_dir=Path(), database_url="", base_url="http://localhost")
LEASE = timedelta(seconds=60)


def endpoint(world: World, name: str, *event_types: str, project: str | None = None) -> Endpoint:
    """An endpoint of the organisation called `name`; for everything unless told."""
    wanted = EndpointInput(url=f"https://{name.replace('_', '-')}.example.org/hook", event_types=event_types or ("*",))
    by = world.principal(name, project=project)
    return world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by).endpoint


def fan_out(world: World) -> int:
    """Give the events so far their place, and owe them."""
    return world.do(lambda session, by, at: deliveries.fan_out(session, at=at))


def owed(world: World, one: Endpoint) -> list[EventType]:
    """Which events an endpoint is owed, in their order."""
    query = select(Event.type).join(Delivery, Delivery.event_id == Event.id).where(Delivery.endpoint_id == one.id)
    return world.read(query.order_by(Event.position))


def states(world: World, one: Endpoint) -> Counter[DeliveryState]:
    """How the deliveries to an endpoint stand."""
    return Counter(world.read(select(Delivery.state).where(Delivery.endpoint_id == one.id)))


def owe(world: World, one: Endpoint, count: int = 1) -> list[UUID]:
    """Owe an endpoint so many pings, past the services."""
    events = [_ping(world, one, number) for number in range(count)]
    common = {"endpoint_id": one.id, "state": DeliveryState.PENDING, "attempts": 0}
    times = {"next_at": world.clock(), "created_at": world.clock(), "updated_at": world.clock()}
    rows = [{"id": new_id(), "event_id": event["id"], **common, **times} for event in events]
    with transaction(world.database) as session:
        session.execute(insert(Event), events)
        session.execute(insert(Delivery), rows)
    return [row["id"] for row in rows]


def _ping(world: World, one: Endpoint, number: int) -> dict[str, Any]:
    audience = {"owner_id": one.organisation_id, "countries": [], "public": False, "endpoint_id": one.id}
    resource = {"resource_type": "webhook", "resource_id": one.id, "resource_version": 1, "resource_state": "active"}
    return {
        "id": new_id(),
        "position": new_id().int % 2**53 + number,
        "type": EventType.WEBHOOK_PING,
        "recorded_at": world.clock(),
        "extra": {},
        **audience,
        **resource,
    }


def claim(world: World, *, at: datetime | None = None, **options: Any) -> list[Claim]:
    """Claim what is due."""
    wanted = {"busy": {}, "per_endpoint": 100, "limit": 100, "lease": LEASE, **options}
    return world.do(lambda session, by, at: deliveries.claim(session, at=at, **wanted), at=at or world.clock())


def arrived(one: Claim, at: datetime, **details: Any) -> Result:
    """A success."""
    return Result(claim=one, at=at, delivered=True, duration_ms=7, status=200, **details)


def failed(one: Claim, at: datetime, **details: Any) -> Result:
    """A failure, to be tried again in five seconds unless told."""
    again = {"next_at": at + timedelta(seconds=5), "status": 500, **details}
    return Result(claim=one, at=at, delivered=False, duration_ms=7, **again)


def settle(world: World, results: Sequence[Result], *, at: datetime | None = None) -> int:
    """Settle; return how many results were fenced off."""
    return world.do(lambda session, by, at: deliveries.settle(session, results, at=at), at=at or world.clock())
