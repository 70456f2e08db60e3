"""What of a change to a schema of ours could break who receives what it describes.

A receiver relies on what it was told that it gets: everything that was certain must stay so. What it wasn't told of may
be added. A word that is not in RULES may not change at all: better a false alarm than a silent break.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
Keeps = Callable[[Any, Any], bool]

ANNOTATIONS = ("$schema", "title", "description", "examples", "default")  # they promise nothing


def breaks(before: Any, after: Any, place: str = "") -> list[str]:
    """Each promise of `before` that `after` doesn't keep, as the place and the word."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return [] if before == after else [f"{place or '/'}: other"]
    words = sorted((before.keys() | after.keys()) - {*ANNOTATIONS, "properties", "items"})
    found = [word for word in words if not RULES.get(word, _equal)(before.get(word), after.get(word))]
    return [f"{place or '/'}: {word}" for word in found] + [*_inside(before, after, place)]


def _inside(before: Json, after: Json, place: str) -> Iterator[str]:
    now = after.get("properties", {})
    for name, schema in before.get("properties", {}).items():
        if name in now:
            yield from breaks(schema, now[name], f"{place}/{name}")
        else:
            yield f"{place}/{name}: removed"
    if "items" in before:
        yield from breaks(before["items"], after.get("items"), f"{place}/*")


def _equal(before: Any, after: Any) -> bool:
    return bool(before == after)


def _kept(before: Any, after: Any) -> bool:
    return before is None or _equal(before, after)


def _fewer(before: Any, after: Any) -> bool:
    return before is None or (after is not None and {*_several(after)} <= {*_several(before)})


def _more(before: Any, after: Any) -> bool:
    return {*(before or ())} <= {*(after or ())}


def _no_less(before: Any, after: Any) -> bool:
    return before is None or (after is not None and after >= before)


def _no_more(before: Any, after: Any) -> bool:
    return before is None or (after is not None and after <= before)


def _closed(before: Any, after: Any) -> bool:
    return before is not False or after is False


def _several(said: Any) -> list[Any]:
    return [said] if isinstance(said, str) else list(said)


# A word, and whether what it says now keeps what it said. None is a word that isn't there.
RULES: Mapping[str, Keeps] = {
    "type": _fewer,
    "enum": _fewer,
    "required": _more,
    "const": _kept,
    "format": _kept,
    "pattern": _kept,
    "additionalProperties": _closed,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), _no_less),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), _no_more),
}
