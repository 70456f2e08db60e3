"""The texts that people are asked to agree to, over HTTP: a project's, and those that a call shows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.app import create_app
from domain.config import Config
from domain.models.consents import ASKED_BY_CALLS, ConsentText
from domain.models.tokens import Scope
from domain.services.consent_texts import STANDARD
from domain.transaction import Database
from tests.conftest import Clock
from tests.world import World

TEXTS = "/v1/projects/TEST/consent-texts"
OURS = {"en": "I agree.", "sr-Cyrl": "Сагласност дајем."}
PURPOSES = ["processing", "sharing_with_hosts", "photographs", "newsletter", "parental_consent"]
PERSON = {
    "given_names": "Ana",
    "family_name": "Petrović",
    "email": "ana@example.org",
    "birth_date": "2005-03-08",
    "country": "RS",
}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def write(as_: Any, purpose: str = "processing", **text: str) -> Any:
    answer = as_("coordinator").put(f"{TEXTS}/{purpose}", json={"text": text or OURS})
    assert answer.status_code == 200, answer.json
    return answer


# ── a project's ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_everyone_reads_the_texts_of_a_project_in_their_language(world: World, client: FlaskClient) -> None:
    world.project()

    answer = client.get(TEXTS, headers={"Accept-Language": "sr-ME"})

    assert [one["purpose"] for one in answer.json["items"]] == PURPOSES
    first = answer.json["items"][0]
    assert (first["text_version"], first["lang"], first["created_at"]) == ("1", "cnr", None)
    assert (first["text"], answer.json["next"]) == (STANDARD["processing"]["cnr"], None)
    assert answer.headers["Content-Language"] == "cnr"


def test_all_languages_come_at_once(world: World, client: FlaskClient) -> None:
    world.project()

    answer = client.get(f"{TEXTS}/newsletter?lang=*")

    assert (answer.json["text"], "lang" in answer.json) == (STANDARD["newsletter"], False)


def test_the_texts_of_a_draft_are_for_its_members(world: World, client: FlaskClient, as_: Any) -> None:
    wanted = {"code": "NEXT", "title": {"en": "Next"}, "action_type": "KA121-VET", "rule_set": "KA1-VET-2021"}
    dates = {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "languages": ["en"]}
    as_("partner").post("/v1/projects", json=wanted | dates)

    answers = [who.get("/v1/projects/NEXT/consent-texts") for who in (as_("partner"), as_("school"), client)]

    assert [answer.status_code for answer in answers] == [200, 404, 404]


def test_the_coordinator_writes_the_next_version(world: World, client: FlaskClient, as_: Any, clock: Clock) -> None:
    world.project()

    answer = write(as_)

    assert answer.json == {
        "purpose": "processing",
        "text_version": "2",
        "text": OURS,
        "created_at": "2026-11-22T09:00:00Z",
    }
    clock.move(days=1)
    assert write(as_).json == answer.json
    assert client.get(f"{TEXTS}/processing?lang=*").json == answer.json


def test_an_earlier_version_is_read_by_its_number(world: World, client: FlaskClient, as_: Any) -> None:
    world.project()
    write(as_)

    answers = [client.get(f"{TEXTS}/processing?lang=en&text_version={number}") for number in (1, 2, 3)]

    assert [answer.json.get("text") for answer in answers] == [STANDARD["processing"]["en"], "I agree.", None]
    assert answers[2].status_code == 404


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, [("/text", "required")]),
        ({"text": {}}, [("/text", "required")]),
        ({"text": "I agree."}, [("/text", "wrong_type")]),
        ({"text": {"english": "I agree.", "en": ""}}, [("/text/en", "too_short")]),
        ({"text": {"e": "I agree."}}, [("/text/e", "not_a_language_tag")]),
        ({"text": {"en": "x" * 20_001}}, [("/text/en", "too_long")]),
        ({"text": OURS, "version": 3}, [("/version", "unknown_field")]),
    ],
)
def test_a_text_that_cannot_be_is_refused_by_name(world: World, as_: Any, body: Any, found: Any) -> None:
    world.project()

    answer = as_("coordinator").put(f"{TEXTS}/processing", json=body)

    assert (answer.status_code, refusals(answer)) == (422, found)


def test_who_may_not_write_a_text_is_told_so(world: World, client: FlaskClient, as_: Any) -> None:
    world.project()
    body = {"json": {"text": OURS}}
    without = frozenset(Scope) - {Scope.PROJECTS_MANAGE}

    callers = [as_("partner"), as_("stranger"), as_("coordinator", scopes=without), client]
    answers = [who.put(f"{TEXTS}/processing", **body).status_code for who in callers]

    assert answers == [403, 403, 403, 401]


def test_a_purpose_that_there_is_not_is_not_found(world: World, client: FlaskClient, as_: Any) -> None:
    world.project()

    answers = [client.get(f"{TEXTS}/ads"), as_("coordinator").put(f"{TEXTS}/ads", json={"text": OURS})]

    assert [answer.status_code for answer in answers] == [404, 404]


# ── a call's ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_shows_what_it_asks_for_in_the_readers_language(world: World, client: FlaskClient) -> None:
    call = world.call(consent_purposes=["processing", "newsletter"])

    answer = client.get(f"/v1/calls/{call.id}?lang=mk")

    assert answer.json["consents"] == [
        {"purpose": name, "required": needed, "text_version": "1", "text": STANDARD[name]["mk"], "lang": "mk"}
        for name, needed in (("processing", True), ("newsletter", False))
    ]
    assert (answer.json["lang"], answer.json["consent_purposes"]) == ("en", ["processing", "newsletter"])


def test_a_call_in_all_languages_shows_its_texts_in_all(world: World, client: FlaskClient) -> None:
    call = world.call()

    answer = client.get(f"/v1/calls/{call.id}?lang=*")

    assert answer.json["consents"] == [
        {"purpose": "processing", "required": True, "text_version": "1", "text": STANDARD["processing"]}
    ]


def test_what_a_call_shows_can_be_agreed_to_as_it_stands(world: World, client: FlaskClient, as_: Any) -> None:
    call = world.call(consent_purposes=list(ASKED_BY_CALLS))
    write(as_, "photographs")
    shown = client.get(f"/v1/calls/{call.id}?lang=sr-Latn").json["consents"]
    sent = [{name: one[name] for name in ("purpose", "text_version", "lang")} | {"granted": True} for one in shown]
    wanted = {"person": PERSON, "answers": {"motivation": "To learn."}, "consents": sent}

    answer = client.post(f"/v1/calls/{call.id}/applications", json=wanted)

    assert (answer.status_code, {one["lang"] for one in shown}) == (201, {"sr-Latn"}), answer.json
    kept = as_("partner").get(f"/v1/applications/{answer.json['id']}").json["consents"]
    assert {one["purpose"]: one["text_version"] for one in kept} == dict.fromkeys(ASKED_BY_CALLS, "1") | {
        "photographs": "2"
    }
    assert {(one["source"], one["given_by"], one["given_at"]) for one in kept} == {
        ("api", "applicant", "2026-11-22T09:00:00Z")
    }


def test_many_who_are_the_first_to_agree_are_all_taken_in(
    world: World, config: Config, database: Database, clock: Clock
) -> None:
    address, app = f"/v1/calls/{world.call().id}/applications", create_app(config, clock=clock, database=database)
    consents = [{"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}]

    def apply(number: int) -> int:
        person = PERSON | {"email": f"ana{number}@example.org", "family_name": f"Petrović {number}"}
        wanted = {"person": person, "answers": {"motivation": "To learn."}, "consents": consents}
        return app.test_client().post(address, json=wanted).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(apply, range(6)))

    assert (statuses, len(world.read(select(ConsentText)))) == ([201] * 6, len(PURPOSES))


def test_a_new_text_shows_at_once_and_is_no_answer_that_somebody_has(
    world: World, client: FlaskClient, as_: Any, clock: Clock
) -> None:
    address = f"/v1/calls/{world.call().id}?lang=en"
    before = client.get(address)
    clock.move(seconds=5)
    write(as_)

    known = {"If-None-Match": before.headers["ETag"]}
    since = {"If-Modified-Since": before.headers["Last-Modified"]}
    after = [client.get(address, headers=headers) for headers in (known, since)]

    assert [(one.status_code, one.json["consents"][0]["text"]) for one in after] == [(200, "I agree.")] * 2
    with_token = [as_("coordinator").get(address, headers=headers).status_code for headers in (known, since)]
    assert with_token == [200, 200]


def test_many_calls_show_their_texts_in_as_many_queries_as_one(
    world: World, client: FlaskClient, count_queries: Callable[..., int], as_: Any
) -> None:
    caller = as_("coordinator")
    world.call()
    caller.get("/v1/calls")
    one = count_queries(lambda: caller.get("/v1/calls"))
    for _ in range(2):
        world.call()

    assert count_queries(lambda: caller.get("/v1/calls")) == one


@pytest.mark.parametrize(
    ("purposes", "found"),
    [
        (["ads"], [("/consent_purposes/0", "not_a_choice")]),
        (["processing", "photos"], [("/consent_purposes/1", "not_a_choice")]),
        (["processing", "processing"], [("/consent_purposes/1", "repeated")]),
        ([*PURPOSES, "processing"], [("/consent_purposes", "too_many")]),
    ],
)
def test_a_call_asks_for_known_purposes_once_each(world: World, as_: Any, purposes: list[str], found: Any) -> None:
    call = world.draft()

    answer = as_("partner").patch(f"/v1/calls/{call.id}", json={"consent_purposes": purposes})

    assert (answer.status_code, refusals(answer)) == (422, found)


def test_publishing_names_the_languages_that_a_text_to_agree_to_lacks(world: World, as_: Any) -> None:
    call = world.draft()
    write(as_, en="I agree.")

    answer = as_("partner").post(f"/v1/calls/{call.id}/publication")

    assert answer.json["missing_translations"] == ["/consents/0/text/sr-Cyrl"]


def test_an_outdated_text_is_refused_in_the_readers_language(world: World, client: FlaskClient, as_: Any) -> None:
    call = world.call()
    write(as_)
    consent = {"purpose": "processing", "granted": True, "text_version": "9", "lang": "en"}

    answer = client.post(
        f"/v1/calls/{call.id}/applications",
        json={"person": PERSON, "answers": {"motivation": "To learn."}, "consents": [consent]},
        headers={"Accept-Language": "mk"},
    )

    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == ("/consents/0/text_version", "outdated_text")
    assert error["detail"] == (
        "Ова не е текстот што важи сега, а тоа е верзијата 2. Прочитајте го повторно и согласете се со неа."
    )
