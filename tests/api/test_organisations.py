"""Organisations over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from domain.models.tokens import Scope
from tests.world import World


def new_school(world: World, parent: str = "partner", **changes: Any) -> dict[str, Any]:
    """A school that Serbia's national partner may make."""
    membership = {
        "project": world.project_code(),
        "roles": ["sending"],
        "parent_id": str(world.organisation(parent)),
    }
    school = {"legal_name": "Srednja škola", "type": "vet_provider", "country": "RS", "membership": membership}
    return school | changes


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def address(world: World, name: str) -> str:
    return f"/v1/organisations/{world.organisation(name)}"


def test_a_national_partner_makes_a_school_and_sees_it(world: World, as_: Any) -> None:
    made = as_("partner").post("/v1/organisations", json=new_school(world, oid="E10012345"))

    seen = as_("partner").get(made.headers["Location"].removeprefix("http://localhost"))

    assert (made.status_code, seen.json) == (201, made.json)
    assert (seen.json["legal_name"], seen.json["oid"]) == ("Srednja škola", "E10012345")


def test_a_new_organisation_is_a_member_from_the_start(world: World, as_: Any) -> None:
    made = as_("partner").post("/v1/organisations", json=new_school(world))

    members = as_("partner").get("/v1/projects/TEST/memberships").json["items"]

    found = [
        (member["roles"], member["parent_id"]) for member in members if member["organisation_id"] == made.json["id"]
    ]
    assert found == [(["sending"], str(world.organisation("partner")))]


def test_nobody_makes_an_organisation_that_belongs_nowhere(world: World, as_: Any) -> None:
    alone = {name: value for name, value in new_school(world).items() if name != "membership"}

    answer = as_("coordinator").post("/v1/organisations", json=alone)

    assert (answer.status_code, refusals(answer)) == (422, [("/membership", "required")])


def test_a_school_is_made_by_its_own_countrys_partner(world: World, as_: Any) -> None:
    others = ("school", "host", "agency", "network", "stranger", "albanian_partner")
    under_the_partner = [as_(name).post("/v1/organisations", json=new_school(world)) for name in others]
    abroad = as_("albanian_partner").post("/v1/organisations", json=new_school(world, "albanian_partner"))
    from_abroad = as_("partner").post("/v1/organisations", json=new_school(world, country="AL"))

    assert [answer.status_code for answer in (*under_the_partner, abroad, from_abroad)] == [403] * 8


def test_a_national_partner_makes_nothing_but_schools(world: World, as_: Any) -> None:
    wanted = new_school(world)
    others = (["national_partner"], ["sending", "authority"], ["receiving"])
    memberships = [wanted["membership"] | {"roles": roles} for roles in others]

    answers = [as_("partner").post("/v1/organisations", json=wanted | {"membership": each}) for each in memberships]

    assert [answer.status_code for answer in answers] == [403] * 3


def test_nothing_stays_of_an_organisation_that_could_not_join(world: World, as_: Any) -> None:
    as_("albanian_partner").post("/v1/organisations", json=new_school(world, oid="E10012345"))

    answer = as_("partner").post("/v1/organisations", json=new_school(world, oid="E10012345"))

    assert answer.status_code == 201


def test_an_organisation_joins_no_project_that_its_maker_cant_see(world: World, as_: Any) -> None:
    wanted = new_school(world)

    answer = as_("partner").post(
        "/v1/organisations", json=wanted | {"membership": wanted["membership"] | {"project": "NO"}}
    )

    assert refusals(answer) == [("/membership/project", "not_found")]


def test_what_an_organisation_cant_be_is_named(world: World, as_: Any) -> None:
    changes = {"website": "javascript:alert(1)", "contact_email": "nobody", "country": "Serbia", "legal_name": " "}

    answer = as_("partner").post("/v1/organisations", json=new_school(world, **changes, placeholder=True))

    assert (answer.status_code, sorted(refusals(answer))) == (
        422,
        [
            ("/contact_email", "not_an_email"),
            ("/country", "not_a_country"),
            ("/country", "too_long"),
            ("/legal_name", "too_short"),
            ("/placeholder", "unknown_field"),
            ("/website", "not_a_url"),
        ],
    )


def test_a_registered_number_is_given_once(world: World, as_: Any) -> None:
    numbered = new_school(world, oid="E10012345", pic="912345678")
    as_("partner").post("/v1/organisations", json=numbered)

    second = as_("partner").post("/v1/organisations", json=numbered)

    assert (second.status_code, refusals(second)) == (422, [("/oid", "taken"), ("/pic", "taken")])


def test_a_patch_leaves_an_organisations_own_number_alone(world: World, as_: Any) -> None:
    made = as_("partner").post("/v1/organisations", json=new_school(world, oid="E10012345")).json

    edited = as_("partner").patch(f"/v1/organisations/{made['id']}", json={"city": "Niš"})

    assert (edited.status_code, edited.json["city"], edited.json["oid"]) == (200, "Niš", "E10012345")


def test_a_stale_patch_is_refused(world: World, as_: Any) -> None:
    read = as_("school").get(address(world, "school"))
    as_("school").patch(address(world, "school"), json={"city": "Niš"})

    stale = as_("school").patch(
        address(world, "school"), json={"city": "Pirot"}, headers={"If-Match": read.headers["ETag"]}
    )

    assert stale.status_code == 412


def test_a_school_is_edited_by_itself_and_those_above_it(world: World, as_: Any) -> None:
    may = {"school": 200, "partner": 200, "coordinator": 200}
    may_not = {"albanian_partner": 403, "albanian_school": 403, "host": 403, "agency": 403, "stranger": 404}

    answers = {name: as_(name).patch(address(world, "school"), json={"city": "Niš"}) for name in (*may, *may_not)}

    assert {name: answer.status_code for name, answer in answers.items()} == may | may_not


def test_a_token_without_the_scope_edits_not_even_its_own(world: World, as_: Any) -> None:
    school = as_("school", scopes=frozenset(Scope) - {Scope.ORGANISATIONS_MANAGE})

    answer = school.patch(address(world, "school"), json={"city": "Niš"})

    assert (answer.status_code, answer.json["scope"]) == (403, "organisations:manage")


def test_taking_somebody_into_a_project_of_ones_own_opens_nothing_of_theirs(world: World, as_: Any) -> None:
    world.other_project("school", "partner")

    answer = as_("school").patch(address(world, "partner"), json={"legal_name": "Mine"})

    assert answer.status_code == 403


def test_a_token_for_one_project_edits_nobody_who_is_in_two(world: World, as_: Any) -> None:
    narrowed = as_("partner", project=world.other_project("school", "partner"))

    answer = narrowed.patch(address(world, "partner"), json={"legal_name": "Mine"})

    assert answer.status_code == 403


def test_a_partner_does_not_move_itself_to_another_country(world: World, as_: Any) -> None:
    answers = [
        as_(name).patch(address(world, "partner"), json={"country": "AL"}) for name in ("partner", "coordinator")
    ]

    assert [answer.status_code for answer in answers] == [403, 200]


def test_a_contact_is_shown_to_those_who_may_read_persons(world: World, as_: Any) -> None:
    as_("school").patch(address(world, "school"), json={"contact_name": "Mira", "contact_email": "mira@example.org"})
    without = as_("partner", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    seen = [who.get(address(world, "school")).json for who in (as_("partner"), without)]

    assert [item["contact_email"] for item in seen] == ["mira@example.org", None]


def test_a_patch_by_those_who_dont_see_the_contact_keeps_it(world: World, as_: Any) -> None:
    as_("school").patch(address(world, "school"), json={"contact_name": "Mira"})
    without = as_("partner", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    answer = without.patch(address(world, "school"), json={"city": "Niš"})

    assert (answer.json["contact_name"], as_("school").get(address(world, "school")).json["contact_name"]) == (
        None,
        "Mira",
    )


def test_outsiders_see_nobody(world: World, client: FlaskClient, as_: Any) -> None:
    answers = [caller.get(address(world, "school")) for caller in (as_("stranger"), client)]

    assert [answer.status_code for answer in answers] == [404, 401]


def test_an_unknown_organisation_and_an_unseen_one_are_told_alike(world: World, as_: Any) -> None:
    unseen = as_("stranger").get(address(world, "school")).json
    unknown = as_("stranger").get(f"/v1/organisations/{uuid4()}").json

    differing = {name for name in unseen if unseen[name] != unknown[name]}
    assert differing == {"instance", "request_id"}


def test_asking_for_a_project_does_not_tell_outsiders_who_is_in_it(world: World, as_: Any) -> None:
    world.other_project("coordinator", "school")

    answer = as_("partner").get("/v1/organisations?project=OTHER")

    assert answer.json["items"] == []


def test_the_list_is_narrowed_by_its_filters(world: World, as_: Any) -> None:
    for name in ("albanian_school", "school", "agency"):
        world.organisation(name)
    above = f"parent_id={world.organisation('partner')}"
    queries = ("project=TEST&role=sending", "country=AL", "type=other&role=authority", "oid=E10000001", above)

    found = [as_("coordinator").get(f"/v1/organisations?{query}").json["items"] for query in queries]

    assert [[item["legal_name"] for item in items] for items in found] == [
        ["The albanian_school", "The school"],
        ["The albanian_partner", "The albanian_school"],
        ["The agency"],
        [],
        ["The school"],
    ]


def test_the_list_costs_the_same_with_one_and_with_three(
    world: World, as_: Any, count_queries: Callable[..., int]
) -> None:
    coordinator = as_("coordinator")
    coordinator.get("/v1/organisations")
    one = count_queries(lambda: coordinator.get("/v1/organisations?role=coordinator"))
    for _ in range(3):
        as_("partner").post("/v1/organisations", json=new_school(world))

    assert count_queries(lambda: coordinator.get("/v1/organisations?role=sending")) == one
