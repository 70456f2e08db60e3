"""Participants over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.models.tokens import Scope
from tests.world import World


def ana(world: World, **changes: Any) -> dict[str, Any]:
    school = str(world.organisation("school"))
    person = {"given_names": "Ana", "family_name": "Petrović", "country": "RS", "sending_organisation_id": school}
    return {"project": world.project_code()} | person | changes


def test_a_partner_enters_a_person(world: World, as_: Any) -> None:
    sent = ana(world, birth_date="2005-03-08", email="ana@example.org", phone="+381 11 000 000", gender="2")

    answer = as_("partner").post("/v1/participants", json=sent)

    assert answer.status_code == 201, answer.json
    assert {name: answer.json[name] for name in sent if name != "project"} == {
        name: value for name, value in sent.items() if name != "project"
    }


def test_the_answer_says_where_the_person_is(world: World, as_: Any) -> None:
    partner = as_("partner")

    answer = partner.post("/v1/participants", json=ana(world))

    assert partner.get(answer.headers["Location"]).json == answer.json


def test_a_patch_merges_and_a_stale_one_is_refused(world: World, as_: Any) -> None:
    address, partner = f"/v1/participants/{world.participant().id}", as_("partner")
    read = {"If-Match": partner.get(address).headers["ETag"]}

    first = partner.patch(address, json={"email": "ana@example.org", "birth_date": None}, headers=read)
    second = partner.patch(address, json={"email": None}, headers=read)

    assert (first.json["email"], first.json["birth_date"], first.json["given_names"]) == (
        "ana@example.org",
        None,
        "Ana",
    )
    assert second.status_code == 412


@pytest.mark.parametrize(("name", "status"), [("school", 403), ("albanian_partner", 404), ("host", 404)])
def test_others_do_not_edit_a_person(world: World, as_: Any, name: str, status: int) -> None:
    answer = as_(name).patch(f"/v1/participants/{world.participant().id}", json={"given_names": "Ani"})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "seen"), [("coordinator", 1), ("partner", 1), ("school", 1), ("host", 0), ("agency", 0)]
)
def test_a_list_shows_what_the_reader_may_see(world: World, as_: Any, name: str, seen: int) -> None:
    world.participant()

    assert len(as_(name).get("/v1/participants").json["items"]) == seen


@pytest.mark.parametrize("lacking", [Scope.PERSONAL_READ, Scope.MOBILITIES_READ])
def test_persons_take_two_scopes(world: World, as_: Any, lacking: Scope) -> None:
    caller = as_("coordinator", scopes=frozenset(Scope) - {lacking})

    answers = [caller.get(f"/v1/participants{rest}") for rest in ("", f"/{world.participant().id}")]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_likely_matches_are_listed(world: World, as_: Any) -> None:
    first, second = world.participant("Ana"), world.participant("АНА")

    answer = as_("partner").get(f"/v1/participants/{first.id}/matches")

    assert [match["id"] for match in answer.json["items"]] == [str(second.id)]


def test_a_merged_person_is_not_found_and_names_the_survivor(world: World, as_: Any) -> None:
    first, second, partner = world.participant(), world.participant(), as_("partner")

    merged = partner.post(f"/v1/participants/{first.id}/merges", json={"participant_id": str(second.id)})
    gone = partner.get(f"/v1/participants/{second.id}")

    assert (merged.status_code, merged.json["id"]) == (200, str(first.id))
    assert (gone.status_code, gone.json["merged_into_id"]) == (404, str(first.id))


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"given_names": None}, "/given_names", "required"),
        ({"shoe_size": 38}, "/shoe_size", "unknown_field"),
        ({"birth_date": "2005-02-30"}, "/birth_date", "not_a_date"),
        ({"gender": "3"}, "/gender", "not_a_gender"),
        ({"project": "NONE"}, "/project", "not_found"),
        ({"synthetic": True}, "/synthetic", "unknown_field"),
    ],
)
def test_an_error_names_the_field(world: World, as_: Any, changes: dict[str, Any], pointer: str, code: str) -> None:
    answer = as_("partner").post("/v1/participants", json=ana(world, **changes))

    assert (answer.status_code, [(e["pointer"], e["code"]) for e in answer.json["errors"]]) == (422, [(pointer, code)])


def test_nobody_is_looked_for_by_name_in_an_address(world: World, as_: Any) -> None:
    assert as_("partner").get("/v1/participants?q=Ana").status_code == 422


def test_a_list_of_three_asks_the_database_as_often_as_a_list_of_one(
    world: World, as_: Any, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    partner = as_("partner")
    world.participant()
    partner.get("/v1/participants")
    one = count_queries(lambda: partner.get("/v1/participants"))

    world.participant(), world.participant()

    assert count_queries(lambda: partner.get("/v1/participants")) == one
