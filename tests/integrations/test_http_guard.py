"""No exchange reaches an address that must not be called: by literal, by name, by a name that changes its mind."""

import socket
import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pycurl
import pytest

from domain.addresses import may_connect
from integrations.handle import Handle, harden
from tests.integrations.certificates import authority_file, server_context
from tests.integrations.receiver import Receiver
from tests.integrations.sending import LOOPBACK, NAME, exchange, outcome, outcomes, sender

PUBLIC = "93.184.215.14"
REFUSED = (None, "refused_address")


def nothing_allowed(address: str, port: int) -> bool:
    """The guard of an operator without networks of their own."""
    return may_connect(address, port, allowed=())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "localhost",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fec0::1]",
        "224.0.0.1",
        "169.254.169.254",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
    ],
)
def test_a_receiver_here_is_out_of_reach_by_any_spelling(receiver: Receiver, host: str) -> None:
    came = outcome(receiver.url(host=host), allowed_networks=())

    assert (came.status, came.error, receiver.requests) == (*REFUSED, [])


def test_a_receiver_here_is_reached_once_the_operator_allows_it(receiver: Receiver) -> None:
    assert outcome(receiver.url(host="127.0.0.1"), allowed_networks=LOOPBACK).status == 200


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["::1"], ["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["fe80::1%eth0"]],
    ids=" ".join,
)
def test_a_name_with_one_bad_answer_is_not_called_at_all(receiver: Receiver, answers: list[str]) -> None:
    came = outcome(receiver.url(host=NAME), allowed_networks=(), lookup=lambda _: answers)

    assert (came.status, came.error, receiver.requests) == (*REFUSED, [])


def test_a_name_is_called_at_the_address_that_was_checked(receiver: Receiver) -> None:
    came = outcome(receiver.url(host=NAME), lookup=lambda _: ["127.0.0.1"])

    assert (came.status, receiver.requests[0].headers["host"]) == (200, f"{NAME}:{receiver.port}")


def test_a_name_that_turns_to_a_bad_address_is_not_called_again(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    only_here = (ip_network("127.0.0.1/32"),)

    with sender(lookup=lambda _: next(answers), answer_kept_s=0.0, allowed_networks=only_here) as one:
        came = [outcomes(one, exchange(receiver.url(host=NAME)))[0] for _ in range(2)]

    assert [(one.status, one.error) for one in came] == [(200, None), REFUSED]
    assert len(receiver.requests) == 1


def test_a_name_that_moved_is_called_at_its_new_address() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]])
    with Receiver() as first, Receiver(address="127.0.0.2", port=first.port) as second:
        first_url = first.url("/ok-and-hang-up", host=NAME)
        with sender(lookup=lambda _: next(answers), answer_kept_s=0.0) as one:
            for _ in range(3):
                outcomes(one, exchange(first_url))

        assert (len(first.requests), len(second.requests)) == (2, 1)


def test_our_own_places_are_out_of_reach_inside_an_allowed_network(receiver: Receiver) -> None:
    ours = frozenset({("127.0.0.1", receiver.port)})

    came = [outcome(receiver.url(host=host), own_places=ours) for host in ("127.0.0.1", NAME)]

    assert [(one.status, one.error) for one in came] == [REFUSED, REFUSED]


def test_plain_http_is_refused_unless_the_operator_allows_it(receiver: Receiver) -> None:
    came = outcome(receiver.url(), allow_http=False)

    assert (came.status, came.error, receiver.requests) == (*REFUSED, [])


def test_the_socket_is_refused_where_no_check_came_before(receiver: Receiver) -> None:
    handle = Handle(allow_http=True, ca_file="", may_connect=nothing_allowed)
    handle.load(receiver.url(), pins=(), body=b"", headers={}, timeout_ms=1000, max_reply_bytes=1000)

    with pytest.raises(pycurl.error):
        handle.curl.perform()
    result = handle.result(pycurl.E_COULDNT_CONNECT)
    handle.close()

    assert (result, receiver.requests) == (REFUSED, [])


@pytest.mark.parametrize("address", [("127.0.0.1", 80), ("10.0.0.1", 443), ("::1", 443, 0, 0), b"/run/docker.sock"])
def test_the_socket_is_opened_for_no_bad_address(address: tuple[str, int] | bytes) -> None:
    handle = Handle(allow_http=True, ca_file="", may_connect=nothing_allowed)

    opened = handle._open_socket(0, pycurl.CurlSockAddr(socket.AF_INET, 1, 6, address))
    handle.close()

    assert opened == pycurl.SOCKET_BAD


@pytest.mark.parametrize(
    ("host", "expires_in", "expected"),
    [
        (NAME, timedelta(days=1), (200, None)),
        ("other.example.org", timedelta(days=1), (None, "tls")),
        (NAME, timedelta(seconds=-60), (None, "tls")),
    ],
    ids=["good", "another name", "expired"],
)
def test_a_certificate_is_checked_for_name_and_date(
    tmp_path: Path, host: str, expires_in: timedelta, expected: tuple[int | None, str | None]
) -> None:
    with Receiver(server_context(tmp_path, host=host, expires_in=expires_in)) as receiver:
        came = outcome(receiver.url(host=NAME), allow_http=False, ca_file=authority_file(tmp_path))

    assert (came.status, came.error) == expected


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    with Receiver(server_context(tmp_path, host=NAME)) as receiver:
        came = outcome(receiver.url(host=NAME), allow_http=False)

    assert (came.status, came.error, receiver.requests) == (None, "tls", [])


@pytest.mark.parametrize(
    ("version", "expected"),
    [(ssl.TLSVersion.TLSv1_2, (200, None)), (ssl.TLSVersion.TLSv1_1, (None, "tls"))],
    ids=["TLS 1.2", "TLS 1.1"],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_1_2_is_the_oldest_that_will_do(
    tmp_path: Path, version: ssl.TLSVersion, expected: tuple[int | None, str | None]
) -> None:
    context = server_context(tmp_path, host=NAME)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    with Receiver(context) as receiver:
        came = outcome(receiver.url(host=NAME), allow_http=False, ca_file=authority_file(tmp_path))

    assert (came.status, came.error) == expected


def test_a_stalled_handshake_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://{NAME}:{silent.getsockname()[1]}/"

        came = outcome(url, timeout_s=0.5)

    assert (came.status, came.error, came.duration_ms < 1500) == (None, "connect", True)


def test_a_body_cut_short_over_tls_is_a_failure(tmp_path: Path) -> None:
    with Receiver(server_context(tmp_path, host=NAME)) as receiver:
        came = outcome(receiver.url("/short-body", host=NAME), ca_file=authority_file(tmp_path))

    assert (came.status, came.error) == (200, "disconnected")


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
def test_libcurl_itself_speaks_nothing_but_http(url: str) -> None:
    curl = pycurl.Curl()
    harden(curl, allow_http=True, ca_file="")
    curl.setopt(pycurl.URL, url)

    with pytest.raises(pycurl.error) as refusal:
        curl.perform()

    assert refusal.value.args[0] == pycurl.E_UNSUPPORTED_PROTOCOL
