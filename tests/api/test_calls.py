"""Calls over HTTP."""

from typing import Any

from flask.testing import FlaskClient

from tests.world import World


def test_everyone_reads_an_open_call_in_their_language(world: World, client: FlaskClient) -> None:
    call = world.call()

    answer = client.get(f"/v1/calls/{call.slug}", headers={"Accept-Language": "sr-RS"})

    assert (answer.json["title"], answer.json["lang"], answer.json["status"]) == (
        "Три недеље у Лиону",
        "sr-Cyrl",
        "open",
    )


def test_a_draft_is_not_found_by_the_public(world: World, client: FlaskClient) -> None:
    answer = client.get(f"/v1/calls/{world.draft().id}")

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_patch_merges_and_a_stale_one_is_refused(world: World, as_: Any) -> None:
    address, partner = f"/v1/calls/{world.call().id}", as_("partner")
    read = partner.get(address)

    first = partner.patch(address, json={"title": {"sq": "Tri javë"}}, headers={"If-Match": read.headers["ETag"]})
    second = partner.patch(address, json={"places": 3}, headers={"If-Match": read.headers["ETag"]})

    assert first.json["title"] == {"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону", "sq": "Tri javë"}
    assert second.status_code == 412


def test_the_list_of_open_calls_pages_with_a_link(world: World, client: FlaskClient) -> None:
    for places in (1, 2, 3):
        world.call(places=places)

    first = client.get("/v1/calls?status=open&limit=2")
    second = client.get(first.json["next"])

    assert [len(first.json["items"]), len(second.json["items"])] == [2, 1]
    assert second.json["next"] is None
