"""Endpoints, events and what is owed, for tests that deliver without sending."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count as count_up
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from domain.config import Config
from domain.db import new_id
from domain.models.events import Event, EventType
from domain.models.organisations import Membership
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
POSITIONS = count_up(2**20, 2**20)  # where the next pings begin: behind all that is there, with room for the sequencer


def endpoint(world: World, name: str, *event_types: str, project: str | None = None, **wishes: Any) -> Endpoint:
    """An endpoint of the organisation called `name`; for everything unless told."""
    url = f"https://{name.replace('_', '-')}.example.org/hook"
    wanted = EndpointInput(url=url, event_types=event_types or ("*",), **wishes)
    by = world.principal(name, project=project)
    return world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by).endpoint


def do(world: World, one: Endpoint, verb: Callable[..., Any], name: str = "partner", **options: Any) -> Any:
    """Call a verb of the services with an endpoint, as its owner."""
    return world.do(verb, one.id, by=world.principal(name), **options)


def edit(world: World, one: Endpoint, name: str = "partner", **changes: Any) -> Endpoint:
    """The endpoint, edited by its owner, or by another `by`."""
    by = changes.pop("by", None) or world.principal(name)

    def verb(session: Any, *, by: Any, at: datetime) -> Endpoint:
        held = webhooks.get_endpoint(session, one.id, by=by)
        wanted = replace(webhooks.as_input(held, vault=VAULT), **changes)
        return webhooks.edit_endpoint(session, held, wanted, config=CONFIG, vault=VAULT, by=by, at=at)

    return world.do(verb, by=by)


def row(world: World, one: Endpoint) -> Endpoint:
    """The endpoint as it is kept now."""
    (kept,) = world.read(select(Endpoint).where(Endpoint.id == one.id))
    return kept


def pause(world: World, one: Endpoint) -> Endpoint:
    """The endpoint, paused by the partner."""
    return do(world, one, webhooks.pause_endpoint)


def resume(world: World, one: Endpoint, *, send_held: bool = True) -> Endpoint:
    """The endpoint, resumed by the partner."""
    return do(world, one, webhooks.resume_endpoint, send_held=send_held)


def leave(world: World, name: str) -> None:
    """Let an organisation be no member of anything any more."""
    theirs = delete(Membership).where(Membership.organisation_id == world.organisation(name))
    world.do(lambda session, by, at: session.execute(theirs))


def together(count: int, act: Callable[[int], Any]) -> None:
    """Do something in several threads that begin at once; what goes wrong in one of them is raised here."""
    start = threading.Barrier(count)

    def begin(number: int) -> None:
        start.wait()
        act(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(begin, range(count)))


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
    first = next(POSITIONS)
    events = [_ping(world, one, first + number) for number in range(count)]
    common = {"endpoint_id": one.id, "state": DeliveryState.PENDING, "attempts": 0, "attempts_before": 0}
    times = {"next_at": world.clock(), "created_at": world.clock(), "updated_at": world.clock()}
    rows = [{"id": new_id(), "event_id": event["id"], **common, **times} for event in events]
    with transaction(world.database) as session:
        if rows:
            session.execute(insert(Event), events)
            session.execute(insert(Delivery), rows)
    return [row["id"] for row in rows]


def _ping(world: World, one: Endpoint, position: int) -> dict[str, Any]:
    audience = {"owner_id": one.organisation_id, "countries": [], "public": False, "endpoint_id": one.id}
    resource = {"resource_type": "webhook", "resource_id": one.id, "resource_version": 1, "resource_state": "active"}
    return {
        "id": new_id(),
        "position": position,
        "type": EventType.WEBHOOK_PING,
        "recorded_at": world.clock(),
        "sample": False,
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


def disable(world: World, one: Endpoint) -> None:
    """Have an endpoint answer 410."""
    owe(world, one)
    settle(world, [failed(due, world.clock(), gone=True) for due in claim(world)])
