"""The log of deliveries, on both engines."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.errors import Conflict, NotFound
from domain.models.events import Event, EventType
from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.services import delivery_log, webhooks
from domain.services.delivery_log import DeliveryFilter
from domain.services.pages import PageRequest
from domain.transaction import transaction
from tests.conftest import NOW, Clock
from tests.deliveries import arrived, claim, disable, do, endpoint, failed, fan_out, owe, pause, settle, states
from tests.world import World

HOUR = timedelta(hours=1)
D = DeliveryState


# ── read ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def logged(world: World, one: Endpoint, name: str = "partner", **wanted: Any) -> list[Any]:
    """The ids of the deliveries that the log shows."""

    def verb(session: Any, *, by: Any, at: Any) -> list[Any]:
        page = delivery_log.list_deliveries(session, one.id, DeliveryFilter(**wanted), by=by, page=PageRequest())
        return [delivery.id for delivery in page.items]

    return world.do(verb, by=world.principal(name))


@pytest.fixture
def log(world: World, clock: Clock) -> dict[str, Any]:
    """Four deliveries, an hour between them: one arrived, one given up, one to be tried again, one a call's event."""
    one = endpoint(world, "partner", "call.published")
    owe(world, endpoint(world, "partner", "webhook.ping"), 2)
    ids = {"endpoint": one}
    for name, outcome in {
        "arrived": arrived,
        "given up": lambda due, at: failed(due, at, next_at=None),
        "again": failed,
    }.items():
        (ids[name],) = owe(world, one)
        settle(world, [outcome(due, clock()) for due in claim(world) if due.endpoint_id == one.id])
        clock.move(hours=1)
    world.call()
    fan_out(world)
    (ids["call"],) = world.read(select(Delivery.id).join(Delivery.event).where(Event.type == EventType.CALL_PUBLISHED))
    return ids


WANTED = {
    "all": ({}, ["call", "again", "given up", "arrived"]),
    "failed": ({"state": D.FAILED}, ["given up"]),
    "delivered": ({"state": D.DELIVERED}, ["arrived"]),
    "pending": ({"state": D.PENDING}, ["call", "again"]),
    "held": ({"state": D.HELD}, []),
    "of a type": ({"event_type": EventType.CALL_PUBLISHED}, ["call"]),
    "pings": ({"event_type": EventType.WEBHOOK_PING}, ["again", "given up", "arrived"]),
    "from then on": ({"since": NOW + HOUR}, ["call", "again", "given up"]),
    "before then": ({"until": NOW + HOUR}, ["arrived"]),
    "between": ({"since": NOW + HOUR, "until": NOW + 2 * HOUR}, ["given up"]),
    "all that fits": ({"state": D.PENDING, "event_type": EventType.WEBHOOK_PING, "since": NOW}, ["again"]),
}


@pytest.mark.parametrize("name", WANTED)
def test_the_log_shows_what_is_wanted_newest_first(world: World, log: dict[str, Any], name: str) -> None:
    wanted, expected = WANTED[name]

    assert logged(world, log["endpoint"], **wanted) == [log[one] for one in expected]


def test_the_log_shows_one_event(world: World, log: dict[str, Any]) -> None:
    (event_id,) = world.read(select(Delivery.event_id).where(Delivery.id == log["given up"]))

    assert logged(world, log["endpoint"], event_id=event_id) == [log["given up"]]


VERBS: dict[str, Any] = {
    "read": lambda session, id_, by, at: delivery_log.get_delivery(session, id_, by=by),
    "its attempts": lambda session, id_, by, at: delivery_log.list_attempts(session, id_, by=by, page=PageRequest()),
    "retried": delivery_log.retry_delivery,
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_log_is_for_the_endpoints_owner(world: World, verb: str) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)

    for name in ("coordinator", "school", "stranger"):
        with pytest.raises(NotFound):
            world.do(VERBS[verb], delivery_id, by=world.principal(name))

    world.do(VERBS[verb], delivery_id, by=world.principal("partner"))


def test_nobody_lists_the_log_of_another(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)

    with pytest.raises(NotFound):
        logged(world, one, "coordinator")


def test_attempts_are_listed_first_to_last_with_their_facts(world: World) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)
    settle(world, [failed(due, NOW, reply=b"no", next_at=NOW) for due in claim(world)])
    settle(world, [arrived(due, NOW + HOUR, reply=b"ok") for due in claim(world)])

    page = world.do(VERBS["its attempts"], delivery_id, by=world.principal("partner"))

    assert [(a.number, a.at, a.status, a.reply, a.url) for a in page.items] == [
        (1, NOW, 500, b"no", one.url),
        (2, NOW + HOUR, 200, b"ok", one.url),
    ]


# ── retried by hand ───────────────────────────────────────────────────────────────────────────────────────────────


def retry(world: World, delivery_id: Any) -> Delivery:
    return world.do(delivery_log.retry_delivery, delivery_id, by=world.principal("partner"))


@pytest.mark.parametrize(
    "outcome",
    [arrived, failed, lambda due, at: failed(due, at, next_at=None)],
    ids=["that arrived", "that waits", "given up"],
)
def test_one_is_sent_again_at_once_and_its_schedule_begins_anew(world: World, clock: Clock, outcome: Any) -> None:
    one = endpoint(world, "partner")
    retried, _ = owe(world, one, 2)
    settle(world, [outcome(due, NOW) for due in claim(world)])
    clock.move(seconds=1)

    again = retry(world, retried)

    (due,) = claim(world)
    assert (again.state, again.next_at, again.attempts) == (D.PENDING, clock(), 1)
    assert (due.id, due.number, due.try_number) == (retried, 2, 1)


def test_what_was_left_held_is_sent_by_hand(world: World) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)
    world.do(lambda session, by, at: session.execute(update(Delivery).values(state=D.HELD)))

    retry(world, delivery_id)

    assert [due.id for due in claim(world)] == [delivery_id]


def test_a_delivery_under_way_is_not_sent_twice_at_once(world: World) -> None:
    (delivery_id,) = owe(world, endpoint(world, "partner"))
    claim(world)

    with pytest.raises(Conflict, match="under way"):
        retry(world, delivery_id)


@pytest.mark.parametrize("stop", [pause, disable])
def test_nothing_is_retried_at_an_endpoint_that_receives_nothing(world: World, stop: Any) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)
    stop(world, one)

    with pytest.raises(Conflict, match="resume it"):
        retry(world, delivery_id)


def test_a_retry_waits_for_whoever_is_just_pausing_the_endpoint(world: World) -> None:
    one, by = endpoint(world, "partner"), world.principal("partner")
    (owed,) = owe(world, one)

    with ThreadPoolExecutor(1) as other:
        with transaction(world.database) as session:
            webhooks.pause_endpoint(session, one.id, by=by, at=NOW)
            session.flush()
            retried = other.submit(world.do, delivery_log.retry_delivery, owed, by=by)
            wait([retried], timeout=0.3)
        with pytest.raises(Conflict, match="paused"):
            retried.result()

    assert states(world, one) == {D.HELD: 1}


def test_nothing_is_retried_at_a_deleted_endpoint(world: World) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)
    do(world, one, webhooks.delete_endpoint)

    with pytest.raises(NotFound):
        retry(world, delivery_id)
