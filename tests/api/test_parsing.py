"""JSON that means one thing."""

from typing import Any

import pytest

from api.parsing import DEEPEST, BadJson, in_one_order, read_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        ('{"a": "Љубав"}'.encode(), {"a": "Љубав"}),
        (b"[1, -2, 3.5, true, null]", [1, -2, 3.5, True, None]),
        (b"12345678901234567890", 12345678901234567890),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
        (b'{"a": "' + b"[{" * 100 + b'\\""}', {"a": "[{" * 100 + '"'}),
    ],
)
def test_json_is_read(body: bytes, value: Any) -> None:
    read = read_json(body)

    assert value is None or read == value


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON: .* at line 1, column 2"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"\xff", "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'{"a": 1, "a": 1}', "twice"),
        (b'{"a": {"b": 1, "b": 2}}', "twice"),
        (b"NaN", "NaN is not"),
        (b"-Infinity", "-Infinity is not"),
        (b"9" * 301, "too large"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested deeper than 32"),
        (b"[" * 200_000, "nested deeper than 32"),
        (b'{"a":' * 100_000, "nested deeper than 32"),
    ],
)
def test_what_is_not_json_or_means_two_things_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(BadJson, match=sentence):
        read_json(body)


@pytest.mark.parametrize("query", ["a=1&b=2&c=3", "c=3&b=2&a=1", "b=2&a=1&c=3"])
def test_a_query_that_means_the_same_is_written_the_same(query: str) -> None:
    assert in_one_order(query) == "a=1&b=2&c=3"
