"""From a rule's no to a status and a document."""

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
from tests.house import House

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
