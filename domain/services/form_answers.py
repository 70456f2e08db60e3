"""What the answer to one question must be: the options of each type, said or not, and the JSON Schema they come to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.services.form_patterns import (
    EARLIEST,
    ID,
    LATEST,
    LINE,
    LINES,
    LONGEST_TAG,
    NOT_BLANK,
    TAG,
    Schema,
    date_schema,
)

Question = Mapping[str, Any]
Choices = Sequence[Mapping[str, Any]]

# Characters by type: what applies when the form doesn't say, and the most that it may say.
LENGTHS = {"text": (300, 1000), "long_text": (5000, 20000)}
# Below 2^53 every reader of JSON holds the same number, and a bound means the same to all of them.
LARGEST_NUMBER = 10**12
MOST_FILES = 5
FILE_KINDS = ("pdf", "docx", "odt", "jpg", "png")
LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")  # of the Common European Framework of Reference for Languages
MOST_DESTINATIONS = 100  # which is as many as a call may have
LONGEST_NOT_LISTED = 300  # characters

# Types whose answer is a list, which answers nothing as long as it is empty.
LISTS = ("several", "file", "destinations")


def options(each: Question) -> dict[str, Any]:
    """What of its type's options applies to a question, said or not."""
    match each["type"]:
        case "text" | "long_text":
            said = {"max_length": LENGTHS[each["type"]][0]}
        case "several":
            said = {"min_choices": int(bool(each.get("required"))), "max_choices": len(each["choices"])}
        case "number":
            said = {"decimals": False, "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}
        case "date":
            return dict(zip(("min_date", "max_date"), date_bounds(each), strict=True))
        case "file":
            return {"max_files": each.get("max_files", 1), "accept": list(each.get("accept", FILE_KINDS))}
        case "language_level":
            return {"tag": each.get("tag")}
        case "organisation":
            said = {"not_listed": False}
        case "destinations":
            said = {"max_destinations": MOST_DESTINATIONS}
        case _:
            return {}
    return {name: each.get(name, default) for name, default in said.items()}


def date_bounds(each: Question) -> tuple[str, str]:
    """The first and the last date allowed, said or not."""
    return each.get("min_date", EARLIEST), each.get("max_date", LATEST)


def choices_of(each: Question) -> Choices:
    """What there is to choose from; an organisation has a label where the form was given its name."""
    return each.get("choices") or [{"value": named} for named in each.get("organisations", ())]


def by_value(choices: Choices) -> Schema:
    """One of the choices, without a word for its reader: a verdict forty times as fast for 75 of them."""
    return {"enum": [choice["value"] for choice in choices]}


OneOf = Callable[[Choices], Schema]


def answer_schema(each: Question, one_of: OneOf = by_value) -> Schema:
    """What the answer to one question must be. `one_of` says what it is to be one of some choices."""
    return _SCHEMAS[each["type"]](each, one_of)


def _text_schema(each: Question, _one_of: OneOf) -> Schema:
    pattern = LINE if each["type"] == "text" else LINES
    schema = {"type": "string", "maxLength": options(each)["max_length"], "pattern": pattern}
    return schema | ({"allOf": [{"pattern": NOT_BLANK}]} if each.get("required") else {})


def _choice_schema(each: Question, one_of: OneOf) -> Schema:
    return {"type": "string", **one_of(each["choices"])}


def _number_schema(each: Question, _one_of: OneOf) -> Schema:
    said = options(each)
    # How many decimals there may be isn't said: by multipleOf 0.01, no validator takes 19.99 for a multiple.
    kind = "number" if said["decimals"] else "integer"
    return {"type": kind, "minimum": said["minimum"], "maximum": said["maximum"]}


def _date_schema(each: Question, _one_of: OneOf) -> Schema:
    return date_schema(*date_bounds(each))


def _boolean_schema(_each: Question, _one_of: OneOf) -> Schema:
    return {"type": "boolean"}


def _level_schema(each: Question, _one_of: OneOf) -> Schema:
    level = {"type": "string", "enum": list(LEVELS)}
    if "tag" in each:
        return level
    return {
        "type": "object",
        "properties": {"tag": {"type": "string", "maxLength": LONGEST_TAG, "pattern": TAG}, "cefr": level},
        "required": ["tag", "cefr"],
        "additionalProperties": False,
    }


def _organisation_schema(each: Question, one_of: OneOf) -> Schema:
    listed = one_of(choices_of(each))
    if not each.get("not_listed"):
        return {"type": "string", **listed}
    name = {"type": "string", "maxLength": LONGEST_NOT_LISTED, "pattern": LINE, "allOf": [{"pattern": NOT_BLANK}]}
    return {
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": listed,
        # What follows is for objects: JSON Schema asks none of it of a text.
        "properties": {"not_listed": name},
        "required": ["not_listed"],
        "additionalProperties": False,
    }


def _list_schema(each: Question, one_of: OneOf) -> Schema:
    least, most = list_bounds(each)
    item = {"pattern": ID} if each["type"] == "file" else one_of(choices_of(each))
    return {
        "type": "array",
        # An enum of nothing is no JSON Schema.
        "items": {"type": "string", **item} if most else {},
        "uniqueItems": True,
        "minItems": least,
        "maxItems": most,
    }


def list_bounds(each: Question) -> tuple[int, int]:
    """How few and how many entries an answer that is a list may have."""
    said, least = options(each), int(bool(each.get("required")))
    match each["type"]:
        case "several":
            return said["min_choices"], said["max_choices"]
        case "file":
            return least, said["max_files"]
        case _:
            return least, min(said["max_destinations"], len(each.get("choices", ())))


_SCHEMAS: Mapping[str, Callable[[Question, OneOf], Schema]] = {
    "text": _text_schema,
    "long_text": _text_schema,
    "choice": _choice_schema,
    "several": _list_schema,
    "number": _number_schema,
    "date": _date_schema,
    "yes_no": _boolean_schema,
    "file": _list_schema,
    "language_level": _level_schema,
    "organisation": _organisation_schema,
    "destinations": _list_schema,
}
