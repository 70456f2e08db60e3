"""The words of sheets: what is written in one language is read in any."""

import pytest

from domain.languages import CATALOGUES, fold
from domain.models.applications import ApplicationState
from domain.services.sheet_words import COLUMN, STATE, column_name, column_title, distinct, state_named, state_title

COLUMNS = [key.removeprefix(COLUMN) for key in CATALOGUES["en"] if key.startswith(COLUMN)]
LANGUAGES = list(CATALOGUES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_is_known_again_by_what_it_is_called(lang: str) -> None:
    assert [column_name(column_title(name, lang)) for name in COLUMNS] == COLUMNS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_state_has_a_name_and_is_known_again_by_it(lang: str) -> None:
    assert [state_named(state_title(state, lang)) for state in ApplicationState] == list(ApplicationState)


def test_codes_are_known_too_however_they_are_typed() -> None:
    assert (column_name(" Decision "), column_name("birth_date"), state_named("SELECTED")) == (
        "decision",
        "birth_date",
        "selected",
    )


@pytest.mark.parametrize("prefix", [COLUMN, STATE])
def test_no_word_means_one_thing_in_one_language_and_another_in_the_next(prefix: str) -> None:
    meanings: dict[str, set[str]] = {}
    for words in CATALOGUES.values():
        for key in (key for key in words if key.startswith(prefix)):
            meanings.setdefault(fold(words[key]), set()).add(key)

    assert {word: keys for word, keys in meanings.items() if len(keys) > 1} == {}


def test_what_is_not_ours_has_no_name() -> None:
    assert (column_name("Why do you want to go?"), state_named("maybe")) == (None, None)


def test_a_question_never_bears_the_name_of_a_column_or_of_another_question() -> None:
    asked = [("motivation", "Why?"), ("why", "Why?"), ("decision_text", "Decision"), ("place", "Destinacija")]

    assert distinct(asked) == ["Why?", "Why? (why)", "Decision (decision_text)", "Destinacija (place)"]
