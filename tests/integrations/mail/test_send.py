"""Letters handed to a real mail server, and to some that will not take them."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.config import Encryption
from integrations.mail.render import Letter
from integrations.mail.send import Mailbox, Outcome
from tests.integrations.certificates import authority_file, server_context
from tests.integrations.mail_server import Postbox

LETTER = Letter("mobility@intervet.example", "ana@example.org", b"Subject: News\r\n\r\nHere.\r\n")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A mail server that takes everything."""
    with Postbox() as box:
        yield box


def post(box: Postbox, *, letter_s: float = 5, ca_file: str | None = None, **changes: Any) -> Outcome:
    mailbox = Mailbox(box.settings(**changes), letter_s=letter_s, ca_file=ca_file)
    try:
        return mailbox.post(LETTER)
    finally:
        mailbox.close()


def test_a_letter_is_taken(postbox: Postbox) -> None:
    assert post(postbox) == Outcome(sent=True, code=250)
    assert postbox.envelopes == [("mobility@intervet.example", ["ana@example.org"])]
    assert postbox.raw == [LETTER.content]


def test_letters_that_go_at_once_share_a_connection(postbox: Postbox) -> None:
    mailbox = Mailbox(postbox.settings())

    first = mailbox.post(LETTER), mailbox._smtp
    second = mailbox.post(LETTER), mailbox._smtp
    mailbox.close()

    assert first == second
    assert len(postbox.received) == 2


def test_greylisting_is_a_failure_that_passes(postbox: Postbox) -> None:
    postbox.to_recipient = lambda count: "451 4.7.1 <ana@example.org>: try again later"

    assert post(postbox) == Outcome(code=451, status="4.7.1", error="refused")


def test_an_unknown_recipient_is_a_failure_for_good(postbox: Postbox) -> None:
    postbox.to_recipient = lambda count: "550 5.1.1 <ana@example.org>: no such user"

    assert post(postbox) == Outcome(permanent=True, code=550, status="5.1.1", error="refused")


def test_a_letter_that_is_not_wanted_is_a_failure_for_good(postbox: Postbox) -> None:
    postbox.to_letter = lambda count: "554 spam"

    assert post(postbox) == Outcome(permanent=True, code=554, error="refused")


def test_after_a_refusal_the_next_letter_is_taken(postbox: Postbox) -> None:
    postbox.to_recipient = lambda count: "250 OK" if count else "550 5.1.1 no such user"
    mailbox = Mailbox(postbox.settings())

    outcomes = [mailbox.post(LETTER).sent for _ in range(2)]
    mailbox.close()

    assert outcomes == [False, True]


def test_a_server_that_never_answers_is_given_up(postbox: Postbox) -> None:
    postbox.to_letter, postbox.hangs_s = lambda count: "hang", 30
    began = time.monotonic()

    assert post(postbox, letter_s=0.5) == Outcome(error="timeout")
    assert time.monotonic() - began < 5


def test_a_server_that_drips_is_given_up_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_drip, args=(listening,))
        thread.start()
        box = Postbox()
        box.port = listening.getsockname()[1]

        outcome = post(box, letter_s=0.5)
        thread.join()

    assert outcome == Outcome(unreachable=True, error="timeout")


def _drip(listening: socket.socket) -> None:
    line, _ = listening.accept()
    with line:
        try:
            for _ in range(50):
                line.sendall(b"2")
                time.sleep(0.1)
        except OSError:
            pass


def test_a_line_that_breaks_is_a_failure_that_passes(postbox: Postbox) -> None:
    postbox.to_letter = lambda count: "die"

    assert post(postbox) == Outcome(error="disconnected")


def test_nobody_there_is_told_apart(postbox: Postbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    assert post(postbox, port=port) == Outcome(unreachable=True, error="no_connection")


def test_over_starttls_with_a_password(tmp_path: Path) -> None:
    with Postbox(tls=server_context(tmp_path, host="localhost"), password="s3cret") as box:
        settings = {"host": "localhost", "encryption": Encryption.STARTTLS, "user": "me"}
        ca_file = authority_file(tmp_path)

        right = post(box, ca_file=ca_file, password="s3cret", **settings)
        wrong = post(box, ca_file=ca_file, password="secret", **settings)

    assert right == Outcome(sent=True, code=250)
    assert wrong == Outcome(unreachable=True, code=535, status="5.7.8", error="refused")


def test_nothing_is_sent_in_the_clear_where_starttls_is_taken_out(postbox: Postbox) -> None:
    outcome = post(postbox, encryption=Encryption.STARTTLS)

    assert (outcome, postbox.received) == (Outcome(unreachable=True, error="no_encryption"), [])


def test_a_server_with_another_name_on_its_certificate_gets_nothing(tmp_path: Path) -> None:
    with Postbox(tls=server_context(tmp_path, host="other.example")) as box:
        outcome = post(box, ca_file=authority_file(tmp_path), host="localhost", encryption=Encryption.STARTTLS)

    assert (outcome, box.received) == (Outcome(unreachable=True, error="no_encryption"), [])
