"""The way out: what arrives, what is kept of a reply, and what is not picked up on the way."""

import socket
from pathlib import Path

import pycurl
import pytest

from tests.integrations.receiver import Line, Receiver, reply
from tests.integrations.sending import exchange, outcome, outcomes, sender


def test_what_is_sent_arrives_as_it_was(receiver: Receiver) -> None:
    outcome(receiver.url("/ok?project=WB&x=%2F..%2F"))

    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/ok?project=WB&x=%2F..%2F", b'{"hello":"there"}')
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "webhook-id": "msg_0",
        "content-type": "application/json",
        "content-length": "17",
    }


def test_a_large_body_arrives_whole(receiver: Receiver) -> None:
    body = bytes(range(256)) * 8192

    with sender() as one:
        (came,) = outcomes(one, exchange(receiver.url())._replace(body=body))

    assert (came.status, receiver.requests[0].body == body) == (200, True)


def test_headers_of_the_last_reply_and_its_first_16_kib_are_reported(receiver: Receiver) -> None:
    receiver.script("/long", lambda line, _: line.say(reply(500, b"a" * 20_000, X_One="1", X_Two="2")))

    came = outcome(receiver.url("/long"))

    assert (came.headers["x-one"], came.headers["x-two"], came.reply) == ("1", "2", b"a" * 16_384)


def test_headers_of_interim_replies_are_not_taken_for_the_last_ones(receiver: Receiver) -> None:
    assert outcome(receiver.url("/interim-then-ok")).headers == {"content-length": "2", "x-which": "last"}


def test_what_is_compressed_stays_so(receiver: Receiver) -> None:
    came = outcome(receiver.url("/gzip-bomb"))

    assert (came.reply[:2], len(came.reply)) == (b"\x1f\x8b", 16_384)


def test_of_an_endless_body_little_more_than_the_bound_is_read(receiver: Receiver) -> None:
    said: list[int] = []

    def endless(line: Line, _: str) -> None:
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        line.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.say(b"a" * 4096)
            said.append(4096)

    receiver.script("/endless", endless)
    came = outcome(receiver.url("/endless"))

    assert came.status == 200
    assert sum(said) < 10_000_000  # what the kernels' buffers hold; unread, it can't grow beyond


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    came = outcome(receiver.url("/redirect"))

    assert (came.headers["location"], [request.path for request in receiver.requests]) == ("/ok", ["/redirect"])


def test_cookies_are_dropped(receiver: Receiver) -> None:
    with sender() as one:
        outcomes(one, exchange(receiver.url("/cookie")))
        outcomes(one, exchange(receiver.url("/cookie")))

    assert [request.headers.get("cookie") for request in receiver.requests] == [None, None]


def test_neither_proxy_nor_netrc_of_the_environment_is_heeded(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login someone password secret\n")
    for name, value in {
        "HOME": str(tmp_path),
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)

    came = outcome(receiver.url())

    assert (came.status, receiver.requests[0].headers.get("authorization")) == (200, None)
    with pytest.raises(pycurl.error, match="over proxy"):  # It could have: libcurl left alone goes there.
        _bare(receiver.url()).perform()


def test_a_header_with_a_line_end_is_refused_before_anything_is_sent(receiver: Receiver) -> None:
    bad = exchange(receiver.url())._replace(headers={"x-note": "a\r\nwebhook-id: other"})

    with sender() as one, pytest.raises(ValueError, match="line end"):
        one.submit(bad)

    assert receiver.requests == []


def test_a_closed_and_a_silent_port_are_not_told_apart(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed_port = gone.getsockname()[1]
    # A listener whose queue is full takes no more connections: to the caller it is silent.
    with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(silent.getsockname())
        silent_port = silent.getsockname()[1]

        came = [outcome(f"http://127.0.0.1:{port}/", timeout_s=0.5) for port in (closed_port, silent_port)]

    assert [(one.status, one.error) for one in came] == [(None, "connect"), (None, "connect")]


def _bare(url: str) -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    return curl
