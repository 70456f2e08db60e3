"""A project's targets over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.models.tokens import Scope
from tests.world import World

TARGETS = "/v1/projects/TEST/targets"
LEARNERS = {
    "activities": ["short_term_learner", "long_term_learner"],
    "planned": 93,
    "country": "AL",
    "source": "A page",
}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def made(as_: Any, **changes: Any) -> str:
    """The address of a target that the coordinator has just written down."""
    answer = as_("coordinator").post(TARGETS, json=LEARNERS | changes)
    return str(answer.headers["Location"]).removeprefix("http://localhost")


def test_the_coordinator_writes_down_what_was_promised(world: World, as_: Any) -> None:
    world.project()

    answer = as_("coordinator").post(TARGETS, json=LEARNERS)

    shown = {name: answer.json[name] for name in (*LEARNERS, "unit")}
    assert (answer.status_code, shown) == (201, LEARNERS | {"unit": "participation"})
    assert as_("agency").get(answer.headers["Location"].removeprefix("http://localhost")).json == answer.json


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"activities": []}, ("/activities", "too_few")),
        ({"activities": ["holiday"]}, ("/activities/0", "not_a_choice")),
        ({"activities": ["course", "course"]}, ("/activities/1", "repeated")),
        ({"planned": -1}, ("/planned", "out_of_range")),
        ({"planned": "12"}, ("/planned", "wrong_type")),
        ({"unit": "EUR"}, ("/unit", "not_a_choice")),
        ({"country": "Albania"}, ("/country", "too_long")),
    ],
)
def test_what_a_target_cant_be_is_named(
    world: World, as_: Any, change: dict[str, Any], refusal: tuple[str, str]
) -> None:
    world.project()

    answer = as_("coordinator").post(TARGETS, json=LEARNERS | change)

    assert (answer.status_code, refusals(answer)[0]) == (422, refusal)


@pytest.mark.parametrize("country", ["AL", None])
def test_the_same_is_promised_once(world: World, as_: Any, country: str | None) -> None:
    world.project()
    made(as_, country=country)

    turned = {"activities": LEARNERS["activities"][::-1], "country": country}

    assert refusals(as_("coordinator").post(TARGETS, json=LEARNERS | turned)) == [("/activities", "taken")]


def test_a_target_is_edited_and_a_stale_edit_refused(world: World, as_: Any) -> None:
    world.project()
    address, coordinator = made(as_), as_("coordinator")
    read = coordinator.get(address)

    first = coordinator.patch(address, json={"planned": 95}, headers={"If-Match": read.headers["ETag"]})
    second = coordinator.patch(address, json={"planned": 96}, headers={"If-Match": read.headers["ETag"]})

    assert (first.json["planned"], first.json["country"], second.status_code) == (95, "AL", 412)


def test_a_target_is_struck_out(world: World, as_: Any) -> None:
    world.project()
    address = made(as_)

    answers = [as_("coordinator").delete(address), as_("coordinator").get(address)]

    assert [answer.status_code for answer in answers] == [204, 404]


@pytest.mark.parametrize(("name", "status"), [("partner", 403), ("school", 403), ("agency", 403), ("stranger", 404)])
def test_nobody_but_the_coordinator_changes_targets(world: World, as_: Any, name: str, status: int) -> None:
    world.project()
    address = made(as_)
    world.organisation(name)

    answers = [as_(name).patch(address, json={"planned": 1}), as_(name).delete(address)]

    assert [as_(name).post(TARGETS, json=LEARNERS).status_code, *(a.status_code for a in answers)] == [
        403,
        status,
        status,
    ]


def test_changing_targets_takes_its_scope(world: World, as_: Any) -> None:
    world.project()

    answer = as_("coordinator", scopes=frozenset({Scope.CALLS_WRITE})).post(TARGETS, json=LEARNERS)

    assert (answer.status_code, answer.json["scope"]) == (403, "projects:manage")


def test_a_target_is_not_found_under_another_project(world: World, as_: Any) -> None:
    world.project()
    address = made(as_)
    world.other_project("coordinator")

    assert as_("coordinator").get(address.replace("TEST", "OTHER")).status_code == 404


def test_outsiders_see_no_targets(world: World, as_: Any) -> None:
    world.project()
    made(as_)

    answer = as_("stranger").get(TARGETS)

    assert (answer.status_code, answer.json["items"]) == (200, [])


def test_the_list_costs_the_same_with_one_and_with_three(
    world: World, as_: Any, count_queries: Callable[..., int]
) -> None:
    world.project()
    made(as_)
    as_("partner").get(TARGETS)
    one = count_queries(lambda: as_("partner").get(TARGETS))
    for country in ("RS", "ME"):
        made(as_, country=country)

    assert [item["country"] for item in as_("partner").get(TARGETS).json["items"]] == ["AL", "RS", "ME"]
    assert count_queries(lambda: as_("partner").get(TARGETS)) == one
