"""What can be wrong with a body: it is refused with what is wrong with it, and nothing is half-written."""

import json
from io import BytesIO
from typing import Any

import pytest

from tests.house import APPLICATION, House, told

JSON = "application/json"


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
    house: House, body: bytes, kind: str, status: int, words: str
) -> None:
    answer = house.apply(data=body, content_type=kind)

    assert (told(answer), words in answer.json["detail"]) == ((status, []), True)


def test_a_number_beyond_all_bounds_is_refused_where_it_stands(house: House) -> None:
    body = json.dumps(APPLICATION).replace('"eqf_level": 4', '"eqf_level": 1e400')

    assert told(house.apply(data=body, content_type=JSON)) == (422, [("/eqf_level", "wrong_type")])


@pytest.mark.parametrize(
    "wrong", [{f"nope{number}": 1 for number in range(9000)}, APPLICATION | {"consents": [{}] * 50_000}]
)
def test_however_much_is_wrong_the_answer_stays_short(house: House, wrong: Any) -> None:
    assert len(house.apply(json=wrong).data) < 30_000


@pytest.mark.parametrize("body", ["[]", "null", "5", '"Ana"', "true", "[{}]"])
def test_a_body_that_is_no_object_is_refused(house: House, body: str) -> None:
    assert told(house.apply(data=body, content_type=JSON)) == (422, [("", "wrong_type")])


def test_without_a_body_the_fields_that_are_needed_are_named(house: House) -> None:
    assert told(house.apply()) == (422, [("/person", "required"), ("/answers", "required")])


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/JSON", "application/json;", 'application/json; a="b;c"; =']
)
def test_parameters_of_the_kind_are_passed_over(house: House, kind: str) -> None:
    answer = house.apply(data=json.dumps(APPLICATION | {"nope": 1}), content_type=kind)

    assert told(answer) == (422, [("/nope", "unknown_field")])


def test_a_body_that_is_too_large_is_refused_by_its_length(house: House) -> None:
    assert told(house.apply(data=b" " * (256 * 1024 + 1), content_type=JSON)) == (413, [])


def test_a_body_that_is_too_large_and_does_not_say_so_is_refused_too(house: House) -> None:
    stream = BytesIO(b'{"lang": "' + b"e" * (256 * 1024) + b'"}')

    answer = house.apply(input_stream=stream, content_type=JSON, environ_overrides={"wsgi.input_terminated": True})

    assert told(answer) == (413, [])


@pytest.mark.parametrize("kind", [OSError, ValueError, RuntimeError])
def test_a_body_that_breaks_off_is_refused(house: House, kind: type[Exception]) -> None:
    broken = {"wsgi.input": BrokenOff(kind), "wsgi.input_terminated": True}

    answer = house.apply(content_type=JSON, environ_overrides=broken)

    assert (told(answer), answer.json["detail"]) == ((400, []), "The body could not be read to its end.")


class BrokenOff(BytesIO):
    """What comes from a client whose connection ends, or who doesn't keep to HTTP: each server says it its own way."""

    def __init__(self, kind: type[Exception]) -> None:
        super().__init__()
        self.kind = kind

    def read(self, *_: Any) -> bytes:
        """Fail."""
        raise self.kind("bad chunk size")

    readinto = read1 = readline = read  # type: ignore[assignment]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"a"'])
def test_a_patch_that_is_no_object_is_refused(house: House, body: bytes) -> None:
    answer = house.send("PATCH", house.call, by="partner", data=body, content_type="application/merge-patch+json")

    assert told(answer) == (400, [])
