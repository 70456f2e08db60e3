"""Projects over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from domain.models.activities import ActivityCode
from domain.models.tokens import Scope
from tests.world import World

NEW = {
    "code": "NEXT",
    "title": {"en": "The next one", "sq": "Tjetri"},
    "action_type": "KA121-VET",
    "rule_set": "KA1-VET-2021",
    "starts_on": "2027-01-01",
    "ends_on": "2028-12-31",
    "languages": ["en", "sq"],
}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def test_whoever_founds_a_project_coordinates_it(world: World, as_: Any) -> None:
    answer = as_("partner").post("/v1/projects", json=NEW)

    assert (answer.status_code, answer.headers["Location"]) == (201, "http://localhost/v1/projects/NEXT")
    assert (answer.json["state"], answer.json["coordinator_id"]) == ("draft", str(world.organisation("partner")))


def test_a_draft_is_seen_by_its_members_alone(world: World, client: FlaskClient, as_: Any) -> None:
    as_("partner").post("/v1/projects", json=NEW)

    answers = [who.get("/v1/projects/NEXT") for who in (as_("partner"), as_("coordinator"), client)]

    assert [answer.status_code for answer in answers] == [200, 404, 404]


def test_everyone_reads_a_project_that_has_begun_in_their_language(as_: Any, client: FlaskClient) -> None:
    as_("partner").post("/v1/projects", json=NEW)
    as_("partner").post("/v1/projects/NEXT/start", json={})

    answer = client.get("/v1/projects/NEXT", headers={"Accept-Language": "sq"})

    assert (answer.json["title"], answer.json["lang"], answer.json["state"]) == ("Tjetri", "sq", "ongoing")


def test_a_project_goes_its_way(as_: Any) -> None:
    as_("partner").post("/v1/projects", json=NEW)

    steps = ("start", "submission", "finalisation", "archival")
    answers = [as_("partner").post(f"/v1/projects/NEXT/{step}", json={}) for step in steps]

    states = [(answer.status_code, answer.json["state"]) for answer in answers]
    assert states == [(200, "ongoing"), (200, "submitted"), (200, "finalised"), (200, "archived")]


def test_a_step_out_of_turn_names_those_that_would_work(world: World, as_: Any) -> None:
    answer = as_("coordinator").post(f"/v1/projects/{world.project_code()}/finalisation", json={})

    assert (answer.status_code, answer.json["code"], answer.json["possible"]) == (409, "state_conflict", ["submitted"])


def test_a_patch_merges_and_a_stale_one_is_refused(world: World, as_: Any) -> None:
    address, coordinator = f"/v1/projects/{world.project_code()}", as_("coordinator")
    read = coordinator.get(address)

    first = coordinator.patch(address, json={"title": {"sq": "Projekt"}}, headers={"If-Match": read.headers["ETag"]})
    second = coordinator.patch(address, json={"call_year": 2026}, headers={"If-Match": read.headers["ETag"]})

    assert first.json["title"] == {"en": "A project for tests", "sq": "Projekt"}
    assert second.status_code == 412


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"code": "OTHER"}, [("/code", "fixed")]),
        (
            {"ends_on": "2025-01-01", "rule_set": "NONE", "title": {"en": None}},
            [("/title", "required"), ("/ends_on", "not_later"), ("/rule_set", "not_a_choice")],
        ),
        (
            {"languages": [], "code": "СЛЕДЕЋИ", "state": "archived"},
            [("/code", "not_a_project_code"), ("/languages", "too_few"), ("/state", "unknown_field")],
        ),
    ],
)
def test_what_a_project_cant_become_is_named(world: World, as_: Any, change: Any, refused: Any) -> None:
    answer = as_("coordinator").patch(f"/v1/projects/{world.project_code()}", json=change)

    assert (answer.status_code, refusals(answer)) == (422, refused)


def test_a_rule_set_that_lacks_the_projects_activities_is_refused(world: World, as_: Any) -> None:
    world.activity(ActivityCode.GROUP_MOBILITY)

    answer = as_("coordinator").patch(f"/v1/projects/{world.project_code()}", json={"rule_set": "VET-PILOT-2019"})

    assert refusals(answer) == [("/rule_set", "lacks_activities")]


def test_a_code_is_of_capitals_digits_and_hyphens(as_: Any) -> None:
    codes = ("next", "NEXT ONE", "NEXT/ONE", "-NEXT", "N" * 41)

    answers = [as_("partner").post("/v1/projects", json=NEW | {"code": code}) for code in codes]

    assert [(answer.status_code, refusals(answer)[0][0]) for answer in answers] == [(422, "/code")] * 5


def test_a_code_is_given_once(world: World, as_: Any) -> None:
    answer = as_("stranger").post("/v1/projects", json=NEW | {"code": world.project_code()})

    assert refusals(answer) == [("/code", "taken")]


def test_nobody_but_the_coordinator_changes_a_project(world: World, as_: Any) -> None:
    address = f"/v1/projects/{world.project_code()}"
    others = [as_(name) for name in ("partner", "school", "host", "agency", "network", "stranger")]

    answers = [caller.patch(address, json={"call_year": 2026}) for caller in others]
    answers += [caller.post(f"{address}/submission", json={}) for caller in others]

    assert [answer.status_code for answer in answers] == [403] * 12


def test_a_coordinators_token_without_the_scope_changes_nothing(world: World, as_: Any) -> None:
    reader = as_("coordinator", scopes=frozenset(Scope) - {Scope.PROJECTS_MANAGE})

    answers = [
        reader.post("/v1/projects", json=NEW),
        reader.patch(f"/v1/projects/{world.project_code()}", json={"call_year": 2026}),
    ]

    assert [(answer.status_code, answer.json["scope"]) for answer in answers] == [(403, "projects:manage")] * 2


def test_a_token_for_one_project_founds_no_other(world: World, as_: Any) -> None:
    answer = as_("partner", project=world.project_code()).post("/v1/projects", json=NEW)

    assert answer.status_code == 403


def test_the_list_pages_filters_and_costs_the_same(
    world: World, client: FlaskClient, as_: Any, count_queries: Callable[..., int]
) -> None:
    world.project()
    one = count_queries(lambda: client.get("/v1/projects?state=ongoing"))
    for code in ("NEXT", "THIRD"):
        as_("partner").post("/v1/projects", json=NEW | {"code": code})
        as_("partner").post(f"/v1/projects/{code}/start", json={})

    three = count_queries(lambda: client.get("/v1/projects?state=ongoing&limit=3"))
    codes = [item["code"] for item in client.get("/v1/projects?limit=3").json["items"]]

    assert (three, codes) == (one, ["NEXT", "TEST", "THIRD"])


def test_a_project_is_read_by_its_id_as_well_since_events_name_it_so(world: World, as_: Any) -> None:
    found = as_("coordinator").get(f"/v1/projects/{world.project()}")

    assert (found.status_code, found.json["code"]) == (200, "TEST")
