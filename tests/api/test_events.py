"""The feed of events over HTTP."""

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from domain.models.tokens import Scope
from tests.deliveries import fan_out
from tests.world import World

Count = Callable[[Callable[[], Any]], int]


def test_events_come_in_order_and_in_the_shape_in_which_they_are_sent(world: World, as_: Any) -> None:
    call = world.call()
    fan_out(world)

    started, published = as_("coordinator").get("/v1/events").json["items"]

    assert (started["type"], published["type"], published["timestamp"]) == (
        "project.started",
        "call.published",
        "2026-11-22T09:00:00Z",
    )
    assert published["data"] == {
        "id": str(call.id),
        "resource": "call",
        "state": "published",
        "version": call.version,
        "url": f"http://localhost/v1/calls/{call.id}",
        "project_id": str(call.project_id),
        "call_id": str(call.id),
    }


def test_a_reader_follows_the_links_and_then_asks_after_the_last_one(world: World, as_: Any) -> None:
    for _ in range(3):
        world.call()
    fan_out(world)
    reader = as_("network")

    first = reader.get("/v1/events?limit=3").json
    second = reader.get(first["next"]).json
    world.call()
    fan_out(world)
    third = reader.get(f"/v1/events?after={second['items'][-1]['id']}").json

    assert [len(page["items"]) for page in (first, second, third)] == [3, 1, 1]
    assert (second["next"], first["oldest"]["id"]) == (None, first["items"][0]["id"])


def test_a_mark_that_nobody_told_this_reader_is_refused(world: World, as_: Any) -> None:
    world.application(world.call())
    fan_out(world)
    hidden = as_("coordinator").get("/v1/events").json["items"][-1]["id"]
    reader = as_("stranger")

    answers = [reader.get(f"/v1/events?after={after}") for after in (hidden, world.project(), "x")]

    assert [(a.status_code, a.json["errors"][0]["pointer"]) for a in answers] == [(422, "/after")] * 3


def test_a_private_event_is_told_to_the_coordinator_and_not_to_a_stranger(world: World, as_: Any) -> None:
    world.application(world.call())
    fan_out(world)

    told = {name: [event["type"] for event in as_(name).get("/v1/events").json["items"]] for name in WHO}

    assert told == WHO


WHO = {
    "coordinator": ["project.started", "call.published", "application.submitted"],
    "host": ["project.started", "call.published"],
    "stranger": ["call.published"],
}


def test_the_feed_takes_the_scope(world: World, client: FlaskClient, as_: Any) -> None:
    answer = as_("coordinator", scopes=frozenset({Scope.CALLS_READ})).get("/v1/events")

    assert (answer.status_code, answer.json["scope"]) == (403, "events:read")
    assert client.get("/v1/events").status_code == 401


def test_three_events_take_as_many_queries_as_one(world: World, as_: Any, count_queries: Count) -> None:
    reader = as_("stranger")
    reader.get("/v1/events")
    counts, lengths = [], []
    for more in (1, 2):
        for _ in range(more):
            world.call()
        fan_out(world)
        counts.append(count_queries(lambda: lengths.append(len(reader.get("/v1/events").json["items"]))))

    assert (counts[0] == counts[1], lengths) == (True, [1, 3])
