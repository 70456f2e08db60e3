"""A file as rows of cells, each with its address: CSV, XLSX, NDJSON."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from intervet_client import workbooks
from intervet_client.cells import Raw, is_empty
from intervet_client.encodings import column_letters, decode
from intervet_client.errors import BadFile

LARGEST_FILE = 50 * 1024 * 1024  # bytes
MOST_ROWS = 10_000
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Row:
    """A row that isn't empty: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[int, Raw]


@dataclass(frozen=True)
class Sheet:
    """A header and rows."""

    header: Sequence[str]
    rows: Sequence[Row]

    def address(self, row: int, column: int) -> str:
        """A cell's address, as a spreadsheet shows it."""
        return f"{column_letters(column)}{row}"


@dataclass(frozen=True)
class Line:
    """A line of NDJSON: its number and its object."""

    number: int
    content: dict[str, Any]


def read_sheet(path: Path, is_header: Callable[[str], bool]) -> Sheet:
    """The table in a file. `is_header` says which words are names of columns: by them the table is found.

    Raises BadFile.
    """
    content = read(path)
    if path.suffix.lower() == ".xlsx":
        return _sheet(workbooks.best_table(content, is_header))
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise BadFile(f"{path.name} is neither .csv, .xlsx nor .ndjson.\nNext: save it as one of them.")
    return _sheet(_csv_rows(decode(content), is_header))


def read_lines(path: Path) -> list[Line]:
    """The objects of an NDJSON file. Raises BadFile naming the line."""
    found = []
    for number, line in enumerate(decode(read(path)).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError as error:
            raise BadFile(f"line {number}: this is not JSON ({error}).\nNext: write one object a line.") from error
        if not isinstance(content, dict):
            raise BadFile(f"line {number}: this is no object.\nNext: write one object a line.")
        found.append(Line(number, content))
    return found


def read(path: Path) -> bytes:
    """A file's content. Raises BadFile."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadFile(f"{path.name} is larger than 50 MB.\nNext: split it.")
        return path.read_bytes()
    except OSError as error:
        raise BadFile(
            f"{path} can't be read: {error.strerror}.\nNext: check the name, and close it elsewhere."
        ) from error


def _sheet(table: Sequence[Sequence[Raw | None]]) -> Sheet:
    header = [str(cell).strip() if not is_empty(cell) else "" for cell in (table[0] if table else ())]
    if not any(header):
        raise BadFile(
            "The first row is empty.\nNext: write the names of the columns there; `intervet form` lists them."
        )
    rows = [row for number, cells in enumerate(table[1:], start=2) if (row := _row(number, cells)).cells]
    if len(rows) > MOST_ROWS:
        raise BadFile(f"There are more than {MOST_ROWS} rows.\nNext: split the file.")
    widest = max((index for row in rows for index in row.cells), default=0) + 1
    return Sheet(header + [""] * (widest - len(header)), rows)


def _row(number: int, cells: Sequence[Raw | None]) -> Row:
    return Row(number, {index: cell for index, cell in enumerate(cells) if cell is not None and not is_empty(cell)})


def _csv_rows(text: str, is_header: Callable[[str], bool]) -> list[list[str]]:
    first, _, rest = text.partition("\n")
    if first.strip().lower() in ("sep=;", "sep=,", "sep=\\t"):  # which Excel obeys, and doesn't count as a row
        return list(_parsed(rest, first.strip()[4:].replace("\\t", "\t")))

    def known(separator: str) -> tuple[int, int]:
        header = next(_parsed(first, separator), [])
        return sum(map(is_header, header)), len(header)

    return list(_parsed(text, max(SEPARATORS, key=known)))


def _parsed(text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise BadFile(
            f"line {reader.line_num}: the quotation marks of a cell don't end ({error}).\n"
            "Next: correct them there, or save the file again from the spreadsheet."
        ) from error
