"""Recoveries over HTTP: asked for, watched, cancelled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from domain.models.webhooks import Delivery, DeliveryState
from domain.services import recoveries
from tests.conftest import NOW, Caller, Clock
from tests.deliveries import endpoint, owe
from tests.house import told
from tests.world import World

Count = Callable[[Callable[[], Any]], int]
SINCE = {"kind": "failed", "since": "2026-11-22T08:00:00Z"}


@pytest.fixture
def partner(as_: Any) -> Caller:
    """The Serbian partner, who has endpoints."""
    return as_("partner")


@pytest.fixture
def address(world: World) -> str:
    """Where the recoveries of an endpoint are asked for; three deliveries to it were given up."""
    one = endpoint(world, "partner")
    owe(world, one, 3)
    world.do(lambda session, by, at: session.execute(update(Delivery).values(state=DeliveryState.FAILED)))
    return f"/v1/webhooks/{one.id}/recoveries"


def work(world: World) -> None:
    while world.do(lambda session, by, at: recoveries.go_on(session, at=at)):
        pass


def test_a_recovery_is_asked_for_and_watched(world: World, partner: Caller, clock: Clock, address: str) -> None:
    clock.move(minutes=1)
    answer = partner.post(address, json=SINCE)
    work(world)

    after = partner.get(answer.headers["Location"]).json

    keys = ("kind", "since", "until", "dry_run", "state", "total", "done")
    assert (answer.status_code, [answer.json[key] for key in keys]) == (
        202,
        ["failed", "2026-11-22T08:00:00Z", "2026-11-22T09:01:00Z", False, "pending", None, 0],
    )
    assert [after[key] for key in ("state", "total", "done")] == ["done", 3, 3]


def test_a_dry_run_counts_alone(world: World, partner: Caller, clock: Clock, address: str) -> None:
    clock.move(minutes=1)
    made = partner.post(address, json=SINCE | {"dry_run": True})
    work(world)

    after = partner.get(made.headers["Location"]).json

    assert [after[key] for key in ("dry_run", "state", "total", "done")] == [True, "done", 3, 0]
    assert world.read(Delivery.__table__.select().with_only_columns(Delivery.state)) == [DeliveryState.FAILED] * 3


def test_one_is_cancelled_once(partner: Caller, address: str) -> None:
    made = partner.post(address, json=SINCE).headers["Location"]

    answers = [partner.post(f"{made}/cancellation") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert (answers[0].json["state"], answers[1].json["code"]) == ("cancelled", "state_conflict")


@pytest.mark.parametrize(
    ("body", "findings"),
    [
        ({}, [("/kind", "required"), ("/since", "required")]),
        (SINCE | {"kind": "some"}, [("/kind", "not_a_choice")]),
        (SINCE | {"since": "yesterday"}, [("/since", "not_an_instant")]),
        (SINCE | {"since": "2026-11-22T08:00:00"}, [("/since", "not_an_instant")]),
        (SINCE | {"since": "2026-11-23T00:00:00Z"}, [("/since", "not_before")]),
        (SINCE | {"until": "2026-11-22T08:00:00Z"}, [("/since", "not_before")]),
        (SINCE | {"dry_run": "yes"}, [("/dry_run", "wrong_type")]),
        (SINCE | {"total": 3}, [("/total", "unknown_field")]),
    ],
    ids=str,
)
def test_what_can_not_be_is_refused_by_its_field(partner: Caller, address: str, body: Any, findings: Any) -> None:
    assert told(partner.post(address, json=body)) == (422, findings)


def test_nobody_finds_the_recoveries_of_others(partner: Caller, as_: Any, address: str) -> None:
    made = partner.post(address, json=SINCE).headers["Location"]
    for name in ("coordinator", "school", "stranger"):
        other = as_(name)
        answers = [
            *(other.get(path) for path in (address, made)),
            *(other.post(path, json=body) for path, body in ((address, SINCE), (f"{made}/cancellation", None))),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4


def test_they_are_listed_in_as_many_queries_however_many(
    partner: Caller, clock: Clock, count_queries: Count, address: str
) -> None:
    partner.get(address)
    counts, lengths = [], []
    for more in (1, 2):
        for _ in range(more):
            clock.move(seconds=1)
            partner.post(address, json=SINCE)
        counts.append(count_queries(lambda: lengths.append(len(partner.get(address).json["items"]))))

    assert (lengths, counts[0]) == ([1, 3], counts[1])


def test_they_are_listed_newest_first_page_by_page(partner: Caller, clock: Clock, address: str) -> None:
    made = []
    for _ in range(3):
        clock.move(seconds=1)
        made.insert(0, partner.post(address, json=SINCE).json["id"])

    first = partner.get(f"{address}?limit=2").json
    second = partner.get(first["next"].removeprefix("http://localhost")).json

    assert [[one["id"] for one in page["items"]] for page in (first, second)] == [made[:2], made[2:]]
    assert second["next"] is None


def test_a_recovery_begins_where_it_was_recorded(partner: Caller, clock: Clock, address: str) -> None:
    clock.move(hours=1)
    later = (NOW + timedelta(hours=9)).isoformat()

    answer = partner.post(address, json=SINCE | {"until": later})

    assert answer.json["until"] == "2026-11-22T10:00:00Z"
