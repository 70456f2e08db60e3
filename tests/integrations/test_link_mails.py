"""Applicants' links in what they are mailed, and lost links mailed again: all on both engines."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from domain.config import Config
from domain.models.applications import Application, SubmittedVia
from domain.models.calls import Call
from domain.models.links import Link
from domain.models.messages import Message, MessageKind, MessageState
from domain.services import link_requests, links
from domain.services.applications import submit_application
from domain.services.letters import contents_of
from domain.services.messages import resend_message
from domain.transaction import Database, reading
from tests.conftest import Clock
from tests.integrations.test_mailer import Office, office_of
from tests.world import World


@pytest.fixture
def office(world: World, database: Database, clock: Clock, config: Config) -> Iterator[Office]:
    """A mailer and its mail server."""
    with office_of(world, database, clock, config) as office:
        yield office


def ask(client: FlaskClient, call: Call, email: str) -> tuple[int, Any]:
    answer = client.post(f"/v1/calls/{call.id}/link-requests", json={"email": email})
    return answer.status_code, answer.json


def links_in(office: Office) -> list[list[str]]:
    """The addresses of applicants' pages in each mail received."""
    texts = [mail.get_content() for mail in office.postbox.received]
    return [[word for word in text.split() if word.startswith("http://localhost/my/")] for text in texts]


def link_mails(office: Office) -> list[str]:
    """To whom lost links were sent."""
    return [mail["To"].addresses[0].username for mail in office.postbox.received if mail["Subject"] == "Your link"]


def requests(world: World) -> list[MessageState]:
    return world.read(select(Message.state).where(Message.kind == MessageKind.LINK).order_by(Message.id))


def test_the_link_in_a_mail_opens_the_application(office: Office, client: FlaskClient) -> None:
    application = office.world.application(office.world.call())

    office.work()

    ((address,),) = links_in(office)
    answer = client.get(address.replace("http://localhost/my/", "/v1/my/"))
    assert (answer.status_code, answer.json["reference"]) == (200, application.reference)


def test_a_link_that_was_replaced_is_mailed_no_more(office: Office, client: FlaskClient) -> None:
    application = office.world.application(office.world.call())
    office.work()
    office.world.do(
        lambda session, by, at: links.replace_link(session, session.get_one(Application, application.id), by=by, at=at)
    )
    (message_id,) = office.world.read(select(Message.id))
    office.world.do(resend_message, message_id)
    office.work()

    (first,), (second,) = links_in(office)
    answers = [client.get(one.replace("http://localhost/my/", "/v1/my/")).status_code for one in (first, second)]
    assert answers == [404, 200]


def test_who_applied_before_there_were_links_is_given_one(office: Office) -> None:
    office.world.application(office.world.call())
    office.world.do(lambda session, **_: session.execute(delete(Link)))

    office.work()

    assert [len(found) for found in links_in(office)] == [1]


def test_a_lost_link_is_mailed_again_to_the_address_that_it_was_made_for(office: Office, client: FlaskClient) -> None:
    call = office.world.call()
    office.world.application(call, "Ana")
    office.world.application(call, "Bojan")
    office.work()

    ask(client, call, "ANA@example.org")
    office.work()

    assert link_mails(office) == ["ana"]
    assert links_in(office)[-1] in links_in(office)[:2]


def test_one_address_of_a_whole_class_gets_all_its_links_in_one_mail(office: Office, client: FlaskClient) -> None:
    call = office.world.call()
    for name in ("Ana", "Bojan", "Ceca"):
        wanted = office.world.application_input(name)
        wanted = replace(wanted, person=replace(wanted.person, email="school@example.org"))
        office.world.do(submit_application, str(call.id), wanted, via=SubmittedVia.API)

    ask(client, call, "school@example.org")
    office.work()

    text = next(mail for mail in office.postbox.received if mail["Subject"] == "Your link").get_content()
    assert (link_mails(office), text.count("http://localhost/my/")) == (["school"], 3)
    assert [name for name in ("Ana Petrović", "Bojan Petrović", "Ceca Petrović") if name in text] == [
        "Ana Petrović",
        "Bojan Petrović",
        "Ceca Petrović",
    ]


def test_nobody_learns_who_applied(office: Office, client: FlaskClient, count_queries: Any) -> None:
    call = office.world.call()
    office.world.application(call, "Ana")
    ask(client, call, "warm@example.org")
    answers: list[Any] = []

    costs = [
        count_queries(lambda email=email: answers.append(ask(client, call, email)))
        for email in ("ana@example.org", "nobody@example.org")
    ]

    assert (answers, costs[0]) == ([(202, {}), (202, {})], costs[1])
    assert requests(office.world) == [MessageState.WAITING] * 3


def test_who_never_applied_gets_no_mail(office: Office, client: FlaskClient) -> None:
    call = office.world.call()
    ask(client, call, "nobody@example.org")

    office.work()

    assert (office.postbox.received, requests(office.world)) == ([], [MessageState.DROPPED])


def test_an_address_that_only_looks_alike_gets_nothing(office: Office, client: FlaskClient) -> None:
    call = office.world.call()
    office.world.application(call, "Ana")
    office.work()

    ask(client, call, "aná@example.org")
    office.work()

    assert link_mails(office) == ["ana"]


def test_an_address_is_written_to_once_in_a_quarter_of_an_hour(office: Office, client: FlaskClient) -> None:
    call = office.world.call()
    office.world.application(call, "Ana")

    answers = {ask(client, call, "ana@example.org")[0] for _ in range(3)}
    office.work(minutes=16)
    ask(client, call, "ana@example.org")
    office.work()

    assert (answers, link_mails(office)) == ({202}, ["ana", "ana"])


def test_beyond_a_number_for_the_call_no_more_are_kept(
    office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_requests, "MOST", 2)
    call = office.world.call()

    answers = [ask(client, call, f"{name}@example.org")[0] for name in ("ana", "bojan", "ceca")]

    assert (answers, len(requests(office.world))) == ([202] * 3, 2)


def test_what_was_asked_for_is_forgotten_after_a_day(office: Office, client: FlaskClient, clock: Clock) -> None:
    call = office.world.call()
    ask(client, call, "nobody@example.org")
    office.work()
    forget = lambda session, by, at: link_requests.forget_requests(session, at=at)  # noqa: E731

    office.world.do(forget)
    before = len(requests(office.world))
    clock.move(hours=25)
    office.world.do(forget)

    assert (before, requests(office.world)) == (1, [])


def test_a_class_of_many_costs_as_many_queries_as_one(
    office: Office, client: FlaskClient, count_queries: Any, config: Config
) -> None:
    call = office.world.call()
    ask(client, call, "s@example.org")
    (message_id,) = office.world.read(select(Message.id))

    def contents() -> None:
        with reading(office.world.database) as session:
            contents_of(session, message_id, config=config)

    costs = []
    for name in ("Ana", "Bojan", "Ceca"):
        person = replace(office.world.application_input(name).person, email="s@example.org")
        office.world.application(call, name, person=person)
        costs.append(count_queries(contents))

    assert costs[0] == costs[2]


def test_an_invented_applicant_has_no_link_mailed(office: Office, client: FlaskClient) -> None:
    call = office.world.call()
    office.world.application(call, "Ana")
    office.world.do(lambda session, **_: session.execute(update(Application).values(synthetic=True)))

    ask(client, call, "ana@example.org")
    office.work()

    assert office.postbox.received == []
