"""Applications over HTTP."""

from typing import Any

from flask.testing import FlaskClient

from tests.world import World

ANA = {
    "person": {
        "given_names": "Ana",
        "family_name": "Petrović",
        "email": "ana@example.org",
        "birth_date": "2005-03-08",
        "country": "RS",
    },
    "answers": {"motivation": "I want to learn."},
    "consents": [{"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}],
}


def test_the_public_applies_and_gets_a_reference(world: World, client: FlaskClient) -> None:
    answer = client.post(f"/v1/calls/{world.call().id}/applications", json=ANA)

    assert answer.status_code == 201, answer.json
    assert (answer.json["state"], answer.json["late"]) == ("submitted", False)


def test_the_partner_reads_who_applied(world: World, client: FlaskClient, as_: Any) -> None:
    client.post(f"/v1/calls/{world.call().id}/applications", json=ANA)

    listed = as_("partner").get("/v1/applications")

    assert [item["person"]["given_names"] for item in listed.json["items"]] == ["Ana"]


def test_an_error_names_the_field(world: World, client: FlaskClient) -> None:
    wrong = ANA | {"person": ANA["person"] | {"email": "ana", "shoe_size": 38}}

    answer = client.post(f"/v1/calls/{world.call().id}/applications", json=wrong)

    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [
        ("/person/email", "not_an_email"),
        ("/person/shoe_size", "unknown_field"),
    ]


def test_the_same_key_gets_the_same_answer_and_makes_one_application(world: World, client: FlaskClient) -> None:
    address, key = (
        f"/v1/calls/{world.call().id}/applications",
        {"Idempotency-Key": "5f0c7e6e-58a5-4d7c-8b6a-000000000001"},
    )

    first = client.post(address, json=ANA, headers=key)
    second = client.post(address, json=ANA, headers=key)

    assert (second.status_code, second.json) == (201, first.json)
    assert second.headers["Idempotency-Replayed"] == "true"
