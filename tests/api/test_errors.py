"""From a rule's no to a status and a document."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.errors import STATUS, findings_of, status_of
from domain import errors
from domain.config import Config
from domain.errors import DomainError
from domain.transaction import connect
from schemas.base import Coded
from tests.house import APPLICATION, House

DEADLINE = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Unauthenticated("Who?"), 401),
        (errors.Forbidden("No."), 403),
        (errors.NotFound("Where?"), 404),
        (errors.Conflict("Not now."), 409),
        (errors.StateConflict("Not now."), 409),
        (errors.CallClosed(DEADLINE, "Europe/Belgrade"), 409),
        (errors.CallNotOpen(DEADLINE, "Europe/Belgrade"), 409),
        (errors.DuplicateApplication("A-1"), 409),
        (errors.NoPlaceLeft("Full."), 409),
        (errors.Busy("Wait.", retry_after=2), 409),
        (errors.PreconditionFailed("Stale."), 412),
        (errors.InvalidInput([]), 422),
        (errors.IdempotencyMismatch("Another."), 422),
        (errors.Unavailable("Down.", retry_after=5), 503),
    ],
)
def test_a_rules_no_has_a_status(error: DomainError, status: int) -> None:
    assert status_of(error) == status


def test_every_way_to_say_no_has_a_status() -> None:
    def kinds(kind: type[DomainError]) -> set[type[DomainError]]:
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    unanswered = {kind for kind in kinds(DomainError) if not any(parent in STATUS for parent in kind.__mro__)}

    assert unanswered == {DomainError}


@pytest.mark.parametrize(
    ("messages", "findings"),
    [
        ({"person": {"email": ["x"]}}, [("/person/email", "invalid_input")]),
        ({"places": [Coded("out_of_range", minimum=1)]}, [("/places", "out_of_range")]),
        ({"a/b": {"c~d": [Coded("required")]}}, [("/a~1b/c~0d", "required")]),
        ({0: {"_schema": [Coded("wrong_type")]}}, [("/0", "wrong_type")]),
        ({"a": [Coded("one"), Coded("two")]}, [("/a", "one"), ("/a", "two")]),
    ],
)
def test_nested_messages_become_pointers(messages: Any, findings: Any) -> None:
    assert [(found.pointer, found.code) for found in findings_of(messages)] == findings


def test_a_problem_says_what_where_and_what_would_work(house: House) -> None:
    answer = house.send("GET", "/v1/calls/no-such-call")

    problem = answer.json
    assert answer.content_type == "application/problem+json"
    assert {name: problem[name] for name in ("title", "status", "detail", "instance", "code")} == {
        "title": "This was not found.",
        "status": 404,
        "detail": "There is no such call, or it isn't published.",
        "instance": "/v1/calls/no-such-call",
        "code": "not_found",
    }
    assert problem["type"] == "http://localhost/docs/problems#not_found"
    assert problem["request_id"] == answer.headers["X-Request-Id"]


def test_a_problem_is_told_in_the_readers_language(house: House) -> None:
    told = {}
    for lang in ("en", "sq", "mk", "sr-Latn", "ja"):
        answer = house.apply(json={}, headers={"Accept-Language": lang})
        told[lang] = (answer.headers["Content-Language"], answer.json["errors"][0]["detail"])

    assert told == {
        "en": ("en", "This is required."),
        "sq": ("sq", "Kjo është e detyrueshme."),
        "mk": ("mk", "Ова е задолжително."),
        "sr-Latn": ("sr-Latn", "Ovo je obavezno."),
        "ja": ("en", "This is required."),
    }


def test_a_method_that_an_address_lacks_is_answered_with_those_it_has(house: House) -> None:
    answer = house.send("DELETE", house.call)

    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "PATCH"}


def test_no_problem_is_kept_by_anyone(house: House) -> None:
    answers = [house.send("GET", path) for path in ("/v1/calls/x", "/v1/calls?nope=1", "/v1/me", "/nowhere")]

    assert [(answer.status_code, answer.headers["Cache-Control"]) for answer in answers] == [
        (404, "no-store"),
        (422, "no-store"),
        (401, "no-store"),
        (404, "no-store"),
    ]


def test_a_mistake_of_ours_says_nothing_of_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = connect(f"sqlite:///{tmp_path / 'without-tables.sqlite'}")
    config = Config(tmp_path, "", "http://localhost", secret_keys=("a key for tests, of no use elsewhere",))

    answer = create_app(config, database=database).test_client().get("/v1/projects")

    database.close()
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert [word for word in ("projects.", "sqlite", "Traceback", "no such") if word in answer.json["detail"]] == []
    assert "unexpected error" in [record.message for record in caplog.records]


NOTHING_HERE = "There is nothing at this address; /docs names every address that there is."
NOT_SO = "This address doesn't have this method; the header Allow names those that it has."


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [("GET", "/v1", NOTHING_HERE), ("GET", "/v1/nothing", NOTHING_HERE), ("DELETE", "/v1/calls", NOT_SO)],
)
def test_what_the_server_itself_refuses_is_told_in_our_words(house: House, method: str, path: str, detail: str) -> None:
    assert house.client.open(path, method=method).json["detail"] == detail


def told(house: House, path: str, *, lang: str = "en", **options: Any) -> list[tuple[str, str]]:
    """The pointers and sentences of a refusal."""
    answer = house.client.open(path, headers={"Accept-Language": lang}, **options)
    return [(error["pointer"], error["detail"]) for error in answer.json["errors"]]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("answer", " Do you mean “answers”?"),
        ("persons", " Do you mean “person”?"),
        ("colour", ""),
        ("x" * 5000, ""),
    ],
    ids=lambda value: value[:10],
)
def test_an_unknown_field_is_answered_with_the_nearest_that_there_is(house: House, name: str, hint: str) -> None:
    body = {**APPLICATION, name: 1}

    ((pointer, sentence),) = told(house, f"{house.call}/applications", method="POST", json=body)

    assert (pointer, sentence) == (f"/{name}", f"There is no field named “{name}” here.{hint}")


def test_a_hint_is_given_inside_of_objects_and_in_addresses_and_in_the_readers_language(house: House) -> None:
    person = {**APPLICATION["person"], "birthdate": "2005-03-08"}
    body = {**APPLICATION, "person": person}

    inside = told(house, f"{house.call}/applications", method="POST", json=body, lang="sq")
    address = told(house, "/v1/calls?contry=RS")

    assert inside == [
        ("/person/birthdate", "Këtu nuk ka fushë me emrin “birthdate”. A mos keni parasysh “birth_date”?")
    ]
    assert address == [("/contry", "There is no field named “contry” here. Do you mean “country”?")]


def test_the_code_of_an_unknown_field_stays_what_it_was(house: House) -> None:
    answer = house.client.get("/v1/calls?contry=RS")

    assert [(error["code"], error["in"]) for error in answer.json["errors"]] == [("unknown_field", "query")]


def test_ten_thousand_unknown_fields_are_refused_at_once(house: House) -> None:
    body = APPLICATION | {f"answers{number}": 1 for number in range(10_000)}
    begun = time.monotonic()

    found = told(house, f"{house.call}/applications", method="POST", json=body)

    hints = [sentence for _, sentence in found if "Do you mean" in sentence]
    assert (len(hints), len(found), time.monotonic() - begun < 2) == (10, 100, True)
