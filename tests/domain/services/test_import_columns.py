"""What the columns of a call's table are called, and how the answers to each type of question are read from a cell."""

from typing import Any

import pytest

from domain.policies import OPERATOR
from domain.services.import_cells import BadCell
from domain.services.import_columns import ImportColumn, by_title, import_columns
from domain.transaction import reading
from tests.world import MOTIVATION, World

LABEL = {"en": "Question", "sq": "Pyetja"}
RED = {"value": "red", "label": {"en": "Red", "sq": "E kuqe"}}
BLUE = {"value": "blue", "label": {"en": "Blue", "sq": "Blu"}}


def columns(world: World, *form: dict[str, Any], **options: Any) -> list[ImportColumn]:
    """The columns of a call with this form, in Albanian unless told."""
    call = world.call(form=form)
    with reading(world.database) as session:
        session.add(call)
        return import_columns(session, call, by=OPERATOR, **{"words": "sq", "lang": "sq", **options})


def question(world: World, **said: Any) -> ImportColumn:
    """The column of one question."""
    return next(one for one in columns(world, {"name": "q", "label": LABEL, **said}) if one.name == "q")


def test_columns_come_in_one_order_each_with_its_title(world: World) -> None:
    titles = [column.title for column in columns(world, MOTIVATION, lang="en")]

    assert titles == [
        *("Emri", "Mbiemri", "Posta elektronike", "Datëlindja", "Gjinia", "Shtetësia", "Shteti", "Telefoni"),
        *("Kujdestari: emri", "Kujdestari: mbiemri", "Kujdestari: posta elektronike", "Kujdestari: telefoni"),
        *("Kujdestari: lidhja familjare", "Shkolla"),
        *("Fusha e studimit (ISCED-F)", "Niveli EQF", "Data e diplomimit", "Gjuha e mesazheve", "Zgjedhja e parë"),
        *("Why do you want to go?", "Pëlqimi: përpunimi", "Pëlqimi: prindi ose kujdestari"),
    ]


def test_a_column_is_known_in_every_language_and_by_its_name(world: World) -> None:
    known = by_title(columns(world, MOTIVATION))

    names = ["Family name", "Mbiemri", "ПРЕЗИМЕ", "prezime", "family_name", "Зашто желите да идете?", "motivation"]
    assert {name: known[_folded(name)].name for name in names} == {
        **dict.fromkeys(names[:5], "family_name"),
        **dict.fromkeys(names[5:], "motivation"),
    }


def _folded(name: str) -> str:
    from domain.languages import fold  # noqa: PLC0415

    return fold(name)


def test_two_questions_of_one_label_are_told_apart_by_their_names(world: World) -> None:
    form = [{"name": name, "type": "text", "label": {"en": "Town"}} for name in ("here", "there")]
    found = columns(world, *form, lang="en")

    assert [column.title for column in found if column.pointer.startswith("/answers/")] == ["Town", "Town (there)"]
    assert by_title(found)["town (there)"].name == "there"
    assert "town" not in by_title(found)


def test_a_question_named_like_one_of_our_columns_keeps_its_own_answer(world: World) -> None:
    found = columns(world, {"name": "country", "type": "text", "label": {"en": "Which country is best?"}})

    pointers = {column.name: column.pointer for column in found}
    assert (pointers["country"], pointers["answer_country"]) == ("/person/country", "/answers/country")


READ: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "text"}, 7.0, "7"),
    ({"type": "yes_no"}, "PO", True),
    ({"type": "number"}, "3", 3),
    ({"type": "number", "decimals": True}, "3,5", 3.5),
    ({"type": "date"}, "17.5.2008", "2008-05-17"),
    ({"type": "choice", "choices": [RED, BLUE]}, "e kuqe", "red"),
    ({"type": "choice", "choices": [RED, BLUE]}, "Red", "red"),
    ({"type": "choice", "choices": [RED, BLUE]}, "blue", "blue"),
    ({"type": "several", "choices": [RED, BLUE]}, "Blu; red", ["blue", "red"]),
    ({"type": "several", "choices": [RED, BLUE]}, ["red"], ["red"]),
    ({"type": "language_level"}, "it b1", {"tag": "it", "cefr": "B1"}),
    ({"type": "language_level", "tag": "it"}, "b1", "B1"),
]


@pytest.mark.parametrize(("said", "cell", "answer"), READ)
def test_an_answer_is_read_by_the_type_of_its_question(world: World, said: Any, cell: Any, answer: Any) -> None:
    assert question(world, **said).read(cell) == answer


REFUSED: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "text"}, True, "wrong_type"),
    ({"type": "number"}, "three", "wrong_type"),
    ({"type": "number"}, True, "wrong_type"),
    ({"type": "yes_no"}, "perhaps", "not_yes_or_no"),
    ({"type": "date"}, "0", "not_a_date"),
    ({"type": "choice", "choices": [RED, BLUE]}, "green", "not_a_choice"),
    ({"type": "choice", "choices": [RED, {**BLUE, "label": RED["label"]}]}, "Red", ""),
    ({"type": "choice", "choices": [RED, {**BLUE, "label": RED["label"]}]}, "E kuqe", "ambiguous_choice"),
    ({"type": "several", "choices": [RED, BLUE]}, "red; green", "not_a_choice"),
]


@pytest.mark.parametrize(("said", "cell", "code"), REFUSED)
def test_what_is_no_answer_is_refused_by_a_code(world: World, said: Any, cell: Any, code: str) -> None:
    read = question(world, **said).read
    if not code:  # A value's own code means that value.
        assert read(cell) == "red"
        return

    with pytest.raises(BadCell) as caught:
        read(cell)

    assert caught.value.code == code


def test_a_school_may_be_one_that_is_not_listed(world: World) -> None:
    school = str(world.organisation("school"))

    read = question(world, type="organisation", organisations=[school], not_listed=True).read

    assert (read("The SCHOOL"), read("Another")) == (school, {"not_listed": "Another"})


def test_documents_have_no_column(world: World) -> None:
    found = columns(world, {"name": "cv", "type": "file", "label": LABEL})

    assert [column.name for column in found if column.pointer.startswith("/answers/")] == []
