"""What may change about the form of an open call: nothing that would make answers to the old one invalid."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from domain.errors import Finding, under
from domain.services.form_answers import Question, choices_of, options
from domain.services.form_conditions import comparable, values_of
from domain.services.form_schemas import Fields

# Options that may rise and not fall, fall and not rise, grow and not shrink; any other may only be taken away.
MAY_RISE = ("max_length", "max_choices", "maximum", "max_files", "max_destinations", "decimals", "not_listed")
MAY_FALL = ("min_choices", "minimum")


def compatible_change(old: Fields, new: Fields, *, root: str = "") -> list[Finding]:
    """What in the new form would make answers to the old one invalid. Both forms are checked ones."""
    before = {each["name"]: each for each in old}
    kept = {each["name"] for each in new}
    removed = [Finding("", "field_removed", {"name": name}) for name in before if name not in kept]
    narrowed = [_narrowed(before, each, f"/{index}") for index, each in enumerate(new)]
    return under(root, chain(removed, *narrowed))


def _narrowed(before: Mapping[str, Question], new: Question, at: str) -> Iterator[Finding]:
    old, name = before.get(new["name"]), {"name": new["name"]}
    if new.get("required") and not (old.get("required") if old else _asked_of_nobody(before, new)):
        yield Finding(f"{at}/required", "newly_required", name)
    if old is None:
        return
    if new["type"] != old["type"]:
        yield Finding(f"{at}/type", "type_changed", name)
        return
    yield from under(at, chain(_fewer_values(old, new), _narrower_options(old, new), _fewer_days(old, new)))
    if not _asked_as_before(before, old, new):
        yield Finding(f"{at}/shown_when", "condition_changed", name)


def _fewer_values(old: Question, new: Question) -> Iterator[Finding]:
    for place, values in _values(old).items():
        kept = _values(new)[place]
        yield from (Finding(f"/{place}", "choice_removed", {"value": value}) for value in values if value not in kept)


def _values(each: Question) -> dict[str, Sequence[str]]:
    """The lists of a question out of which its answers are, each by its name."""
    match each["type"]:
        case "choice" | "several":
            return {"choices": [choice["value"] for choice in choices_of(each)]}
        case "organisation":
            return {"organisations": each["organisations"]}
        case "file":
            return {"accept": options(each)["accept"]}
        case _:
            return {}


def _narrower_options(old: Question, new: Question) -> Iterator[Finding]:
    # That it is required now is told by itself.
    was, now = options(old), options({**new, "required": old.get("required")})
    for name in was:
        if name == "tag" and now[name] != was[name]:
            yield Finding(f"/{name}", "fixed")
        elif name in MAY_RISE and now[name] < was[name]:
            yield Finding(f"/{name}", "fixed") if was[name] is True else _limit(name, "limit_lowered", was)
        elif name in MAY_FALL and now[name] > was[name]:
            yield _limit(name, "limit_raised", was)


def _limit(name: str, code: str, was: Mapping[str, Any]) -> Finding:
    return Finding(f"/{name}", code, {"limit": was[name]})


def _fewer_days(old: Question, new: Question) -> Iterator[Finding]:
    if new["type"] != "date":
        return
    was, now = options(old), options(new)
    period = {"minimum": was["min_date"], "maximum": was["max_date"]}
    if now["min_date"] > was["min_date"]:
        yield Finding("/min_date", "dates_narrowed", period)
    if now["max_date"] < was["max_date"]:
        yield Finding("/max_date", "dates_narrowed", period)


# --- when it is asked -----------------------------------------------------------------------------------------------


def _asked_as_before(before: Mapping[str, Question], old: Question, new: Question) -> bool:
    """Whether everyone who was asked still is; and, where an answer is required, nobody else who has submitted."""
    was, now = old.get("shown_when"), new.get("shown_when")
    if was == now:
        return True
    if now is None:
        return not new.get("required")
    if was is None or was["question"] != now["question"]:
        return False
    had, has = values_of(was), values_of(now)
    if not had or not set(had) <= set(has):
        return False
    return not new.get("required") or not _possible(
        before, now["question"], [value for value in has if value not in had]
    )


def _asked_of_nobody(before: Mapping[str, Question], new: Question) -> bool:
    """Whether no answers to the old form can be such that the new question is asked."""
    shown_when = new.get("shown_when")
    if shown_when is None or shown_when.get("is_answered") is False:
        return False
    if "is_answered" in shown_when:
        return shown_when["question"] not in before
    return not _possible(before, shown_when["question"], values_of(shown_when))


def _possible(before: Mapping[str, Question], name: str, values: Sequence[Any]) -> bool:
    """Whether answers to the old form may hold one of these values."""
    return name in before and any(value in comparable(before[name]) for value in values)
