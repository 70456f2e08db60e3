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
    ("change", "refused"),
    [
        (
            {"activities": ["course", "course"], "unit": "EUR"},
            [("/activities/1", "repeated"), ("/unit", "not_a_choice")],
        ),
        ({"activities": [], "planned": -1}, [("/activities", "too_few"), ("/planned", "out_of_range")]),
        ({"activities": ["holiday"], "planned": "12"}, [("/activities/0", "not_a_choice"), ("/planned", "wrong_type")]),
    ],
)
def test_what_a_target_cant_be_is_named(world: World, as_: Any, change: Any, refused: Any) -> None:
    world.project()

    answer = as_("coordinator").post(TARGETS, json=LEARNERS | change)

    assert (answer.status_code, refusals(answer)) == (422, refused)


@pytest.mark.parametrize("country", ["AL", None])
def test_the_same_is_promised_once(world: World, as_: Any, country: str | None) -> None:
    world.project()
    made(as_, country=country)

    turned = {"activities": LEARNERS["activities"][::-1], "country": country}

    assert refusals(as_("coordinator").post(TARGETS, json=LEARNERS | turned)) == [("/activities", "taken")]


def test_other_activities_are_promised_for_the_same_country(world: World, as_: Any) -> None:
    world.project()
    made(as_)

    answers = [
        as_("coordinator").post(TARGETS, json=LEARNERS | {"activities": activities})
        for activities in (["short_term_learner"], ["job_shadowing"])
    ]

    assert [answer.status_code for answer in answers] == [201, 201]


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


def test_nobody_but_the_coordinator_changes_targets(world: World, as_: Any) -> None:
    world.project()
    address = made(as_)
    others = [as_(name) for name in ("partner", "school", "agency", "stranger")]

    patched = [caller.patch(address, json={"planned": 1}).status_code for caller in others]
    deleted = [caller.delete(address).status_code for caller in others]
    posted = [caller.post(TARGETS, json=LEARNERS).status_code for caller in others]

    assert [patched, deleted, posted] == [[403, 403, 403, 404], [403, 403, 403, 404], [403, 403, 403, 403]]


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
