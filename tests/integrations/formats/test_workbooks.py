"""Workbooks that people fill in: types, formulas that are none, lists to choose from."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from integrations.formats.tables import read_table
from integrations.formats.workbooks import Column, write_workbook
from tests.integrations.formats.test_csv import FORMULAS, HARMLESS

PLAIN = (Column("name"), Column("decision", ("selected", "=rejected", "reserve")))


def written(rows: Sequence[Sequence[object]], *, columns: Sequence[Column] = PLAIN) -> bytes:
    content = BytesIO()
    write_workbook(content, "spring", columns, rows, frozen=1)
    return content.getvalue()


def opened(rows: Sequence[Sequence[object]]) -> Any:
    return load_workbook(BytesIO(written(rows)))


@pytest.mark.parametrize("value", ["Forlì", 4, 4.5, True, date(2027, 2, 1), datetime(2027, 2, 1, 9, 30, tzinfo=UTC)])
def test_a_cell_has_the_type_of_its_value(value: object) -> None:
    (row,) = read_table(written([[value]]))
    bare = value.replace(tzinfo=None) if isinstance(value, datetime) else value

    # A day is read as its midnight.
    assert row["name"] == (datetime.combine(bare, datetime.min.time()) if type(bare) is date else bare)


@pytest.mark.parametrize("text", ["#REF!", "=1+1", *FORMULAS])
def test_a_text_is_never_a_formula(text: str) -> None:
    cell = opened([[text]])["spring"]["A2"]

    assert cell.data_type in ("s", "n")
    assert cell.value is None or not cell.value.startswith("=") or cell.quotePrefix


@pytest.mark.parametrize("text", [text for text in HARMLESS if text])
def test_a_text_that_is_harmless_carries_no_mark(text: str) -> None:
    cell = opened([[text]])["spring"]["A2"]

    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (text, "s", False)


def test_what_no_workbook_can_hold_is_left_out() -> None:
    assert opened([["a\x00b\x0bc"]])["spring"]["A2"].value == "abc"


def test_the_names_stay_in_sight() -> None:
    sheet = opened([["Ana", None]])["spring"]

    assert (sheet.freeze_panes, sheet["A1"].value, sheet["A1"].font.bold) == ("B2", "name", True)


def test_choices_come_from_a_hidden_sheet_in_every_row() -> None:
    book = opened([["Ana", None], ["Iva", None]])
    (offered,) = book["spring"].data_validations.dataValidation

    assert (offered.type, str(offered.sqref), offered.formula1) == ("list", "B2:B3", "'choices'!$A$2:$A$4")
    assert [cell.value for cell in book["choices"]["A"]] == ["decision", "selected", "=rejected", "reserve"]
    assert (book["choices"].sheet_state, book["choices"]["A3"].data_type) == ("hidden", "s")


def test_without_choices_there_is_one_sheet() -> None:
    content = written([["Ana"]], columns=[Column("name")])

    assert load_workbook(BytesIO(content)).sheetnames == ["spring"]


def test_lists_of_unequal_length_stand_side_by_side() -> None:
    columns = [Column("a", ("1",)), Column("b"), Column("c", ("x", "y"))]
    book = load_workbook(BytesIO(written([[None, None, None]], columns=columns)))

    assert list(book["choices"].values) == [("a", "c"), ("1", "x"), (None, "y")]
    assert [one.formula1 for one in book["spring"].data_validations.dataValidation] == [
        "'choices'!$A$2:$A$2",
        "'choices'!$B$2:$B$3",
    ]
