"""Workbooks (Office Open XML, ECMA-376 5th edition, as openpyxl reads it) as plain rows.

A workbook is a ZIP of XML files, so a small one can unfold into a large one, and can hold what nobody asked for. It is
measured before anything in it is read.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

Cell = str | int | float | bool | date | datetime

LARGEST_FILE = 12 * 1024 * 1024  # bytes
LARGEST_UNPACKED = 100 * 1024 * 1024  # bytes
HIGHEST_RATIO = 100  # unpacked to packed; spreadsheets are at 5 to 20
MOST_ENTRIES = 1000
MOST_SHEETS = 50
MOST_ROWS = 10_000  # a sheet
MOST_COLUMNS = 200
LONGEST_CELL = 32_767  # characters, Excel's own limit
ENCRYPTED = 0x1
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


class Row(dict[str, Cell]):
    """A row's cells by the names of their columns, and where they stand: the number and the letters of a spreadsheet.

    Empty cells are not among them; `letters` has every column that has a name.
    """

    def __init__(self, number: int, cells: Iterable[tuple[str, Cell]], letters: Mapping[str, str]) -> None:
        super().__init__(cells)
        self.number = number
        self.letters = letters


class BadWorkbook(ValueError):
    """The file isn't a workbook as we read it; the sentence says why."""


def read_sheets(content: bytes) -> dict[str, list[Row]]:
    """The rows of each sheet, by the names in its first row. Empty cells and empty rows are left out."""
    _measure(content)
    try:
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        if len(workbook.sheetnames) > MOST_SHEETS:
            raise BadWorkbook(f"The workbook has more than {MOST_SHEETS} sheets.")
        sheets = {sheet.title: list(_rows(sheet)) for sheet in workbook.worksheets}
        if any(_has_formulas(content)):
            _refuse_formulas_without_value(content, workbook)
        return sheets
    except BadWorkbook:
        raise
    except Exception as error:  # openpyxl lets through whatever its readers of XML and ZIP stumble over
        raise BadWorkbook("The file is not an XLSX workbook that can be read; save it again as .xlsx.") from error


def _measure(content: bytes) -> None:
    if len(content) > LARGEST_FILE:
        raise BadWorkbook(f"The file is larger than {LARGEST_FILE // 1024**2} MB.")
    try:
        with ZipFile(BytesIO(content)) as archive:
            _check_entries(archive.infolist())
            for entry in archive.infolist():
                _check_content(archive, entry)
    except (BadZipFile, zlib.error, NotImplementedError, OSError, EOFError) as error:
        raise BadWorkbook("The file is not an XLSX workbook; save it as .xlsx.") from error


def _check_entries(entries: Sequence[ZipInfo]) -> None:
    unpacked, packed = (sum(getattr(entry, name) for entry in entries) for name in ("file_size", "compress_size"))
    if len(entries) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED or unpacked > HIGHEST_RATIO * max(packed, 1):
        raise BadWorkbook("The workbook unfolds into far more than a table of ours could be.")
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if entry.flag_bits & ENCRYPTED:
            raise BadWorkbook("The workbook is encrypted; save it without a password.")
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            raise BadWorkbook("The file holds paths that a workbook doesn't have.")
        if path.name.lower() == "vbaproject.bin":
            raise BadWorkbook("The workbook holds macros; save it as .xlsx.")


def _check_content(archive: ZipFile, entry: ZipInfo) -> None:
    # The sizes in a ZIP's directory are claims: no more than that is read. XML of a workbook declares no entities.
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise BadWorkbook("The file is larger inside than it says.")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise BadWorkbook("The file declares entities, which a workbook doesn't.")


def _has_formulas(content: bytes) -> Iterator[bool]:
    with ZipFile(BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith("xl/worksheets/"):
                yield FORMULA.search(archive.read(entry)) is not None


def _refuse_formulas_without_value(content: bytes, values: Any) -> None:
    """Raise BadWorkbook for a formula that was saved without its value: the cell reads as an empty one."""
    formulas = load_workbook(BytesIO(content), read_only=True, keep_links=False)
    for sheet in formulas.worksheets:
        sheet.reset_dimensions()
        for cells, read in zip(sheet.iter_rows(), values[sheet.title].iter_rows(), strict=True):
            for cell, saved in zip(cells, read, strict=True):
                # One that was computed to be an empty text says that it is a text.
                if cell.data_type == "f" and saved.value is None and saved.data_type == "n":
                    raise BadWorkbook(
                        f"Sheet {sheet.title}: the formula in {cell.coordinate} was saved without its value; "
                        "open the file in a spreadsheet program and save it, or write the value instead."
                    )


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # What a file says about its own size is a claim, too.
    yield from named_rows(sheet.title, sheet.iter_rows(values_only=True))


def named_rows(title: str, rows: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """Rows of cells as rows by name: the first one names the columns. Raises BadWorkbook, saying where."""
    names: list[str | None] | None = None
    letters: dict[str, str] = {}
    for number, cells in enumerate(rows):
        if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise BadWorkbook(f"Sheet {title}: at most {MOST_ROWS} rows of {MOST_COLUMNS} columns are read.")
        if names is None:
            names = _names(title, cells)
            letters = {name: get_column_letter(place) for place, name in enumerate(names, 1) if name is not None}
        elif row := Row(number + 1, _named(title, number + 1, names, cells), letters):
            yield row


def _names(title: str, cells: Sequence[Any]) -> list[str | None]:
    names = [str(cell).strip() if cell not in (None, "") else None for cell in cells]
    twice = {name for name in names if name is not None and names.count(name) > 1}
    if twice:
        raise BadWorkbook(f"Sheet {title}: the column {min(twice)} stands twice.")
    return names


def _named(title: str, number: int, names: Sequence[str | None], cells: Sequence[Any]) -> Iterator[tuple[str, Cell]]:
    for index, cell in enumerate(cells):
        value = cell.strip() if isinstance(cell, str) else cell
        if value in (None, ""):
            continue
        name = names[index] if index < len(names) else None
        if name is None:
            raise BadWorkbook(f"Sheet {title}, row {number}: there is a value in a column without a name.")
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            raise BadWorkbook(f"Sheet {title}, row {number}: the text in {name} is too long.")
        if not isinstance(value, Cell):
            raise BadWorkbook(f"Sheet {title}, row {number}: {name} is neither text, number, date nor yes or no.")
        yield name, value
