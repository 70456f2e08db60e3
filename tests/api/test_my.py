"""An application over HTTP by its applicant's link."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.app import create_app
from domain.config import Config
from domain.models.applications import Application
from domain.services.links import secret_of
from domain.transaction import Database
from tests.api.test_applications import ANA
from tests.conftest import Clock
from tests.domain.services.decision_steps import S, brought_to
from tests.world import LINK_KEY, World

Count = Callable[[Callable[[], Any]], int]
NOBODYS = secret_of(UUID(int=1), key=LINK_KEY)


@pytest.fixture
def applied(world: World, client: FlaskClient) -> str:
    """The address of an application that Ana has just sent in, written to in Albanian."""
    call = world.call()
    return programs(client.post(f"/v1/calls/{call.id}/applications", json=ANA | {"lang": "sq"}).json["my_url"])


def programs(my_url: str) -> str:
    """The address for programs of what is for people at `my_url`."""
    return my_url.replace("http://localhost/my/", "/v1/my/")


def test_an_applicant_reads_where_they_stand_in_their_language(applied: str, client: FlaskClient) -> None:
    answer = client.get(applied)

    shown = answer.json
    assert (answer.status_code, answer.headers["Content-Language"], shown["lang"]) == (200, "sq", "sq")
    assert (shown["state"], shown["state_text"], shown["actions"]) == ("submitted", "E dorëzuar", ["withdrawal"])
    assert (shown["person"], shown["answers"]) == (
        ANA["person"] | {"gender": None, "nationality": None, "phone": None},
        ANA["answers"],
    )
    assert shown["call"]["closes_at_text"] == "21 dhjetor 2026, 10:00 (UTC+1)"
    assert [(moment["state"], moment["at"]) for moment in shown["history"]] == [("submitted", "2026-11-22T09:00:00Z")]


@pytest.mark.parametrize(
    ("lang", "text", "title"),
    [
        ("sr-Latn", "Podneta", "Tri nedelje u Lionu"),
        ("sr-Cyrl", "Поднета", "Три недеље у Лиону"),
        ("mk", "Поднесена", "Three weeks in Lyon"),
        ("*", "E dorëzuar", "Three weeks in Lyon"),
    ],
)
def test_another_language_is_asked_for(applied: str, client: FlaskClient, lang: str, text: str, title: str) -> None:
    shown = client.get(f"{applied}?lang={lang}", headers={"Accept-Language": "bs"}).json

    assert (shown["state_text"], shown["call"]["title"]) == (text, title)


def test_reading_changes_nothing(applied: str, client: FlaskClient, world: World) -> None:
    before = (world.read(select(Application.version)), world.recorded())

    tags = {client.get(applied).headers["ETag"] for _ in range(2)}

    assert ((world.read(select(Application.version)), world.recorded()), len(tags)) == (before, 1)
    assert client.get(applied, headers={"If-None-Match": tags.pop()}).status_code == 304


def test_an_answer_is_for_the_applicant_alone(applied: str, client: FlaskClient) -> None:
    headers = client.get(applied, headers={"Origin": "https://elsewhere.example"}).headers

    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("secret", [NOBODYS, "z" * 43, "x", "%D9%A3" * 43, "%00"])
def test_what_is_no_link_is_not_found(world: World, client: FlaskClient, secret: str) -> None:
    answer = client.get(f"/v1/my/{secret}")

    assert (answer.status_code, answer.json["code"], answer.json["instance"]) == (404, "not_found", "/v1/my/…")


def test_what_is_not_even_shaped_like_a_link_costs_no_look_up(
    world: World, client: FlaskClient, count_queries: Count
) -> None:
    assert count_queries(lambda: client.get(f"/v1/my/{NOBODYS[:-1]}")) < count_queries(
        lambda: client.get(f"/v1/my/{NOBODYS}")
    )


def test_a_token_says_nothing_here(applied: str, client: FlaskClient, as_: Any) -> None:
    assert as_("stranger").get(applied).json == client.get(applied).json
    assert as_("coordinator").get(f"/v1/my/{NOBODYS}").status_code == 404


def test_an_applicant_withdraws(applied: str, client: FlaskClient, world: World) -> None:
    answer = client.post(f"{applied}/withdrawal?lang=en")

    assert (answer.status_code, answer.json["state"], answer.json["actions"]) == (200, "withdrawn", [])
    assert (answer.json["meaning"], world.recorded()[-1]) == (
        "The application was withdrawn.",
        "application.withdrawn",
    )


@pytest.mark.parametrize(("action", "state"), [("confirmation", "confirmed"), ("decline", "declined")])
def test_an_applicant_answers_an_offer(world: World, client: FlaskClient, action: str, state: str) -> None:
    address = f"/v1/my/{world.secret(brought_to(world, S.SELECTED))}"

    answer = client.post(f"{address}/{action}", json={})

    assert (answer.status_code, answer.json["state"], answer.json["history"][-1]["state"]) == (200, state, state)


def test_what_can_not_be_done_is_refused(applied: str, client: FlaskClient) -> None:
    answer = client.post(f"{applied}/confirmation")

    assert (answer.status_code, answer.json["code"]) == (409, "state_conflict")


def test_a_key_is_the_links_own(world: World, client: FlaskClient) -> None:
    call, headers = world.call(), {"Idempotency-Key": "1"}
    first, other = (f"/v1/my/{world.secret(world.application(call, name))}" for name in ("Ana", "Mia"))

    answers = [client.post(f"{address}/withdrawal", headers=headers) for address in (first, other, first)]

    names = [answer.json["person"]["given_names"] for answer in answers]
    replayed = ["Idempotency-Replayed" in answer.headers for answer in answers]
    assert (names, replayed) == (["Ana", "Mia", "Ana"], [False, False, True])


def test_the_publics_second_has_a_link_like_any_other(world: World, client: FlaskClient) -> None:
    address = f"/v1/calls/{world.call().id}/applications"
    first, second = (client.get(programs(client.post(address, json=ANA).json["my_url"])).json for _ in range(2))

    own = {"reference"}
    assert {name for name in first if first[name] != second[name]} == own


def test_a_new_secret_key_leaves_links_alone(
    applied: str, client: FlaskClient, config: Config, database: Database, clock: Clock
) -> None:
    rotated = Config(**{**vars(config), "secret_keys": ("another key, of no use elsewhere either",)})

    other = create_app(rotated, clock=clock, database=database).test_client()

    assert other.get(applied).json == client.get(applied).json


def test_an_officer_replaces_a_link_that_a_stranger_may_have(
    applied: str, client: FlaskClient, world: World, as_: Any
) -> None:
    (application,) = world.read(select(Application))

    answer = as_("partner").post(f"/v1/applications/{application.id}/link-revocation")

    assert (answer.status_code, client.get(applied).status_code) == (200, 404)
    assert client.get(programs(answer.json["my_url"])).json["reference"] == application.reference
