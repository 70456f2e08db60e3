"""What a page needs beside the JSON Schema of a form: the questions in order, how to ask each, words for its reader."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.languages import localise, message
from domain.services.form_answers import LEVELS, Question, choices_of, options
from domain.services.form_schemas import Fields

FEW = 7  # choices that are shown side by side; more of them go into a list
MANY = 25  # choices among which one is searched for

# How to ask, by type; where there are choices, by their number.
WIDGETS = {
    "text": "line",
    "long_text": "lines",
    "several": "checkboxes",
    "number": "number",
    "date": "date",
    "yes_no": "yes_no",
    "file": "upload",
    "language_level": "language_level",
    "destinations": "ranking",
}
YES_NO = {True: "answer_yes", False: "answer_no"}


def hints(fields: Fields, *, lang: str) -> list[dict[str, Any]]:
    """Each question of a form as a page asks it, its texts in one language. `fields` are those of `named_questions`."""
    return [_hint(each, lang) for each in fields]


def _hint(each: Question, lang: str) -> dict[str, Any]:
    return {
        "name": each["name"],
        "type": each["type"],
        "widget": _widget(each),
        "label": localise(each["label"], lang),
        "help": localise(each["help"], lang) if each.get("help") else None,
        "required": bool(each.get("required")),
        "shown_when": each.get("shown_when"),
        "choices": list(_choices(each, lang)),
        "not_listed": message("answer_not_listed", lang) if each.get("not_listed") else None,
        "options": options(each),
    }


def _widget(each: Question) -> str:
    if each["type"] in WIDGETS:
        return WIDGETS[each["type"]]
    number = len(choices_of(each))
    return "radio" if number <= FEW else "list" if number <= MANY else "search"


def _choices(each: Question, lang: str) -> Iterator[Mapping[str, Any]]:
    match each["type"]:
        case "yes_no":
            yield from ({"value": value, "label": message(key, lang)} for value, key in YES_NO.items())
        case "language_level":
            yield from ({"value": level, "label": level} for level in LEVELS)
        case _:
            yield from (_choice(choice, lang) for choice in choices_of(each))


def _choice(choice: Mapping[str, Any], lang: str) -> dict[str, Any]:
    return {"value": choice["value"], "label": localise(choice["label"], lang)}
