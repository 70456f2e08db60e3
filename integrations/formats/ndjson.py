"""NDJSON (https://github.com/ndjson/ndjson-spec, 1.0.0): a JSON object a line, here a flat one, as rows by name."""

import json
from collections.abc import Iterator
from typing import Any

from integrations.formats import xlsx
from integrations.formats.csv import BOM
from integrations.formats.xlsx import BadWorkbook

LONGEST_LINE = 256 * 1024  # bytes, as of a body of JSON
BadTable = BadWorkbook


def read_rows(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects with the numbers of their lines, the first being 1. Raises BadTable, naming the line."""
    if len(content) > xlsx.LARGEST_FILE:
        raise BadTable(f"The file is larger than {xlsx.LARGEST_FILE // 1024**2} MB.")
    lines = [(number, line) for number, line in enumerate(content.removeprefix(BOM).split(b"\n"), 1) if line.strip()]
    if len(lines) > xlsx.MOST_ROWS:
        raise BadTable(f"At most {xlsx.MOST_ROWS} rows are read.")
    for number, line in lines:
        yield number, _read(number, line)


def _read(number: int, line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise BadTable(f"Line {number} is longer than {LONGEST_LINE // 1024} KB.")
    try:
        row = json.loads(line, object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise BadTable(f"Line {number} is not a JSON object as we read it.") from error
    if not isinstance(row, dict) or not all(map(_is_flat, row.values())):
        raise BadTable(f"Line {number}: each is an object of texts, numbers, true, false, and lists of texts.")
    return row


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("A name stands twice in one object.")
    return row


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value.")


def _is_flat(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, str | int | float | bool)
