"""What columns, purposes, countries and yes are called in the languages of the region."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import chain

LANGUAGES = ("en", "sq", "mk", "sr-Cyrl", "sr-Latn", "bs", "cnr")
# Serbian Cyrillic to Latin is one letter to one, but for these that become two.
_CYRILLIC = "абвгдђежзијклмнопрстћуфхцчш"
_LATIN = "abvgdđežzijklmnoprstćufhcčš"
_LETTERS = dict(zip(_CYRILLIC, _LATIN, strict=True)) | {"љ": "lj", "њ": "nj", "џ": "dž"}
_PUNCTUATION = re.compile(r"[\s_*:?.,!()\-]+")


@cache
def words(table: str) -> Mapping[str, frozenset[str]]:
    """What each thing of a table is called, in every language, folded."""
    return {name: frozenset(_folded(by_language)) for name, by_language in _tables()[table].items()}


def meaning(table: str, word: str) -> str | None:
    """The one thing of a table that is called so, if there is one."""
    wanted = fold(word)
    found = [name for name, called in words(table).items() if wanted in called]
    return found[0] if len(found) == 1 else None


def label(table: str, name: str, lang: str | None) -> str:
    """What a thing of a table is called in a language, or in English."""
    by_language = _tables()[table].get(name, {})
    if lang == "sr-Latn":
        return latin(by_language["sr-Cyrl"][0]).capitalize() if by_language else name
    called = by_language.get(lang or "en") or by_language.get("en") or [name.replace("_", " ")]
    return called[0]


def fold(text: str) -> str:
    """What is compared: the text without case, accents, punctuation and needless spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d")
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _PUNCTUATION.sub(" ", letters).strip()


def latin(text: str) -> str:
    """Serbian Cyrillic in Latin letters, in lower case."""
    return "".join(_LETTERS.get(letter, letter) for letter in unicodedata.normalize("NFC", text.lower()))


def _folded(by_language: Mapping[str, Iterable[str]]) -> Iterator[str]:
    derived = (latin(text) for text in by_language.get("sr-Cyrl", ()))
    return (fold(text) for text in chain(*by_language.values(), derived))


@cache
def _tables() -> dict[str, dict[str, dict[str, list[str]]]]:
    content = files("intervet_client").joinpath("labels.json").read_text(encoding="utf-8")
    return json.loads(content)  # type: ignore[no-any-return]
