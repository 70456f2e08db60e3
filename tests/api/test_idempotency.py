"""Idempotency-Key: whose answers are repeated to whom."""

from typing import Any

from flask.testing import FlaskClient

from domain.models.tokens import Scope
from tests.conftest import Caller
from tests.world import World

ALL = frozenset(Scope)


def test_an_answer_with_a_person_is_not_repeated_to_a_token_that_may_not_see_persons(
    world: World, client: FlaskClient, as_: Any
) -> None:
    application = world.application(world.call())
    blind = Caller(client, world.token("partner", scopes=ALL - {Scope.PERSONAL_READ}))
    request = {"json": {"outcome": "eligible"}, "headers": {"Idempotency-Key": "one-key"}}
    as_("partner").post(f"/v1/applications/{application.id}/eligibility", **request)

    answer = blind.post(f"/v1/applications/{application.id}/eligibility", **request)

    assert (answer.status_code, "person" in answer.json) == (409, False)
