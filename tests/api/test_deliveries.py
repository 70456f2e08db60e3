"""The log of deliveries over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.models.webhooks import Endpoint
from tests.conftest import NOW, Caller, Clock
from tests.deliveries import arrived, claim, endpoint, failed, owe, settle
from tests.house import told
from tests.world import World

Count = Callable[[Callable[[], Any]], int]


@pytest.fixture
def partner(as_: Any) -> Caller:
    """The Serbian partner, who has endpoints."""
    return as_("partner")


@pytest.fixture
def one(world: World) -> Endpoint:
    """An endpoint of the partner's."""
    return endpoint(world, "partner")


@pytest.fixture
def log(world: World, clock: Clock, one: Endpoint) -> dict[str, str]:
    """Three deliveries, an hour between them: one arrived, one given up, one that waits."""
    ids = {}
    outcomes = {"arrived": arrived, "given up": lambda due, at: failed(due, at, next_at=None), "waits": None}
    for name, outcome in outcomes.items():
        ids[str(owe(world, one)[0])] = name
        if outcome:
            settle(world, [outcome(due, clock()) for due in claim(world)])
        clock.move(hours=1)
    return ids


WANTED = {
    "": ["waits", "given up", "arrived"],
    "?state=failed": ["given up"],
    "?state=delivered": ["arrived"],
    "?state=held": [],
    "?event_type=webhook.ping": ["waits", "given up", "arrived"],
    "?event_type=call.opened": [],
    "?since=2026-11-22T10:00:00Z": ["waits", "given up"],
    "?until=2026-11-22T10:00:00Z": ["arrived"],
    "?since=2026-11-22T10:00:00Z&until=2026-11-22T11:00:00Z": ["given up"],
    "?state=pending&since=2026-11-22T10:00:00Z": ["waits"],
    "?sort=created_at": ["arrived", "given up", "waits"],
    "?limit=1": ["waits"],
}


@pytest.mark.parametrize("query", WANTED)
def test_the_log_shows_what_is_wanted(partner: Caller, one: Endpoint, log: dict[str, str], query: str) -> None:
    found = partner.get(f"/v1/webhooks/{one.id}/deliveries{query}").json["items"]

    assert [log[delivery["id"]] for delivery in found] == WANTED[query]


def test_the_log_shows_one_event(partner: Caller, one: Endpoint, log: dict[str, str]) -> None:
    address = f"/v1/webhooks/{one.id}/deliveries"
    (known,) = partner.get(f"{address}?state=failed").json["items"]

    assert partner.get(f"{address}?event_id={known['event_id']}").json["items"] == [known]


@pytest.mark.parametrize(
    ("query", "findings"),
    [
        ("?state=lost", [("/state", "not_a_choice")]),
        ("?event_type=call.*", [("/event_type", "not_a_choice")]),
        ("?event_id=7", [("/event_id", "not_an_id")]),
        ("?since=today", [("/since", "not_an_instant")]),
        ("?status=500", [("/status", "unknown_field")]),
    ],
)
def test_a_filter_that_there_is_not_is_refused(partner: Caller, one: Endpoint, query: str, findings: Any) -> None:
    assert told(partner.get(f"/v1/webhooks/{one.id}/deliveries{query}")) == (422, findings)


def test_the_log_is_read_page_by_page(partner: Caller, one: Endpoint, log: dict[str, str]) -> None:
    first = partner.get(f"/v1/webhooks/{one.id}/deliveries?limit=2").json
    second = partner.get(first["next"].removeprefix("http://localhost")).json

    assert [[log[row["id"]] for row in page["items"]] for page in (first, second)] == [
        ["waits", "given up"],
        ["arrived"],
    ]


def test_a_delivery_tells_where_it_stands(world: World, partner: Caller, one: Endpoint) -> None:
    (delivery_id,) = owe(world, one)
    address = f"/v1/deliveries/{delivery_id}"
    seen = []
    for outcome in (failed, arrived):
        seen.append(partner.get(address).json)
        due = claim(world, at=NOW + timedelta(minutes=1))
        seen.append(partner.get(address).json)
        settle(world, [outcome(one, NOW) for one in due])
    seen.append(partner.get(address).json)

    assert [(row["state"], row["attempts"], row["next_at"]) for row in seen] == [
        ("pending", 0, "2026-11-22T09:00:00Z"),
        ("leased", 1, None),
        ("pending", 1, "2026-11-22T09:00:05Z"),
        ("leased", 2, None),
        ("delivered", 2, None),
    ]


def test_the_log_tells_every_attempt(world: World, partner: Caller, one: Endpoint) -> None:
    (delivery_id,) = owe(world, one)
    for number, outcome in enumerate((failed, failed, arrived)):
        at = NOW + timedelta(minutes=number)
        details = {"reply": b"\xffno", "reply_headers": {"server": "x"}}
        settle(world, [outcome(due, at, **details) for due in claim(world, at=at)])

    attempts = partner.get(f"/v1/deliveries/{delivery_id}/attempts").json["items"]

    assert [(row["number"], row["at"], row["status"]) for row in attempts] == [
        (1, "2026-11-22T09:00:00Z", 500),
        (2, "2026-11-22T09:01:00Z", 500),
        (3, "2026-11-22T09:02:00Z", 200),
    ]
    assert [(row["reply"], row["reply_headers"], row["duration_ms"], row["url"]) for row in attempts] == [
        ("\ufffdno", {"server": "x"}, 7, one.url)
    ] * 3


@pytest.mark.parametrize(("error", "duration"), [("connect", None), ("timeout", 7), ("refused_address", 7)])
def test_a_connection_that_failed_does_not_tell_a_closed_port_from_a_silent_one(
    world: World, partner: Caller, one: Endpoint, error: str, duration: int | None
) -> None:
    (delivery_id,) = owe(world, one)
    settle(world, [failed(due, NOW, status=None, error=error) for due in claim(world)])

    (attempt,) = partner.get(f"/v1/deliveries/{delivery_id}/attempts").json["items"]

    assert [attempt[name] for name in ("status", "error", "duration_ms", "reply")] == [None, error, duration, ""]


def test_one_delivery_is_sent_again(world: World, partner: Caller, one: Endpoint) -> None:
    (delivery_id,) = owe(world, one)
    settle(world, [arrived(due, NOW) for due in claim(world)])

    answer = partner.post(f"/v1/deliveries/{delivery_id}/retry")

    assert (answer.status_code, answer.json["state"], answer.json["next_at"]) == (
        202,
        "pending",
        "2026-11-22T09:00:00Z",
    )


def test_what_is_under_way_is_not_sent_again(world: World, partner: Caller, one: Endpoint) -> None:
    (delivery_id,) = owe(world, one)
    claim(world)

    answer = partner.post(f"/v1/deliveries/{delivery_id}/retry")

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_nobody_finds_the_log_of_others(world: World, as_: Any, one: Endpoint) -> None:
    (delivery_id,) = owe(world, one)
    gets = [f"/v1/webhooks/{one.id}/deliveries", f"/v1/deliveries/{delivery_id}"]
    gets.append(f"/v1/deliveries/{delivery_id}/attempts")

    for name in ("coordinator", "school", "stranger"):
        answers = [as_(name).get(path) for path in gets]
        answers.append(as_(name).post(f"/v1/deliveries/{delivery_id}/retry"))
        assert [answer.status_code for answer in answers] == [404] * 4


@pytest.mark.parametrize("path", ["/v1/webhooks/{id}/deliveries", "/v1/deliveries/{delivery}/attempts"])
def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(
    world: World, partner: Caller, one: Endpoint, count_queries: Count, path: str
) -> None:
    (delivery_id,) = owe(world, one)
    address = path.format(id=one.id, delivery=delivery_id)
    partner.get(address)
    counts, lengths = [], []
    for more in (1, 2):
        for _ in range(more):
            settle(world, [failed(due, NOW, next_at=NOW) for due in claim(world)])
        owe(world, one, more if lengths else 0)
        counts.append(count_queries(lambda: lengths.append(len(partner.get(address).json["items"]))))

    assert (lengths, counts[0]) == ([1, 3], counts[1])
