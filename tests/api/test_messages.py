"""What people are told by mail, over HTTP: the log, and one sent once more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.models.applications import Application
from domain.models.messages import Message, MessageState
from domain.models.tokens import Scope
from domain.services import decisions, message_queue
from domain.services.message_queue import Result
from tests.conftest import Clock
from tests.deliveries import fan_out
from tests.house import told
from tests.world import World

Count = Callable[[Callable[[], Any]], int]


@pytest.fixture
def application(world: World) -> Application:
    """An application of the Serbian school's, of whose receipt nothing has come yet."""
    made = world.application(world.call(), sending_organisation_id=world.organisation("school"))
    fan_out(world)
    return made


def settle(world: World, clock: Clock, **outcome: Any) -> None:
    """Claim what is due, and let it have ended so."""

    def verb(session: Any, *, by: Any, at: Any) -> None:
        for claim in message_queue.claim(session, limit=9, lease=timedelta(minutes=1), at=at):
            message_queue.settle(session, Result(claim, at, 7, **outcome), at=at)

    world.do(verb)


def log(caller: Any, application: Application, query: str = "") -> list[dict[str, Any]]:
    return caller.get(f"/v1/applications/{application.id}/messages{query}").json["items"]  # type: ignore[no-any-return]


def test_the_log_tells_what_is_owed_and_to_whom(as_: Any, application: Application, world: World) -> None:
    (message,) = log(as_("school"), application)

    (event_id,) = world.read(select(Message.event_id))
    shown = {name: message[name] for name in ("kind", "recipient", "state", "attempts", "event_id", "log")}
    assert shown == {
        "kind": "submitted",
        "recipient": "applicant",
        "state": "waiting",
        "attempts": 0,
        "event_id": str(event_id),
        "log": [],
    }


def test_the_log_tells_of_every_attempt(as_: Any, application: Application, world: World, clock: Clock) -> None:
    settle(world, clock, code=451, status="4.7.1", error="refused")
    clock.move(minutes=1)
    settle(world, clock, sent=True, lang="en", code=250)

    (message,) = log(as_("school"), application)

    assert (message["state"], message["lang"], message["sent_at"]) == ("sent", "en", "2026-11-22T09:01:00Z")
    assert [(one["number"], one["code"], one["status"], one["error"]) for one in message["log"]] == [
        (1, 451, "4.7.1", "refused"),
        (2, 250, None, None),
    ]


def test_the_log_is_for_those_who_see_the_application(as_: Any, application: Application) -> None:
    address = f"/v1/applications/{application.id}/messages"

    answers = {name: as_(name).get(address).status_code for name in ("coordinator", "partner", "school", "host")}

    assert answers == {"coordinator": 200, "partner": 200, "school": 200, "host": 404}


def test_the_log_names_nobody(as_: Any, application: Application) -> None:
    answer = as_("school").get(f"/v1/applications/{application.id}/messages")

    assert [word for word in ("example.org", "Ana", "Petrović") if word in answer.text] == []


def test_a_long_log_takes_as_many_queries_as_a_short_one(
    as_: Any, application: Application, world: World, clock: Clock, count_queries: Count
) -> None:
    school = as_("school")
    log(school, application)
    one = count_queries(lambda: log(school, application))
    for _ in range(2):
        settle(world, clock, sent=True)
        school.post(f"/v1/messages/{log(school, application)[0]['id']}/resend")

    assert count_queries(lambda: log(school, application)) == one
    assert len(log(school, application)) == 3


def test_a_message_is_sent_once_more_as_a_new_one(
    as_: Any, application: Application, world: World, clock: Clock
) -> None:
    settle(world, clock, permanent=True, code=550, error="refused")
    (failed,) = log(as_("school"), application)

    answer = as_("school").post(f"/v1/messages/{failed['id']}/resend")

    assert (answer.status_code, answer.json["state"], answer.json["resent_from_id"]) == (202, "waiting", failed["id"])
    assert [row["state"] for row in log(as_("school"), application)] == ["waiting", "failed"]


def test_what_has_not_gone_out_yet_is_not_sent_twice(as_: Any, application: Application) -> None:
    (waiting,) = log(as_("school"), application)

    assert told(as_("school").post(f"/v1/messages/{waiting['id']}/resend"))[0] == 409


def test_what_is_not_so_any_more_is_not_told_again(
    as_: Any, application: Application, world: World, clock: Clock
) -> None:
    settle(world, clock, sent=True)
    (sent,) = log(as_("school"), application)
    world.do(decisions.withdraw_application, application.id)

    assert told(as_("school").post(f"/v1/messages/{sent['id']}/resend"))[0] == 409


READERS = frozenset({Scope.APPLICATIONS_READ})


@pytest.mark.usefixtures("application")
def test_it_is_sent_again_by_those_who_speak_for_the_applicant(as_: Any, world: World, clock: Clock) -> None:
    settle(world, clock, sent=True)
    (message_id,) = world.read(select(Message.id).where(Message.state == MessageState.SENT))
    callers = (as_("host"), as_("school", scopes=READERS), as_("partner", scopes=READERS), as_("school"))

    answers = [caller.post(f"/v1/messages/{message_id}/resend").status_code for caller in callers]

    assert answers == [404, 403, 403, 202]


def test_one_that_there_is_not_is_not_found(as_: Any) -> None:
    address = "/v1/messages/01938f6e-5c00-7000-8000-000000000001/resend"

    assert as_("partner").post(address).status_code == 404
