"""A table as a workbook (Office Open XML, ECMA-376 5th edition, as openpyxl writes it), for people to fill in.

Cells have their types, the names of the columns stay in sight, and where one of a few values is wanted there is a list
to choose from. No text is a formula, whatever it begins with (OWASP ASVS 5, 1.2.10).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from integrations.formats import csv

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHOICES = "choices"  # the hidden sheet, a column for each list
NARROWEST, WIDEST = 10, 40  # characters
BOLD = Font(bold=True)
TEXT = "@"  # the format of cells that are text whatever is typed


@dataclass(frozen=True)
class Column:
    """A column by its name in the first row; with `choices`, one of which its cells may be.

    In a column of `text`, what is typed stays as it is typed: leading zeros, and what looks like a number or a date.
    """

    title: str
    choices: Sequence[str] = ()
    text: bool = False


@dataclass(frozen=True)
class Explained:
    """A sheet beside the first, to be read: its name, its rows, the first of which names the columns."""

    title: str
    rows: Sequence[Sequence[object]]


def write_workbook(
    file: IO[bytes],
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    *,
    frozen: int,
    spare: int = 0,
    explained: Explained | None = None,
) -> None:
    """Write one sheet with these rows, the first `frozen` columns staying in sight beside the header.

    In `spare` rows below them, lists are offered as well. What is `explained` stands on a second sheet.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}2"
    for place, column in enumerate(columns, 1):
        width = min(max(len(column.title) + 2, NARROWEST), WIDEST)
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width = width
        if column.text:
            dimension.number_format = TEXT
    sheet.append([_cell(sheet, column.title, bold=True) for column in columns])
    last = 1
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
        last += 1
    if explained is not None:
        _explain(book, explained)
    _offer(book, sheet, columns, last=max(last + spare, 2))
    book.save(file)


def _explain(book: Workbook, explained: Explained) -> None:
    sheet = book.create_sheet(explained.title)
    sheet.freeze_panes = "A2"
    for place in range(1, len(explained.rows[0]) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDEST
    for number, row in enumerate(explained.rows):
        sheet.append([_cell(sheet, value, bold=not number) for value in row])


def _cell(sheet: Any, value: object, *, bold: bool = False) -> Any:
    """A cell of the value's own type; of an instant, what the clock on the wall shows, since a cell has no zone."""
    plain = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    if not isinstance(plain, str):
        return plain
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", plain))
    cell.data_type = "s"
    cell.quotePrefix = csv.guarded(plain) != plain  # or it becomes a formula as soon as somebody edits it
    if bold:
        cell.font = BOLD
    return cell


def _offer(book: Workbook, sheet: Any, columns: Sequence[Column], *, last: int) -> None:
    """Let cells be chosen from a list that stands on a sheet of its own: one in the cell itself is cut at 255."""
    offered = [(place, column) for place, column in enumerate(columns, 1) if column.choices]
    if not offered:
        return
    hidden = book.create_sheet(CHOICES)
    hidden.sheet_state = "hidden"
    hidden.append([column.title for _, column in offered])
    for line in zip_longest(*(column.choices for _, column in offered)):
        hidden.append([_cell(hidden, choice) for choice in line])
    for index, (place, column) in enumerate(offered, 1):
        letter, here = get_column_letter(index), get_column_letter(place)
        among = f"{quote_sheetname(CHOICES)}!${letter}$2:${letter}${len(column.choices) + 1}"
        validation = DataValidation(type="list", formula1=among, allow_blank=True, showErrorMessage=True)
        validation.add(f"{here}2:{here}{last}")
        sheet.data_validations.append(validation)
