"""The way out, against a receiver that behaves as badly as any: every exchange ends in time, and none goes astray."""

import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from integrations.http import Exchange, Outcome, Sender
from tests.integrations.receiver import OK, Line, Receiver, reply

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NAME = "hooks.example.org"  # resolved by the tests' own lookup, to loopback


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    with Receiver() as one:
        yield one


def sender(**settings: Any) -> Sender:
    """A sender to which loopback is its operator's own network, and plain HTTP will do."""
    lookup = settings.pop("lookup", lambda _: ["127.0.0.1"])
    return Sender(**{"allow_http": True, "allowed_networks": LOOPBACK, "lookup": lookup} | settings)


def exchange(url: str, *, key: int = 0, endpoint: str = "endpoint", **details: Any) -> Exchange:
    """A small POST."""
    return Exchange(key, endpoint, url, b'{"hello":"there"}', {"webhook-id": f"msg_{key}"}, **details)


def outcomes(sender: Sender, *exchanges: Exchange) -> list[Outcome]:
    """Make the exchanges, and wait for all of them."""
    for one in exchanges:
        sender.submit(one)
    done: list[Outcome] = []
    while sender.in_flight:
        done += sender.poll(5.0)
    return done


def outcome(url: str, *, timeout_s: float = 5.0, **settings: Any) -> Outcome:
    """What becomes of one exchange by a sender of its own."""
    with sender(**settings) as one:
        return outcomes(one, exchange(url, timeout_s=timeout_s))[0]


BEHAVIOURS = [
    ("/ok", 200, None),
    ("/status/201", 201, None),
    ("/status/404", 404, None),
    ("/status/410", 410, None),
    ("/status/500", 500, None),
    ("/redirect", 302, None),
    ("/wait/0.2", 200, None),
    ("/ok-and-hang-up", 200, None),
    ("/interim-then-ok", 200, None),
    ("/body-after-204", 204, None),
    ("/gzip-bomb", 200, None),
    ("/endless-body/200", 200, None),
    ("/endless-body/500", 500, None),
    ("/drip-body", 200, "timeout"),
    ("/drip-head", None, "timeout"),
    ("/endless-interim", None, "timeout"),
    ("/silent", None, "timeout"),
    ("/switching", None, "protocol"),
    ("/endless-head", None, "too_large"),
    ("/wrong-chunks", 200, "protocol"),
    ("/gzip-in-transfer", 200, "protocol"),
    ("/short-body", 200, "disconnected"),
    ("/nothing", None, "disconnected"),
    ("/reset", None, "disconnected"),
    ("/no-http", None, "protocol"),
    ("/strange-status/20", None, "protocol"),
    ("/strange-status/2000", None, "protocol"),
    ("/strange-status/-1", None, "protocol"),
]


@pytest.mark.parametrize(("path", "status", "error"), BEHAVIOURS, ids=[path for path, _, _ in BEHAVIOURS])
def test_whatever_a_receiver_does_has_an_outcome_in_time(
    receiver: Receiver, path: str, status: int | None, error: str | None
) -> None:
    began = time.monotonic()

    came = outcome(receiver.url(path), timeout_s=0.5)

    assert (came.status, came.error) == (status, error)
    assert time.monotonic() - began < 0.5 + 1.0


def test_what_is_sent_arrives_as_it_was(receiver: Receiver) -> None:
    outcome(receiver.url("/ok?project=WB&x=%2F..%2F"))

    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/ok?project=WB&x=%2F..%2F", b'{"hello":"there"}')
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "webhook-id": "msg_0",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": "17",
    }


def test_a_large_body_arrives_whole(receiver: Receiver) -> None:
    body = bytes(range(256)) * 8192

    with sender() as one:
        (came,) = outcomes(one, exchange(receiver.url())._replace(body=body))

    assert (came.status, receiver.requests[0].body == body) == (200, True)
