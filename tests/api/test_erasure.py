"""To be forgotten, and to take away what is known of one, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.models.applications import Application
from domain.models.kept_answers import KeptAnswer
from tests.api.test_applications import ANA
from tests.api.test_my import programs
from tests.api.test_my_pages import said
from tests.domain.services.decision_steps import S, brought_to
from tests.world import World


@pytest.fixture
def mine(world: World, client: FlaskClient) -> str:
    """The address of an application that Ana has sent in under a key."""
    key = {"Idempotency-Key": "01938f6e-5c00-7000-8000-00000000000a"}
    answer = client.post(f"/v1/calls/{world.call().id}/applications", json=ANA, headers=key)
    return programs(answer.json["my_url"])


@pytest.fixture
def hers(mine: str, world: World) -> str:
    """Where officers find it."""
    return f"/v1/applications/{world.read(select(Application.id))[0]}"


def texts(node: Any) -> Iterator[str]:
    """Every text in a value."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    yield from (node,) if isinstance(node, str) else (text for inner in inside for text in texts(inner))


def test_an_applicant_erases_themselves(mine: str, hers: str, client: FlaskClient, as_: Any) -> None:
    answer = client.post(f"{mine}/erasure")

    assert (answer.status_code, answer.data, client.get(mine).status_code) == (204, b"", 404)
    left = as_("coordinator").get(hers).json
    assert (left["state"], left["person"], left["answers"]) == ("withdrawn", None, None)
    assert left["erased_at"] == "2026-11-22T09:00:00Z"


def test_an_officer_erases_an_applicant(hers: str, as_: Any) -> None:
    answer = as_("coordinator").post(f"{hers}/erasure")

    assert (answer.status_code, answer.json["person"], answer.json["state"]) == (200, None, "withdrawn")
    assert as_("school").post(f"{hers}/erasure").status_code == 404


def test_answers_kept_for_their_requests_go(mine: str, hers: str, world: World, client: FlaskClient, as_: Any) -> None:
    keys = [{"Idempotency-Key": key} for key in ("1", "2")]
    as_("coordinator").post(f"{hers}/eligibility", json={"outcome": "eligible"}, headers=keys[0])
    client.post(f"{mine}/withdrawal", headers=keys[1])
    before = len(world.read(select(KeptAnswer.key)))

    client.post(f"{mine}/erasure", headers={"Idempotency-Key": "last"})

    assert (before, world.read(select(KeptAnswer.key))) == (3, ["last"])


def test_answers_kept_for_requests_on_stays_go(world: World, client: FlaskClient, as_: Any) -> None:
    application, coordinator = brought_to(world, S.CONFIRMED), as_("coordinator")
    (mobility,) = coordinator.get("/v1/mobilities").json["items"]
    coordinator.post(f"/v1/mobilities/{mobility['id']}/confirmation", headers={"Idempotency-Key": "1"})
    before = len(world.read(select(KeptAnswer.key)))

    client.post(f"/v1/my/{world.secret(application)}/erasure")

    assert (before, len(world.read(select(KeptAnswer.key)))) == (1, 0)
    assert coordinator.get(f"/v1/mobilities/{mobility['id']}").json["participant"]["family_name"] is None


def test_the_sheet_and_the_lists_show_no_name(mine: str, client: FlaskClient, as_: Any, world: World) -> None:
    client.post(f"{mine}/erasure")

    call_id = world.read(select(Application.call_id))[0]
    for address in ("/v1/applications", f"/v1/calls/{call_id}/applications.csv", f"/v1/calls/{call_id}"):
        assert "Petrović" not in as_("coordinator").get(address).text


def test_an_applicant_takes_everything_away(world: World, client: FlaskClient) -> None:
    application = brought_to(world, S.CONFIRMED)

    answer = client.get(f"/v1/my/{world.secret(application)}/export")

    found = answer.json
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{application.reference}.json"'
    assert {"Ana", "Petrović", "ana@example.org", "I want to learn."} <= set(texts(found))
    assert (found["participant"]["given_names"], len(found["mobilities"])) == ("Ana", 1)


def test_who_has_not_been_confirmed_takes_their_application_away(mine: str, client: FlaskClient) -> None:
    found = client.get(f"{mine}/export").json

    assert (found["application"], found["participant"], found["mobilities"]) == (client.get(mine).json, None, [])


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_erases_and_says_so_in_the_applicants_language(mine: str, client: FlaskClient) -> None:
    page = mine.removeprefix("/v1")

    answer = client.post(f"{page}/erasure?lang=sq")

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, "sq")
    assert said(answer.text).startswith("Të dhënat tuaja u fshinë")
    assert client.get(page).status_code == 404


def test_another_sites_page_erases_nobody(mine: str, client: FlaskClient) -> None:
    page = mine.removeprefix("/v1")

    assert client.post(f"{page}/erasure", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get(page).status_code == 200


def test_the_page_hands_out_the_file(mine: str, client: FlaskClient) -> None:
    page = client.get(mine.removeprefix("/v1")).text

    assert f'href="{mine}/export?lang=en" download' in page
