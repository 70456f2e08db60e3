"""A call's applications as a sheet: which columns, in which language, with which rows."""

from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from domain.models.applications import Application
from domain.models.calls import Call
from domain.policies import OPERATOR
from domain.services import application_sheets, decisions, forms
from domain.services.application_sheets import SheetLayout, sheet_rows
from domain.services.applications import ApplicationFilter
from domain.services.destinations import DestinationInput
from domain.transaction import reading, transaction
from tests.conftest import NOW
from tests.world import MOTIVATION, World

FORM = [
    MOTIVATION,
    {
        "name": "level",
        "type": "choice",
        "label": {"en": "English", "sr-Cyrl": "Енглески"},
        "choices": [{"value": "basic", "label": {"en": "Basic", "sr-Cyrl": "Основни"}}],
    },
    {"name": "ready", "type": "date", "label": {"en": "Ready from"}},
    {"name": "again", "type": "yes_no", "label": {"en": "Been abroad?"}},
]
ANSWERS = {"motivation": "=1+1", "level": "basic", "ready": "2027-02-01", "again": False}


def layout(call: Call, lang: str = "en", *, with_persons: bool = True) -> SheetLayout:
    return SheetLayout(call, forms.questions(call), lang, lang, with_persons=with_persons, at=NOW)


def rows(world: World, wanted: SheetLayout, by: Any = OPERATOR, **narrowed: Any) -> list[dict[str, Any]]:
    """The rows by the titles of their columns."""
    chosen = ApplicationFilter(call_id=wanted.call.id, **narrowed)
    chunks = sheet_rows(partial(reading, world.database), wanted, chosen, by=by)
    titles = [column.title for column in wanted.columns]
    return [dict(zip(titles, row, strict=True)) for chunk in chunks for row in chunk]


def test_a_row_says_who_applied_and_where_it_stands(world: World) -> None:
    call = world.call()
    application = world.application(call, preferences=[call.destinations[0].id])

    (row,) = rows(world, layout(call))

    received = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Belgrade"))
    assert (row["Reference"], row["State"], row["Version"]) == (application.reference, "submitted", 1)
    assert (row["Received"], row["Late"], row["Likely duplicate"], row["School"]) == (
        received, False, False, "The partner")  # fmt: skip
    assert (row["Country"], row["Preferences"], row["Given names"], row["Birth date"]) == (
        "RS", "Lyon (FR)", "Ana", date(2005, 3, 8))  # fmt: skip


def test_each_question_has_a_column_with_answers_of_their_type(world: World) -> None:
    call = world.call(form=FORM)
    world.application(call, answers=ANSWERS)

    (row,) = rows(world, layout(call))

    assert [row[title] for title in ("Why do you want to go?", "English", "Ready from", "Been abroad?")] == [
        "=1+1",
        "Basic",
        date(2027, 2, 1),
        False,
    ]


def test_titles_and_words_are_in_the_language_asked_for(world: World) -> None:
    call = world.call(form=FORM)
    world.application(call, answers=ANSWERS)

    (row,) = rows(world, layout(call, "sr-Cyrl"))

    assert (row["Стање"], row["Енглески"], row["Been abroad?"]) == ("поднета", "Основни", False)
    assert list(row)[-4:] == ["Одлука", "Ранг", "Дестинација", "Образложење"]


@pytest.mark.parametrize(
    ("answer", "cell"),
    [(["a", "b"], "A, b"), ([], ""), ({"id": "x", "name": "b"}, "x, b"), (3, 3), (2.5, 2.5), (None, None)],
)
def test_an_answer_with_parts_is_put_side_by_side(answer: Any, cell: Any) -> None:
    assert application_sheets._as_cell(answer, "several", {"a": "A"}) == cell


def test_what_is_decided_comes_from_lists_and_is_empty(world: World) -> None:
    call = world.call()
    world.application(call)
    columns = {column.title: list(column.choices) for column in layout(call).columns if column.choices}

    (row,) = rows(world, layout(call))

    assert columns == {
        "Decision": ["eligible", "ineligible", "selected", "reserve", "rejected"],
        "Destination": ["Lyon (FR)"],
    }
    assert {row[title] for title in ("Decision", "Rank", "Destination", "Reason")} == {None}


def test_destinations_of_one_name_are_told_apart(world: World) -> None:
    lyon = DestinationInput(country="FR", city="Lyon")
    call = world.call(destinations=(lyon, lyon, DestinationInput(country="IT", city="Bologna")))

    choices = next(column.choices for column in layout(call).columns if column.title == "Destination")

    first, second, third = (place.id.hex[-6:] for place in call.destinations)
    assert (list(choices), third != second) == ([f"Lyon (FR) {first}", f"Lyon (FR) {second}", "Bologna (IT)"], True)


def test_the_reserve_list_and_offers_are_shown_as_they_stand(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva")
    place = ana.call.destinations[0].id
    world.do(decisions.select_application, ana.id, destination_id=place, confirm_by=None)
    world.do(decisions.reserve_application, iva.id, rank=7)

    found = rows(world, layout(ana.call))

    assert [(row["Current rank"], row["Current destination"]) for row in found] == [(None, "Lyon (FR)"), (7, None)]


def test_without_persons_neither_they_nor_their_answers_have_columns(world: World) -> None:
    call = world.call(form=FORM)
    world.application(call, answers=ANSWERS)

    (row,) = rows(world, layout(call, with_persons=False))

    assert {"Given names", "Family name", "E-mail", "Birth date", "Gender", "Telephone", "English"}.isdisjoint(row)
    assert [word for word in ("Ana", "=1+1") if word in str(row)] == []


def test_what_is_missing_is_named(world: World) -> None:
    call = world.call()
    world.application(call)
    with transaction(world.database) as session:  # as a form that asks for more than was answered would leave it
        session.execute(update(Application).values(answers={}))

    (row,) = rows(world, layout(call))

    assert row["Missing"] == "Why do you want to go?"


def test_rows_come_in_the_order_of_coming_however_many_are_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, names = world.call(), ["Ana", "Iva", "Mia", "Eva"]
    for name in names:
        world.application(call, name)

    for chunk in (1, 2, 3, 4, 5):
        monkeypatch.setattr(application_sheets, "CHUNK", chunk)
        assert [row["Given names"] for row in rows(world, layout(call))] == names


def test_only_those_come_that_are_wanted_and_seen(world: World) -> None:
    call = world.call()
    world.eligible(call, "Ana")
    world.application(call, "Iva", sending_organisation_id=world.organisation("school"))

    everything, eligible = rows(world, layout(call)), rows(world, layout(call), state="eligible")
    schools, strangers = (rows(world, layout(call), world.principal(name)) for name in ("school", "albanian_partner"))

    names = [[row["Given names"] for row in found] for found in (everything, eligible, schools, strangers)]
    assert names == [["Ana", "Iva"], ["Ana"], ["Iva"], []]


def test_three_rows_take_as_many_queries_as_one(world: World, count_queries: Any) -> None:
    call, counts = world.call(), []
    for names in (("Ana",), ("Iva", "Mia")):
        for name in names:
            world.application(call, name)
        counts.append(count_queries(lambda: rows(world, layout(call))))

    assert counts[0] == counts[1]
