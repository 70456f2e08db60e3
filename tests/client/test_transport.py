"""Requests are sent until somebody answers, with the same key, and no token goes where it must not."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from intervet_client import (
    BadSettings,
    Client,
    DuplicateApplication,
    IntervetError,
    InvalidInput,
    NotReachable,
    Problem,
    TooManyRequests,
    key_of,
)
from tests.client.scripted import Answer, scripted
from tests.e2e.running import free_port

CALL = "01938f6e-5c00-7000-8000-000000000001"
RECEIPT = Answer(201, {"id": "1", "reference": "A-1", "state": "submitted"})
# Written down, since another key for the same row would be a second application.
KEY = "08108e8d-1ad9-5011-b2fe-f6fd33608422"
BODY = {"person": {"given_names": "Ана"}, "answers": {}}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again_with_the_same_key_and_body(status: int) -> None:
    with scripted(Answer(status), Answer(0), RECEIPT) as server:
        receipt = Client(server.url, patience=20).apply(CALL, BODY)

    assert receipt["reference"] == "A-1"
    keys = {(headers["Idempotency-Key"], body) for _, _, headers, body in server.asked}
    assert keys == {(key_of(CALL, BODY), b'{"answers":{},"person":{"given_names":"\xd0\x90\xd0\xbd\xd0\xb0"}}')}
    assert len(server.asked) == 3


def test_a_key_is_made_of_the_call_and_of_what_is_said() -> None:
    other = {"answers": {}, "person": {"given_names": "Ана"}}

    assert key_of(CALL, BODY) == key_of(CALL, other) == KEY
    assert len({key_of(CALL, BODY), key_of("another", BODY), key_of(CALL, BODY | {"lang": "sq"})}) == 3


@pytest.mark.parametrize("form", ["in seconds", "as a date"])
def test_it_waits_as_long_as_the_server_asks(form: str) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    began = time.monotonic()

    with scripted(Answer(429, headers={"Retry-After": until if form == "as a date" else "2"}), RECEIPT) as server:
        Client(server.url).apply(CALL, BODY)

    assert time.monotonic() - began >= 1.9


def test_a_twin_in_flight_is_waited_for() -> None:
    with scripted(Answer(409, {"code": "busy"}, {"Retry-After": "1"}), RECEIPT) as server:
        assert Client(server.url).apply(CALL, BODY)["reference"] == "A-1"


def test_patience_ends() -> None:
    with (
        scripted(Answer(429, {"detail": "Too many."}, {"Retry-After": "60"})) as server,
        pytest.raises(TooManyRequests, match="Too many") as caught,
    ):
        Client(server.url, patience=2).me()

    assert caught.value.retry_after == 60


def test_nobody_there_is_said_with_what_to_do() -> None:
    with pytest.raises(NotReachable, match=r"does not answer .*\nNext: is the address right"):
        Client(f"http://127.0.0.1:{free_port()}", patience=1).me()


def test_a_problem_names_each_field_and_the_next_step() -> None:
    found = [{"pointer": "/person/email", "code": "not_an_email", "detail": "This is no e-mail address."}]
    document = {"code": "invalid_input", "detail": "Some fields can't be accepted.", "errors": found}

    with scripted(Answer(422, document)) as server, pytest.raises(InvalidInput) as caught:
        Client(server.url).apply(CALL, BODY)

    assert str(caught.value).splitlines() == [
        "Some fields can't be accepted.",
        "  /person/email: This is no e-mail address.",
        "Next: correct what is named, and send it again.",
    ]


def test_who_has_applied_is_an_exception_of_its_own() -> None:
    document = {"code": "duplicate_application", "detail": "…", "reference": "A-7"}

    with scripted(Answer(409, document)) as server, pytest.raises(DuplicateApplication) as caught:
        Client(server.url).apply(CALL, BODY)

    assert caught.value.reference == "A-7"


@pytest.mark.parametrize("status", [301, 302, 308])
def test_nobody_is_followed_elsewhere(status: int) -> None:
    with (
        scripted(Answer(status, b"", {"Location": "https://elsewhere.example/"})) as server,
        pytest.raises(Problem, match=r"names https://elsewhere\.example/") as caught,
    ):
        Client(server.url, "ivt_secret").me()

    assert "Next: set the server's address" in str(caught.value)


def test_a_login_page_in_between_is_told() -> None:
    with scripted(Answer(200, b"<html>Welcome")) as server, pytest.raises(IntervetError, match="login page"):
        Client(server.url).me()


def test_the_next_page_is_asked_of_the_same_server() -> None:
    elsewhere = "https://elsewhere.example/v1/applications?cursor=abc"
    pages = (Answer(200, {"items": [1], "next": elsewhere}), Answer(200, {"items": [2], "next": None}))

    with scripted(*pages) as server:
        found = list(Client(server.url, "ivt_secret").applications(state="submitted"))

    assert found == [1, 2]
    assert [path for _, path, _, _ in server.asked] == [
        "/v1/applications?limit=200&state=submitted",
        "/v1/applications?cursor=abc",
    ]


@pytest.mark.parametrize("token", ["ivt_secret", None])
def test_what_a_netrc_says_is_left_out(token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    with scripted(Answer(200, {})) as server:
        Client(server.url, token).me()

    ((_, _, headers, _),) = server.asked
    assert headers.get("Authorization") == (f"Bearer {token}" if token else None)


@pytest.mark.parametrize("url", ["http://intervet.example", "http://10.0.0.1:8000", "http://127.0.0.1.example"])
def test_a_token_does_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(BadSettings, match="use the server's https address"):
        Client(url, "ivt_secret")


@pytest.mark.parametrize("url", ["", "intervet.example", "ftp://x", "https://", "https://a:b@x", "https://x/?a=b"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="is no server's address"):
        Client(url)


@pytest.mark.parametrize("url", ["https://x.example/", "https://x.example/v1", "https://x.example/v1/"])
def test_an_address_may_end_as_people_write_it(url: str) -> None:
    assert Client(url).url == "https://x.example"
