"""What every view stands on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.app import _check_policies, create_app
from api.http import LONGEST_WRITE, Resource
from domain.config import Config
from domain.models.applications import Application
from domain.models.kept_answers import KeptAnswer
from domain.services.mobility_lists import LONGEST_OPEN_WRITE
from domain.transaction import Database, reading
from tests.api.test_applications import ANA
from tests.conftest import Clock
from tests.world import World

KEY = {"Idempotency-Key": "5f0c7e6e-58a5-4d7c-8b6a-000000000001"}


def test_a_write_that_took_too_long_is_not_done(world: World, config: Config, database: Database, clock: Clock) -> None:
    address = f"/v1/calls/{world.call().id}/applications"
    arrival, moments = clock.now, iter([clock.now])

    slow = create_app(config, clock=lambda: next(moments, arrival + timedelta(seconds=46)), database=database)
    answer = slow.test_client().post(address, json=ANA)

    with reading(database) as session:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert session.scalar(select(func.count()).select_from(Application)) == 0


def test_lists_of_what_changed_reckon_with_longer_writes_than_there_are() -> None:
    # What is still written then, and committed after the list was read, shows in the next one.
    assert timedelta(seconds=10) <= LONGEST_OPEN_WRITE - LONGEST_WRITE


# ── all or nothing ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def failures() -> Iterator[list[Exception]]:
    """What the next commits fail with, one each."""
    waiting: list[Exception] = []

    def fail(_session: Session) -> None:
        if waiting:
            raise waiting.pop()

    event.listen(Session, "before_commit", fail)
    yield waiting
    event.remove(Session, "before_commit", fail)


def lost() -> IntegrityError:
    return IntegrityError("INSERT", None, Exception("another was quicker"))


def test_nothing_is_half_written_when_the_commit_fails(
    world: World, client: FlaskClient, failures: list[Exception]
) -> None:
    address, before = f"/v1/calls/{world.call().id}/applications", world.recorded()
    failures += [lost(), lost(), lost()]

    answer = client.post(address, json=ANA, headers=KEY)

    left = (world.read(select(Application)), world.read(select(KeptAnswer)), world.recorded())
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert left == ([], [], before)
    assert client.post(address, json=ANA, headers=KEY).status_code == 201


def test_a_race_that_was_lost_is_run_again(world: World, client: FlaskClient, failures: list[Exception]) -> None:
    address = f"/v1/calls/{world.call().id}/applications"
    failures += [lost(), lost()]

    answer = client.post(address, json=ANA, headers=KEY)

    assert (answer.status_code, len(world.read(select(Application)))) == (201, 1)
    assert "Idempotency-Replayed" not in answer.headers


# ── pages, heads, policies ────────────────────────────────────────────────────────────────────────────────────────


def test_the_next_page_is_asked_as_the_first_was(world: World, client: FlaskClient) -> None:
    for _ in range(2):
        world.call()

    first = client.get("/v1/calls?lang=sr&status=open&limit=1&sort=slug")

    address, _, query = first.json["next"].partition("?")
    names = dict(part.split("=") for part in query.split("&"))
    assert address == "http://localhost/v1/calls"
    assert {**names, "cursor": ""} == {"lang": "sr", "status": "open", "limit": "1", "sort": "slug", "cursor": ""}


def test_a_head_is_the_answer_without_its_body(world: World, client: FlaskClient, as_: Any) -> None:
    call = world.call()

    for caller, path in ((client, f"/v1/calls/{call.id}"), (as_("partner"), "/v1/me")):
        whole, head = caller.get(path), caller.head(path)
        assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(whole.data)))
        assert head.headers.get("ETag") == whole.headers.get("ETag")


class Forgotten(Resource):
    """An address whose only operation says nothing of who may call it."""

    def get(self) -> str:
        """Answer anyone."""
        return "secret"


def test_an_operation_for_which_nobody_said_who_may_call_it_keeps_us_from_starting() -> None:
    app = Flask("forgetful", static_folder=None)
    app.add_url_rule("/v1/forgotten", view_func=Forgotten.as_view("forgotten"))

    with pytest.raises(AssertionError, match=r"GET /v1/forgotten declares no policy"):
        _check_policies(app)
