"""Tables as spreadsheets of several countries write them, and where in them something stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.formats import csv, xlsx
from integrations.formats.tables import BadTable, read_table
from integrations.formats.xlsx import Row
from tests.integrations.formats.workbooks import workbook

LATIN = "Ime;Razlog\nŽaneta;Đačka praksa, šteta čekati\n"
ALBANIAN = "Emri;Arsyeja\nFatmirë;Përvojë në guzhinë\n"
CYRILLIC = "Име;Образложење\nЖанета;Ђачка пракса, штета чекати\n"
MACEDONIAN = "Име;Образложение\nЃорѓи;Сакам да учам\n"


def plain(rows: list[Row]) -> list[tuple[int, dict[str, object]]]:
    return [(row.number, dict(row)) for row in rows]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(
            (text, name)
            for text in (LATIN, ALBANIAN, CYRILLIC, MACEDONIAN)
            for name in ("utf-8", "utf-8-sig", "utf-16")
        ),
        (LATIN, "cp1250"),
        (ALBANIAN, "cp1250"),
        (CYRILLIC, "cp1251"),
        (MACEDONIAN, "cp1251"),
    ],
)
def test_letters_are_those_that_were_typed(text: str, encoding: str) -> None:
    header, row = (line.split(";") for line in text.splitlines())

    assert plain(read_table(text.encode(encoding))) == [(2, dict(zip(header, row, strict=True)))]


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "a;b\r\n1;2\r\n", "a\tb\n1\t2\n", "sep=;\na;b\n1;2\n", "SEP=,\r\na,b\r\n1,2\r\n", '"a";"b"\n1;2'],
)
def test_what_stands_between_cells_is_found_out(text: str) -> None:
    assert plain(read_table(text.encode())) == [(2, {"a": "1", "b": "2"})]


def test_a_separator_in_quotes_is_part_of_a_name() -> None:
    assert plain(read_table(b'"a, b, c";d\n1;2\n')) == [(2, {"a, b, c": "1", "d": "2"})]


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    assert plain(read_table(b'a,b\n\n"x\ny",\n,z\n')) == [(3, {"a": "x\ny"}), (4, {"b": "z"})]


@pytest.mark.parametrize("content", [b"a,,b\n1,,2\n", workbook({"first": [["a", None, "b"], [1, None, 2]]})])
def test_a_row_knows_the_letters_of_its_columns(content: bytes) -> None:
    (row,) = read_table(content)

    assert row.letters == {"a": "A", "b": "C"}


def test_of_a_workbook_the_first_sheet_counts() -> None:
    content = workbook({"mine": [["a"], ["x"]], "choices": [["a"], ["y"]]})

    assert plain(read_table(content)) == [(2, {"a": "x"})]


@pytest.mark.parametrize("content", [b"", b"\n", b"a,b\n", workbook({"empty": []})])
def test_where_there_is_nothing_there_are_no_rows(content: bytes) -> None:
    assert read_table(content) == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1))
def test_a_text_that_we_wrote_is_read_as_it_was(text: str) -> None:
    (row,) = read_table(csv.write([["a", "b"], [text, "x"]]))

    assert row["a"] == text


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"a,b\n1,2,3\n", "row 2: there is a value in a column without a name"),
        (b"a,a\n1,2\n", "the column a stands twice"),
        (b'a,b\n"1,2\n', "near its line 2"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "near its line 2"),
        (b"a\n" + b"1\n" * (xlsx.MOST_ROWS + 1), "rows of"),
        (b"0" * (xlsx.LARGEST_FILE + 1), "larger than 12 MB"),
        (b"\xff\xfea", "save it as CSV UTF-8"),
        (b"PK\x03\x04 and no more", "XLSX"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_with_a_reason(content: bytes, word: str) -> None:
    with pytest.raises(BadTable, match=word):
        read_table(content)
