"""Bytes as text: what Excel and its cousins save in the region, told apart, or refused with the cell's address."""

import codecs
import csv
import re
from io import StringIO

from intervet_client.errors import BadFile

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
LATIN, CYRILLIC = "cp1250", "cp1251"
NEXT = "Next: save it as “CSV UTF-8” (in Excel: Save as), or as .xlsx."
# A word in which letters of ASCII stand among others is Latin, one of others alone is Cyrillic.
_MIXED = re.compile(rb"[A-Za-z]+[\x80-\xff]|[\x80-\xff][A-Za-z]+")
_FOREIGN = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]{2,}(?![A-Za-z\x80-\xff])")


def decode(content: bytes) -> str:
    """The text of a file. Raises BadFile for what can't be told, naming the first cell."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return _decoded(content, name)
    if b"\0" in content[:2000]:
        # Separators and line ends are of ASCII in every script: their zeros tell which byte comes first.
        first, second = content[:2000:2].count(0), content[1:2000:2].count(0)
        return _decoded(content, "utf-16-be" if first > second else "utf-16-le")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decoded(content, _code_page(content, error.start))


def _code_page(content: bytes, first: int) -> str:
    latin, cyrillic = len(_MIXED.findall(content)), len(_FOREIGN.findall(content))
    if min(latin, cyrillic) * 4 > max(latin, cyrillic) or latin == cyrillic:
        raise BadFile(f"{address(content, first)}: it can't be told in which encoding the file is.\n{NEXT}")
    return LATIN if latin > cyrillic else CYRILLIC


def _decoded(content: bytes, name: str) -> str:
    try:
        text = content.decode(name)
    except UnicodeDecodeError as error:
        raise BadFile(f"{address(content, error.start)}: the file can't be read as {name}.\n{NEXT}") from error
    if "\0" in text:
        raise BadFile(f"The file holds characters that no text has.\n{NEXT}")
    return text


def address(content: bytes, position: int) -> str:
    """The cell in which a byte of a CSV stands, about: as far as its separators can be told."""
    before = content[:position].decode("latin-1")
    separator = max(",;\t", key=before.partition("\n")[0].count)
    rows = list(csv.reader(StringIO(before, newline=""), delimiter=separator)) or [[""]]
    return f"{column_letters(max(len(rows[-1]) - 1, 0))}{len(rows)}"


def column_letters(index: int) -> str:
    """A column as a spreadsheet names it; the first is 0 here and A there."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
