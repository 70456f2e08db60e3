"""What can be wrong with a request: each gets the right refusal that names the place, and nothing is half-written."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from domain.db import Base
from domain.transaction import Database, reading
from tests.world import World

JSON = "application/json"
HUGE = 10**23
NOWHERE = "00000000-0000-7000-8000-000000000000"

APPLICATION: dict[str, Any] = {
    "person": {
        "given_names": "Ana",
        "family_name": "Petrović",
        "email": "ana@example.org",
        "birth_date": "2005-03-08",
        "country": "RS",
        "gender": "2",
        "phone": "+381 60 0000000",
    },
    "answers": {"motivation": "I want to learn."},
    "consents": [{"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}],
    "languages": [{"tag": "it", "cefr": "B1"}],
    "preferences": [NOWHERE],
    "lang": "en",
    "isced_f": "0715",
    "eqf_level": 4,
    "graduation_date": "2026-06-30",
}


def changed(body: Any, pointer: str, value: Any) -> Any:
    """The body with another value where the JSON Pointer leads."""
    first, _, rest = pointer.removeprefix("/").partition("/")
    made = deepcopy(body)
    key: Any = int(first) if isinstance(body, list) else first
    made[key] = changed(body[key], rest, value) if rest else value
    return made


def rows(database: Database) -> dict[str, int]:
    """How many rows every table has."""
    with reading(database) as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }
    return {name: count or 0 for name, count in counts.items()}


def told(answer: TestResponse) -> tuple[int, list[tuple[str, str]]]:
    """The status of a problem document, and the places and codes that it names."""
    assert answer.content_type == "application/problem+json", answer.text
    assert answer.json["status"] == answer.status_code
    return answer.status_code, [(error["pointer"], error["code"]) for error in answer.json.get("errors", [])]


@pytest.fixture
def apply(world: World, client: FlaskClient, database: Database) -> Callable[..., TestResponse]:
    """Apply to a call in a way that is to be refused; nothing may come of it."""
    address = f"/v1/calls/{world.call().id}/applications"

    def post(**options: Any) -> TestResponse:
        before = rows(database)
        answer = client.post(address, **options)
        assert rows(database) == before
        return answer

    return post


# --- what a field may not be ------------------------------------------------------------------------------------------

WRONG = [
    ("/person", [], "wrong_type"),
    ("/person", "Ana", "wrong_type"),
    ("/person", None, "required"),
    ("/person/given_names", "A\ud800", "control_character"),
    ("/person/given_names", "A\x00na", "control_character"),
    ("/person/given_names", "Ana\x1b[2J", "control_character"),
    ("/person/given_names", "Ana\nPetrović", "control_character"),
    ("/person/given_names", "", "too_short"),
    ("/person/given_names", "   ", "too_short"),
    ("/person/given_names", "A" * 201, "too_long"),
    ("/person/given_names", None, "required"),
    ("/person/given_names", 5, "wrong_type"),
    ("/person/given_names", True, "wrong_type"),
    ("/person/given_names", ["Ana"], "wrong_type"),
    ("/person/given_names", {"en": "Ana"}, "wrong_type"),
    ("/person/email", "ana", "not_an_email"),
    ("/person/email", "ana@example.org\nbcc: all@example.org", "control_character"),
    ("/person/birth_date", "0001-01-01", "out_of_range"),
    ("/person/birth_date", "1899-12-31", "out_of_range"),
    ("/person/birth_date", "9999-12-31", "out_of_range"),
    ("/person/birth_date", "2005-02-29", "not_a_date"),
    ("/person/birth_date", "2005-3-8", "not_a_date"),
    ("/person/birth_date", "٢٠٠٥-٠٣-٠٨", "not_a_date"),
    ("/person/birth_date", "2005-03-08T00:00:00Z", "not_a_date"),
    ("/person/birth_date", 20050308, "not_a_date"),
    ("/person/birth_date", {"year": 2005}, "not_a_date"),
    ("/person/country", "rs", "not_a_country"),
    ("/person/country", "ＲＳ", "not_a_country"),
    ("/person/gender", 2, "wrong_type"),
    ("/person/gender", "3", "not_a_gender"),
    ("/person/phone", "١٢٣٤٥٦", "not_a_phone"),
    ("/answers", [], "wrong_type"),
    ("/answers", None, "required"),
    ("/answers/motivation", "A\ud800", "control_character"),
    ("/answers/motivation", "A\x00", "control_character"),
    ("/answers/motivation", 2**63, "wrong_type"),
    ("/answers/motivation", {"a": {"b": []}}, "wrong_type"),
    ("/answers/motivation", "A" * 2001, "too_long"),
    ("/consents", {}, "wrong_type"),
    ("/consents", [{}] * 21, "too_many"),
    ("/consents/0", "yes", "wrong_type"),
    ("/consents/0/granted", "true", "wrong_type"),
    ("/consents/0/granted", 1, "wrong_type"),
    ("/consents/0/granted", "yes", "wrong_type"),
    ("/preferences", "first", "wrong_type"),
    ("/preferences/0", "first", "not_an_id"),
    ("/preferences/0", HUGE, "wrong_type"),
    ("/lang", "english!", "not_a_language_tag"),
    ("/languages/0/cefr", "C3", "not_a_level"),
    ("/isced_f", 715, "wrong_type"),
    ("/eqf_level", 1.5, "wrong_type"),
    ("/eqf_level", 4.0, "wrong_type"),
    ("/eqf_level", "4", "wrong_type"),
    ("/eqf_level", "١٢", "wrong_type"),
    ("/eqf_level", "1_000", "wrong_type"),
    ("/eqf_level", True, "wrong_type"),
    ("/eqf_level", [], "wrong_type"),
    ("/eqf_level", 0, "out_of_range"),
    ("/eqf_level", 9, "out_of_range"),
    ("/eqf_level", 2**63, "out_of_range"),
    ("/eqf_level", -(2**63), "out_of_range"),
    ("/eqf_level", HUGE, "out_of_range"),
    ("/eqf_level", -(10**299 - 1), "out_of_range"),
    ("/eqf_level", 1e300, "wrong_type"),
    ("/sending_organisation_id", "ours", "not_an_id"),
    ("/sending_organisation_id", HUGE, "wrong_type"),
    ("/late", True, "unknown_field"),
    ("/person/shoe_size", 38, "unknown_field"),
]


@pytest.mark.parametrize(("pointer", "value", "code"), WRONG)
def test_a_wrong_field_is_named(apply: Any, pointer: str, value: Any, code: str) -> None:
    body = changed(APPLICATION, pointer, value)

    answer = apply(data=json.dumps(body), content_type=JSON)

    status, found = told(answer)
    assert (status, found[:1]) == (422, [(pointer, code)])


WRONG_CALL = [
    ("/places", 0, "out_of_range"),
    ("/places", 2**63, "out_of_range"),
    ("/places", 1.5, "wrong_type"),
    ("/places", "12", "wrong_type"),
    ("/grace_minutes", -1, "out_of_range"),
    ("/opens_at", "0001-01-01T00:00:00+14:00", "not_an_instant"),
    ("/opens_at", "9999-12-31T23:59:59-14:00", "not_an_instant"),
    ("/opens_at", "2026-12-01T07:00:00", "not_an_instant"),
    ("/opens_at", "2026-12-01", "not_an_instant"),
    ("/opens_at", "2026-13-01T07:00:00Z", "not_an_instant"),
    ("/opens_at", "2026-12-01T07:00:00+99:00", "not_an_instant"),
    ("/opens_at", "٢٠٢٦-12-01T07:00:00Z", "not_an_instant"),
    ("/opens_at", 1795338000, "not_an_instant"),
    ("/opens_at", {}, "not_an_instant"),
    ("/timezone", "Mars/Olympus", "not_a_timezone"),
    ("/timezone", "../../etc/passwd", "not_a_timezone"),
    ("/timezone", "Europe/Belgrade\x00", "control_character"),
    ("/title", "Lyon", "wrong_type"),
    ("/title", ["Lyon"], "wrong_type"),
    ("/title", {}, "required"),
    ("/title/en", 5, "wrong_type"),
    ("/title/en", "L\ud800", "control_character"),
    ("/title/en", "L" * 301, "too_long"),
    ("/eligible_countries", "RS", "wrong_type"),
    ("/eligible_countries", ["RS"] * 101, "too_many"),
    ("/eligible_countries/0", ["RS"], "wrong_type"),
    ("/destinations", {"country": "FR"}, "wrong_type"),
    ("/destinations/0", "Lyon", "wrong_type"),
    ("/profile", "pupil", "not_a_choice"),
    ("/profile", 5, "wrong_type"),
    ("/public_intake", "false", "wrong_type"),
    ("/external_url", "javascript:alert(1)", "not_a_url"),
    ("/slug", "Три недеље", "not_a_slug"),
    ("/form", {"name": "motivation"}, "wrong_type"),
    ("/form/0", "motivation", "wrong_type"),
    ("/activity_id", NOWHERE, "not_found"),
    ("/project", "NOWHERE", "not_found"),
]


@pytest.mark.parametrize(("pointer", "value", "code"), WRONG_CALL)
def test_a_wrong_field_of_a_call_is_named(world: World, as_: Any, pointer: str, value: Any, code: str) -> None:
    body = changed(call(world), pointer, value)

    answer = as_("partner").post("/v1/calls", data=json.dumps(body), content_type=JSON)

    status, found = told(answer)
    assert (status, found[:1]) == (422, [(pointer, code)])


def call(world: World) -> dict[str, Any]:
    """A call as it is sent."""
    return {
        "project": world.project_code(),
        "activity_id": str(world.activity()),
        "title": {"en": "Three weeks in Lyon"},
        "eligible_countries": ["RS"],
        "destinations": [{"country": "FR", "city": "Lyon"}],
        "form": [{"name": "motivation", "type": "text", "label": {"en": "Why?"}}],
        "places": 1,
        "timezone": "Europe/Belgrade",
    }


def test_a_name_that_needs_escaping_is_escaped_in_its_pointer(apply: Any) -> None:
    assert told(apply(json=APPLICATION | {"a/b~c": 1})) == (422, [("/a~1b~0c", "unknown_field")])


def test_every_wrong_field_is_named_at_once(apply: Any) -> None:
    wrong = changed(changed(APPLICATION, "/eqf_level", 99), "/person/email", "ana")

    assert told(apply(json=wrong)) == (422, [("/person/email", "not_an_email"), ("/eqf_level", "out_of_range")])


# --- what a body may not be -------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "brackets": (b"[" * 200_000, JSON, 400, "nested deeper than 32 levels"),
    "braces": (b'{"a":' * 40_000, JSON, 400, "nested deeper than 32 levels"),
    "brackets in a string that ends": (b'"' + b"[" * 100 + b'"' + b"[" * 33, JSON, 400, "nested deeper"),
    "NaN": (b'{"eqf_level": NaN}', JSON, 400, "NaN is not a JSON value"),
    "Infinity": (b'{"eqf_level": Infinity}', JSON, 400, "Infinity is not a JSON value"),
    "-Infinity": (b'{"eqf_level": -Infinity}', JSON, 400, "-Infinity is not a JSON value"),
    "an endless number": (b'{"eqf_level": ' + b"9" * 5000 + b"}", JSON, 400, "too large"),
    "a name twice": (b'{"lang": "en", "lang": "sq"}', JSON, 400, "stands twice"),
    "a name twice, deep": (b'{"person": {"email": "a", "email": "b"}}', JSON, 400, "stands twice"),
    "invalid UTF-8": (b'{"lang": "\xff"}', JSON, 400, "not UTF-8"),
    "a surrogate in UTF-8": (b'{"lang": "\xed\xa0\x80"}', JSON, 400, "not UTF-8"),
    "UTF-16": ('{"lang": "en"}'.encode("utf-16"), JSON, 400, "not UTF-8"),
    "a byte order mark": (b'\xef\xbb\xbf{"lang": "en"}', JSON, 400, "not JSON"),
    "half a document": (b'{"lang": "en"', JSON, 400, "not JSON"),
    "two documents": (b"{} {}", JSON, 400, "not JSON"),
    "single quotes": (b"{'lang': 'en'}", JSON, 400, "not JSON"),
    "a NUL": (b'{"lang": "\x00"}', JSON, 400, "not JSON"),
    "only spaces": (b"   ", JSON, 400, "not JSON"),
    "plain text": (b'{"lang": "en"}', "text/plain", 415, "application/json"),
    "a form": (b"lang=en", "application/x-www-form-urlencoded", 415, "application/json"),
    "parts": (b"--x\r\n\r\n{}\r\n--x--", "multipart/form-data; boundary=x", 415, "application/json"),
    "no kind": (b'{"lang": "en"}', "", 415, "application/json"),
    "nearly JSON": (b"{}", "application/jsonx", 415, "application/json"),
    "a merge patch": (b"{}", "application/merge-patch+json", 415, "application/json"),
    "a kind that is none": (b"{}", "application/json, text/plain", 415, "application/json"),
}


@pytest.mark.parametrize(("body", "kind", "status", "words"), BODIES.values(), ids=BODIES.keys())
def test_a_wrong_body_is_refused_with_what_is_wrong(
    apply: Any, body: bytes, kind: str, status: int, words: str
) -> None:
    answer = apply(data=body, content_type=kind)

    assert (told(answer), words in answer.json["detail"]) == ((status, []), True)


def test_a_number_beyond_all_bounds_is_refused_where_it_stands(apply: Any) -> None:
    body = json.dumps(APPLICATION).replace('"eqf_level": 4', '"eqf_level": 1e400')

    assert told(apply(data=body, content_type=JSON)) == (422, [("/eqf_level", "wrong_type")])


@pytest.mark.parametrize(
    "wrong", [{f"nope{number}": 1 for number in range(9000)}, APPLICATION | {"consents": [{}] * 50_000}]
)
def test_however_much_is_wrong_the_answer_stays_short(apply: Any, wrong: Any) -> None:
    assert len(apply(json=wrong).data) < 30_000


@pytest.mark.parametrize("body", ["[]", "null", "5", '"Ana"', "true", "[{}]"])
def test_a_body_that_is_no_object_is_refused(apply: Any, body: str) -> None:
    assert told(apply(data=body, content_type=JSON)) == (422, [("", "wrong_type")])


def test_without_a_body_the_fields_that_are_needed_are_named(apply: Any) -> None:
    assert told(apply()) == (422, [("/person", "required"), ("/answers", "required")])


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/JSON", "application/json;", 'application/json; a="b;c"; =']
)
def test_parameters_of_the_kind_are_passed_over(world: World, client: FlaskClient, kind: str) -> None:
    wanted = {key: value for key, value in APPLICATION.items() if key != "preferences"}

    answer = client.post(f"/v1/calls/{world.call().id}/applications", data=json.dumps(wanted), content_type=kind)

    assert answer.status_code == 201, answer.json


def test_a_body_that_is_too_large_is_refused_by_its_length(apply: Any) -> None:
    assert told(apply(data=b" " * (256 * 1024 + 1), content_type=JSON)) == (413, [])


def test_a_body_that_is_too_large_and_does_not_say_so_is_refused_too(apply: Any) -> None:
    stream = BytesIO(b'{"lang": "' + b"e" * (256 * 1024) + b'"}')

    answer = apply(input_stream=stream, content_type=JSON, environ_overrides={"wsgi.input_terminated": True})

    assert told(answer) == (413, [])


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"a"'])
def test_a_patch_that_is_no_object_is_refused(world: World, as_: Any, body: bytes) -> None:
    answer = as_("partner").patch(
        f"/v1/calls/{world.call().id}", data=body, content_type="application/merge-patch+json"
    )

    assert told(answer) == (400, [])


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({"places": None}, [("/places", "required")]),
        ({"places": "3"}, [("/places", "wrong_type")]),
        ({"title": {"en": None, "sr-Cyrl": None}}, [("/title", "required")]),
        ({"title": "Lyon"}, [("/title", "wrong_type")]),
        ({"nope": 1}, [("/nope", "unknown_field")]),
        ({"id": NOWHERE}, [("/id", "unknown_field")]),
        ({"version": 7}, [("/version", "unknown_field")]),
    ],
)
def test_a_patch_is_checked_as_if_all_had_been_sent(world: World, as_: Any, patch: Any, found: Any) -> None:
    assert told(as_("partner").patch(f"/v1/calls/{world.call().id}", json=patch)) == (422, found)


# --- what an address may not be ---------------------------------------------------------------------------------------


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
def test_an_address_that_leads_nowhere_is_not_found(as_: Any, path: str) -> None:
    assert told(as_("coordinator").get(path)) == (404, [])


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
def test_a_wrong_parameter_is_named(as_: Any, path: str, query: str, pointer: str, code: str) -> None:
    answer = as_("coordinator").get(f"{path}?{query}")

    assert told(answer) == (422, [(pointer, code)])


def test_a_wrong_parameter_is_said_to_be_one(client: FlaskClient) -> None:
    assert [error["in"] for error in client.get("/v1/calls?nope=1").json["errors"]] == ["query"]


def test_what_takes_no_parameters_refuses_them(world: World, as_: Any, database: Database) -> None:
    address, partner = f"/v1/calls/{world.draft().id}/publication?force=1", as_("partner")
    before = rows(database)

    answer = partner.post(address)

    assert (told(answer), rows(database)) == ((422, [("/force", "unknown_field")]), before)


@pytest.mark.parametrize(
    "forged",
    [
        '["closes_at", "as", null, "{id}"]',
        '["closes_at", "as", 5, "{id}"]',
        '["closes_at", "as", "yesterday", "{id}"]',
        '["closes_at", "at", "0001-01-01T00:00:00+14:00", "{id}"]',
        '["closes_at", "at", "2026-11-22T09:00:00", "{id}"]',
        '["closes_at", "at", 5, "{id}"]',
        '["closes_at", "at", "2026-11-22T09:00:00+00:00", "none"]',
        '["closes_at", "at", "2026-11-22T09:00:00+00:00", 5]',
        '["closes_at", "at", "2026-11-22T09:00:00+00:00"]',
        '["-closes_at", "at", "2026-11-22T09:00:00+00:00", "{id}"]',
        '["slug", "as", "a\\ud800", "{id}"]',
        '["slug", "as", "a\\u0000", "{id}"]',
        '{"closes_at": 1}',
        "[" * 300,
        "NaN",
        "5",
    ],
)
def test_a_forged_cursor_is_refused(world: World, client: FlaskClient, forged: str) -> None:
    cursor = urlsafe_b64encode(forged.replace("{id}", NOWHERE).encode()).decode().rstrip("=")
    sort = forged.partition('"')[2].partition('"')[0] if forged.startswith('["slug') else "closes_at"

    answer = client.get(f"/v1/calls?sort={sort}&cursor={cursor}")

    assert told(answer) == (422, [("/cursor", "not_a_cursor")])


# --- what a header may not be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "Bearer é",
        "Bearer ivt_org_é",
        "Bearer",
        "Bearer ",
        "",
        "é",
        "Basic é",
        "Basic !!!",
        "Basic /w==",
        "Basic aXZ0Xw==",
        "Digest username=x",
        f"Bearer {'a' * 8000}",
        "Bearer ivt_org_" + "0" * 49,
        "Bearer \ud83d",
    ],
)
@pytest.mark.parametrize("path", ["/v1/me", "/v1/calls"])
def test_what_is_no_token_is_refused(client: FlaskClient, path: str, header: str) -> None:
    answer = client.get(
        path, environ_overrides={"HTTP_AUTHORIZATION": header.encode("utf-8", "replace").decode("latin-1")}
    )

    assert (told(answer), answer.headers["WWW-Authenticate"]) == ((401, []), 'Bearer realm="intervet"')


@pytest.mark.parametrize(
    "tag", ["", ",", "3", '"3"', 'W/"1-aaaaaaaaaaaa"', '"é"', "*, *", '"1-', '"1000000000000000000000-a"']
)
def test_a_tag_that_does_not_match_changes_nothing(world: World, as_: Any, tag: str) -> None:
    header = {"HTTP_IF_MATCH": tag.encode().decode("latin-1")}

    answer = as_("partner").patch(f"/v1/calls/{world.call().id}", json={"places": 3}, environ_overrides=header)

    assert told(answer) == (412, [])


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 256, "é", "not-a-uuid", "\x7f"])
def test_a_key_that_can_not_be_used_is_refused(apply: Any, key: str) -> None:
    header = {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}

    answer = apply(json=APPLICATION, environ_overrides=header)

    assert told(answer) == (422, [("/Idempotency-Key", "not_a_key")])


HARMLESS: list[Mapping[str, str]] = [
    {"HTTP_IF_NONE_MATCH": '"'},
    {"HTTP_IF_NONE_MATCH": "é"},
    {"HTTP_IF_MODIFIED_SINCE": "yesterday"},
    {"HTTP_IF_MODIFIED_SINCE": "Thu, 99 Foo 0000 99:99:99 GMT"},
    {"HTTP_ACCEPT_LANGUAGE": "é;q=x, *;q=-1, " + "a" * 9000},
    {"HTTP_ACCEPT_LANGUAGE": ",".join(["sr;q=0.5"] * 1000)},
    {"HTTP_ACCEPT": "text/klingon"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=x, *"},
    {"HTTP_RANGE": "bytes=0-99999999999999999999"},
    {"HTTP_COOKIE": "session=é; \x00"},
    {"HTTP_X_FORWARDED_FOR": "' OR 1=1"},
    {"HTTP_ORIGIN": "null"},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": "many"},
    {"CONTENT_TYPE": "é/;;=,"},
]


@pytest.mark.parametrize("header", HARMLESS)
def test_a_header_that_means_nothing_is_passed_over(client: FlaskClient, header: Mapping[str, str]) -> None:
    assert client.get("/v1/calls", environ_overrides=header).status_code == 200


@pytest.mark.parametrize("length", ["-1", "many", "5", "99999999999999999999"])
def test_a_length_that_is_not_the_bodys_is_refused(apply: Any, length: str) -> None:
    answer = apply(data=b'{"lang": "en"}', content_type=JSON, environ_overrides={"CONTENT_LENGTH": length})

    assert told(answer)[0] in (400, 413, 422)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost@evil.example", "localhost.evil.example", "", "a" * 3000, "[::"]
)
def test_a_host_that_is_not_ours_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/v1/calls", environ_overrides={"HTTP_HOST": host})

    assert told(answer) == (400, [])


# --- what a method may not be -----------------------------------------------------------------------------------------


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
    client: FlaskClient, method: str, path: str, allowed: set[str]
) -> None:
    answer = client.open(path, method=method)

    assert (told(answer), set(answer.headers["Allow"].split(", "))) == ((405, []), allowed)


@pytest.mark.parametrize("path", ["/v1/calls", "/livez", "/openapi.json"])
def test_a_head_is_a_get_without_its_body(client: FlaskClient, path: str) -> None:
    head, get = client.head(path), client.get(path)

    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", get.headers["ETag"])


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/me"])
def test_options_are_told_to_anybody(client: FlaskClient, path: str) -> None:
    answer = client.options(path)

    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (200, True)
