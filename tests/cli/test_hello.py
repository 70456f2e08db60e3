"""What a start says: lines that a shell takes as they stand, whatever stands in them."""

import json
import shlex
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from cli import hello
from domain.config import Config
from domain.transaction import Database
from tests.conftest import Clock
from tests.world import MOTIVATION, World


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(hello, "utcnow", clock)


def curls(config: Config, database: Database, token: str | None = "x" * 40) -> list[list[str]]:
    """The lines to try, as a shell takes them apart."""
    lines = hello.greeting(config, database, token).splitlines()
    return [shlex.split(line) for line in lines if line.startswith("curl ")]


def test_addresses_are_the_ones_that_are_published(config: Config, database: Database) -> None:
    said = hello.greeting(replace(config, base_url="https://intervet.example"), database, None)

    assert said.splitlines()[1:3] == [
        "InterVET  https://intervet.example",
        "Docs      https://intervet.example/docs",
    ]


def test_lines_to_try_need_no_proxy(config: Config, database: Database) -> None:
    lines = curls(replace(config, base_url="https://intervet.example", port=8123), database)

    assert {line[-1].split("/v1")[0].split("/openapi")[0] for line in lines} == {"http://127.0.0.1:8123"}


def test_an_open_call_of_the_country_is_applied_to(config: Config, database: Database, world: World) -> None:
    world.call(slug="elsewhere", eligible_countries=["AL"])
    world.call(slug="by-token-alone", public_intake=False)
    world.call(slug="three-weeks")

    assert curls(config, database)[3][-1].endswith("/v1/calls/three-weeks/applications")


def test_each_start_gives_the_application_a_key_of_its_own(config: Config, database: Database, world: World) -> None:
    world.call()

    keys = [next(word for word in curls(config, database)[3] if word.startswith("Idempotency-Key: ")) for _ in "ab"]

    assert [UUID(key.removeprefix("Idempotency-Key: ")).version for key in dict.fromkeys(keys)] == [4, 4]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (MOTIVATION, "I want to learn how others work."),
        ({"name": "motivation", "type": "yes_no"}, True),
        ({"name": "motivation", "type": "date"}, "2030-01-01"),
        ({"name": "motivation", "type": "choice", "choices": [{"value": "it's", "label": {"en": "It's"}}]}, "it's"),
    ],
)
def test_each_required_question_is_answered_by_its_type(
    config: Config, database: Database, world: World, question: dict[str, Any], answer: Any
) -> None:
    world.call(form=[{"label": {"en": "?"}, **question, "required": True}])

    line = curls(config, database)[3]
    assert json.loads(line[line.index("-d") + 1])["answers"] == {"motivation": answer}


@pytest.mark.parametrize(
    "question", [{"type": "file"}, {"type": "text", "shown_when": {"question": "driver", "equals": True}}]
)
def test_a_call_that_asks_for_more_than_an_example_has_is_not_the_one_to_try(
    config: Config, database: Database, world: World, question: dict[str, Any]
) -> None:
    driver = {"name": "driver", "type": "yes_no", "label": {"en": "?"}}
    world.call(form=[driver, {"name": "more", "label": {"en": "?"}, "required": True, **question}])

    assert curls(config, database)[2][-1].endswith("/openapi.json")


def test_a_token_that_we_do_not_know_is_left_to_the_shell(config: Config, database: Database) -> None:
    (line,) = [line for line in hello.greeting(config, database, None).splitlines() if line.endswith("/v1/me")]

    assert '-H "Authorization: Bearer $INTERVET_TOKEN"' in line
