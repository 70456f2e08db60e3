"""Files as people save them: found out how they are written, or refused with the place."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from intervet_client import BadFile
from intervet_client.encodings import column_letters
from intervet_client.sheets import Sheet, read_lines, read_sheet

LATIN = "Ime;Prezime;Motivacija\r\nŠemsa;Hadžić;Želim učiti, i raditi.\r\n"
CYRILLIC = "Име;Презиме;Мотивација\r\nМарија;Љубић;Желим да учим.\r\n"
ALBANIAN = "Emri;Mbiemri;Motivimi\r\nEra;Çela;Dua të mësoj.\r\n"
HEADERS = {"Ime", "Prezime", "Име", "Презиме", "Emri", "Mbiemri"}


def sheet(folder: Path, content: bytes, name: str = "pupils.csv") -> Sheet:
    """A file of that content, read."""
    (folder / name).write_bytes(content)
    return read_sheet(folder / name, HEADERS.__contains__)


def rows(found: Sheet) -> list[tuple[int, list[Any]]]:
    """Each row's number and cells."""
    return [(row.number, list(row.cells.values())) for row in found.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [LATIN, CYRILLIC, ALBANIAN], ids=["latin", "cyrillic", "albanian"])
def test_unicode_is_read_however_it_is_saved(tmp_path: Path, text: str, encoding: str) -> None:
    assert rows(sheet(tmp_path, text.encode(encoding))) == [(2, text.splitlines()[1].split(";"))]


@pytest.mark.parametrize(("text", "encoding"), [(LATIN, "cp1250"), (ALBANIAN, "cp1250"), (CYRILLIC, "cp1251")])
def test_a_code_page_is_told_by_the_letters(tmp_path: Path, text: str, encoding: str) -> None:
    assert rows(sheet(tmp_path, text.encode(encoding))) == [(2, text.splitlines()[1].split(";"))]


def test_a_file_whose_code_page_cannot_be_told_is_refused_with_the_cell(tmp_path: Path) -> None:
    mixed = b"Ime;Prezime\r\nAna;" + "Петровић".encode("cp1251") + b";" + "Šemsić".encode("cp1250")

    with pytest.raises(BadFile, match=r"^B2: it can't be told in which encoding"):
        sheet(tmp_path, mixed)


@pytest.mark.parametrize("content", [b"\xff\xfeI\0m", b"\x81Ime;Prezime\r\n"])
def test_a_file_that_breaks_off_or_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFile, match="save it as “CSV UTF-8”"):
        sheet(tmp_path, content)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_separator_is_told_by_the_header(tmp_path: Path, separator: str) -> None:
    text = f'Ime{separator}Prezime\n"Ana, {separator} Marija"{separator}"P;e,t\trov"\n'

    assert rows(sheet(tmp_path, text.encode())) == [(2, [f"Ana, {separator} Marija", "P;e,t\trov"])]


def test_a_line_that_names_the_separator_is_none_of_the_rows(tmp_path: Path) -> None:
    assert rows(sheet(tmp_path, b"sep=;\r\nIme;Prezime\r\nAna;P\r\n")) == [(2, ["Ana", "P"])]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    found = sheet(tmp_path, b'Ime;Prezime\n"two\nlines";P\n\n;\nAna;P\n')

    assert [number for number, _ in rows(found)] == [2, 5]


def test_quotation_marks_that_do_not_end_are_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"^line \d: the quotation marks"):
        sheet(tmp_path, b'Ime;Prezime\nAna;"P\nMarko;P\n')


def workbook(folder: Path, *tables: list[list[Any]], **options: Any) -> Path:
    """An .xlsx file with these sheets."""
    made = Workbook()
    made.remove(made.active)
    made.epoch = options.get("epoch", made.epoch)
    for table in tables:
        page = made.create_sheet()
        for row in table:
            page.append(row)
    made.save(folder / "pupils.xlsx")
    return folder / "pupils.xlsx"


def test_the_sheet_with_the_columns_is_taken_whatever_stands_before_it(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["How to fill this in"]], [["Ime", "Prezime", "when"], ["Ana", "P", date(2008, 3, 5)]])

    found = read_sheet(path, HEADERS.__contains__)

    assert [row.cells[2].isoformat()[:10] for row in found.rows] == ["2008-03-05"]
    assert (found.header, found.address(2, 2)) == (["Ime", "Prezime", "when"], "C2")


def test_a_formula_that_failed_is_refused_with_its_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Ime", "Prezime"], ["Ana", "#REF!"]])

    with pytest.raises(BadFile, match=r"^B2: the formula's result is #REF!"):
        read_sheet(path, HEADERS.__contains__)


def test_a_workbook_that_counts_from_1904_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Ime"], ["Ana"]], epoch=CALENDAR_MAC_1904)

    with pytest.raises(BadFile, match="1904"):
        read_sheet(path, HEADERS.__contains__)


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0 old", b"PK\x03\x04 broken", b"Ime;Prezime"])
def test_what_is_no_workbook_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFile, match=r"save it as \.xlsx without a password"):
        sheet(tmp_path, content, "pupils.xlsx")


@pytest.mark.parametrize(
    ("name", "content"), [("pupils.csv", b""), ("pupils.csv", b";;\nAna;P;"), ("pupils.ods", b"x")]
)
def test_what_has_no_header_or_is_another_kind_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(BadFile, match="Next:"):
        sheet(tmp_path, content, name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        read_sheet(tmp_path / "none.csv", HEADERS.__contains__)


@pytest.mark.parametrize(("content", "line"), [(b'{"a": 1}\n\n{broken\n', 3), (b"[1]\n", 1)])
def test_a_line_that_is_no_object_is_refused_by_its_number(tmp_path: Path, content: bytes, line: int) -> None:
    (tmp_path / "pupils.ndjson").write_bytes(content)

    with pytest.raises(BadFile, match=f"^line {line}: "):
        read_lines(tmp_path / "pupils.ndjson")


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_lettered_as_in_a_spreadsheet(index: int, letters: str) -> None:
    assert column_letters(index) == letters
