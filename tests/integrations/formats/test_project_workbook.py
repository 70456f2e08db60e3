"""A project as a workbook says the same as one in JSON."""

from datetime import date, datetime
from typing import Any

import pytest

from integrations.formats.project_workbook import read_project, where
from integrations.formats.xlsx import BadWorkbook
from tests.cli.admin import small_project
from tests.integrations.formats.workbooks import as_workbook, workbook


def test_a_workbook_says_what_json_says() -> None:
    assert read_project(as_workbook(small_project())) == small_project()


def read(sheet: str, columns: list[str], row: list[Any]) -> Any:
    """What one row of a sheet is read as, in an otherwise small project."""
    read = read_project(workbook({"project": [["code"], ["SMALL"]], sheet: [columns, row]}))
    return read["project"] if sheet == "project" else read[sheet][0]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("pic", 912345678, "912345678"),
        ("pic", 912345678.0, "912345678"),
        ("roles", "sending, receiving,", ["sending", "receiving"]),
        ("roles", "sending", ["sending"]),
        ("planned", 40.0, 40),
        ("planned", "many", "many"),
        ("assumed", "Yes", True),
        ("assumed", False, False),
        ("assumed", "perhaps", "perhaps"),
        ("value", "2020-01", "2020-01"),
        ("starts_on", datetime.fromisoformat("2027-04-05T00:00"), "2027-04-05"),
        ("starts_on", date(2027, 4, 5), "2027-04-05"),
        ("legal_name", "'=SUM(A1)", "=SUM(A1)"),
        ("legal_name", "'s-Hertogenbosch", "'s-Hertogenbosch"),
    ],
)
def test_a_cell_becomes_what_json_would_say(column: str, cell: Any, value: Any) -> None:
    assert read("organisations", [column], [cell]) == {column: value}


def test_texts_have_a_column_for_each_language() -> None:
    assert read("activities", ["title.en", "title.sq"], ["Stays", "Qëndrime"]) == {
        "title": {"en": "Stays", "sq": "Qëndrime"}
    }


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        (datetime.fromisoformat("2027-02-10T17:00"), "2027-02-10T16:00:00+00:00"),
        (datetime.fromisoformat("2027-07-10T17:00"), "2027-07-10T15:00:00+00:00"),
        (datetime.fromisoformat("2027-02-10T00:00"), "2027-02-09T23:00:00+00:00"),
        ("2027-02-10T16:00:00Z", "2027-02-10T16:00:00Z"),
    ],
)
def test_a_deadline_is_meant_in_the_calls_own_zone(cell: Any, instant: str) -> None:
    assert read("calls", ["timezone", "closes_at"], ["Europe/Tirane", cell])["closes_at"] == instant


def test_a_figure_about_the_whole_project_needs_no_scope() -> None:
    assert read("reported_figures", ["measure"], ["value"])["scope"] == {}


@pytest.mark.parametrize(
    ("sheets", "word"),
    [
        ({}, "project must have one row"),
        ({"project": [["code"]]}, "project must have one row"),
        ({"project": [["code"], ["A"], ["B"]]}, "project must have one row"),
        ({"project": [["code"], ["A"]], "schools": [["key"]]}, "There is a sheet schools"),
        (
            {"project": [["code"], ["A"]], "destinations": [["call"], ["spring"]]},
            "^destinations, row 2: there is nothing called spring",
        ),
        ({"project": [["code"], ["A"]], "choices": [["call", "question"], ["spring", "why"]]}, "nothing called"),
        (
            {
                "project": [["code"], ["A"]],
                "calls": [["timezone", "opens_at"], ["Mars", datetime.fromisoformat("2027-01-01T09:00")]],
            },
            "zone Mars",
        ),
        (
            {"project": [["code"], ["A"]], "calls": [["key", "form"], ["a", "Why?"]]},
            "^calls, row 2: .*sheet of its own",
        ),
        ({"project": [["code"], ["A"]], "form": [["choices.one"], ["Why?"]]}, "^form, row 2: .*sheet of its own"),
        ({"project": [["code"], ["A"]], "calls": [["key.en"], ["a"]]}, "^calls, row 2: .*call it key"),
        ({"project": [["code"], ["A"]], "form": [["call.en"], ["a"]]}, "^form, row 2: .*call it call"),
    ],
)
def test_a_workbook_that_is_no_project_is_refused_with_a_reason(sheets: Any, word: str) -> None:
    with pytest.raises(BadWorkbook, match=word):
        read_project(workbook(sheets or {"calls": [["key"]]}))


@pytest.mark.parametrize("columns", [["title", "title.sq"], ["title.sq", "title"]])
def test_a_text_beside_its_translation_is_refused_whatever_comes_first(columns: list[str]) -> None:
    content = workbook({"project": [["code", *columns], ["SMALL", "One", "Two"]]})

    with pytest.raises(BadWorkbook) as caught:
        read_project(content)

    sentence = "project, row 2: the columns title and title.sq can't stand side by side; call the first title.en."
    assert str(caught.value) == sentence


def test_a_scope_in_one_cell_and_in_parts_is_refused() -> None:
    with pytest.raises(BadWorkbook, match="take one of the two out"):
        read("reported_figures", ["scope", "scope.activity"], ["all", "course"])


def test_a_translation_that_a_row_leaves_empty_is_no_contradiction() -> None:
    assert read("activities", ["title", "title.sq"], ["Stays", None]) == {"title": "Stays"}


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/project/languages/0", "project, row 2, column languages"),
        ("/organisations/1/type", "organisations, row 3, column type"),
        ("/organisations/2", "organisations, row 4"),
        ("/activities/0/title/sq", "activities, row 2, column title.sq"),
        ("/calls/0/owner", "calls, row 2, column owner"),
        ("/calls/0/destinations/0/host", "destinations, row 2, column host"),
        ("/calls/0/form/1/choices/1/value", "choices, row 3, column value"),
        ("/calls", "sheet calls"),
    ],
)
def test_what_is_wrong_is_found_by_sheet_row_and_column(pointer: str, place: str) -> None:
    assert where(read_project(as_workbook(small_project())), pointer) == place


def test_rows_are_counted_as_the_spreadsheet_shows_them() -> None:
    rows = [["key"], ["one"], [None], ["two"]]
    project = read_project(workbook({"project": [["code"], ["SMALL"]], "organisations": rows}))

    assert where(project, "/organisations/1/key") == "organisations, row 4, column key"
