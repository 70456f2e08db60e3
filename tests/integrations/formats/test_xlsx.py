"""Workbooks as plain rows, and what isn't read at all."""

import re
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from integrations.formats import xlsx
from integrations.formats.xlsx import BadWorkbook, read_sheets
from tests.integrations.formats.workbooks import workbook


def archive(**entries: bytes) -> bytes:
    """A ZIP with these entries."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as file:
        for name, entry in entries.items():
            file.writestr(name, entry)
    return content.getvalue()


def rezipped(content: bytes, **more: bytes) -> bytes:
    """The same workbook with entries more, or others in their place."""
    with ZipFile(BytesIO(content)) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    return archive(**entries, **more)


PLAIN = workbook({"calls": [["slug", "places"], ["spring", 4]]})


def test_cells_are_named_by_the_first_row() -> None:
    assert read_sheets(PLAIN) == {"calls": [{"slug": "spring", "places": 4}]}


@pytest.mark.parametrize("value", ["Forlì-Bologna", 4, 4.5, True, False, datetime.fromisoformat("2027-01-10T09:30")])
def test_a_cell_keeps_its_kind(value: Any) -> None:
    assert read_sheets(workbook({"s": [["value"], [value]]})) == {"s": [{"value": value}]}


def test_what_is_empty_is_left_out() -> None:
    sheets = read_sheets(workbook({"s": [["a", "b", None], [None, None], ["", 2], [" ", None], [1, " x "]]}))

    assert sheets == {"s": [{"b": 2}, {"a": 1, "b": "x"}]}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "save it as .xlsx"),
        (b"slug;places", "save it as .xlsx"),
        (archive(readme=b"no workbook"), "save it again as .xlsx"),
        (PLAIN[: len(PLAIN) // 2], "save it as .xlsx"),
        (archive(bomb=b"0" * 10_000_000), "unfolds"),
        (archive(**{f"e{number}": b"" for number in range(xlsx.MOST_ENTRIES + 1)}), "unfolds"),
        (archive(**{"../../etc/passwd": b""}), "paths"),
        (archive(**{"/etc/passwd": b""}), "paths"),
        (rezipped(PLAIN, **{"xl/vbaProject.bin": b"macro"}), "macros"),
        (rezipped(PLAIN, **{"xl/x.xml": b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>"}), "entities"),
        (b"0" * (xlsx.LARGEST_FILE + 1), "larger than 12 MB"),
        (workbook({"s": [["a", "a"], [1, 2]]}), "the column a stands twice"),
        (workbook({"s": [["a"], [1, 2]]}), "row 2: there is a value in a column without a name"),
        (workbook({"s": [[f"c{number}" for number in range(xlsx.MOST_COLUMNS + 1)]]}), "columns are read"),
        (workbook({"s": [["a"], *[[1]] * (xlsx.MOST_ROWS + 1)]}), "rows of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_of_ours_is_refused_with_a_reason(content: bytes, word: str) -> None:
    with pytest.raises(BadWorkbook, match=word):
        read_sheets(content)


def test_an_encrypted_entry_is_refused() -> None:
    content = bytearray(PLAIN)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= xlsx.ENCRYPTED

    with pytest.raises(BadWorkbook, match="encrypted"):
        read_sheets(bytes(content))


def test_a_formula_saved_without_its_value_is_refused_by_its_address() -> None:
    with pytest.raises(BadWorkbook, match="the formula in B3 was saved without its value"):
        read_sheets(workbook({"s": [["a", "b"], [1, 2], [3, "=A2+A3"]]}))


@pytest.mark.parametrize(
    ("saved", "row"),
    [(b"<c r='B2'><f>A2+1</f><v>2</v></c>", {"a": 1, "b": 2}), (b"<c r='B2' t='str'><f>''</f><v></v></c>", {"a": 1})],
)
def test_a_formula_is_its_last_value_and_never_computed(saved: bytes, row: dict[str, int]) -> None:
    content = workbook({"s": [["a", "b"], [1, "=A2+1"]]})
    with ZipFile(BytesIO(content)) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    sheet = re.sub(rb'<c r="B2".*?</c>', saved, entries["xl/worksheets/sheet1.xml"])

    assert read_sheets(archive(**(entries | {"xl/worksheets/sheet1.xml": sheet}))) == {"s": [row]}
