"""Who is calling."""

from typing import Any

from flask.testing import FlaskClient

from domain.models.tokens import Scope
from tests.world import World


def test_a_token_tells_who_it_is(world: World, as_: Any) -> None:
    me = as_("school", scopes=frozenset({Scope.CALLS_READ})).get("/v1/me")

    shown = {name: value for name, value in me.json.items() if name != "token_id"}
    assert shown == {
        "holder": "school's clerk",
        "organisation_id": str(world.organisation("school")),
        "organisation": "The school",
        "country": "RS",
        "scopes": ["calls:read"],
        "project": None,
        "memberships": [{"project": "TEST", "roles": ["sending"], "parent_id": str(world.organisation("partner"))}],
        "expires_at": "2027-11-22T09:00:00Z",
    }


def test_a_token_for_one_project_tells_of_that_one_alone(world: World, as_: Any) -> None:
    world.other_project("coordinator", "school")

    both, one = (as_("school", project=project).get("/v1/me").json for project in (None, "OTHER"))

    assert [member["project"] for member in both["memberships"]] == ["OTHER", "TEST"]
    assert ([member["project"] for member in one["memberships"]], one["project"]) == (["OTHER"], "OTHER")


def test_a_token_of_no_project_is_somebody_too(as_: Any) -> None:
    me = as_("stranger").get("/v1/me").json

    assert (me["organisation"], me["memberships"]) == ("The stranger", [])


def test_the_public_is_nobody(client: FlaskClient) -> None:
    answer = client.get("/v1/me")

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="intervet"')


def test_a_national_partner_creates_its_schools_and_their_tokens(world: World, client: FlaskClient, as_: Any) -> None:
    partner, partner_id = as_("partner"), str(world.organisation("partner"))
    membership = {"project": "TEST", "roles": ["sending"], "parent_id": partner_id}
    school = {"legal_name": "Srednja škola", "type": "vet_provider", "country": "RS", "membership": membership}

    made = partner.post("/v1/organisations", json=school).json
    members = partner.get("/v1/projects/TEST/memberships").json["items"]
    wanted = {"holder": "Mira Ilić", "organisation_id": made["id"], "project": "TEST"}
    token = partner.post("/v1/tokens", json=wanted | {"scopes": ["applications:submit"]}).json
    me = client.get("/v1/me", headers={"Authorization": f"Bearer {token['secret']}"}).json

    assert made["id"] in [member["organisation_id"] for member in members]
    assert (me["organisation"], me["holder"], me["country"]) == ("Srednja škola", "Mira Ilić", "RS")
    assert (me["scopes"], me["project"]) == (["applications:submit"], "TEST")
    assert me["memberships"] == [membership]
