"""Published figures over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.models.tokens import Scope
from tests.world import World

FIGURES = "/v1/projects/TEST/reported-figures"
STAFF = {
    "measure": "participants",
    "scope": {"profile": "staff"},
    "value": "165",
    "unit": "person",
    "source": "Partner news",
    "assumed": True,
    "assumption": "The report says 'staff' only; that it counts persons is our assumption.",
    "as_of": "2023-09-29",
}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def made(as_: Any, **changes: Any) -> str:
    """The address of a figure that the coordinator has just written down."""
    answer = as_("coordinator").post(FIGURES, json=STAFF | changes)
    return str(answer.headers["Location"]).removeprefix("http://localhost")


def test_the_coordinator_writes_down_what_was_published(world: World, as_: Any) -> None:
    world.project()

    answer = as_("coordinator").post(FIGURES, json=STAFF)

    assert (answer.status_code, {name: answer.json[name] for name in STAFF}) == (201, STAFF)
    assert as_("agency").get(answer.headers["Location"].removeprefix("http://localhost")).json == answer.json


def test_a_value_is_kept_as_it_was_published(world: World, as_: Any) -> None:
    world.project()
    published = {"2023": "date", "2023-10": "date", "2023-10-31": "date", "634": "participation", "12.00": "EUR"}

    answers = [as_("coordinator").post(FIGURES, json=STAFF | {"unit": u, "value": v}) for v, u in published.items()]

    assert [(answer.status_code, answer.json["value"]) for answer in answers] == [(201, value) for value in published]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (
            {"value": "165.5", "assumption": None, "scope": {"profile": "staff", "activity": "course"}},
            [("/value", "wrong_type"), ("/scope", "too_many"), ("/assumption", "required")],
        ),
        ({"scope": {"moon": "full"}, "source": None}, [("/scope/moon", "unknown_field"), ("/source", "required")]),
        (
            {"scope": {"activity": "holiday"}, "assumed": 1},
            [("/scope/activity", "not_a_choice"), ("/assumed", "wrong_type")],
        ),
    ],
)
def test_what_a_figure_cant_be_is_named(world: World, as_: Any, change: Any, refused: Any) -> None:
    world.project()

    answer = as_("coordinator").post(FIGURES, json=STAFF | change)

    assert (answer.status_code, refusals(answer)) == (422, refused)


def test_a_value_is_written_as_its_unit_is(world: World, as_: Any) -> None:
    world.project()
    wrong = {"١٦٥": "person", "October 2023": "date", "2023-13": "date", "1,998,207.76": "EUR"}

    answers = [as_("coordinator").post(FIGURES, json=STAFF | {"unit": u, "value": v}) for v, u in wrong.items()]

    assert [refusals(answer) for answer in answers] == [[("/value", "wrong_type")]] * 4


def test_a_patch_moves_a_figure_from_one_scope_to_another(world: World, as_: Any) -> None:
    world.project()
    change = {"scope": {"profile": None, "activity": "course"}, "assumed": False, "assumption": None}

    answer = as_("coordinator").patch(made(as_), json=change)

    assert (answer.status_code, answer.json["scope"], answer.json["assumption"]) == (200, {"activity": "course"}, None)


def test_a_stale_edit_is_refused(world: World, as_: Any) -> None:
    world.project()
    address, coordinator = made(as_), as_("coordinator")
    read = coordinator.get(address)
    coordinator.patch(address, json={"value": "166"})

    stale = coordinator.patch(address, json={"value": "167"}, headers={"If-Match": read.headers["ETag"]})

    assert stale.status_code == 412


def test_a_figure_is_struck_out(world: World, as_: Any) -> None:
    world.project()
    address = made(as_)

    answers = [as_("coordinator").delete(address), as_("coordinator").get(address)]

    assert [answer.status_code for answer in answers] == [204, 404]


def test_nobody_but_the_coordinator_changes_figures(world: World, as_: Any) -> None:
    world.project()
    address = made(as_)
    others = [as_(name) for name in ("partner", "school", "agency", "stranger")]

    patched = [caller.patch(address, json={"value": "1"}).status_code for caller in others]
    deleted = [caller.delete(address).status_code for caller in others]
    posted = [caller.post(FIGURES, json=STAFF).status_code for caller in others]

    assert [patched, deleted, posted] == [[403, 403, 403, 404], [403, 403, 403, 404], [403, 403, 403, 403]]


def test_changing_figures_takes_its_scope(world: World, as_: Any) -> None:
    world.project()

    answer = as_("coordinator", scopes=frozenset({Scope.CALLS_WRITE})).post(FIGURES, json=STAFF)

    assert (answer.status_code, answer.json["scope"]) == (403, "projects:manage")


def test_a_figure_is_not_found_under_another_project(world: World, as_: Any) -> None:
    world.project()
    address = made(as_)
    world.other_project("coordinator")

    assert as_("coordinator").get(address.replace("TEST", "OTHER")).status_code == 404


def test_outsiders_see_no_figures(world: World, as_: Any) -> None:
    world.project()
    made(as_)

    answer = as_("stranger").get(FIGURES)

    assert (answer.status_code, answer.json["items"]) == (200, [])


def test_the_list_costs_the_same_with_one_and_with_three(
    world: World, as_: Any, count_queries: Callable[..., int]
) -> None:
    world.project()
    made(as_)
    as_("partner").get(FIGURES)
    one = count_queries(lambda: as_("partner").get(FIGURES))
    for value in ("166", "167"):
        made(as_, value=value)

    assert [item["value"] for item in as_("partner").get(FIGURES).json["items"]] == ["165", "166", "167"]
    assert count_queries(lambda: as_("partner").get(FIGURES)) == one
