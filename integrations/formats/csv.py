"""CSV: RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180, October 2005), in UTF-8.

Spreadsheets run what looks like a formula, also when it came from a stranger (OWASP ASVS 5, 1.2.10). A text that looks
like one gets an apostrophe before it, which reading takes off again; numbers, dates and telephone numbers stay.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

BOM = b"\xef\xbb\xbf"  # Without it, Excel takes UTF-8 for the local code page.
MARK = "'"

# Apostrophes of the text's own are passed over, so that reading can tell the mark from them. Spaces do not stop Excel.
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠\x00-\x1f\x7f]")
# Signs and digits alone call no function and fetch nothing: amounts and telephone numbers.
_NUMBER = re.compile(r"[+-]?\(?[0-9][0-9 .,()/-]*")


def guarded(cell: object) -> object:
    """The cell as it may stand in a file: a text that a spreadsheet would run is marked as text."""
    # Most cells begin with a letter or a digit, and there are millions of them: they are let through first.
    if not isinstance(cell, str) or cell[:1].isalnum():
        return cell
    return MARK + cell if _is_formula(cell) else cell


def unguarded(cell: str) -> str:
    """The text that was meant, without our mark."""
    return cell[1:] if cell.startswith(MARK) and _is_formula(cell[1:]) else cell


def write(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as bytes; none is an empty cell. The BOM, where it is wanted, goes before the first of them."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def read(data: bytes) -> Iterator[list[str]]:
    """Rows of a file, with or without a BOM, our marks taken off. Raises UnicodeDecodeError, csv.Error."""
    text = io.StringIO(data.removeprefix(BOM).decode(), newline="")
    for row in csv.reader(text, strict=True):
        yield [unguarded(cell) for cell in row]


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
