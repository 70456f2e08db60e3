"""Cells as people write them, read as what an application holds: dates, numbers, yes and no, choices.

What could be meant in two ways, or has lost something in a spreadsheet (a leading zero), is refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from domain.languages import CATALOGUES, fold

Cell = str | int | float | bool | Sequence[str]
Read = Callable[[Cell], Any]

EPOCH = date(1899, 12, 30)  # day 0 of a spreadsheet's count
SERIALS = (1, 73_415)  # of 1900 and of the last day of 2100
LISTED = 10  # choices that are spelled out in a sentence
ERRORS = re.compile(r"#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
DAY_FIRST = re.compile(r"(\d{1,2})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{4})\s*\.?")
WHOLE = re.compile(r"[+-]?\d{1,15}")
DECIMAL = re.compile(r"([+-]?\d{1,15})[.,](\d{1,15})")


class BadCell(ValueError):
    """The cell can't be read; `code` says why, with the figures that its sentence needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def read_text(cell: Cell) -> str:
    """A text; a number where a text is wanted is its digits."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadCell("wrong_type", expected="string")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell)
    if ERRORS.fullmatch(text):
        raise BadCell("formula_error")
    return text


def read_code(cell: Cell) -> str:
    """A text of which every sign counts. Raises BadCell for a number: it may have begun with zeros or a plus."""
    if not isinstance(cell, str):
        raise BadCell("number_for_text")
    return read_text(cell)


def read_date(cell: Cell) -> str:
    """A date: 2008-05-17, 17.5.2008, or the number of a spreadsheet. Raises BadCell for 05/06/2008 and the like."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_serial(cell)
    text = read_text(cell)
    if re.fullmatch(r"\d{5}", text):
        return _of_serial(int(text))
    if match := ISO.fullmatch(text):
        return _day(match[1], match[2], match[3])
    if match := DAY_FIRST.fullmatch(text):
        # With strokes, some write the month first: only one that can't be a month is certainly the day.
        if match[2] == "/" and int(match[1]) <= 12 and match[1] != match[3]:
            raise BadCell("ambiguous_date")
        return _day(match[4], match[3], match[1])
    raise BadCell("not_a_date")


def _of_serial(number: float) -> str:
    if int(number) != number or not SERIALS[0] <= number <= SERIALS[1]:
        raise BadCell("not_a_date")
    return (EPOCH + timedelta(days=int(number))).isoformat()


def _day(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise BadCell("not_a_date") from error


def read_number(cell: Cell) -> int | float:
    """A number, with a comma or a point before its fraction. A whole one is whole, also when it says 4.0."""
    if isinstance(cell, str):
        text = read_text(cell)
        fraction = DECIMAL.fullmatch(text)
        if fraction is None and WHOLE.fullmatch(text) is None:
            raise BadCell("wrong_type", expected="number")
        cell = float(f"{fraction[1]}.{fraction[2]}") if fraction else int(text)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise BadCell("wrong_type", expected="number")
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def read_yes_no(cell: Cell) -> bool:
    """Yes or no, in any of our languages."""
    if isinstance(cell, bool):
        return cell
    meant = YES_NO.get(fold(read_text(cell)))
    if meant is None:
        raise BadCell("not_yes_or_no")
    return meant


def _words() -> dict[str, bool]:
    words = {"true": True, "1": True, "x": True, "false": False, "0": False}
    for catalogue in CATALOGUES.values():
        words |= {fold(catalogue["cell_yes"]): True, fold(catalogue["cell_no"]): False}
    return words


YES_NO: Mapping[str, bool] = _words()


def read_level(cell: Cell) -> dict[str, str]:
    """A language and a level, such as `it B1`."""
    tag, _, level = read_text(cell).strip().partition(" ")
    return {"tag": tag, "cefr": level.strip().upper()}


def read_choice(named: Mapping[str, Sequence[Any]], shown: Sequence[str], *, strict: bool = True) -> Read:
    """Read one of a few values by what it is called; `named` has folded names, each with all that it may mean.

    Unless `strict`, a name that nothing has is left as it is, for the rules of the application to judge.
    """

    def read(cell: Cell) -> Any:
        text = read_text(cell)
        meant = named.get(fold(text), ())
        if len(meant) == 1:
            return meant[0]
        if not meant and not strict:
            return text
        if meant:
            raise BadCell("ambiguous_choice", choices=", ".join(map(str, meant)))
        listed = [*shown[:LISTED], *(["…"] if len(shown) > LISTED else [])]
        raise BadCell("not_a_choice", choices=", ".join(listed))

    return read


def read_several(one: Read) -> Read:
    """Read a list: its items on lines of their own, or with semicolons between them."""

    def read(cell: Cell) -> list[Any]:
        if isinstance(cell, Sequence) and not isinstance(cell, str):
            return [one(item) for item in cell]
        items = re.split(r"[;\n]", read_text(cell))
        return [one(item.strip()) for item in items if item.strip()]

    return read
