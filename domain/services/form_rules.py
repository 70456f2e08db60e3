"""What keeps a list of questions from being a form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from domain.errors import Finding, pointer_step, under
from domain.languages import is_language_tag
from domain.services.form_answers import (
    FILE_KINDS,
    LARGEST_NUMBER,
    LENGTHS,
    MOST_DESTINATIONS,
    MOST_FILES,
    options,
)
from domain.services.form_conditions import TESTS, comparable, values_of
from domain.services.form_findings import MAX_FINDINGS, MAX_LISTED, findings
from domain.services.form_patterns import EARLIEST, ID, LATEST, LINE, LINES, LONGEST_TAG, NAME, Schema, date_schema
from domain.services.form_schemas import Fields
from domain.services.forms import question_texts

MAX_FIELDS = 100
MAX_CHOICES = 200
MAX_TRANSLATIONS = 30
MAX_LABEL = 300  # characters
MAX_HELP = 2000  # characters
MAX_CHOICE_VALUE = 60  # characters

# What every object of JavaScript has already: ajv takes it for an answer. No other such name is a possible one here.
RESERVED_NAME = "constructor"

# Options of which one says the least and one the most, by type.
SPANS = {
    "several": ("min_choices", "max_choices", "limits_reversed"),
    "number": ("minimum", "maximum", "limits_reversed"),
    "date": ("min_date", "max_date", "dates_reversed"),
}


def _text_map(most: int) -> Schema:
    translation = {"type": "string", "minLength": 1, "maxLength": most, "pattern": LINES}
    return {
        "type": "object",
        "additionalProperties": translation,
        "minProperties": 1,
        "maxProperties": MAX_TRANSLATIONS,
    }


def _count(most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most}


def _set_of(item: Schema, most: int) -> Schema:
    return {"type": "array", "items": item, "uniqueItems": True, "minItems": 1, "maxItems": most}


_CHOICE: Schema = {
    "type": "object",
    "properties": {
        "value": {"type": "string", "minLength": 1, "maxLength": MAX_CHOICE_VALUE, "pattern": LINE},
        "label": _text_map(MAX_LABEL),
    },
    "required": ["value", "label"],
    "additionalProperties": False,
}
_CHOICES: Schema = {"type": "array", "items": _CHOICE, "minItems": 1, "maxItems": MAX_CHOICES}
_DAY = date_schema(EARLIEST, LATEST)
_NUMBER: Schema = {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}
_VALUE: Schema = {"type": ["string", "boolean"]}
_SHOWN_WHEN: Schema = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "pattern": NAME},
        "equals": _VALUE,
        "one_of": _set_of(_VALUE, MAX_CHOICES),
        "is_answered": {"type": "boolean"},
    },
    "required": ["question"],
    "additionalProperties": False,
}

# What a field of one type has beside the name, the label and so on that every field has.
_OWN: dict[str, Schema] = {
    "text": {"max_length": _count(LENGTHS["text"][1])},
    "long_text": {"max_length": _count(LENGTHS["long_text"][1])},
    "choice": {"choices": _CHOICES},
    "several": {"choices": _CHOICES, "min_choices": _count(MAX_CHOICES), "max_choices": _count(MAX_CHOICES)},
    "number": {"decimals": {"type": "boolean"}, "minimum": _NUMBER, "maximum": _NUMBER},
    "date": {"min_date": _DAY, "max_date": _DAY},
    "yes_no": {},
    "file": {"max_files": _count(MOST_FILES), "accept": _set_of({"enum": list(FILE_KINDS)}, len(FILE_KINDS))},
    "language_level": {"tag": {"type": "string", "maxLength": LONGEST_TAG}},
    "organisation": {
        "organisations": _set_of({"type": "string", "pattern": ID}, MAX_CHOICES),
        "not_listed": {"type": "boolean"},
    },
    "destinations": {"max_destinations": _count(MOST_DESTINATIONS)},
}
_INDISPENSABLE = ("choices", "organisations")


def _field_validator(name: str) -> Draft202012Validator:
    elsewhere = {other for own in _OWN.values() for other in own}
    common = {
        "name": {"type": "string", "pattern": NAME},
        "type": True,
        "label": _text_map(MAX_LABEL),
        "help": _text_map(MAX_HELP),
        "required": {"type": "boolean"},
        "shown_when": _SHOWN_WHEN,
    }
    return Draft202012Validator(
        {
            "type": "object",
            "properties": {key: {"not": {}} for key in elsewhere} | common | _OWN[name],
            "required": ["name", "type", "label", *(option for option in _INDISPENSABLE if option in _OWN[name])],
            "additionalProperties": False,
        }
    )


_FIELDS = {name: _field_validator(name) for name in _OWN}
_OUTLINE = Draft202012Validator(
    {
        "type": "array",
        "items": {"type": "object", "properties": {"type": {"enum": list(_OWN)}}, "required": ["type"]},
        "maxItems": MAX_FIELDS,
    }
)


def check_form(fields: Fields, *, root: str = "") -> list[Finding]:
    """What is wrong with a form: its outline first, then each field's shape, then what they say.

    `root` is the pointer to the form itself.
    """
    found = findings(_OUTLINE, fields, "") or [*_shapes(fields)]
    if not found:
        found = [*_unusable_names(fields), *_conditions(fields)]
        for index, each in enumerate(fields):
            own = [*_repeated_choices(each), *_language_tags(each), *_spans(each), *_fractions(each)]
            found += under(f"/{index}", own)
    return under(root, found[:MAX_FINDINGS])


def _shapes(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        yield from findings(_FIELDS[each["type"]], each, f"/{index}")


# --- among the questions --------------------------------------------------------------------------------------------


def _unusable_names(fields: Fields) -> Iterator[Finding]:
    names = [each["name"] for each in fields]
    yield from (Finding(f"/{index}/name", "duplicate_name", {"name": names[index]}) for index in _repeats(names))
    yield from (Finding(f"/{index}/name", "reserved_name") for index, name in enumerate(names) if name == RESERVED_NAME)


def _conditions(fields: Fields) -> Iterator[Finding]:
    earlier: dict[str, Mapping[str, Any]] = {}
    for index, each in enumerate(fields):
        if "shown_when" in each:
            yield from under(f"/{index}/shown_when", _condition(each["shown_when"], earlier))
        earlier[each["name"]] = each


def _condition(shown_when: Mapping[str, Any], earlier: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    if sum(test in shown_when for test in TESTS) != 1:
        yield Finding("", "one_test", {"tests": ", ".join(TESTS)})
    asked = earlier.get(shown_when["question"])
    if asked is None:
        yield Finding("/question", "not_an_earlier_question", {"name": shown_when["question"]})
        return
    known = comparable(asked)
    for value in values_of(shown_when):
        # Of the choices of a JSON value: in Python, True is 1.
        if not any(value == choice and type(value) is type(choice) for choice in known):
            test = "equals" if "equals" in shown_when else "one_of"
            yield _not_comparable(f"/{test}", asked["name"], known)
            return


def _not_comparable(at: str, name: str, known: Sequence[Any]) -> Finding:
    if not known:
        return Finding(at, "only_is_answered", {"name": name})
    listed = [str(value).lower() if isinstance(value, bool) else value for value in known[:MAX_LISTED]]
    return Finding(at, "not_a_choice", {"choices": ", ".join(listed + ["…"] * (len(known) > MAX_LISTED))})


# --- within a question ----------------------------------------------------------------------------------------------


def _repeated_choices(each: Mapping[str, Any]) -> Iterator[Finding]:
    values = [choice["value"] for choice in each.get("choices", [])]
    return (Finding(f"/choices/{at}/value", "duplicate_choice", {"value": values[at]}) for at in _repeats(values))


def _repeats(values: Sequence[str]) -> list[int]:
    first = {value: index for index, value in reversed(list(enumerate(values)))}
    return [index for index, value in enumerate(values) if first[value] != index]


def _language_tags(each: Mapping[str, Any]) -> Iterator[Finding]:
    tags = {f"/{place}/{pointer_step(tag)}": tag for place, text in question_texts(each).items() for tag in text}
    tags |= {"/tag": each["tag"]} if "tag" in each else {}
    for at, tag in tags.items():
        if not is_language_tag(tag):
            yield Finding(at, "not_a_language_tag", {"tag": tag[:60]})


def _spans(each: Mapping[str, Any]) -> Iterator[Finding]:
    if each["type"] in SPANS:
        least, most, code = SPANS[each["type"]]
        said = options(each)
        most_of_all = min(said[most], len(each["choices"])) if each["type"] == "several" else said[most]
        if said[least] > most_of_all:
            yield Finding(f"/{least}", code, {"maximum": most_of_all})


def _fractions(each: Mapping[str, Any]) -> Iterator[Finding]:
    """Bounds of whole numbers are whole."""
    for name in ("minimum", "maximum") if not each.get("decimals") else ():
        if each.get(name, 0) % 1:
            yield Finding(f"/{name}", "wrong_type", {"expected": "integer"})
