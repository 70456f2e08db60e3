"""Tokens over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from domain.models.tokens import Scope
from tests.conftest import Clock
from tests.world import World

FOR_CALLS = {"holder": "A clerk", "scopes": ["calls:read"]}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def for_(world: World, name: str, **changes: Any) -> dict[str, Any]:
    """A token for the organisation called `name`."""
    return FOR_CALLS | {"organisation_id": str(world.organisation(name))} | changes


def test_a_new_token_is_shown_once_and_works(world: World, client: FlaskClient, as_: Any) -> None:
    made = as_("school").post("/v1/tokens", json=FOR_CALLS)

    read = as_("school").get(made.headers["Location"].removeprefix("http://localhost"))

    secret = made.json["secret"]
    assert made.json == read.json | {"secret": secret}
    assert (read.json["last_four"], read.json["expires_at"]) == (secret[-4:], "2027-11-22T09:00:00Z")
    assert client.get("/v1/me", headers=bearer(secret)).json["scopes"] == ["calls:read"]


def test_its_last_day_of_use_is_noted(world: World, client: FlaskClient, as_: Any) -> None:
    made = as_("school").post("/v1/tokens", json=FOR_CALLS).json
    client.get("/v1/me", headers=bearer(made["secret"]))

    read = as_("school").get(f"/v1/tokens/{made['id']}")

    assert (made["last_used_on"], read.json["last_used_on"]) == (None, "2026-11-22")


def test_a_revoked_token_ends_at_once_and_its_record_stays(world: World, client: FlaskClient, as_: Any) -> None:
    made = as_("school").post("/v1/tokens", json=FOR_CALLS).json

    answers = [as_("school").delete(f"/v1/tokens/{made['id']}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert client.get("/v1/me", headers=bearer(made["secret"])).status_code == 401
    assert as_("school").get(f"/v1/tokens/{made['id']}").json["revoked_at"] == "2026-11-22T09:00:00Z"


def test_an_expired_token_ends_by_itself(world: World, clock: Clock, client: FlaskClient, as_: Any) -> None:
    made = as_("school").post("/v1/tokens", json=FOR_CALLS | {"expires_at": "2026-11-22T10:00:00Z"}).json
    clock.move(hours=1)

    assert client.get("/v1/me", headers=bearer(made["secret"])).status_code == 401


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"expires_at": "2026-11-22T09:00:00Z"}, [("/expires_at", "not_later")]),
        ({"project": "NONE"}, [("/project", "not_found")]),
        (
            {"scopes": ["everything"], "holder": "", "secret": "mine"},
            [("/holder", "too_short"), ("/scopes/0", "not_a_choice"), ("/secret", "unknown_field")],
        ),
        ({"scopes": []}, [("/scopes", "too_few")]),
    ],
)
def test_what_a_token_cant_be_is_named(world: World, as_: Any, change: Any, refused: Any) -> None:
    answer = as_("school").post("/v1/tokens", json=FOR_CALLS | change)

    assert (answer.status_code, refusals(answer)) == (422, refused)


def test_a_partner_makes_its_school_a_token_for_the_project(world: World, as_: Any) -> None:
    answer = as_("partner").post("/v1/tokens", json=for_(world, "school", project="TEST"))

    assert (answer.status_code, answer.json["organisation"], answer.json["project"]) == (201, "The school", "TEST")


def test_nobody_makes_tokens_for_those_it_doesnt_look_after(world: World, as_: Any) -> None:
    others = [("partner", name) for name in ("albanian_school", "albanian_partner", "coordinator", "host")]
    others += [("school", "partner"), ("school", "albanian_school"), ("agency", "school"), ("host", "school")]

    answers = [as_(maker).post("/v1/tokens", json=for_(world, name, project="TEST")) for maker, name in others]

    assert [answer.status_code for answer in answers] == [403] * 8


def test_a_charges_token_is_for_the_project_alone(world: World, as_: Any) -> None:
    charges = [("partner", "school"), ("coordinator", "school"), ("coordinator", "partner")]

    answers = [as_(maker).post("/v1/tokens", json=for_(world, name)) for maker, name in charges]

    assert [answer.status_code for answer in answers] == [403] * 3


def test_a_charge_in_one_project_is_none_in_another(world: World, as_: Any) -> None:
    world.other_project("host", "school")

    answer = as_("partner").post("/v1/tokens", json=for_(world, "school", project="OTHER"))

    assert answer.status_code == 403


def test_an_organisation_that_the_maker_cant_see_is_not_found(world: World, as_: Any) -> None:
    answer = as_("coordinator").post("/v1/tokens", json=for_(world, "stranger", project="TEST"))

    assert refusals(answer) == [("/organisation_id", "not_found")]


def test_nobody_gives_scopes_that_its_own_token_lacks(world: World, as_: Any) -> None:
    manager = as_("school", scopes=frozenset({Scope.TOKENS_MANAGE, Scope.CALLS_READ}))

    answers = [
        manager.post("/v1/tokens", json=FOR_CALLS | {"scopes": [scope]}) for scope in ("calls:read", "calls:write")
    ]

    assert [answer.status_code for answer in answers] == [201, 403]


def test_tokens_take_their_scope(world: World, as_: Any) -> None:
    without = as_("school", scopes=frozenset(Scope) - {Scope.TOKENS_MANAGE})

    answers = [without.post("/v1/tokens", json=FOR_CALLS), without.get("/v1/tokens")]

    assert [(answer.status_code, answer.json["scope"]) for answer in answers] == [(403, "tokens:manage")] * 2


def test_a_token_for_one_project_makes_none_for_more(world: World, as_: Any) -> None:
    narrowed = as_("partner", project=world.other_project("school", "partner"))

    answers = [
        narrowed.post("/v1/tokens", json=FOR_CALLS | more) for more in ({}, {"project": "OTHER"}, {"project": "TEST"})
    ]

    assert [(answer.status_code, answer.json.get("project")) for answer in answers] == [
        (201, "OTHER"),
        (201, "OTHER"),
        (403, None),
    ]


def test_a_token_for_one_project_sees_and_ends_none_of_another(world: World, as_: Any) -> None:
    world.other_project("school", "partner")
    other = as_("partner").post("/v1/tokens", json=FOR_CALLS).json["id"]
    narrowed = as_("partner", project="OTHER")

    answers = [narrowed.get(f"/v1/tokens/{other}"), narrowed.delete(f"/v1/tokens/{other}")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {item["project"] for item in narrowed.get("/v1/tokens").json["items"]} == {"OTHER"}


def test_a_schools_token_is_ended_by_itself_and_those_above_it(world: World, as_: Any) -> None:
    token = as_("partner").post("/v1/tokens", json=for_(world, "school", project="TEST")).json
    may = {"school": 204, "partner": 204, "coordinator": 204}
    may_not = {"albanian_partner": 404, "albanian_school": 404, "host": 404, "stranger": 404}

    answers = {name: as_(name).delete(f"/v1/tokens/{token['id']}") for name in (*may_not, *may)}

    assert {name: answer.status_code for name, answer in answers.items()} == may | may_not


def test_those_above_a_school_see_none_of_its_tokens_for_other_things(world: World, as_: Any) -> None:
    token = as_("school").post("/v1/tokens", json=FOR_CALLS).json

    answers = [as_(name).get(f"/v1/tokens/{token['id']}") for name in ("partner", "coordinator")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_the_list_costs_the_same_with_one_and_with_three(
    world: World, as_: Any, count_queries: Callable[..., int]
) -> None:
    narrowed = as_("school", project=world.project_code())
    narrowed.get("/v1/tokens")
    one = count_queries(lambda: narrowed.get("/v1/tokens"))
    for _ in range(2):
        narrowed.post("/v1/tokens", json=FOR_CALLS)

    assert [item["project"] for item in narrowed.get("/v1/tokens").json["items"]] == ["TEST"] * 3
    assert count_queries(lambda: narrowed.get("/v1/tokens")) == one
