"""Activities over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from domain.models.activities import ActivityCode
from domain.models.tokens import Scope
from tests.world import World

NOBODY = "00000000-0000-7000-8000-000000000000"
SPRING = {
    "project": "TEST",
    "key": "spring_stays",
    "code": "short_term_learner",
    "title": {"en": "Stays in spring", "sq": "Qëndrime në pranverë"},
}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def test_the_coordinator_adds_an_activity_and_everyone_reads_it(world: World, client: FlaskClient, as_: Any) -> None:
    made = as_("coordinator").post("/v1/activities", json=SPRING)

    read = client.get(made.headers["Location"], headers={"Accept-Language": "sq"})

    assert (made.status_code, made.json["title"], made.json["profile"]) == (201, SPRING["title"], "learner")
    assert (read.json["title"], read.json["lang"]) == ("Qëndrime në pranverë", "sq")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"project": "NONE"}, [("/project", "not_found")]),
        (
            {"code": "summer_school", "title": {}, "key": "A key", "organiser_id": NOBODY},
            [("/code", "not_a_choice"), ("/title", "required"), ("/key", "not_a_name"), ("/organiser_id", "not_found")],
        ),
        (
            {"code": "holiday", "title": {"en": ""}, "profile": "pensioner", "limits": {}},
            [
                ("/code", "not_a_choice"),
                ("/title/en", "too_short"),
                ("/profile", "not_a_choice"),
                ("/limits", "unknown_field"),
            ],
        ),
    ],
)
def test_what_an_activity_cant_be_is_named(world: World, as_: Any, change: Any, refused: Any) -> None:
    answer = as_("coordinator").post("/v1/activities", json=SPRING | change)

    assert (answer.status_code, refusals(answer)) == (422, refused)


def test_a_key_names_one_activity_of_a_project(world: World, as_: Any) -> None:
    as_("coordinator").post("/v1/activities", json=SPRING)

    answer = as_("coordinator").post("/v1/activities", json=SPRING)

    assert refusals(answer) == [("/key", "taken")]


def test_a_patch_merges_and_a_stale_one_is_refused(world: World, as_: Any) -> None:
    address, coordinator = f"/v1/activities/{world.activity()}", as_("coordinator")
    change = {"organiser_id": str(world.organisation("host"))}
    read = coordinator.get(address)

    first = coordinator.patch(address, json=change, headers={"If-Match": read.headers["ETag"]})
    second = coordinator.patch(address, json={"key": "other"}, headers={"If-Match": read.headers["ETag"]})

    assert (first.json["organiser"], first.json["title"]) == ("The host", {"en": "short_term_learner"})
    assert second.status_code == 412


def test_the_code_of_an_activity_with_calls_is_fixed(world: World, as_: Any) -> None:
    activity_id = world.call().activity_id

    answer = as_("coordinator").patch(f"/v1/activities/{activity_id}", json={"code": "long_term_learner"})

    assert refusals(answer) == [("/code", "fixed")]


def test_the_code_of_an_unused_activity_may_change(world: World, as_: Any) -> None:
    answer = as_("coordinator").patch(f"/v1/activities/{world.activity()}", json={"code": "long_term_learner"})

    assert (answer.status_code, answer.json["code"]) == (200, "long_term_learner")


def test_nobody_but_the_coordinator_makes_or_changes_activities(world: World, as_: Any) -> None:
    address = f"/v1/activities/{world.activity()}"
    others = [as_(name) for name in ("partner", "school", "host", "agency", "stranger")]

    answers = [caller.post("/v1/activities", json=SPRING) for caller in others]
    answers += [caller.patch(address, json={"key": "mine"}) for caller in others]

    assert [answer.status_code for answer in answers] == [403] * 10


def test_making_activities_takes_its_scope(world: World, as_: Any) -> None:
    world.project()

    answer = as_("coordinator", scopes=frozenset({Scope.CALLS_WRITE})).post("/v1/activities", json=SPRING)

    assert (answer.status_code, answer.json["scope"]) == (403, "projects:manage")


def test_the_activities_of_a_draft_are_seen_by_its_members_alone(world: World, client: FlaskClient, as_: Any) -> None:
    world.project()
    draft = {"code": "NEXT", "title": {"en": "Next"}, "action_type": "PILOT", "rule_set": "KA1-VET-2021"}
    dates = {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "languages": ["en"]}
    as_("partner").post("/v1/projects", json=draft | dates)
    made = as_("partner").post("/v1/activities", json=SPRING | {"project": "NEXT"})

    answers = [who.get(f"/v1/activities/{made.json['id']}") for who in (as_("partner"), as_("coordinator"), client)]

    assert [answer.status_code for answer in answers] == [200, 404, 404]


def test_the_list_is_narrowed_to_a_project_and_costs_the_same(
    world: World, client: FlaskClient, count_queries: Callable[..., int]
) -> None:
    world.activity()
    client.get("/v1/activities")
    one = count_queries(lambda: client.get("/v1/activities?project=TEST&limit=10"))
    for code in (ActivityCode.LONG_TERM_LEARNER, ActivityCode.JOB_SHADOWING):
        world.activity(code)

    assert len(client.get("/v1/activities?project=TEST").json["items"]) == 3
    assert client.get("/v1/activities?project=OTHER").json["items"] == []
    assert count_queries(lambda: client.get("/v1/activities?project=TEST&limit=11")) == one
