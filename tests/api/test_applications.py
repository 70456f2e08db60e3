"""Applications over HTTP."""

import threading
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.app import create_app
from domain.config import Config
from domain.models.applications import Application
from domain.models.events import EventType
from domain.models.mobilities import Mobility
from domain.models.tokens import Scope
from domain.transaction import Database
from tests.conftest import Clock
from tests.world import World

Count = Callable[[Callable[[], Any]], int]
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
WITHOUT_PERSONS = frozenset(Scope) - {Scope.PERSONAL_READ}


def changed(body: Any, pointer: str, value: Any) -> Any:
    """The same body with another value at the pointer."""
    body = deepcopy(body)
    *path, last = pointer.strip("/").split("/")
    inner = body
    for name in path:
        inner = inner[name]
    inner[last] = value
    return body


def intake(world: World, **changes: Any) -> str:
    return f"/v1/calls/{world.call(**changes).id}/applications"


# ── intake ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_public_applies_and_gets_a_reference(world: World, client: FlaskClient) -> None:
    answer = client.post(intake(world), json=ANA)

    receipt = answer.json
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "private, no-store")
    assert (receipt["state"], receipt["late"], receipt["submitted_at"]) == ("submitted", False, "2026-11-22T09:00:00Z")
    assert answer.headers["Location"] == f"http://localhost/v1/applications/{receipt['id']}"


def test_a_receipt_shows_nobody_who_applied(world: World, client: FlaskClient) -> None:
    address = intake(world)

    first, second = client.post(address, json=ANA), client.post(address, json=ANA)

    assert set(first.json) == {"id", "reference", "call_id", "state", "late", "submitted_at", "my_url"}
    assert (second.status_code, set(second.json), second.json["state"]) == (201, set(first.json), "submitted")
    assert (first.json["id"] != second.json["id"], first.json["reference"] != second.json["reference"]) == (True, True)


def test_a_token_that_applies_again_gets_the_reference(world: World, client: FlaskClient, as_: Any) -> None:
    address = intake(world)
    first = client.post(address, json=ANA)

    answer = as_("partner").post(address, json=ANA, headers={"Accept-Language": "sq"})

    problem = answer.json
    assert (answer.status_code, problem["code"], problem["reference"]) == (
        409,
        "duplicate_application",
        first.json["reference"],
    )
    assert first.json["reference"] in problem["title"]


WRONG = [
    ("/person/email", "ana", "not_an_email"),
    ("/person/shoe_size", 38, "unknown_field"),
    ("/person/birth_date", "2005-02-29", "not_a_date"),
    ("/person/birth_date", "1605-03-08", "out_of_range"),
    ("/person/given_names", "A\x00na", "control_character"),
    ("/person/given_names", " ", "too_short"),
    ("/person/gender", "3", "not_a_gender"),
    ("/person/phone", "ring me", "not_a_phone"),
    ("/person/country", "AL", "not_a_choice"),
    ("/answers", [], "wrong_type"),
    ("/answers/motivation", 7, "wrong_type"),
    ("/answers/motivation", "a\x00b", "control_character"),
    ("/answers/shoe_size", 38, "unknown_field"),
    ("/eqf_level", 9, "out_of_range"),
    ("/eqf_level", 4.0, "wrong_type"),
    ("/eqf_level", True, "wrong_type"),
    ("/isced_f", "١٢", "not_isced_f"),
    ("/consents", [], "consent_needed"),
    ("/preferences", "x", "wrong_type"),
    ("/draft", "yes", "wrong_type"),
]


def test_every_mistake_names_its_field(world: World, client: FlaskClient) -> None:
    address, found = intake(world), []
    for pointer, value, _ in WRONG:
        (error,) = client.post(address, json=changed(ANA, pointer, value)).json["errors"]
        found.append((error["pointer"], value, error["code"]))

    assert found == WRONG
    assert world.read(select(Application)) == []


def test_a_refusal_is_in_the_readers_language_and_in_the_calls_time(
    world: World, client: FlaskClient, clock: Clock
) -> None:
    address, titles = intake(world), []
    for days in (-2, 31):
        clock.move(days=days)
        answer = client.post(address, json=ANA, headers={"Accept-Language": "sq"})
        titles.append((answer.status_code, answer.json["code"], answer.json["title"]))

    assert titles == [
        (409, "call_not_open_yet", "Thirrja nuk është hapur ende. Hapet më 21 nëntor 2026, 10:00 (UTC+1)."),
        (409, "call_closed", "Thirrja është e mbyllur. Afati ishte 21 dhjetor 2026, 10:00 (UTC+1)."),
    ]


def test_the_same_person_sent_at_once_from_everywhere_is_one_application(
    world: World, config: Config, database: Database, clock: Clock
) -> None:
    address, app = intake(world), create_app(config, clock=clock, database=database)
    headers = {"Authorization": f"Bearer {world.token('partner')}"}

    statuses = at_once(4, lambda: app.test_client().post(address, json=ANA, headers=headers).status_code)

    assert sorted(statuses) == [201, 409, 409, 409]
    assert world.recorded().count(EventType.APPLICATION_SUBMITTED) == 1


def test_the_public_sends_at_once_from_everywhere_and_one_counts(
    world: World, config: Config, database: Database, clock: Clock
) -> None:
    address, app = intake(world), create_app(config, clock=clock, database=database)

    statuses = at_once(4, lambda: app.test_client().post(address, json=ANA).status_code)

    rows = world.read(select(Application))
    assert (statuses, len(rows)) == ([201] * 4, 4)
    assert [row.duplicate_of_id for row in rows].count(None) == 1
    assert world.recorded().count(EventType.APPLICATION_SUBMITTED) == 1


def at_once(times: int, act: Callable[[], Any]) -> list[Any]:
    """What comes of doing the same in several threads at the same moment."""
    start, found = threading.Barrier(times), []

    def begin() -> None:
        start.wait()
        found.append(act())

    threads = [threading.Thread(target=begin) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_applied_is_shown_to_those_with_the_scope_alone(world: World, as_: Any) -> None:
    world.application(world.call())

    (whole,) = as_("partner").get("/v1/applications").json["items"]
    (bare,) = as_("partner", scopes=WITHOUT_PERSONS).get("/v1/applications").json["items"]

    assert (whole["person"]["given_names"], whole["answers"]) == ("Ana", {"motivation": "I want to learn."})
    assert {name for name in whole if whole[name] != bare[name]} == {"person", "answers"}
    assert (bare["person"], bare["answers"], bare["participant_id"]) == (None, None, None)


def test_one_application_is_shown_as_in_the_list(world: World, as_: Any) -> None:
    application, partner = world.application(world.call()), as_("partner")

    (listed,) = partner.get("/v1/applications").json["items"]

    assert partner.get(f"/v1/applications/{application.id}").json == listed


def test_an_application_that_one_can_not_see_is_not_found(world: World, client: FlaskClient, as_: Any) -> None:
    address = f"/v1/applications/{world.application(world.call()).id}"

    statuses = [as_(name).get(address).status_code for name in ("albanian_partner", "host", "stranger")]

    assert (statuses, client.get(address).status_code) == ([404, 404, 404], 401)


def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(world: World, as_: Any, count_queries: Count) -> None:
    reader, call = as_("coordinator"), world.call()
    reader.get("/v1/applications")
    counts = []
    for names in (("Ana",), ("Mia", "Eva")):
        for name in names:
            world.application(call, name)
        counts.append(count_queries(lambda: reader.get("/v1/applications")))

    assert counts[0] == counts[1]


# ── decisions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_application_goes_its_way_over_http(world: World, as_: Any) -> None:
    ana, mia, eva, iva = (application.id for application in world.selection("Ana", "Mia", "Eva", "Iva"))
    place = {"destination_id": str(world.read(select(Application))[0].call.destinations[0].id)}
    partner = as_("partner")
    steps = [
        (ana, "selection", {**place, "confirm_by": "2026-12-24T12:00:00+01:00"}, "selected"),
        (ana, "confirmation", {}, "confirmed"),
        (mia, "selection", place, "selected"),
        (eva, "reservation", {"rank": 1}, "reserve"),
        (mia, "decline", {}, "declined"),
        (eva, "promotion", place, "selected"),
        (eva, "withdrawal", {}, "withdrawn"),
        (iva, "rejection", {"reason": "Too few places."}, "rejected"),
    ]

    found = [
        (one, step, body, partner.post(f"/v1/applications/{one}/{step}", json=body).json)
        for one, step, body, _ in steps
    ]

    assert [(one, step, body, answer["state"]) for one, step, body, answer in found] == steps
    assert (found[0][3]["confirm_by"], found[-1][3]["reason"]) == ("2026-12-24T11:00:00Z", "Too few places.")
    assert len(world.read(select(Mobility))) == 1


@pytest.mark.parametrize("outcome", ["eligible", "ineligible"])
def test_eligibility_is_decided_with_a_reason(world: World, as_: Any, outcome: str) -> None:
    address = f"/v1/applications/{world.application(world.call()).id}/eligibility"

    answer = as_("partner").post(address, json={"outcome": outcome, "reason": "As the rules say."})

    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (200, outcome, "As the rules say.")


def test_a_decision_that_can_not_be_read_is_refused(world: World, as_: Any) -> None:
    (application,) = world.selection("Ana")
    wrong = [
        ("eligibility", {"outcome": "maybe"}, "/outcome"),
        ("eligibility", {}, "/outcome"),
        ("reservation", {"rank": 0}, "/rank"),
        ("reservation", {"rank": 2**63}, "/rank"),
        ("selection", {"destination_id": "x"}, "/destination_id"),
        ("selection", {}, "/destination_id"),
        ("confirmation", {"participant": 1}, "/participant"),
        ("withdrawal", {"why": "x"}, "/why"),
    ]

    partner, address = as_("partner"), f"/v1/applications/{application.id}"
    answers = [(step, body, partner.post(f"{address}/{step}", json=body)) for step, body, _ in wrong]

    assert [(step, body, answer.json["errors"][0]["pointer"]) for step, body, answer in answers] == wrong
    assert {answer.status_code for _, _, answer in answers} == {422}


def test_the_last_place_is_refused_with_a_reason(world: World, as_: Any) -> None:
    ana, mia = world.selection("Ana", "Mia", places=1, destinations=())
    partner = as_("partner")
    partner.post(f"/v1/applications/{ana.id}/selection", json={})

    answer = partner.post(f"/v1/applications/{mia.id}/selection", json={})

    assert (answer.status_code, answer.json["code"]) == (409, "no_place_left")


def test_who_sees_and_may_not_decide_is_told_so(world: World, as_: Any) -> None:
    application = world.application(world.call(), sending_organisation_id=world.organisation("school"))
    address, body = f"/v1/applications/{application.id}/eligibility", {"outcome": "eligible"}
    names = ("school", "albanian_partner", "host")

    statuses = [as_(name).post(address, json=body).status_code for name in names]
    reading = as_("partner", scopes=frozenset({Scope.APPLICATIONS_READ})).post(address, json=body)

    assert statuses == [403, 404, 404]
    assert (reading.status_code, reading.json["scope"]) == (403, "applications:decide")
