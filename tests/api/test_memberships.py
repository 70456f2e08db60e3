"""A project's members over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.models.tokens import Scope
from tests.world import World

MEMBERS = "/v1/projects/TEST/memberships"


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def member(world: World, as_: Any, name: str) -> str:
    """The address of the membership of the organisation called `name`."""
    wanted = str(world.organisation(name))
    items = as_("coordinator").get(f"{MEMBERS}?limit=200").json["items"]
    return next(f"{MEMBERS}/{item['id']}" for item in items if item["organisation_id"] == wanted)


def visible_stranger(world: World) -> str:
    """The id of an organisation that isn't in TEST, but which the coordinator sees in a project of its own."""
    world.project()
    world.other_project("coordinator", "stranger")
    return str(world.organisation("stranger"))


def test_the_coordinator_takes_in_an_organisation_that_it_sees(world: World, as_: Any) -> None:
    wanted = {"organisation_id": visible_stranger(world), "roles": ["receiving", "network"]}

    answer = as_("coordinator").post(MEMBERS, json=wanted)

    assert (answer.status_code, answer.json["organisation"], answer.json["roles"]) == (
        201,
        "The stranger",
        ["receiving", "network"],
    )
    assert as_("coordinator").get(answer.headers["Location"].removeprefix("http://localhost")).json == answer.json


def test_an_organisation_that_the_coordinator_cant_see_is_not_found(world: World, as_: Any) -> None:
    wanted = {"organisation_id": str(world.organisation("stranger")), "roles": ["receiving"]}

    answer = as_("coordinator").post(MEMBERS, json=wanted)

    assert (answer.status_code, refusals(answer)) == (422, [("/organisation_id", "not_found")])


def test_an_organisation_is_a_member_once(world: World, as_: Any) -> None:
    wanted = {"organisation_id": str(world.organisation("host")), "roles": ["sending"]}

    answer = as_("coordinator").post(MEMBERS, json=wanted)

    assert (answer.status_code, answer.json["detail"]) == (
        409,
        "This organisation is a member of the project already; edit its membership instead.",
    )


def test_nobody_else_takes_anybody_in(world: World, as_: Any) -> None:
    wanted = {"organisation_id": visible_stranger(world), "roles": ["sending"]}
    wanted |= {"parent_id": str(world.organisation("partner"))}

    others = ("school", "host", "agency", "network", "stranger", "albanian_partner")
    answers = [as_(name).post(MEMBERS, json=wanted) for name in others]

    assert [answer.status_code for answer in answers] == [403] * 6


def test_a_partner_takes_in_no_school_of_another_country(world: World, as_: Any) -> None:
    world.project()
    world.other_project("coordinator", "stranger", "partner")
    partner_id, stranger_id = (str(world.organisation(name)) for name in ("partner", "stranger"))

    wanted = {"organisation_id": stranger_id, "roles": ["sending"], "parent_id": partner_id}

    assert as_("partner").post(MEMBERS, json=wanted).status_code == 403


def test_a_coordinators_token_for_another_project_takes_nobody_in_here(world: World, as_: Any) -> None:
    wanted = {"organisation_id": visible_stranger(world), "roles": ["receiving"]}

    answer = as_("coordinator", project="OTHER").post(MEMBERS, json=wanted)

    assert answer.status_code == 403


def test_taking_in_takes_its_scope(world: World, as_: Any) -> None:
    wanted = {"organisation_id": visible_stranger(world), "roles": ["receiving"]}

    answer = as_("coordinator", scopes=frozenset(Scope) - {Scope.ORGANISATIONS_MANAGE}).post(MEMBERS, json=wanted)

    assert (answer.status_code, answer.json["scope"]) == (403, "organisations:manage")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"roles": []}, [("/roles", "too_few")]),
        ({"roles": ["boss"]}, [("/roles/0", "not_a_choice")]),
        ({"roles": ["sending", "coordinator"], "parent_id": None}, [("/roles", "not_a_choice")]),
        ({"roles": ["sending", "authority"]}, [("/parent_id", "only_schools")]),
        ({"roles": ["receiving"]}, [("/parent_id", "only_schools")]),
    ],
)
def test_what_a_member_cant_be_is_named(world: World, as_: Any, change: Any, refused: Any) -> None:
    answer = as_("coordinator").patch(member(world, as_, "school"), json=change)

    assert (answer.status_code, refusals(answer)) == (422, refused)


def test_a_school_stands_under_a_national_partner_of_the_project(world: World, as_: Any) -> None:
    address, others = member(world, as_, "school"), ("host", "school", "stranger")

    answers = [as_("coordinator").patch(address, json={"parent_id": str(world.organisation(name))}) for name in others]

    assert [refusals(answer) for answer in answers] == [[("/parent_id", "not_found")]] * 3


def test_a_membership_never_changes_hands(world: World, as_: Any) -> None:
    change = {"organisation_id": str(world.organisation("host"))}

    answer = as_("coordinator").patch(member(world, as_, "school"), json=change)

    assert refusals(answer) == [("/organisation_id", "fixed")]


def test_the_coordinator_puts_a_school_under_another_partner(world: World, as_: Any) -> None:
    change = {"parent_id": str(world.organisation("albanian_partner"))}

    answer = as_("coordinator").patch(member(world, as_, "school"), json=change)

    assert (answer.status_code, answer.json["parent_id"]) == (200, change["parent_id"])


def test_a_partner_makes_no_more_of_its_school_than_a_school(world: World, as_: Any) -> None:
    changes = ({"roles": ["sending", "authority"]}, {"roles": ["national_partner"]}, {"parent_id": None})

    answers = [as_("partner").patch(member(world, as_, "school"), json=change) for change in changes]

    assert [answer.status_code for answer in answers] == [403] * 3


def test_a_partner_takes_over_and_removes_nobody_elses_members(world: World, as_: Any) -> None:
    addresses = [member(world, as_, name) for name in ("partner", "albanian_school", "host", "agency")]
    own_school = {"roles": ["sending"], "parent_id": str(world.organisation("partner"))}

    answers = [as_("partner").patch(address, json=own_school) for address in addresses]
    answers += [as_("partner").delete(address) for address in addresses]

    assert [answer.status_code for answer in answers] == [403] * 8


def test_nobody_promotes_itself(world: World, as_: Any) -> None:
    more = {"roles": ["national_partner", "authority"]}

    answers = [as_(name).patch(member(world, as_, name), json=more) for name in ("partner", "host", "agency")]

    assert [answer.status_code for answer in answers] == [403] * 3


def test_the_coordinator_keeps_its_role(world: World, as_: Any) -> None:
    answer = as_("coordinator").patch(member(world, as_, "coordinator"), json={"roles": ["receiving"]})

    assert (answer.status_code, answer.json["detail"]) == (409, "The project's coordinator keeps that role.")


def test_the_coordinator_may_be_more_than_that(world: World, as_: Any) -> None:
    answer = as_("coordinator").patch(member(world, as_, "coordinator"), json={"roles": ["coordinator", "receiving"]})

    assert (answer.status_code, answer.json["roles"]) == (200, ["coordinator", "receiving"])


def test_the_coordinator_cant_remove_itself(world: World, as_: Any) -> None:
    answer = as_("coordinator").delete(member(world, as_, "coordinator"))

    assert (answer.status_code, answer.json["detail"]) == (409, "The coordinator can't leave its own project.")


def test_a_partner_with_schools_stays_one(world: World, as_: Any) -> None:
    world.organisation("school")

    answer = as_("coordinator").patch(member(world, as_, "partner"), json={"roles": ["network"]})

    assert (answer.status_code, answer.json["detail"]) == (
        409,
        "Schools stand under this national partner; put them under another one first.",
    )


def test_a_partner_removes_its_school(world: World, as_: Any) -> None:
    address = member(world, as_, "school")

    answers = [as_("partner").delete(address), as_("partner").get(address)]

    assert [answer.status_code for answer in answers] == [204, 404]


def test_a_member_that_the_project_still_needs_stays(world: World, as_: Any) -> None:
    world.application(world.call(), sending_organisation_id=world.organisation("school"))

    answers = {name: as_("coordinator").delete(member(world, as_, name)) for name in ("partner", "host", "school")}

    assert {name: (answer.status_code, answer.json["detail"]) for name, answer in answers.items()} == {
        "partner": (409, "The project still has calls, schools of this member; it can leave when none is left."),
        "host": (409, "The project still has destinations of calls of this member; it can leave when none is left."),
        "school": (409, "The project still has applications of this member; it can leave when none is left."),
    }


def test_what_a_member_has_in_another_project_keeps_it_in_none(world: World, as_: Any) -> None:
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    world.other_project("coordinator", "school")
    other = as_("coordinator").get("/v1/projects/OTHER/memberships").json["items"][-1]

    answer = as_("coordinator").delete(f"/v1/projects/OTHER/memberships/{other['id']}")

    assert (other["organisation"], answer.status_code) == ("The school", 204)


def test_a_removed_members_tokens_for_the_project_end(world: World, as_: Any) -> None:
    here, everywhere = as_("host", project=world.project_code()), as_("host")
    as_("coordinator").delete(member(world, as_, "host"))

    answers = [here.get("/v1/me"), everywhere.get("/v1/me")]

    assert [answer.status_code for answer in answers] == [401, 200]


def test_a_stale_removal_is_refused(world: World, as_: Any) -> None:
    address = member(world, as_, "host")
    read = as_("coordinator").get(address)
    as_("coordinator").patch(address, json={"roles": ["receiving", "network"]})

    stale = as_("coordinator").delete(address, headers={"If-Match": read.headers["ETag"]})

    assert stale.status_code == 412


def test_a_membership_is_not_found_under_another_project(world: World, as_: Any) -> None:
    address = member(world, as_, "school")
    world.other_project("coordinator", "school")

    answer = as_("coordinator").get(address.replace("TEST", "OTHER"))

    assert answer.status_code == 404


def test_outsiders_see_no_members(world: World, as_: Any) -> None:
    address = member(world, as_, "school")

    answers = [as_("stranger").get(MEMBERS), as_("stranger").get(address), as_("stranger").delete(address)]

    assert ([answer.status_code for answer in answers], answers[0].json["items"]) == ([200, 404, 404], [])


def test_the_list_costs_the_same_with_one_and_with_three(
    world: World, as_: Any, count_queries: Callable[..., int]
) -> None:
    world.project()
    coordinator = as_("coordinator")
    coordinator.get(MEMBERS)
    one = count_queries(lambda: coordinator.get(MEMBERS))
    for name in ("host", "agency"):
        world.organisation(name)

    assert len(coordinator.get(MEMBERS).json["items"]) == 3
    assert count_queries(lambda: coordinator.get(MEMBERS)) == one
