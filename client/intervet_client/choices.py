"""What is chosen from a list, by value or by name in any language."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from intervet_client.cells import BadCell, Raw, Reader, parts, text
from intervet_client.labels import fold


def one_of(known: Mapping[str, Any], shown: Sequence[str]) -> Reader:
    """A reader of one among what is `known` by folded names; where a name stands for several, the value is None.

    `shown` are the names that a refusal lists.
    """

    def read(raw: Raw) -> Any:
        return chosen(known, text(raw), shown)

    return read


def several_of(known: Mapping[str, Any], shown: Sequence[str]) -> Reader:
    """A reader of several of them; a comma parts them too, where that makes no difference otherwise."""

    def read(raw: Raw) -> list[Any]:
        written: Sequence[str] = parts(raw)
        if any(fold(part) not in known for part in written):
            written = [piece for part in written for piece in _by_commas(known, part)]
        return [chosen(known, part, shown) for part in written]

    return read


def listed_or_named(known: Mapping[str, Any]) -> Reader:
    """A reader of one of a list by its name, or of the name of one that isn't listed, unless it nearly is."""

    def read(raw: Raw) -> Any:
        written = text(raw)
        name = fold(written)
        if name not in known and (near := get_close_matches(name, known, n=1, cutoff=0.85)):
            raise BadCell("not_a_choice", f"{written[:40]!r} is not on the list; is it {known[near[0]] or near[0]}?")
        return chosen(known, written, ()) if name in known else {"not_listed": written}

    return read


def _by_commas(known: Mapping[str, Any], part: str) -> list[str]:
    return [part] if fold(part) in known else [piece.strip() for piece in part.split(",") if piece.strip()]


def chosen(known: Mapping[str, Any], written: str, shown: Sequence[str]) -> Any:
    """What is called so. Raises BadCell, naming what there is."""
    name = fold(written)
    if name not in known:
        listed = ", ".join(shown[:10]) + (" …" if len(shown) > 10 else "")
        raise BadCell("not_a_choice", f"{written[:40]!r} is none of: {listed}")
    if known[name] is None:
        raise BadCell("ambiguous_choice", f"{written[:40]!r} is the name of several; write the value or id instead.")
    return known[name]
