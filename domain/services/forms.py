"""A call's form: a list of questions, checked when it is written, and held against each answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from domain.errors import Finding, pointer_step, under
from domain.languages import Text, is_language_tag
from domain.services.form_schemas import (
    DATE,
    EARLIEST,
    LATEST,
    LENGTHS,
    LINE,
    LINES,
    NAME,
    NOT_BLANK,
    Fields,
    Schema,
    answer_schema,
    answers_schema,
    date_bounds,
    date_schema,
)

MAX_FIELDS = 100
MAX_CHOICES = 200
MAX_TRANSLATIONS = 30
MAX_LABEL = 300  # characters
MAX_HELP = 2000  # characters
MAX_CHOICE_VALUE = 60  # characters
MAX_FINDINGS = 100  # A body full of unknown fields gets an answer of bounded size.
MAX_LISTED = 10  # Choices that are spelled out in a sentence.

PATTERN_CODES = {
    NAME: "not_a_name",
    LINE: "not_one_line",
    LINES: "control_character",
    NOT_BLANK: "required",
    DATE: "not_a_date",
}


def form_texts(fields: Fields) -> list[Text]:
    """All texts of a form, the first label first."""
    return [text for each in fields for text in _field_texts(each).values()]


# --- answers --------------------------------------------------------------------------------------------------------


def check_answers(fields: Fields, answers: object) -> list[Finding]:
    """What is wrong with the answers to a checked form, in the form's order, each place as a JSON Pointer."""
    findings = _findings(_validator(json.dumps(fields)), answers, "/answers")
    position = {f"/answers/{each['name']}": index for index, each in enumerate(fields)}
    findings.sort(key=lambda finding: position.get(finding.pointer, len(position)))
    return findings[:MAX_FINDINGS]


# The 64 forms of the largest size that a request can bring fit into 50 MB, ordinary ones into one.
@lru_cache(maxsize=64)
def _validator(fields_json: str) -> Draft202012Validator:
    fields = json.loads(fields_json)
    return Draft202012Validator(answers_schema(fields, [answer_schema(each) for each in fields]))


def _findings(validator: Draft202012Validator, instance: object, root: str) -> list[Finding]:
    """The first finding of each place: who sent a number where a text belongs need not hear about its length too."""
    found: dict[str, Finding] = {}
    for finding in chain.from_iterable(_from_error(error, root) for error in validator.iter_errors(instance)):
        found.setdefault(finding.pointer, finding)
    return list(found.values())


def _from_error(error: ValidationError, root: str) -> Iterator[Finding]:
    keyword: Any = error.validator
    schema: Any = error.schema
    instance: Any = error.instance
    pointer = root + "".join(f"/{pointer_step(str(step))}" for step in error.absolute_path)
    match keyword:
        case "additionalProperties":
            for name in (name for name in instance if name not in schema["properties"]):
                yield Finding(f"{pointer}/{pointer_step(name)}", "unknown_field", {"name": name[:60]})
        case "required":
            for name in (name for name in schema["required"] if name not in instance):
                yield Finding(f"{pointer}/{name}", "required")
        case "pattern":
            yield _from_pattern(schema, pointer)
        case _:
            yield Finding(pointer, CODES[keyword], _values(keyword, schema))


CODES = {
    "type": "wrong_type",
    "enum": "not_a_choice",
    "maxLength": "too_long",
    "minLength": "too_short",
    "maxItems": "too_many",
    "minItems": "too_few",
    "maxProperties": "too_many",
    "minProperties": "too_few",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "not": "not_for_this_type",
}


def _values(keyword: str, schema: Mapping[str, Any]) -> dict[str, object]:
    match keyword:
        case "type":
            return {"expected": schema["type"]}
        case "enum":
            listed = schema["enum"][:MAX_LISTED] + ["…"] * (len(schema["enum"]) > MAX_LISTED)
            return {"choices": ", ".join(listed)}
        case "not":
            return {}
        case "minimum" | "maximum":
            return {"minimum": schema["minimum"], "maximum": schema["maximum"]}
        case _:
            return {"limit": schema[keyword]}


def _from_pattern(schema: Mapping[str, Any], pointer: str) -> Finding:
    match schema:
        case {"formatMinimum": earliest}:
            return Finding(pointer, "too_early", {"minimum": earliest})
        case {"formatMaximum": latest}:
            return Finding(pointer, "too_late", {"maximum": latest})
        case _:
            code = PATTERN_CODES[schema["pattern"]]
            return Finding(pointer, code)


# --- the form itself ------------------------------------------------------------------------------------------------


def _text_map(most: int) -> Schema:
    translation = {"type": "string", "minLength": 1, "maxLength": most, "pattern": LINES}
    return {
        "type": "object",
        "additionalProperties": translation,
        "minProperties": 1,
        "maxProperties": MAX_TRANSLATIONS,
    }


_CHOICE: Schema = {
    "type": "object",
    "properties": {
        "value": {"type": "string", "minLength": 1, "maxLength": MAX_CHOICE_VALUE, "pattern": LINE},
        "label": _text_map(MAX_LABEL),
    },
    "required": ["value", "label"],
    "additionalProperties": False,
}
_LENGTH = {name: {"type": "integer", "minimum": 1, "maximum": most} for name, (_, most) in LENGTHS.items()}
_DAY = date_schema(EARLIEST, LATEST)

# What a field of one type has beside the name, the label and so on that every field has.
_OWN: dict[str, Schema] = {
    "text": {"max_length": _LENGTH["text"]},
    "long_text": {"max_length": _LENGTH["long_text"]},
    "choice": {"choices": {"type": "array", "items": _CHOICE, "minItems": 1, "maxItems": MAX_CHOICES}},
    "date": {"min_date": _DAY, "max_date": _DAY},
    "yes_no": {},
}


def _field_validator(name: str) -> Draft202012Validator:
    elsewhere = {other for own in _OWN.values() for other in own}
    common = {
        "name": {"type": "string", "pattern": NAME},
        "type": True,
        "label": _text_map(MAX_LABEL),
        "help": _text_map(MAX_HELP),
        "required": {"type": "boolean"},
    }
    return Draft202012Validator(
        {
            "type": "object",
            "properties": {key: {"not": {}} for key in elsewhere} | common | _OWN[name],
            "required": ["name", "type", "label", *(["choices"] if name == "choice" else [])],
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
    found = _findings(_OUTLINE, fields, "") or [*_shapes(fields)]
    if not found:
        found = [*_repeated_names(fields), *_repeated_choices(fields), *_language_tags(fields), *_dates(fields)]
    return under(root, found[:MAX_FINDINGS])


def _shapes(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        yield from _findings(_FIELDS[each["type"]], each, f"/{index}")


def _repeated_names(fields: Fields) -> Iterator[Finding]:
    names = [each["name"] for each in fields]
    return (Finding(f"/{index}/name", "duplicate_name", {"name": names[index]}) for index in _repeats(names))


def _repeated_choices(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        values = [choice["value"] for choice in each.get("choices", [])]
        for at in _repeats(values):
            yield Finding(f"/{index}/choices/{at}/value", "duplicate_choice", {"value": values[at]})


def _repeats(values: Sequence[str]) -> list[int]:
    first = {value: index for index, value in reversed(list(enumerate(values)))}
    return [index for index, value in enumerate(values) if first[value] != index]


def _language_tags(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        for place, text in _field_texts(each).items():
            for tag in (tag for tag in text if not is_language_tag(tag)):
                yield Finding(f"/{index}/{place}/{pointer_step(tag)}", "not_a_language_tag", {"tag": tag[:60]})


def _field_texts(each: Mapping[str, Any]) -> dict[str, Text]:
    texts = {place: each[place] for place in ("label", "help") if place in each}
    return texts | {f"choices/{at}/label": choice["label"] for at, choice in enumerate(each.get("choices", []))}


def _dates(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        earliest, latest = date_bounds(each)
        if earliest > latest:
            yield Finding(f"/{index}/min_date", "dates_reversed", {"maximum": latest})
