"""What stands in a cell, understood or refused with what to do."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from intervet_client import cells, choices
from intervet_client.cells import BadCell, Raw


@pytest.mark.parametrize(
    "raw",
    [
        "2008-03-05", "2008-3-5", "5.3.2008", "05.03.2008.", "5. 3. 2008", "2008-03-05 00:00:00", " 05.03.2008\u00a0",
        datetime(2008, 3, 5), date(2008, 3, 5), 39512, 39512.0,
    ],
)  # fmt: skip
def test_a_date_is_understood(raw: Raw) -> None:
    assert cells.day(raw) == "2008-03-05"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("05/03/2008", "ambiguous_date"),
        ("31.02.2008", "not_a_date"),
        ("5.3.08", "not_a_date"),
        ("39512", "not_a_date"),
        ("March 2008", "not_a_date"),
        ("5.3.1808", "not_a_date"),
        (datetime(2008, 3, 5, 14, 30), "not_a_date"),
        (True, "not_a_date"),
        (0.5, "not_a_date"),
    ],
)
def test_a_date_that_may_be_another_is_refused(raw: Raw, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        cells.day(raw)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("raw", "found"), [("25/03/2008", "2008-03-25"), ("03/25/2008", "2008-03-25"), ("05/05/2008", "2008-05-05")]
)
def test_a_date_with_slashes_is_understood_where_it_can_mean_one_day_only(raw: str, found: str) -> None:
    assert cells.day(raw) == found


@pytest.mark.parametrize("raw", ["yes", "Po", "ДА", "da", "1", 1, True, "x", "✓"])
def test_yes_is_yes_in_every_language(raw: Raw) -> None:
    assert cells.yes_no(raw) is True


@pytest.mark.parametrize("raw", ["no", "jo", "НЕ", "ne", 0, False, "n"])
def test_no_is_no_in_every_language(raw: Raw) -> None:
    assert cells.yes_no(raw) is False


@pytest.mark.parametrize(
    ("read", "raw", "code"),
    [
        (cells.yes_no, "perhaps", "not_yes_or_no"),
        (cells.phone, "60123456", "leading_zero_lost"),
        (cells.phone, 60123456, "leading_zero_lost"),
        (cells.isced, 715, "leading_zero_lost"),
        (cells.isced, "715", "leading_zero_lost"),
        (cells.text, datetime(2026, 4, 3), "not_text"),
        (cells.text, timedelta(hours=3), "not_text"),
        (cells.text, 1234567890123456, "too_many_digits"),
        (cells.whole_number, "2.5", "not_a_whole_number"),
        (cells.number, "1 000", "not_a_number"),
        (cells.number, True, "not_a_number"),
        (cells.skills, "Italian well", "not_a_language_level"),
        (cells.as_json, "{broken", "not_json"),
    ],
)
def test_what_a_spreadsheet_spoilt_is_refused(read: Any, raw: Raw, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        read(raw)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("read", "raw", "found"),
    [
        (cells.phone, "060 123456", "060 123456"),
        (cells.phone, "'+381 60 123456", "+381 60 123456"),
        (cells.isced, "0715", "0715"),
        (cells.isced, "1013", "1013"),
        (cells.text, 3, "3"),
        (cells.text, 2.5, "2.5"),
        (cells.text, "'=1+1", "=1+1"),
        (cells.text, "'Uskok'", "'Uskok'"),
        (cells.text, "  e\u0308  ", "ë"),
        (cells.number, "3,5", 3.5),
        (cells.whole_number, "4", 4),
        (cells.whole_number, 4.0, 4),
        (cells.country, "Shqipëria", "AL"),
        (cells.country, "СРБИЈА", "RS"),
        (cells.country, "Srbija", "RS"),
        (cells.country, "xk", "XK"),
        (cells.gender, "Ж", "2"),
        (cells.gender, "mashkull", "1"),
        (cells.gender, 2, "2"),
        (cells.email, "mailto:ana@example.org", "ana@example.org"),
        (cells.skills, "it B1; en-GB: a2", [{"tag": "it", "cefr": "B1"}, {"tag": "en-GB", "cefr": "A2"}]),
        (cells.as_json, '{"id": 1}', {"id": 1}),
        (cells.as_json, "plain", "plain"),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_it_was_meant(read: Any, raw: Raw, found: Any) -> None:
    assert read(raw) == found


CITIES = {"lyon": "id of Lyon", "ljubljana si": "id of Ljubljana", "bologna": None}


@pytest.mark.parametrize("written", ["Lyon; Ljubljana, SI", "LYON\nljubljana, si", "Lyon|Ljubljana, SI"])
def test_several_are_parted_by_semicolons_or_lines(written: str) -> None:
    assert choices.several_of(CITIES, ())(written) == ["id of Lyon", "id of Ljubljana"]


def test_several_are_parted_by_commas_where_nothing_else_can_be_meant() -> None:
    assert choices.several_of({"a": 1, "b": 2}, ())("a, b") == [1, 2]


@pytest.mark.parametrize(("written", "code"), [("Paris", "not_a_choice"), ("Bologna", "ambiguous_choice")])
def test_a_choice_that_there_is_not_or_twice_is_refused(written: str, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        choices.one_of(CITIES, ())(written)

    assert caught.value.code == code
