"""The log: each request by its route, and nothing of what anybody sent."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from domain import logs
from domain.config import Config
from domain.services.tokens import hash_of
from domain.transaction import Database
from tests.conftest import Clock
from tests.world import World

CANARY = "canary"


@pytest.fixture
def lines() -> Iterator[Any]:
    """What the process logs, read by calling it."""
    stream, kept = io.StringIO(), logging.getLogger().handlers[:]
    level = logging.getLogger().level
    logs.to_stream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.basicConfig(level=level, handlers=kept, force=True)


class Reader(FlaskClient):
    """A client that reads each answer to its end, as the line is written then."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call and read."""
        return super().open(*args, **kwargs | {"buffered": True})


@pytest.fixture
def client(config: Config, database: Database, clock: Clock) -> FlaskClient:
    """A client of the whole application."""
    app = create_app(config, clock=clock, database=database)
    app.test_client_class = Reader
    return app.test_client()


def application(world: World) -> dict[str, Any]:
    """An application in which everything that a person writes is a canary."""
    person = {
        "given_names": f"{CANARY} given",
        "family_name": f"{CANARY} family",
        "email": f"{CANARY}@example.org",
        "birth_date": "2005-03-08",
        "country": "RS",
        "phone": "+381 60 0000000",
    }
    consent = {"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}
    return {"person": person, "answers": {"motivation": CANARY}, "consents": [consent]}


def test_a_request_is_one_line_with_its_route_and_how_it_ended(world: World, client: FlaskClient, lines: Any) -> None:
    answer = client.post(f"/v1/calls/{world.call().id}/applications", json=application(world))

    [line] = lines()

    assert {name: line[name] for name in ("logger", "message", "route", "method", "status", "bytes", "request_id")} == {
        "logger": "intervet.requests",
        "message": "request",
        "route": "/v1/calls/<name:id_or_slug>/applications",
        "method": "POST",
        "status": 201,
        "bytes": len(answer.data),
        "request_id": answer.headers["X-Request-Id"],
    }
    assert line.keys() - {"at", "level", "ms"} == {
        "logger",
        "message",
        "route",
        "method",
        "status",
        "bytes",
        "request_id",
    }


@pytest.mark.parametrize(
    "asked",
    [
        ("get", f"/v1/calls?q={CANARY}", {}),
        ("get", f"/v1/calls?{CANARY}=1", {}),
        ("get", f"/v1/calls/{CANARY}", {}),
        ("get", f"/{CANARY}", {}),
        ("get", f"/v1/me?lang={CANARY}", {"headers": {"Authorization": f"Bearer {CANARY * 6}"}}),
        ("get", "/v1/me", {"headers": {"Accept-Language": CANARY, "User-Agent": CANARY, "X-Forwarded-For": CANARY}}),
        ("post", "/v1/calls", {"data": CANARY, "content_type": f"text/{CANARY}"}),
        ("post", "/v1/calls", {"json": {CANARY: CANARY}}),
        ("post", "/v1/calls", {"data": f'{{"{CANARY}', "content_type": "application/json"}),
        ("post", "/v1/calls", {"json": {}, "headers": {"Idempotency-Key": f"{CANARY} \u00e9"}}),
        ("patch", f"/v1/calls/{CANARY}", {"json": {"title": {"en": CANARY}}, "headers": {"If-Match": f'"{CANARY}"'}}),
    ],
)
def test_what_was_asked_is_in_no_line(as_: Any, client: FlaskClient, lines: Any, asked: tuple[Any, ...]) -> None:
    method, path, options = asked

    for caller in (client, as_("partner")):
        getattr(caller, method)(path, **options)

    assert [line["logger"] for line in lines()] == ["intervet.requests"] * 2
    assert CANARY not in json.dumps(lines())


def test_a_person_is_in_no_line_and_in_the_answer(world: World, client: FlaskClient, as_: Any, lines: Any) -> None:
    client.post(f"/v1/calls/{world.call().id}/applications", json=application(world))

    listed = as_("partner").get("/v1/applications")

    assert listed.text.count(CANARY) == 4
    assert (len(lines()), CANARY in json.dumps(lines())) == (2, False)


def test_the_secret_of_a_link_is_in_no_line(world: World, client: FlaskClient, lines: Any) -> None:
    secret = world.secret(world.application(world.call()))

    for method, path in (("get", ""), ("post", "/withdrawal"), ("post", "/withdrawal"), ("delete", ""), ("get", "/x")):
        getattr(client, method)(f"/v1/my/{secret}{path}")

    assert [(line["route"], line["status"]) for line in lines()] == [
        ("/v1/my/<secret>", 200),
        ("/v1/my/<secret>/withdrawal", 200),
        ("/v1/my/<secret>/withdrawal", 409),
        ("unmatched", 405),
        ("unmatched", 404),
    ]
    assert secret not in json.dumps(lines())


def test_a_refusal_names_the_class_of_the_error(client: FlaskClient, lines: Any) -> None:
    client.get("/v1/calls/nowhere")

    assert [(line["status"], line["error_class"]) for line in lines()] == [(404, "NotFound")]


def test_a_token_is_named_by_the_beginning_of_its_hash(world: World, as_: Any, lines: Any) -> None:
    as_("partner").get("/v1/me")

    assert [line["token"] for line in lines()] == [hash_of(world.token("partner")).hex()[:8]]


def test_an_error_of_ours_says_where_it_was_raised_and_not_what_it_says(
    client: FlaskClient, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("domain.services.calls.list_calls", fail)
    answer = client.get("/v1/calls")

    [error, request] = lines()
    assert (answer.status_code, error["level"], error["error_class"], request["status"]) == (
        500,
        "ERROR",
        "RuntimeError",
        500,
    )
    assert error["trace"][-1].startswith("test_logs.py:")
    assert CANARY not in json.dumps(lines()) + answer.text


def test_an_answer_prepared_before_is_logged_like_the_first(world: World, client: FlaskClient, lines: Any) -> None:
    call = world.call()

    for _ in range(2):
        client.get(f"/v1/calls/{call.slug}")

    assert [(line["route"], line["status"]) for line in lines()] == [("/v1/calls/<name:id_or_slug>", 200)] * 2


def test_the_bytes_of_a_stream_are_counted_while_they_go(world: World, as_: Any, lines: Any) -> None:
    world.mobility()

    answer = as_("coordinator").get("/v1/mobilities.ndjson", buffered=True)

    assert [line["bytes"] for line in lines()] == [len(answer.data)]
