"""Idempotency-Key: the same request sent again gets the same answer, and nothing happens twice."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.app import create_app
from domain.config import Config
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.kept_answers import KeptAnswer
from domain.models.tokens import Scope
from domain.models.webhooks import Endpoint
from domain.services import kept_answers, tokens
from domain.services.tokens import TokenInput
from domain.transaction import Database
from tests.api.test_applications import ANA, at_once
from tests.conftest import Caller, Clock
from tests.world import World

KEY = {"Idempotency-Key": "5f0c7e6e-58a5-4d7c-8b6a-000000000001"}
HOOK = {"url": "https://hooks.example.org/intervet", "event_types": ["*"]}
UNKEPT = ("Date", "X-Request-Id", "Idempotency-Replayed", "Content-Length")


def headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name not in UNKEPT}


def test_the_same_request_gets_the_same_answer_and_is_done_once(world: World, client: FlaskClient) -> None:
    address = f"/v1/calls/{world.call().id}/applications"

    first, second = (client.post(address, json=ANA, headers=KEY) for _ in range(2))

    assert (second.status_code, second.data, headers(second)) == (201, first.data, headers(first))
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert len(world.read(select(Application))) == 1


def test_a_secret_is_told_again_and_its_row_shows_nothing(world: World, as_: Any) -> None:
    partner = as_("partner")

    first, second = (partner.post("/v1/webhooks", json=HOOK, headers=KEY) for _ in range(2))

    (kept,) = world.read(select(KeptAnswer))
    shown = " ".join(str(bytes(value) if isinstance(value, bytes) else value) for value in vars(kept).values())
    assert (first.json["secret"], len(world.read(select(Endpoint)))) == (second.json["secret"], 1)
    assert [word for word in (first.json["secret"], "whsec_", "hooks.example.org") if word in shown] == []


def test_another_request_under_the_same_key_is_refused(world: World, client: FlaskClient) -> None:
    first, second = (f"/v1/calls/{world.call().id}/applications" for _ in range(2))
    client.post(first, json=ANA, headers=KEY)

    other_body = client.post(first, json=ANA | {"lang": "sq"}, headers=KEY)
    other_call = client.post(second, json=ANA, headers=KEY)

    assert (other_body.status_code, other_body.json["code"]) == (422, "idempotency_mismatch")
    assert other_call.status_code == 201


def test_a_refusal_leaves_no_key_and_a_mended_request_may_use_it(world: World, client: FlaskClient) -> None:
    address = f"/v1/calls/{world.call().id}/applications"

    wrong = client.post(address, json=ANA | {"answers": {}}, headers=KEY)
    kept = world.read(select(KeptAnswer))
    right = client.post(address, json=ANA, headers=KEY)

    assert (wrong.status_code, kept, right.status_code) == (422, [], 201)


def test_an_answer_survives_a_restart(world: World, config: Config, database: Database, clock: Clock) -> None:
    address = f"/v1/calls/{world.call().id}/applications"

    first, second = (
        create_app(config, clock=clock, database=database).test_client().post(address, json=ANA, headers=KEY)
        for _ in range(2)
    )

    assert (first.data, second.headers["Idempotency-Replayed"]) == (second.data, "true")


def test_an_answer_is_kept_for_seven_days(world: World, client: FlaskClient, clock: Clock) -> None:
    address = f"/v1/calls/{world.call().id}/applications"
    replayed = []
    for wait in (timedelta(0), timedelta(days=7), timedelta(microseconds=1)):
        clock.now += wait
        world.do(lambda session, by, at: kept_answers.forget_old(session, at=at))
        replayed.append("Idempotency-Replayed" in client.post(address, json=ANA, headers=KEY).headers)

    assert replayed == [False, True, False]


def test_keys_are_shared_only_among_tokens_that_would_get_the_same(world: World, client: FlaskClient, as_: Any) -> None:
    wanted = TokenInput(holder="a colleague", scopes=list(Scope), organisation_id=world.organisation("partner"))
    colleague = Caller(client, world.do(tokens.create_token, wanted).secret)
    less = frozenset(Scope) - {Scope.PERSONAL_READ}
    callers = (as_("partner"), colleague, as_("school"), as_("partner", project="TEST"), as_("partner", scopes=less))

    answers = [caller.post("/v1/webhooks", json=HOOK, headers=KEY) for caller in callers]

    assert ["Idempotency-Replayed" in answer.headers for answer in answers] == [False, True, False, False, False]


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
def test_a_key_that_can_not_be_is_refused(as_: Any, key: str) -> None:
    answer = as_("partner").post("/v1/webhooks", json=HOOK, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "not_a_key")


def test_the_publics_key_is_an_id_and_a_tokens_any_word(world: World, client: FlaskClient, as_: Any) -> None:
    address, key = f"/v1/calls/{world.call().id}/applications", {"Idempotency-Key": "my-first-application"}

    public, partner = client.post(address, json=ANA, headers=key), as_("partner").post(address, json=ANA, headers=key)

    assert (public.status_code, public.json["errors"][0]["code"], partner.status_code) == (422, "not_a_key", 201)


def test_a_key_is_for_posts_alone(world: World, as_: Any) -> None:
    call, partner = world.call(), as_("partner")

    for places in (3, 4):
        partner.patch(f"/v1/calls/{call.id}", json={"places": places}, headers=KEY)

    assert (world.read(select(Call.places)), world.read(select(KeptAnswer))) == ([4], [])


def test_twins_at_once_get_one_answer(world: World, config: Config, database: Database, clock: Clock) -> None:
    address, app = f"/v1/calls/{world.call().id}/applications", create_app(config, clock=clock, database=database)

    answers = at_once(4, lambda: app.test_client().post(address, json=ANA, headers=KEY))

    assert {(answer.status_code, answer.data) for answer in answers} == {(201, answers[0].data)}
    assert len(world.read(select(Application))) == 1


def test_a_twin_that_waits_too_long_is_told_to_come_back(
    world: World, config: Config, database: Database, clock: Clock
) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: who waits there, waits for the writer's place")
    address, held, done = f"/v1/calls/{world.call().id}/applications", threading.Event(), threading.Event()

    def stalling() -> datetime:
        """A clock that stands between the work and its end: the second time it is asked, the answer is made."""
        if began.is_set():
            held.set()
            done.wait()
        began.set()
        return clock.now

    began, slow, quick = (
        threading.Event(),
        create_app(config, clock=stalling, database=database),
        create_app(config, clock=clock, database=database),
    )
    twin = threading.Thread(target=lambda: slow.test_client().post(address, json=ANA, headers=KEY))
    twin.start()
    held.wait()
    answer = quick.test_client().post(address, json=ANA, headers=KEY)
    done.set()
    twin.join()

    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (409, "busy", "2")


def test_an_answer_with_a_person_is_not_repeated_to_a_token_that_may_not_see_persons(world: World, as_: Any) -> None:
    address = f"/v1/applications/{world.application(world.call()).id}/eligibility"
    blind = as_("partner", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    answers = [caller.post(address, json={"outcome": "eligible"}, headers=KEY) for caller in (as_("partner"), blind)]

    assert [(answer.status_code, "person" in answer.json) for answer in answers] == [(200, True), (409, False)]
