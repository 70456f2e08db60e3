"""CSV, there and back."""

import csv as standard
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.formats import csv

FORMULAS = ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@x", "＝1", "＋a", "－a", "＠a", "\t=1", "\r=1", "\0=1", "\tx"]
HARMLESS = ["Ana", "a=b", "", "'Ana'", "2027-02-01", "-12.50", "+355 69 000 0000", "(02) 123-45", "12"]


@pytest.mark.parametrize("cell", [*FORMULAS, "  =1+1", "\u00a0@x"])
def test_a_formula_is_marked_as_text(cell: str) -> None:
    assert csv.guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [*HARMLESS, -5, 1.5, None, True])
def test_what_is_no_formula_stays_as_it_is(cell: object) -> None:
    assert csv.guarded(cell) == cell


def test_a_marked_text_gets_a_mark_of_our_own() -> None:
    assert csv.guarded("'=1") == "''=1"


def test_rows_are_those_of_rfc_4180() -> None:
    written = csv.write([["name", "words"], ["Ana", 'says "yes", and\nno'], [None, 3]])

    assert written == b'name,words\r\nAna,"says ""yes"", and\nno"\r\n,3\r\n'


def test_text_is_utf_8() -> None:
    assert csv.write([["Петровић"]]).decode() == "Петровић\r\n"


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=1), max_size=4))
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    assert list(csv.read(csv.write(rows))) == rows


@given(st.text(st.characters(codec="utf-8")))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = next(standard.reader(io.StringIO(csv.write([[text, "x"]]).decode(), newline="")))[0]

    assert cell.lstrip()[:1] not in tuple("=@＝＋－＠\t\r\0") or cell.strip() == ""


@pytest.mark.parametrize("start", [b"", csv.BOM])
def test_a_file_is_read_with_and_without_a_byte_order_mark(start: bytes) -> None:
    assert list(csv.read(start + b"id\r\n1\r\n")) == [["id"], ["1"]]
