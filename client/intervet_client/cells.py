"""What stands in one cell, as the value that was meant; or a refusal that says how to write it."""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from intervet_client import labels

Raw = str | int | float | bool | date | datetime | time | timedelta
Reader = Callable[[Raw], Any]

LONGEST_NUMBER = 10**15  # Excel keeps fifteen digits, and makes zeros of the rest.
EARLIEST, LATEST = date(1900, 3, 1), date(2100, 12, 31)
# Day zero of Excel's serial dates from March 1900 on, since it takes 1900 for a leap year.
SERIAL_ZERO = date(1899, 12, 30)

_FORMULA = re.compile(r"'+\s*[=+\-@＝＋－＠\x00-\x1f]")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\.?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_LEVEL = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)[\s:(=]+([ABCabc][12])\)?")


class BadCell(ValueError):
    """A cell can't be understood: a stable code, and a sentence for whoever has the sheet open."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def is_empty(raw: Raw | None) -> bool:
    """Whether nothing stands there that anybody would see."""
    return raw is None or (isinstance(raw, str) and not raw.strip(" \t\r\n\u00a0\u200b\ufeff"))


def text(raw: Raw) -> str:
    """A text, without the spaces around it and without the mark that keeps a spreadsheet from running it."""
    if isinstance(raw, str):
        plain = unicodedata.normalize("NFC", raw).strip(" \t\r\n\u00a0\u200b\ufeff")
        return plain[1:] if _FORMULA.match(plain) else plain
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, (int, float)):
        return _digits(raw)
    raise BadCell(
        "not_text", "The spreadsheet has made a date or time of this; format the cell as text, write it again."
    )


def _digits(raw: float) -> str:
    if abs(raw) >= LONGEST_NUMBER:
        raise BadCell(
            "too_many_digits", "A spreadsheet keeps 15 digits of a number; format the cell as text, write it again."
        )
    return str(int(raw)) if float(raw).is_integer() else repr(raw)


def day(raw: Raw) -> str:
    """A date as YYYY-MM-DD, from a date cell, Excel's serial number, or as people write it in the region."""
    if isinstance(raw, datetime):
        if raw.time() != time():
            raise BadCell("not_a_date", "A date without a time of day belongs here.")
        return _within(raw.date())
    if isinstance(raw, date):
        return _within(raw)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and float(raw).is_integer() and 0 < raw < 80_000:
        return _within(SERIAL_ZERO + timedelta(days=int(raw)))
    return _within(_written_day(text(raw)))


def _written_day(written: str) -> date:
    if match := _ISO.fullmatch(written):
        return _date(*match.groups())
    if match := _DOTTED.fullmatch(written):
        return _date(*reversed(match.groups()))
    if match := _SLASHED.fullmatch(written):
        first, second, year = match.groups()
        if int(second) <= 12 and int(first) <= 12 and first != second:
            raise BadCell("ambiguous_date", f"{written} is two dates, day or month first; write it as YYYY-MM-DD.")
        # With the month first is how American spreadsheets write it; then the second number is the larger.
        return _date(year, second, first) if int(second) <= 12 else _date(year, first, second)
    hint = " (Excel's number for a date? Format the column as a date and save again)" if written.isdigit() else ""
    raise BadCell("not_a_date", f"{written[:40]!r} is no date that is understood{hint}; write it as YYYY-MM-DD.")


def _date(year: str, month: str, on: str) -> date:
    try:
        return date(int(year), int(month), int(on))
    except ValueError:
        raise BadCell("not_a_date", f"There is no day {on}.{month}.{year}.") from None


def _within(found: date) -> str:
    if not EARLIEST <= found <= LATEST:
        raise BadCell("not_a_date", f"{found.isoformat()} is not between 1900 and 2100.")
    return found.isoformat()


def yes_no(raw: Raw) -> bool:
    """Yes or no, in any of the languages."""
    if isinstance(raw, bool):
        return raw
    written = text(raw)
    found = labels.meaning("yes_no", written)
    if found is None:
        raise BadCell("not_yes_or_no", f"{written[:40]!r} is neither yes nor no.")
    return found == "yes"


def whole_number(raw: Raw) -> int:
    """A whole number."""
    found = number(raw)
    if not float(found).is_integer():
        raise BadCell("not_a_whole_number", f"{found} is no whole number.")
    return int(found)


def number(raw: Raw) -> int | float:
    """A number, with a point or a comma before its decimals."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return int(raw) if float(raw).is_integer() else raw
    written = text(raw)
    if not re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", written):
        raise BadCell("not_a_number", f"{written[:40]!r} is no number; write it without spaces and units.")
    found = float(written.replace(",", "."))
    return int(found) if found.is_integer() else found


def country(raw: Raw) -> str:
    """A country by its two letters, or by its name where it is one of the Western Balkans."""
    written = text(raw)
    return labels.meaning("countries", written) or written.upper()


def gender(raw: Raw) -> str:
    """A gender by ISO 5218, or in a word."""
    written = text(raw)
    return labels.meaning("genders", written) or written


def phone(raw: Raw) -> str:
    """A telephone number that still has what it begins with."""
    written = text(raw)
    if written[:1] not in "+0(":
        raise BadCell(
            "leading_zero_lost",
            f"{written[:40]} begins with neither 0 nor +, which a spreadsheet drops; format the column as text and "
            "write +355 69 … or 069 …",
        )
    return written


def isced(raw: Raw) -> str:
    """A field of study by ISCED-F, whose codes begin with 0 or 10."""
    written = text(raw)
    if written.isdigit() and not written.startswith(("0", "10")):
        raise BadCell(
            "leading_zero_lost", f"{written[:10]} lacks its leading zero; format the column as text: 0{written[:9]}"
        )
    return written


def email(raw: Raw) -> str:
    """An e-mail address."""
    return text(raw).removeprefix("mailto:")


def skills(raw: Raw) -> list[dict[str, str]]:
    """Languages with their levels, as in `it B1; en A2`."""
    return [skill(part) for part in parts(raw)]


def skill(raw: Raw) -> dict[str, str]:
    """A language with its level."""
    part = text(raw)
    match = _LEVEL.fullmatch(part)
    if match is None:
        raise BadCell("not_a_language_level", f"{part[:40]!r}: write a language with its level, as in: it B1; en A2")
    return {"tag": match[1], "cefr": match[2].upper()}


def parts(raw: Raw) -> list[str]:
    """Several things in one cell, with semicolons or line breaks between them."""
    return [part.strip() for part in re.split(r"[;\n|]", text(raw)) if part.strip()]


def as_json(raw: Raw) -> Any:
    """What has no way of its own to be written in a cell: JSON, or a text."""
    written = text(raw)
    if written[:1] not in '{["':
        return written
    try:
        return json.loads(written)
    except ValueError as error:
        raise BadCell("not_json", f"This is not JSON ({error}).") from None
