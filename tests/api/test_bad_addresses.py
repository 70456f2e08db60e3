"""What can be wrong with an address, its parameters, and the method: each refusal names the place."""

import json
from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

import pytest

from tests.house import House, told

HUGE = 10**23
NOWHERE = "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/calls/{HUGE}x_",
        f"/v1/calls/{HUGE}",
        f"/v1/applications/{HUGE}",
        f"/v1/applications/{NOWHERE}",
        f"/v1/deliveries/{HUGE}/attempts",
        "/v1/applications/1",
        "/v1/applications/00000000-0000-0000-0000-00000000000g",
        "/v1/calls/a%00b",
        "/v1/calls/a%0d%0ab",
        "/v1/calls/%ff%fe",
        "/v1/calls/%ed%a0%80",
        "/v1/calls/..%2f..%2fetc%2fpasswd",
        f"/v1/calls/{'a' * 81}",
        f"/v1/calls/{'a' * 60_000}",
        "/v1/projects/%00",
        "/v1/nowhere",
        "/" + "a/" * 2000,
        "/%2e%2e/%2e%2e",
    ],
)
def test_an_address_that_leads_nowhere_is_not_found(house: House, path: str) -> None:
    assert told(house.send("GET", path, by="coordinator")) == (404, [])


CALLS, APPLICATIONS = "/v1/calls", "/v1/applications"
QUERIES = [
    (CALLS, "nope=1", "/nope", "unknown_field"),
    (CALLS, "limit=0", "/limit", "out_of_range"),
    (CALLS, "limit=201", "/limit", "out_of_range"),
    (CALLS, "limit=-1", "/limit", "wrong_type"),
    (CALLS, "limit=1.5", "/limit", "wrong_type"),
    (CALLS, "limit=1_0", "/limit", "wrong_type"),
    (CALLS, "limit=%2B5", "/limit", "wrong_type"),
    (CALLS, "limit=%205", "/limit", "wrong_type"),
    (CALLS, "limit=١٢", "/limit", "wrong_type"),
    (CALLS, "limit=", "/limit", "wrong_type"),
    (CALLS, f"limit={HUGE}", "/limit", "wrong_type"),
    (CALLS, "limit=5&limit=6", "/limit", "repeated"),
    (CALLS, "status=ajar", "/status", "not_a_choice"),
    (CALLS, "country=rs", "/country", "not_a_country"),
    (CALLS, "owner_id=1", "/owner_id", "not_an_id"),
    (CALLS, "q=", "/q", "too_short"),
    (CALLS, "q=%00", "/q", "control_character"),
    (CALLS, f"q={'a' * 201}", "/q", "too_long"),
    (CALLS, "sort=secret", "/sort", "not_a_choice"),
    (CALLS, "sort=--closes_at", "/sort", "not_a_choice"),
    (CALLS, "cursor=", "/cursor", "too_short"),
    (CALLS, "cursor=x", "/cursor", "not_a_cursor"),
    (CALLS, "cursor=%C3%A9", "/cursor", "not_a_cursor"),
    (CALLS, f"cursor={'A' * 1001}", "/cursor", "too_long"),
    (CALLS, "language=%2A", "/language", "not_a_language_tag"),
    (CALLS, "lang=", "/lang", "too_short"),
    (APPLICATIONS, "late=1", "/late", "wrong_type"),
    (APPLICATIONS, "late=True", "/late", "wrong_type"),
    (APPLICATIONS, "modified_since=yesterday", "/modified_since", "not_an_instant"),
    (APPLICATIONS, "modified_since=0001-01-01T00:00:00%2B14:00", "/modified_since", "not_an_instant"),
    (APPLICATIONS, "call_id=none", "/call_id", "not_an_id"),
    ("/v1/me", "nope=1", "/nope", "unknown_field"),
    ("/v1/events", f"after={HUGE}", "/after", "not_an_id"),
    ("/v1/mobilities.csv", "bom=2", "/bom", "not_a_choice"),
    ("/openapi.json", "v=1", "/v", "unknown_field"),
]


@pytest.mark.parametrize(("path", "query", "pointer", "code"), QUERIES)
def test_a_wrong_parameter_is_named(house: House, path: str, query: str, pointer: str, code: str) -> None:
    answer = house.send("GET", f"{path}?{query}", by="coordinator")

    assert told(answer) == (422, [(pointer, code)])


def test_a_wrong_parameter_is_said_to_be_one(house: House) -> None:
    assert [error["in"] for error in house.client.get("/v1/calls?nope=1").json["errors"]] == ["query"]


def test_what_takes_no_parameters_refuses_them(house: House) -> None:
    answer = house.send("POST", f"{house.call}/cancellation?force=1", by="partner")

    assert told(answer) == (422, [("/force", "unknown_field")])


FORGED = [
    ("closes_at", None),
    ("closes_at", 5),
    ("closes_at", "yesterday"),
    ("closes_at", "0001-01-01T00:00:00+14:00"),
    ("closes_at", "2026-11-22T09:00:00"),
    ("closes_at", ["2026-11-22T09:00:00+00:00"]),
    ("slug", None),
    ("slug", 5),
    ("slug", "a\ud800"),
    ("slug", "a\x00"),
    ("slug", {}),
]


@pytest.mark.parametrize(("sort", "mark"), FORGED)
def test_a_forged_cursor_is_refused(house: House, sort: str, mark: Any) -> None:
    forged = cursor(json.dumps([sort, mark, NOWHERE]))

    answer = house.send("GET", f"/v1/calls?sort={sort}&cursor={forged}")

    assert told(answer) == (422, [("/cursor", "not_a_cursor")])


@pytest.mark.parametrize(
    "plain", ["[" * 700, "NaN", "5", "{}", "[]", '["slug", "a"]', '["slug", "a", "b"]', '["slug", "a", 5]']
)
def test_a_cursor_of_another_shape_is_refused(house: House, plain: str) -> None:
    answer = house.send("GET", f"/v1/calls?sort=slug&cursor={cursor(plain)}")

    assert told(answer) == (422, [("/cursor", "not_a_cursor")])


def test_a_cursor_of_another_order_is_refused(house: House) -> None:
    of_another = cursor(json.dumps(["-slug", "a", NOWHERE]))

    assert told(house.send("GET", f"/v1/calls?sort=slug&cursor={of_another}")) == (422, [("/cursor", "not_a_cursor")])


def test_a_cursor_of_the_right_shape_would_have_been_taken(house: House) -> None:
    right = cursor(json.dumps(["slug", "a", UUID(NOWHERE).hex]))

    assert house.send("GET", f"/v1/calls?sort=slug&cursor={right}").status_code == 200


def cursor(plain: str) -> str:
    """A cursor that says what it is told to."""
    return urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/calls", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("DELETE", "/v1/calls", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("GET", f"/v1/calls/{NOWHERE}/publication", {"OPTIONS", "POST"}),
        ("TRACE", "/v1/me", {"GET", "HEAD", "OPTIONS"}),
        ("PROPFIND", "/v1/me", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_another_method_is_refused_with_those_that_there_are(
    house: House, method: str, path: str, allowed: set[str]
) -> None:
    answer = house.send(method, path)

    assert (told(answer), set(answer.headers["Allow"].split(", "))) == ((405, []), allowed)


@pytest.mark.parametrize("path", ["/v1/calls", "/livez", "/openapi.json"])
def test_a_head_is_a_get_without_its_body(house: House, path: str) -> None:
    head, get = house.client.head(path), house.client.get(path)

    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", get.headers["ETag"])


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/me"])
def test_options_are_told_to_anybody(house: House, path: str) -> None:
    answer = house.client.options(path)

    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (200, True)
