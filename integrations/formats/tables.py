"""A table that somebody sends back, as a workbook or as CSV: rows by the names in its first row.

Spreadsheets write CSV as the country of their user has it: with semicolons or tabs where the comma marks decimals, and
in the code page of the machine. Which of those it is, is found out here.
"""

import csv as standard
import io
import re
from collections.abc import Iterator

from integrations.formats import csv, xlsx
from integrations.formats.xlsx import BadWorkbook, Row, named_rows, read_sheets

BadTable = BadWorkbook

ZIP = b"PK\x03\x04"
BY_MARK = {csv.BOM: "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LATIN, CYRILLIC = "cp1250", "cp1251"  # of the machines between Ljubljana and Skopje; cp1250 has Albanian's ë and ç, too
SEPARATORS = ";\t,"
SAID = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # Excel's own first line, by which it is told
# Letters of a Cyrillic word stand beside each other; in the Latin alphabets those beyond ASCII mostly stand alone.
HIGH = re.compile(rb"[\x80-\xff]")
HIGH_RUNS = re.compile(rb"[\x80-\xff]{2,}")


def read_table(content: bytes) -> list[Row]:
    """The rows of a CSV file, or of a workbook's first sheet. Raises BadTable with what is wrong, and where."""
    if content.startswith(ZIP):
        return next(iter(read_sheets(content).values()), [])
    if len(content) > xlsx.LARGEST_FILE:
        raise BadTable(f"The file is larger than {xlsx.LARGEST_FILE // 1024**2} MB.")
    return list(named_rows("CSV", _records(decoded(content))))


def decoded(content: bytes) -> str:
    """The text of a file, by its mark, as UTF-8, or in the code page that it looks like."""
    marked = next((name for mark, name in BY_MARK.items() if content.startswith(mark)), None)
    try:
        return content.decode(marked or "utf-8")
    except UnicodeDecodeError as error:
        if marked:
            raise BadTable("The file's letters can't be read; save it as CSV UTF-8.") from error
    try:
        return content.decode(_code_page(content))
    except UnicodeDecodeError as error:
        raise BadTable("The file's letters can't be read; save it as CSV UTF-8.") from error


def _code_page(content: bytes) -> str:
    alone = len(HIGH.findall(content))
    together = sum(map(len, HIGH_RUNS.findall(content)))
    return CYRILLIC if 2 * together > alone else LATIN


def _records(text: str) -> Iterator[list[str]]:
    said = SAID.match(text)
    separator = said[1] if said else _separator(text)
    # Excel doesn't count the line by which it is told: the next one is its row 1.
    lines = io.StringIO(text[said.end() :] if said else text, newline="")
    reader = standard.reader(lines, delimiter=separator, strict=True)
    try:
        for record in reader:
            yield [csv.unguarded(cell) for cell in record]
    except standard.Error as error:
        raise BadTable(f"The CSV can't be read near its line {reader.line_num}: {error}.") from error


def _separator(text: str) -> str:
    """The one that stands most often in the first line, outside of quotes."""
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    return max(SEPARATORS, key=first.count)
