"""What may change about the form of an open call: nothing that would make answers to the old one invalid."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from domain.errors import Finding, under
from domain.services.form_schemas import Fields, date_bounds, max_length


def compatible_change(old: Fields, new: Fields, *, root: str = "") -> list[Finding]:
    """What in the new form would make answers to the old one invalid. Both forms are checked ones."""
    before = {each["name"]: each for each in old}
    kept = {each["name"] for each in new}
    removed = [Finding("", "field_removed", {"name": name}) for name in before if name not in kept]
    narrowed = [_narrowed(before.get(each["name"], {}), each, f"/{index}") for index, each in enumerate(new)]
    return under(root, chain(removed, *narrowed))


def _narrowed(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    if new.get("required") and not old.get("required"):
        yield Finding(f"{at}/required", "newly_required", {"name": new["name"]})
    if old and new["type"] != old["type"]:
        yield Finding(f"{at}/type", "type_changed", {"name": new["name"]})
    elif old:
        yield from _NARROWED_BY_TYPE[new["type"]](old, new, at)


def _shortened(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    if max_length(new) < max_length(old):
        yield Finding(f"{at}/max_length", "limit_lowered", {"limit": max_length(old)})


def _without_a_choice(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    kept = {choice["value"] for choice in new["choices"]}
    for value in (choice["value"] for choice in old["choices"] if choice["value"] not in kept):
        yield Finding(f"{at}/choices", "choice_removed", {"value": value})


def _fewer_days(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    (earliest, latest), (new_earliest, new_latest) = date_bounds(old), date_bounds(new)
    period = {"minimum": earliest, "maximum": latest}
    if new_earliest > earliest:
        yield Finding(f"{at}/min_date", "dates_narrowed", period)
    if new_latest < latest:
        yield Finding(f"{at}/max_date", "dates_narrowed", period)


def _no_fewer(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    return iter(())


_NARROWED_BY_TYPE = {
    "text": _shortened,
    "long_text": _shortened,
    "choice": _without_a_choice,
    "date": _fewer_days,
    "yes_no": _no_fewer,
}
