"""NDJSON as flat rows, and what isn't read at all."""

import pytest

from integrations.formats import ndjson
from integrations.formats.ndjson import BadTable, read_rows


def test_each_line_is_a_row_by_its_number() -> None:
    content = b'\xef\xbb\xbf{"a": "x", "b": 1}\r\n\n{"a": ["y", "z"], "b": null, "c": true}\n'

    assert list(read_rows(content)) == [(1, {"a": "x", "b": 1}), (3, {"a": ["y", "z"], "b": None, "c": True})]


@pytest.mark.parametrize(
    "line",
    [
        b"[1]",
        b"1",
        b"{",
        b'{"a": {"b": 1}}',
        b'{"a": [1]}',
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b'{"a": "' + b"x" * ndjson.LONGEST_LINE + b'"}',
    ],
)
def test_a_line_that_is_no_flat_object_is_named(line: bytes) -> None:
    with pytest.raises(BadTable, match="Line 2"):
        list(read_rows(b'{"a": 1}\n' + line + b"\n"))


def test_no_more_rows_are_read_than_a_sheet_has() -> None:
    with pytest.raises(BadTable, match="10000 rows"):
        list(read_rows(b"{}\n" * 10_001))
