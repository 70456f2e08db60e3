"""The mailer against a real mail server, on both engines."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from domain.config import Config
from domain.db import change
from domain.models.applications import Application, SubmittedVia
from domain.models.messages import Message, MessageAttempt, MessageState
from domain.policies import PUBLIC
from domain.services import applications, corrections, decisions, message_queue, messages, webhooks
from domain.services.webhooks import EndpointInput
from domain.transaction import Database, transaction, utcnow
from domain.vault import Vault
from integrations import mailer as frame
from integrations.http import Sender
from integrations.mail.send import Mailbox
from integrations.mailer import CLAIMED, LEASE, REST_S, Mailer, mailing
from integrations.worker import Worker
from tests.conftest import Clock
from tests.deliveries import fan_out
from tests.integrations.mail_server import Postbox, wait_for
from tests.integrations.receiver import Receiver
from tests.integrations.test_worker import LOOPBACK
from tests.integrations.working import by_the_clock
from tests.world import World


@dataclass
class Office:
    """A mailer by a clock that tests move, and the mail server that it hands letters to."""

    world: World
    mailer: Mailer
    postbox: Postbox
    clock: Clock

    def work(self, **later: float) -> float:
        """Let so much time pass, also in the mailer's database, and one round be made."""
        self.clock.move(**later)
        self.show()
        fan_out(self.world)
        return self.mailer.round()

    def show(self) -> None:
        """Let the mailer's database show the same time."""
        if not self.mailer.database.on_sqlite:
            with transaction(self.mailer.database) as session:
                session.execute(text("UPDATE virtual.clock SET shown = :at"), {"at": self.clock()})

    def states(self) -> list[MessageState]:
        """How the messages stand, first to last."""
        return self.world.read(select(Message.state).order_by(Message.id))

    def attempts(self) -> list[tuple[int, int | None, str | None]]:
        """Every attempt."""
        rows = self.world.read(select(MessageAttempt).order_by(MessageAttempt.message_id, MessageAttempt.number))
        return [(row.number, row.code, row.error) for row in rows]

    def subjects(self) -> list[str]:
        """What was received, without the references."""
        return [mail["Subject"].split("A-")[0].strip(" (") for mail in self.postbox.received]


@contextmanager
def office_of(world: World, database: Database, clock: Clock, config: Config) -> Iterator[Office]:
    """A mailer and its mail server."""
    with Postbox() as postbox, by_the_clock(database) as own:
        settings = postbox.settings()
        mailer = Mailer(replace(config, mail=settings), own, Mailbox(settings, letter_s=5), now=clock)
        office = Office(world, mailer, postbox, clock)
        office.show()
        yield office


@pytest.fixture
def office(world: World, database: Database, clock: Clock, config: Config) -> Iterator[Office]:
    """A mailer and its mail server."""
    with office_of(world, database, clock, config) as office:
        yield office


def applied(world: World, *names: str, **changes: Any) -> None:
    call = world.call(contact="partner@example.org")
    for name in names:
        world.application(call, name, **changes)


def offered(world: World, **until: float) -> Application:
    (ana,) = world.selection("Ana")
    place, at = ana.call.destinations[0].id, world.clock()
    world.do(decisions.select_application, ana.id, destination_id=place, confirm_by=at + timedelta(**until))
    return ana


def remind(world: World) -> int:
    return world.do(lambda session, by, at: messages.remind_of_offers(session, at=at))


# ── who is told what ──────────────────────────────────────────────────────────────────────────────────────────────


def test_who_applies_is_told_so_in_their_language(office: Office) -> None:
    applied(office.world, "Ana", lang="sr-Latn")

    office.work()

    (mail,) = office.postbox.received
    assert (str(mail["To"]), str(mail["Reply-To"])) == ("Ana Petrović <ana@example.org>", "partner@example.org")
    assert mail["Subject"].startswith("Primili smo Vašu prijavu A-")
    assert "„Tri nedelje u Lionu“. Prijava je primljena: 22. novembar 2026." in mail.get_content()
    assert office.states() == [MessageState.SENT]


def test_each_person_is_told_once(office: Office) -> None:
    applied(office.world, "Ana", "Bojan", "Ceca")

    for _ in range(3):
        office.work()

    assert sorted(mail["To"].addresses[0].username for mail in office.postbox.received) == ["ana", "bojan", "ceca"]


def test_who_is_offered_a_place_reads_where_and_until_when(office: Office) -> None:
    offered(office.world, days=10)

    office.work()

    said = office.postbox.received[-1].get_content()
    assert "Your destination is Lyon." in said
    assert "Please confirm your place by 2 December 2026, 10:00 (UTC+1)." in said


def test_whose_application_is_returned_reads_what_to_correct_and_until_when(office: Office) -> None:
    application = office.world.application(office.world.call())
    office.world.do(corrections.return_application, application.id, reason="Sign the CV.", until=None)

    office.work()

    said = office.postbox.received[-1].get_content()
    assert "Sign the CV." in said
    assert "Please correct it and submit it again before 21 December 2026, 10:00 (UTC+1)." in said


def test_the_reserve_list_is_told_its_rank_and_then_its_turn(office: Office) -> None:
    (ana,) = office.world.selection("Ana")
    place = ana.call.destinations[0].id
    office.world.do(decisions.reserve_application, ana.id, rank=4)
    office.work()
    office.world.do(decisions.promote_application, ana.id, destination_id=place, confirm_by=None)
    office.work()

    assert "you are number 4 on the reserve list" in office.postbox.received[1].get_content()
    assert office.subjects()[2] == "A place has become free for you"


def test_an_offer_is_brought_to_mind_once_two_days_before_its_end(office: Office) -> None:
    offered(office.world, days=10)
    office.work()
    told = [remind(office.world)]
    for hours in (8 * 24 - 1, 1, 1):
        office.work(hours=hours)
        told.append(remind(office.world))
    office.work()

    assert told == [0, 0, 1, 0]
    assert office.subjects()[-1] == "Please confirm your place by 2 December 2026, 10:00 (UTC+1)"


def test_a_short_offer_is_not_brought_to_mind(office: Office) -> None:
    offered(office.world, days=1)
    office.work()

    assert remind(office.world) == 0


def test_who_let_an_offer_expire_is_told_so_and_of_the_offer_no_more(office: Office) -> None:
    offered(office.world, hours=1)
    office.clock.move(hours=2)
    office.world.do(lambda session, by, at: decisions.expire_applications(session, at=at, limit=9))

    office.work()

    assert office.subjects() == ["We have received your application", "The time for confirming your place is over"]
    assert office.states() == [MessageState.SENT, MessageState.DROPPED, MessageState.SENT]


def test_an_invented_applicant_gets_no_mail(office: Office) -> None:
    applied(office.world, "Ana")
    office.world.do(lambda session, by, at: change(session.scalar(select(Application)), {"synthetic": True}, at=at))

    office.work()

    assert (office.states(), office.postbox.received) == ([], [])


def test_the_public_gets_no_second_mail_for_a_copy(office: Office) -> None:
    call, wanted = office.world.call(), office.world.application_input()
    for _ in range(2):
        office.world.do(applications.submit_application, str(call.id), wanted, via=SubmittedVia.API, by=PUBLIC)
    office.work()

    assert len(office.postbox.received) == 1


def test_who_is_erased_while_a_message_waits_is_not_written_to(office: Office) -> None:
    applied(office.world, "Ana")
    fan_out(office.world)
    office.world.do(lambda session, by, at: change(session.scalar(select(Application)), {"email": ""}, at=at))

    office.work()

    assert (office.states(), office.postbox.received) == ([MessageState.DROPPED], [])


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────


def test_greylisting_is_waited_for(office: Office) -> None:
    office.postbox.to_recipient = lambda count: "451 4.7.1 later" if count < 2 else "250 OK"
    applied(office.world, "Ana")

    for minutes in (0, 1, 4, 1):
        office.work(minutes=minutes)

    assert office.attempts() == [(1, 451, "refused"), (2, 451, "refused"), (3, 250, None)]
    assert (len(office.postbox.received), office.states()) == (1, [MessageState.SENT])


def test_an_unknown_recipient_is_not_asked_again(office: Office) -> None:
    office.postbox.to_recipient = lambda count: "550 5.1.1 <ana@example.org>: no such user"
    applied(office.world, "Ana")

    office.work()
    office.work(days=9)

    (message,) = office.world.read(select(Message))
    assert (message.state, message.error, [one.status for one in message.log]) == (
        MessageState.FAILED,
        "refused",
        ["5.1.1"],
    )
    assert office.postbox.recipients == 1


def test_after_three_days_of_trying_it_has_failed(office: Office) -> None:
    office.postbox.to_letter = lambda count: "452 no room"
    applied(office.world, "Ana")

    office.work()
    for wait in message_queue.WAITS:
        office.work(seconds=wait.total_seconds())

    assert office.states() == [MessageState.FAILED]
    assert len(office.attempts()) == len(message_queue.WAITS) + 1


def test_a_server_that_hangs_costs_one_letter_its_time_and_the_others_nothing(office: Office) -> None:
    office.postbox.to_letter = lambda count: "250 OK" if count else "hang"
    office.postbox.hangs_s = 30
    office.mailer.post.letter_s = 0.5  # type: ignore[attr-defined]
    applied(office.world, "Ana", "Bojan")

    office.work()

    assert sorted(office.states()) == [MessageState.SENT, MessageState.WAITING]
    assert office.attempts()[0] == (1, None, "timeout")


def test_a_server_that_is_away_is_asked_by_one_letter_and_the_rest_keep_their_tries(office: Office) -> None:
    office.mailer.post = Mailbox(replace(office.postbox.settings(), port=1))
    applied(office.world, "Ana", "Bojan", "Ceca")

    rest = office.work()

    assert rest == REST_S
    assert office.attempts() == [(1, None, "no_connection")]
    assert sorted(office.world.read(select(Message.attempts))) == [0, 0, 1]


def test_a_letter_taken_before_the_line_broke_comes_twice_under_one_message_id(office: Office) -> None:
    office.postbox.to_letter = lambda count: "250 OK" if count else "die"
    applied(office.world, "Ana")

    office.work()
    office.work(minutes=1)
    office.work(minutes=9)

    ids = [mail["Message-ID"] for mail in office.postbox.received]
    assert (len(ids), len(set(ids))) == (2, 1)
    assert office.attempts() == [(1, None, "disconnected"), (2, 250, None)]


def test_what_a_killed_mailer_had_claimed_goes_out_when_its_lease_is_over(office: Office) -> None:
    applied(office.world, "Ana")
    fan_out(office.world)
    (killed,) = office.mailer.claim()
    office.mailer.post.post(office.mailer.prepared(killed)[1])  # type: ignore[index]

    office.work()
    office.work(seconds=LEASE.total_seconds())
    office.work(days=1)

    assert len({mail["Message-ID"] for mail in office.postbox.received}) == 1
    assert (len(office.postbox.received), office.attempts()) == (2, [(1, 250, None)])


def test_who_overslept_its_lease_changes_nothing(office: Office) -> None:
    applied(office.world, "Ana")
    fan_out(office.world)
    (slow,) = office.mailer.claim()

    office.work(seconds=LEASE.total_seconds())
    office.mailer.settle(message_queue.Result(slow, office.clock(), permanent=True, error="refused"))

    assert (office.states(), office.attempts()) == ([MessageState.SENT], [(1, 250, None)])


def test_what_was_not_begun_is_given_back_when_it_is_to_stop(office: Office) -> None:
    applied(office.world, "Ana", "Bojan")
    office.mailer.stopping.set()

    office.work()

    assert office.states() == [MessageState.WAITING, MessageState.WAITING]
    assert office.world.read(select(Message.attempts)) == [0, 0]


def test_an_address_that_no_server_takes_fails_and_stops_nobody(office: Office) -> None:
    applied(office.world, "Ана", "Bojan")

    office.work()

    assert sorted(office.states()) == [MessageState.FAILED, MessageState.SENT]
    assert office.attempts()[0] == (1, None, "bad_address")


def test_one_round_takes_a_bounded_number(office: Office) -> None:
    applied(office.world, *(f"Ana{number}" for number in range(CLAIMED + 1)))

    office.work()

    assert len(office.postbox.received) == CLAIMED


@pytest.fixture
def today(clock: Clock) -> None:
    """The test's clock shows the real time, as the mailer's own does."""
    clock.now = utcnow()


# ── beside the worker ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("today")
def test_without_a_mail_server_messages_wait_and_go_out_when_there_is_one(
    world: World, database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    applied(world, "Ana")
    with mailing(config, database):
        fan_out(world)
    waited = world.read(select(Message.state))
    with Postbox() as postbox, mailing(replace(config, mail=postbox.settings()), database):
        wait_for(lambda: world.read(select(Message.state)) == [MessageState.SENT])

    assert (waited, len(postbox.received)) == ([MessageState.WAITING], 1)
    assert "no mail server is set: messages to persons wait" in caplog.text


@pytest.mark.usefixtures("today")
def test_the_thread_goes_on_after_a_round_that_failed(
    world: World, database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "REST_S", 0.05)
    failing = iter([ZeroDivisionError(), ZeroDivisionError()])
    applied(world, "Ana")
    fan_out(world)

    with Postbox() as postbox:
        mailer = Mailer(replace(config, mail=postbox.settings()), database, Mailbox(postbox.settings()))
        claim = mailer.claim
        monkeypatch.setattr(mailer, "claim", lambda: _raise(error) if (error := next(failing, None)) else claim())
        thread = threading.Thread(target=mailer.run)
        thread.start()
        wait_for(lambda: postbox.received)
        mailer.stopping.set()
        thread.join()

    assert len(postbox.received) == 1


def _raise(error: Exception) -> Any:
    raise error


@pytest.mark.usefixtures("today")
def test_a_mail_server_that_hangs_delays_no_webhook(
    world: World, database: Database, config: Config, receiver: Receiver
) -> None:
    config = replace(config, allow_http=True, allowed_networks=LOOPBACK)
    wanted = EndpointInput(url=receiver.url("/ok"), event_types=("*",))
    by = world.principal("partner")
    world.do(webhooks.create_endpoint, wanted, config=config, vault=Vault(config.secret_keys), by=by)
    with Postbox() as postbox, Sender(allow_http=True, allowed_networks=LOOPBACK) as sender:
        postbox.to_letter, postbox.hangs_s = lambda count: "hang", 3
        worker = Worker(config, database, sender)
        with mailing(replace(config, mail=postbox.settings()), database):
            applied(world, "Ana")
            wait_for(lambda: worker.round() is not None and postbox.letters)
            before = len(receiver.requests)
            world.application(world.call(), "Bojan")
            began = time.monotonic()
            wait_for(lambda: worker.round() is not None and len(receiver.requests) >= before + 2)
            took = time.monotonic() - began
            hanging = world.read(select(Message.state).where(Message.attempts == 1))
        worker.wind_up()

    assert (took < 2, hanging) == (True, [MessageState.SENDING])


def test_nobody_is_named_in_the_log_nor_in_what_is_kept_of_a_message(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "intervet")
    office.postbox.to_recipient = lambda count: "550 5.1.1 <ana@example.org>: Petrović is unknown"
    applied(office.world, "Ana", "Ђорђе")

    office.work()

    kept = [*office.world.read(select(Message)), *office.world.read(select(MessageAttempt))]
    told = caplog.text + repr([[getattr(row, column.key) for column in row.__table__.c] for row in kept])
    assert [word for word in ("example.org", "Petrović", "ana@", "Ђорђе") if word in told] == []
    assert "example.org" in repr(office.world.read(select(Application.email)))
