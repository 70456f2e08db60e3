"""Whatever a receiver does, the attempt ends in time, and the log says what it was: more than two hundred behaviours.

All are called at once by one sender, so that each is also somebody who must not be in the way of the others.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psutil
import pytest

from integrations.exchange import ErrorClass
from integrations.http import Exchange, Outcome, Sender
from integrations.webhooks.retries import asked_to_wait, verdict
from tests.integrations.behaviours import (
    BEHAVIOURS,
    BOMB,
    CERTIFICATES,
    GREETINGS,
    HANDSHAKES,
    OK,
    OK_IN_CHUNKS,
    OK_UNTIL_CLOSE,
    SPOKEN,
    Case,
    Secured,
    floods,
    head,
    leaves,
    resets,
    says,
)
from tests.integrations.certificates import authority_file
from tests.integrations.receiver import Behaviour, Hangup, Line, Receiver, reply
from tests.integrations.sending import NAME, exchange, outcomes, sender

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")

TIMEOUT_S = 1.5  # seconds; what each silent one costs, and time for all to have their turn on a busy machine
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Ended(NamedTuple):
    """What became of one exchange, and how long after the first was begun."""

    outcome: Outcome
    after_s: float


class Called(NamedTuple):
    """How all ended, by name, and the paths that were asked for."""

    ended: dict[object, Ended]
    paths: Sequence[str]


def path(case: Case) -> str:
    """Where a case is found that needs no receiver of its own."""
    return f"/{SPOKEN.index(case)}"


def call(case: Case | Secured, url: str) -> Exchange:
    """A delivery to an endpoint of its own that behaves so."""
    return exchange(url, endpoint=case.name, timeout_s=TIMEOUT_S)._replace(key=case.name)


def make_all(one: Sender, exchanges: Sequence[Exchange]) -> dict[object, Ended]:
    """Make all exchanges at once."""
    began = time.monotonic()
    for each in exchanges:
        one.submit(each)
    ended: dict[object, Ended] = {}
    while one.in_flight:
        ended |= {outcome.key: Ended(outcome, time.monotonic() - began) for outcome in one.poll(5.0)}
    return ended


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    """Every behaviour, called once."""
    folder = tmp_path_factory.mktemp("certificates")
    exchanges: list[Exchange] = []
    with ExitStack() as stack:
        everyday = stack.enter_context(Receiver())
        for case in SPOKEN:
            everyday.script(path(case), case.does)
            exchanges.append(call(case, everyday.url(path(case))))
        for case in (*GREETINGS, *HANDSHAKES):
            scheme = "http" if case in GREETINGS else "https"
            greeter = stack.enter_context(Receiver(greeting=case.does))
            exchanges.append(call(case, f"{scheme}://{NAME}:{greeter.port}/"))
        for secured in CERTIFICATES:
            receiver = stack.enter_context(Receiver(secured.tls(folder)))
            receiver.script("/ok", secured.does)
            exchanges.append(call(secured, receiver.url(host=NAME)))
        one = stack.enter_context(sender(at_once=len(exchanges), ca_file=authority_file(folder)))
        ended = make_all(one, exchanges)
        yield Called(ended, [request.path for request in everyday.requests])


@pytest.mark.parametrize("case", BEHAVIOURS, ids=[one.name for one in BEHAVIOURS])
def test_whatever_a_receiver_does_has_an_outcome_in_time(called: Called, case: Case | Secured) -> None:
    came, after_s = called.ended[case.name]

    assert (came.status, came.error, verdict(came.status, came.error)) == (case.status, case.error, case.verdict)
    assert after_s < TIMEOUT_S + 1.0


def test_each_was_asked_once_and_nothing_else_was(called: Called) -> None:
    assert Counter(called.paths) == Counter(path(case) for case in SPOKEN)


def test_no_more_is_kept_of_any_reply_than_the_bounds_allow(called: Called) -> None:
    kept = [(len(came.raw_head) <= 64 * 1024, len(came.reply) <= 16 * 1024) for came, _ in called.ended.values()]

    assert set(kept) == {(True, True)}


FLOODS: dict[str, Behaviour] = {
    "/body": floods(OK_UNTIL_CLOSE, b"a" * 8192),
    "/chunks": floods(OK_IN_CHUNKS, b"400\r\n" + b"a" * 1024 + b"\r\n"),
    "/bomb": says(reply(200, BOMB, Content_Encoding="gzip")),
    "/bombs": floods(head("200 OK", "Content-Encoding: gzip"), BOMB),
    "/head": floods(b"HTTP/1.1 200 OK\r\n", b"X-Many: " + b"a" * 1000 + b"\r\n"),
}
GROWTH = 16 * 1024 * 1024  # bytes; the 40 single bombs alone are 800 million, unpacked


def test_two_hundred_floods_leave_no_trace_in_memory(receiver: Receiver) -> None:
    for where, flood in FLOODS.items():
        receiver.script(where, flood)

    with sender() as one:
        flooded(one, receiver, times=8)
        before = psutil.Process().memory_info().rss
        highest = flooded(one, receiver, times=40)

    assert highest - before < GROWTH


def flooded(one: Sender, receiver: Receiver, *, times: int) -> int:
    """The most memory that the process held while each of the floods came so often."""
    for key, where in enumerate([*FLOODS] * times):
        one.submit(exchange(receiver.url(where), key=key, endpoint=where))
    highest = 0
    while one.in_flight:
        one.poll(5.0)
        highest = max(highest, psutil.Process().memory_info().rss)
    return highest


def forgets(line: Line, _: str) -> None:
    """Answer the first request, read the second, and hang up."""
    line.say(OK)
    line.socket.recv(4096)
    raise Hangup


# How a receiver leaves its connection behind after one delivery, and over which connections two of them come.
LEFTOVERS: dict[str, tuple[Behaviour, list[int]]] = {
    "open": (says(OK), [1, 1]),
    "open by HTTP/1.0": (says(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"), [1, 1]),
    "closed as announced": (leaves(reply(200, Connection="close")), [1, 2]),
    "closed without a word": (leaves(OK), [1, 2]),
    "reset": (resets(OK), [1, 2]),
    "with the next reply said already": (says(OK + reply(410)), [1, 2]),
    "with bytes that nobody asked for": (says(OK + b"more"), [1, 2]),
    "in the midst of a body": (floods(OK_UNTIL_CLOSE, b"a" * 8192), [1, 2]),
}


@pytest.mark.parametrize("left", LEFTOVERS)
def test_a_connection_that_was_left_so_does_no_harm_to_the_next_delivery(receiver: Receiver, left: str) -> None:
    behaviour, connections = LEFTOVERS[left]
    receiver.script("/ok", behaviour)

    with sender() as one:
        first = outcomes(one, exchange(receiver.url(), key=1))
        time.sleep(0.1)  # What the receiver does to the connection is to have happened.
        second = outcomes(one, exchange(receiver.url(), key=2))

    assert [(came.status, came.error) for came in first + second] == [(200, None)] * 2
    assert [request.connection for request in receiver.requests] == connections


def test_a_message_that_a_connection_ate_is_not_sent_again_without_an_attempt_in_the_log(receiver: Receiver) -> None:
    receiver.script("/ok", forgets)

    with sender() as one:
        first = outcomes(one, exchange(receiver.url(), key=1))
        second = outcomes(one, exchange(receiver.url(), key=2))

    assert [(came.status, came.error) for came in first + second] == [(200, None), (None, ErrorClass.DISCONNECTED)]
    assert len(receiver.requests) == 1  # The second was read, but not answered: nobody noted it down.


# What a receiver asks for, and how long it is then left alone at the least.
RETRY_AFTER: dict[str, tuple[bytes, timedelta | None]] = {
    "seconds": (reply(503, Retry_After="120"), timedelta(minutes=2)),
    "with 429": (reply(429, Retry_After="120"), timedelta(minutes=2)),
    "with 502": (reply(502, Retry_After="120"), timedelta(minutes=2)),
    "with 504": (reply(504, Retry_After="120"), timedelta(minutes=2)),
    "with 500, where it means nothing": (reply(500, Retry_After="120"), None),
    "with 200, where it means nothing": (reply(200, Retry_After="120"), None),
    "with 301, where it means nothing": (reply(301, Retry_After="120"), None),
    "a date": (reply(503, Retry_After="Sun, 22 Nov 2026 13:30:00 GMT"), timedelta(minutes=90)),
    "a date of RFC 850": (reply(503, Retry_After="Sunday, 22-Nov-26 13:30:00 GMT"), timedelta(minutes=90)),
    "a date of asctime": (reply(503, Retry_After="Sun Nov 22 13:30:00 2026"), timedelta(minutes=90)),
    "a date that has passed": (reply(503, Retry_After="Sun, 22 Nov 2026 11:00:00 GMT"), timedelta(0)),
    "a year": (reply(503, Retry_After="31536000"), timedelta(hours=24)),
    "five thousand digits": (reply(503, Retry_After="9" * 5000), timedelta(hours=24)),
    "in small letters": (head("503 Busy", "retry-after:60", "content-length:0"), timedelta(minutes=1)),
    "after an interim reply that had another": (head("103 Hints", "Retry-After: 9") + reply(503), None),
    "two of them": (head("503 Busy", "Retry-After: 60", "Retry-After: 90", "Content-Length: 0"), None),
    "below zero": (reply(503, Retry_After="-60"), None),
    "a fraction": (reply(503, Retry_After="1.5"), None),
    "digits of another script": (reply(503, Retry_After="٦٠"), None),
    "a word": (reply(503, Retry_After="soon"), None),
    "nothing": (reply(503, Retry_After=""), None),
}


@pytest.mark.parametrize("form", RETRY_AFTER)
def test_retry_after_is_understood_in_every_form_that_it_has(receiver: Receiver, form: str) -> None:
    said, wait = RETRY_AFTER[form]
    receiver.script("/ok", says(said))

    with sender() as one:
        (came,) = outcomes(one, exchange(receiver.url()))

    assert asked_to_wait(came.status, came.headers.get("retry-after"), at=AT) == wait
