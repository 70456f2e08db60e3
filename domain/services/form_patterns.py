"""Texts and dates as JSON Schema that means the same to everybody who reads it.

Every pattern here means the same in Python's re and in ECMAScript with the u flag, which is why they do without digit
and space classes and without a dollar sign.
"""

from typing import Any

Schema = dict[str, Any]

EARLIEST, LATEST = "1900-01-01", "2100-12-31"  # The dates that both engines and every partner's software can hold.

END = r"(?![\s\S])"  # In Python, $ also matches before a last line feed.
NAME = rf"^[a-z][a-z0-9_]{{0,59}}{END}"
LINE = rf"^[^\u0000-\u001F\u007F-\u009F\u2028\u2029\uD800-\uDFFF]*{END}"
LINES = rf"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uD800-\uDFFF]*{END}"
NOT_BLANK = r"[^\t\n\r \u00A0\u1680\u2000-\u200D\u2028\u2029\u202F\u205F\u2060\u3000\uFEFF]"
ID = rf"^[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{END}"  # a UUID as we write it
# The shape of a language tag, which is all that a validator without the registry can tell.
TAG = rf"^[A-Za-z]{{2,3}}(?:-[A-Za-z0-9]{{2,8}})*{END}"
LONGEST_TAG = 35  # characters (RFC 5646, 4.4.1)
_MONTHS_AND_DAYS = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
DATE = rf"^(?:[0-9]{{4}}-(?:{_MONTHS_AND_DAYS}|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29){END}"


def date_schema(earliest: str, latest: str) -> Schema:
    """A date that exists, within bounds.

    JSON Schema leaves `format` to each validator and has no bounds for dates, so both are said as patterns; the names
    `formatMinimum` and `formatMaximum` are those of ajv-formats and tell a page what to offer.
    """
    return {
        "type": "string",
        "format": "date",
        "pattern": DATE,
        "allOf": [
            {"format": "date", "formatMinimum": earliest, "pattern": _beyond(earliest, "9")},
            {"format": "date", "formatMaximum": latest, "pattern": _beyond(latest, "0")},
        ],
    }


def _beyond(day: str, outermost: str) -> str:
    """A pattern for a date and those on one side of it: later ones towards "9", earlier ones towards "0"."""
    step = 1 if outermost == "9" else -1
    alternatives = [day]
    for position, digit in enumerate(day):
        if digit not in ("-", outermost):
            next_digit = str(int(digit) + step)
            alternatives.append(f"{day[:position]}[{min(next_digit, outermost)}-{max(next_digit, outermost)}]")
    return f"^(?:{'|'.join(alternatives)})"
