"""The feed of events over HTTP."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker

from domain.models.events import EventType
from domain.models.tokens import Scope
from schemas.event_types import json_schema
from tests.deliveries import fan_out
from tests.house import told
from tests.world import World

DOCS = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
HUGE = 10**23

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


# ── filters ───────────────────────────────────────────────────────────────────────────────────────────────────────

CALL, APPLICATION = "call.published", "application.submitted"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["project.started", CALL, APPLICATION, CALL]),
        ("types=application.*", [APPLICATION]),
        ("types=call.published,application.submitted", [CALL, APPLICATION, CALL]),
        ("types=call.published,%20application.submitted", [CALL, APPLICATION, CALL]),
        ("types=*.closed", []),
        ("country=AL", [CALL]),
        ("project=TEST&country=RS", [CALL, APPLICATION]),
        ("project=TEST&country=RS&types=call.*", [CALL]),
        ("project=OTHER", []),
    ],
)
def test_a_reader_is_told_what_it_asks_for(world: World, as_: Any, query: str, expected: list[str]) -> None:
    world.application(world.call())
    world.call(eligible_countries=["AL"])
    world.other_project("stranger")
    fan_out(world)

    found = as_("coordinator").get(f"/v1/events?{query}").json["items"]

    assert [event["type"] for event in found] == expected


def test_a_reader_whose_filter_lets_nothing_pass_moves_on_all_the_same(world: World, as_: Any) -> None:
    world.call()
    reader = as_("coordinator")
    empty = reader.get("/v1/events").json
    fan_out(world)

    nothing = reader.get("/v1/events?types=webhook.failing").json
    everything = reader.get("/v1/events").json
    one = reader.get("/v1/events?limit=1").json
    after = reader.get(f"/v1/events?after={nothing['last']}").json

    assert (empty["last"], nothing["items"], nothing["last"]) == (None, [], everything["items"][-1]["id"])
    assert (one["last"], after["items"], after["last"]) == (one["items"][0]["id"], [], nothing["last"])


def test_the_next_page_has_the_same_filters(world: World, as_: Any) -> None:
    for _ in range(3):
        world.application(world.call())
    fan_out(world)
    reader = as_("coordinator")

    first = reader.get("/v1/events?types=application.*&project=TEST&country=RS&limit=2").json
    second = reader.get(first["next"]).json

    assert [event["type"] for page in (first, second) for event in page["items"]] == [APPLICATION] * 3
    assert (second["next"], first["oldest"]) == (None, second["oldest"])


def test_one_reads_on_after_an_event_that_the_filters_hide(world: World, as_: Any) -> None:
    world.application(world.call())
    fan_out(world)
    reader = as_("coordinator")
    hidden = reader.get("/v1/events?types=call.*").json["items"][0]["id"]

    found = reader.get(f"/v1/events?types=application.*&after={hidden}").json["items"]

    assert [event["type"] for event in found] == [APPLICATION]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("types=", [("/types", "too_short")]),
        ("types=,", [("/types/0", "unknown_event_type"), ("/types/1", "unknown_event_type")]),
        ("types=call.*,nope,calls.*", [("/types/1", "unknown_event_type"), ("/types/2", "unknown_event_type")]),
        ("types=CALL.*", [("/types/0", "unknown_event_type")]),
        ("types=call.%00", [("/types", "control_character")]),
        (f"types={'a' * 2001}", [("/types", "too_long")]),
        ("types=call.*&types=project.*", [("/types", "repeated")]),
        ("project=", [("/project", "too_short")]),
        ("project=NOPE", [("/project", "not_found")]),
        ("project=%00", [("/project", "control_character")]),
        (f"project={'A' * 41}", [("/project", "too_long")]),
        ("project=TEST&project=OTHER", [("/project", "repeated")]),
        ("country=rs", [("/country", "not_a_country")]),
        ("country=SRB", [("/country", "too_long"), ("/country", "not_a_country")]),
        ("country=%7C", [("/country", "too_short"), ("/country", "not_a_country")]),
        ("country=RS&country=AL", [("/country", "repeated")]),
        ("after=", [("/after", "not_an_id")]),
        (f"after={HUGE}", [("/after", "not_an_id")]),
        ("after=00000000-0000-7000-8000-000000000000", [("/after", "not_found")]),
        ("limit=0", [("/limit", "out_of_range")]),
        ("limit=201", [("/limit", "out_of_range")]),
        (f"limit={HUGE}", [("/limit", "wrong_type")]),
        ("before=1", [("/before", "unknown_field")]),
        ("type=call.*", [("/type", "unknown_field")]),
        ("event_types=call.*", [("/event_types", "unknown_field")]),
    ],
)
def test_a_wrong_parameter_is_named(world: World, as_: Any, query: str, errors: list[tuple[str, str]]) -> None:
    world.project()

    assert told(as_("coordinator").get(f"/v1/events?{query}")) == (422, errors)


@pytest.mark.parametrize("query", ["", "&types=call.*&project=TEST&country=RS"])
def test_nothing_new_takes_as_many_queries_however_much_there_was(
    world: World, as_: Any, count_queries: Count, query: str
) -> None:
    reader = as_("stranger")
    reader.get("/v1/events")
    counts = []
    for more in (1, 2):
        for _ in range(more):
            world.call()
        fan_out(world)
        newest = reader.get("/v1/events").json["items"][-1]["id"]
        counts.append(count_queries(lambda: reader.get(f"/v1/events?after={newest}{query}")))  # noqa: B023  called here

    assert (counts[0] == counts[1], counts[0] <= 8) == (True, True)


# ── the docs ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lively(world: World) -> World:
    """A world in which a hundred and one applications came in."""
    call = world.call()
    for number in range(101):
        world.application(call, f"N{number}")
    fan_out(world)
    return world


def test_the_documented_way_to_catch_up_misses_nothing(lively: World, as_: Any) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    reader, seen = as_("coordinator"), []

    last = names["catch_up"](lambda address: reader.get(address).json, seen.append)
    again = names["catch_up"](lambda address: reader.get(address).json, seen.append, last)

    assert ([event["type"] for event in seen], again) == ([CALL, *[APPLICATION] * 101], last)
    assert len({event["id"] for event in seen}) == 102
    assert lively.project_code() == "TEST"


REQUESTS = re.findall(r"^GET (/v1/\S+)$", DOCS, re.MULTILINE)


def test_the_docs_have_requests() -> None:
    assert len(REQUESTS) == 5


@pytest.mark.parametrize("request_line", REQUESTS)
def test_a_documented_request_is_answered(world: World, as_: Any, request_line: str) -> None:
    call = world.call()
    fan_out(world)
    reader = as_("coordinator")
    first = reader.get("/v1/events").json["items"][0]["id"]
    address = re.sub(r"after=[0-9a-f-]+", f"after={first}", request_line).replace("INTERVET-WB", "TEST")

    answer = reader.get(address)

    assert (answer.status_code, call.state) == (200, "published")


def test_an_event_is_fetched_in_the_shape_of_its_type(world: World, as_: Any) -> None:
    world.application(world.call())
    fan_out(world)

    for event in as_("coordinator").get("/v1/events").json["items"]:
        del event["id"]
        schema = json_schema(EventType(event["type"]))
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(event)
