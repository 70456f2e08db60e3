"""The words of sheets that people fill in: what columns and states are called in every language, there and back."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from domain.languages import CATALOGUES, fold, message
from domain.models.applications import ApplicationState

COLUMN, STATE = "column_", "state_"


def column_title(name: str, lang: str) -> str:
    """What the column is called in the language nearest to `lang`."""
    return message(COLUMN + name, lang)


def column_name(title: str) -> str | None:
    """The name of the column that is called so in any of our languages, or by its own name; none for one of ours."""
    return _meanings(COLUMN).get(fold(title))


def state_title(state: ApplicationState, lang: str) -> str:
    """What the state is called in the language nearest to `lang`."""
    return message(STATE + state, lang)


def state_named(title: str) -> str | None:
    """The state that is called so in any of our languages, or by its code."""
    return _meanings(STATE).get(fold(title))


def distinct(titles: Iterable[tuple[str, str]]) -> list[str]:
    """Titles of what is named, such that none is that of a column of ours or of one before: its name stands behind."""
    taken: set[str] = set()
    chosen = []
    for name, title in titles:
        free = fold(title) not in taken and column_name(title) is None
        chosen.append(title if free else f"{title} ({name})")
        taken.add(fold(chosen[-1]))
    return chosen


@lru_cache(maxsize=2)
def _meanings(prefix: str) -> Mapping[str, str]:
    """What is meant by each word for something whose sentence begins with `prefix`."""
    known = [key.removeprefix(prefix) for key in CATALOGUES["en"] if key.startswith(prefix)]
    own = {fold(name): name for name in known}
    return own | {fold(words[prefix + name]): name for words in CATALOGUES.values() for name in known}
