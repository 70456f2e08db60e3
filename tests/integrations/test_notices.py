"""Notices to organisations: what a contact reads, against a real mail server, on both engines."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.config import Config
from domain.models.messages import Message, MessageKind, MessageState
from domain.models.organisations import Notices, Organisation
from domain.models.webhooks import Endpoint
from domain.services import deliveries, notices
from domain.transaction import Database
from tests.conftest import NOW, Clock
from tests.deliveries import disable, endpoint, fan_out
from tests.integrations.test_mailer import Office, office_of
from tests.world import World


@pytest.fixture
def office(world: World, database: Database, clock: Clock, config: Config) -> Iterator[Office]:
    """A mailer and its mail server."""
    with office_of(world, database, clock, config) as office:
        yield office


def contact(world: World, name: str, wanted: Notices, lang: str = "en") -> None:
    """Let an organisation have a contact who wants so much."""
    values = {"contact_name": "Mira Ilić", "contact_email": f"{name}@example.org", "notices": wanted, "lang": lang}
    change = update(Organisation).where(Organisation.id == world.organisation(name)).values(**values)
    world.do(lambda session, **_: session.execute(change))


def received(office: Office) -> list[tuple[str, str]]:
    """To whom what was written, without what applicants got."""
    mails = [(mail["To"].addresses[0].username, str(mail["Subject"])) for mail in office.postbox.received]
    return sorted(mail for mail in mails if mail[0] != "ana")


def digest(office: Office) -> int:
    return office.world.do(lambda session, by, at: notices.owe_digests(session, at=at))


def test_each_organisation_reads_what_concerns_it(office: Office) -> None:
    for name in ("partner", "school", "albanian_partner", "network", "coordinator"):
        contact(office.world, name, Notices.EACH)
    call = office.world.call()
    fan_out(office.world)
    office.world.do(lambda session, **_: session.execute(update(Message).values(next_at=NOW + timedelta(days=99))))

    office.world.application(call, sending_organisation_id=office.world.organisation("school"))
    office.work()

    assert received(office) == [(name, "An application was submitted") for name in ("coordinator", "partner", "school")]


def test_a_school_reads_of_the_calls_for_its_country(office: Office) -> None:
    contact(office.world, "school", Notices.EACH)
    contact(office.world, "albanian_school", Notices.EACH)
    office.world.call()

    office.work()

    assert ("school", "A call was published") in received(office)
    assert [to for to, subject in received(office) if to != "school" and subject.startswith("A call")] == []


def test_a_notice_names_the_call_and_the_application_and_nobody(office: Office) -> None:
    contact(office.world, "partner", Notices.EACH, lang="sr-Latn")
    application = office.world.application(office.world.call())

    office.work()

    text = next(mail for mail in office.postbox.received if mail["Subject"] == "Podneta je prijava").get_content()
    assert f"Poziv: Tri nedelje u Lionu\r\nBroj: {application.reference}" in text
    assert [word for word in ("Ana", "Petrović", "ana@") if word in text] == []


def test_who_wants_nothing_gets_nothing(office: Office) -> None:
    contact(office.world, "partner", Notices.NONE)
    office.world.application(office.world.call())

    office.work()
    digest(office)
    office.work()

    assert received(office) == []


def test_a_digest_comes_once_a_day_with_all_that_happened(office: Office) -> None:
    contact(office.world, "partner", Notices.DAILY)
    application = office.world.application(office.world.call())
    office.work()

    owed = []
    for hours in (0, 20, 1, 23, 1):  # from nine o'clock to five the next morning, to six, and on
        office.work(hours=hours, minutes=1)
        owed.append(digest(office))
    office.work()

    (mail,) = [one for one in office.postbox.received if one["To"].addresses[0].username == "partner"]
    assert owed == [1, 1, 0, 1, 0]
    assert mail["Subject"] == "What happened since yesterday"
    assert f"- An application was submitted, Three weeks in Lyon, {application.reference}\r\n" in mail.get_content()
    states = office.world.read(select(Message.state).where(Message.kind == MessageKind.DIGEST).order_by(Message.id))
    assert states == [MessageState.DROPPED, MessageState.SENT, MessageState.DROPPED]


def test_after_days_of_standstill_one_digest_tells_of_all_of_them(office: Office) -> None:
    contact(office.world, "partner", Notices.DAILY)
    digest(office)
    office.world.application(office.world.call())
    office.work(days=3)

    assert digest(office) == 1
    office.work()

    (mail,) = [one for one in office.postbox.received if one["To"].addresses[0].username == "partner"]
    assert "An application was submitted" in mail.get_content()


def test_a_long_digest_says_how_much_is_left_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.services.notice_contents.MOST_LINES", 2)
    contact(office.world, "partner", Notices.DAILY)
    office.world.selection("Ana", "Ana B")
    office.work()
    office.work(days=1)
    digest(office)
    office.work()

    text = next(one for one in office.postbox.received if "yesterday" in one["Subject"]).get_content()
    assert (text.count("\r\n- "), "And 4 more." in text) == (2, True)


def test_a_contact_is_told_of_an_endpoint_that_was_disabled_whatever_it_wants(office: Office) -> None:
    contact(office.world, "partner", Notices.NONE)
    disable(office.world, endpoint(office.world, "partner"))

    office.work()

    assert received(office) == [("partner", "Your webhook was disabled: partner.example.org")]
    assert "/hook" not in office.postbox.received[0].get_content()


def test_a_contact_is_told_of_an_endpoint_that_fails_while_it_does(office: Office) -> None:
    contact(office.world, "partner", Notices.NONE)
    one = endpoint(office.world, "partner")
    _fail(office, one, since=NOW - timedelta(days=1))

    office.work()

    (mail,) = office.postbox.received
    assert mail["Subject"] == "Your webhook does not answer: partner.example.org"
    assert "has not arrived since 21 November 2026, 9:00 (UTC+0)" in mail.get_content().replace("09:00", "9:00")


def test_an_endpoint_that_answers_again_is_not_written_about(office: Office) -> None:
    contact(office.world, "partner", Notices.NONE)
    one = endpoint(office.world, "partner")
    _fail(office, one, since=NOW - timedelta(days=1))
    fan_out(office.world)
    _set(office.world, one, failing_since=None)

    office.work()

    assert (office.postbox.received, office.states()) == ([], [MessageState.DROPPED])


def _fail(office: Office, one: Endpoint, **values: Any) -> None:
    _set(office.world, one, failing_since=values["since"])
    office.world.do(lambda session, by, at: deliveries.warn_of_failing(session, at=at))


def _set(world: World, one: Endpoint, **values: Any) -> None:
    world.do(lambda session, **_: session.execute(update(Endpoint).where(Endpoint.id == one.id).values(**values)))


def test_the_log_of_notices_is_for_the_organisation_and_who_looks_after_it(as_: Any, world: World) -> None:
    contact(world, "school", Notices.EACH)
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    fan_out(world)
    address = f"/v1/organisations/{world.organisation('school')}/messages"

    answers = {name: as_(name).get(address).status_code for name in ("school", "partner", "host", "stranger")}

    kinds = {row["kind"] for row in as_("school").get(address).json["items"]}
    assert (answers, kinds) == ({"school": 200, "partner": 200, "host": 403, "stranger": 404}, {"notice"})
