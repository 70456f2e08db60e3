"""A call's form: a list of questions, checked when it is written, shown as JSON Schema, and held against each answer.

Answers are checked by the rules that a reader is shown. Every pattern among them means the same in Python's re and in
ECMAScript with the u flag, which is why they do without digit and space classes and without a dollar sign.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from domain.errors import Finding
from domain.languages import Text, is_language_tag, localise

Fields = Sequence[Mapping[str, Any]]
Schema = dict[str, Any]

MAX_FIELDS = 100
MAX_CHOICES = 200
MAX_TRANSLATIONS = 30
MAX_LABEL = 300  # characters
MAX_HELP = 2000  # characters
MAX_CHOICE_VALUE = 60  # characters
MAX_FINDINGS = 100  # A body full of unknown fields gets an answer of bounded size.
MAX_LISTED = 10  # Choices that are spelled out in a sentence.

# Characters by type: what applies when the form doesn't say, and the most that it may say.
LENGTHS = {"text": (300, 1000), "long_text": (5000, 20000)}
EARLIEST, LATEST = "1900-01-01", "2100-12-31"  # The dates that both engines and every partner's software can hold.

END = r"(?![\s\S])"  # In Python, $ also matches before a last line feed.
NAME = rf"^[a-z][a-z0-9_]{{0,59}}{END}"
LINE = rf"^[^\u0000-\u001F\u007F-\u009F\u2028\u2029\uD800-\uDFFF]*{END}"
LINES = rf"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uD800-\uDFFF]*{END}"
NOT_BLANK = r"[^\t\n\r \u00A0\u1680\u2000-\u200D\u2028\u2029\u202F\u205F\u2060\u3000\uFEFF]"
_MONTHS_AND_DAYS = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
DATE = rf"^(?:[0-9]{{4}}-(?:{_MONTHS_AND_DAYS}|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29){END}"

PATTERN_CODES = {
    NAME: "not_a_name",
    LINE: "not_one_line",
    LINES: "control_character",
    NOT_BLANK: "required",
    DATE: "not_a_date",
}


# --- as JSON Schema -------------------------------------------------------------------------------------------------


def json_schema(fields: Fields, *, lang: str, version: int, id: str) -> Schema:  # noqa: A002 (JSON Schema's own word)
    """The form as JSON Schema 2020-12 of an application's `answers`, labelled in the reader's language.

    `lang` is one tag for the whole form: see `form_texts` and `languages.choose_for_record`.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "x-form-version": version,
        **_answers_schema(fields, [_labelled(each, lang) for each in fields]),
    }


def form_texts(fields: Fields) -> list[Text]:
    """All texts of a form, the first label first."""
    return [text for each in fields for text in _field_texts(each).values()]


def _answers_schema(fields: Fields, properties: Sequence[Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {each["name"]: schema for each, schema in zip(fields, properties, strict=True)},
        "required": [each["name"] for each in fields if each.get("required")],
        "additionalProperties": False,
    }


def _labelled(each: Mapping[str, Any], lang: str) -> Schema:
    schema = {"title": localise(each["label"], lang)}
    if each.get("help"):
        schema["description"] = localise(each["help"], lang)
    if each["type"] != "choice":
        return schema | _answer_schema(each)
    choices = [{"const": choice["value"], "title": localise(choice["label"], lang)} for choice in each["choices"]]
    return schema | {"type": "string", "oneOf": choices}


def _answer_schema(each: Mapping[str, Any]) -> Schema:
    match each["type"]:
        case "yes_no":
            return {"type": "boolean"}
        case "choice":
            # The same verdict as the labelled oneOf that readers get, forty times as fast for 75 choices.
            return {"type": "string", "enum": [choice["value"] for choice in each["choices"]]}
        case "date":
            return date_schema(*_date_bounds(each))
        case _:
            return _text_schema(each)


def _text_schema(each: Mapping[str, Any]) -> Schema:
    pattern = LINE if each["type"] == "text" else LINES
    schema = {"type": "string", "maxLength": _max_length(each), "pattern": pattern}
    return schema | ({"allOf": [{"pattern": NOT_BLANK}]} if each.get("required") else {})


def _max_length(each: Mapping[str, Any]) -> int:
    return int(each.get("max_length", LENGTHS[each["type"]][0]))


def date_schema(earliest: str, latest: str) -> Schema:
    """A date that exists, within bounds.

    JSON Schema leaves `format` to each validator and has no bounds for dates, so both are said as patterns; the names
    `formatMinimum` and `formatMaximum` are those of ajv-formats and tell a page what to offer.
    """
    return {
        "type": "string",
        "format": "date",
        "pattern": DATE,
        "allOf": [
            {"format": "date", "formatMinimum": earliest, "pattern": _beyond(earliest, "9")},
            {"format": "date", "formatMaximum": latest, "pattern": _beyond(latest, "0")},
        ],
    }


def _beyond(day: str, outermost: str) -> str:
    """A pattern for a date and those on one side of it: later ones towards "9", earlier ones towards "0"."""
    step = 1 if outermost == "9" else -1
    alternatives = [day]
    for position, digit in enumerate(day):
        if digit not in ("-", outermost):
            next_digit = str(int(digit) + step)
            alternatives.append(f"{day[:position]}[{min(next_digit, outermost)}-{max(next_digit, outermost)}]")
    return f"^(?:{'|'.join(alternatives)})"


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
    return Draft202012Validator(_answers_schema(fields, [_answer_schema(each) for each in fields]))


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
    pointer = root + "".join(f"/{_escaped(str(step))}" for step in error.absolute_path)
    match keyword:
        case "additionalProperties":
            for name in (name for name in instance if name not in schema["properties"]):
                yield Finding(f"{pointer}/{_escaped(name)}", "unknown_field", {"name": name[:60]})
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


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


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
    return _under(root, found[:MAX_FINDINGS])


def _shapes(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        yield from _findings(_FIELDS[each["type"]], each, f"/{index}")


def _under(root: str, findings: Iterable[Finding]) -> list[Finding]:
    return [replace(finding, pointer=root + finding.pointer) for finding in findings]


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
                yield Finding(f"/{index}/{place}/{_escaped(tag)}", "not_a_language_tag", {"tag": tag[:60]})


def _field_texts(each: Mapping[str, Any]) -> dict[str, Text]:
    texts = {place: each[place] for place in ("label", "help") if place in each}
    return texts | {f"choices/{at}/label": choice["label"] for at, choice in enumerate(each.get("choices", []))}


def _dates(fields: Fields) -> Iterator[Finding]:
    for index, each in enumerate(fields):
        earliest, latest = _date_bounds(each)
        if earliest > latest:
            yield Finding(f"/{index}/min_date", "dates_reversed", {"maximum": latest})


def _date_bounds(each: Mapping[str, Any]) -> tuple[str, str]:
    return each.get("min_date", EARLIEST), each.get("max_date", LATEST)


# --- changing it while the call is open -----------------------------------------------------------------------------


def compatible_change(old: Fields, new: Fields, *, root: str = "") -> list[Finding]:
    """What in the new form would make answers to the old one invalid. Both forms are checked ones."""
    before = {each["name"]: each for each in old}
    kept = {each["name"] for each in new}
    removed = [Finding("", "field_removed", {"name": name}) for name in before if name not in kept]
    narrowed = [_narrowed(before.get(each["name"], {}), each, f"/{index}") for index, each in enumerate(new)]
    return _under(root, chain(removed, *narrowed))


def _narrowed(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    if new.get("required") and not old.get("required"):
        yield Finding(f"{at}/required", "newly_required", {"name": new["name"]})
    if old and new["type"] != old["type"]:
        yield Finding(f"{at}/type", "type_changed", {"name": new["name"]})
    elif old:
        yield from _NARROWED_BY_TYPE[new["type"]](old, new, at)


def _shortened(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    if _max_length(new) < _max_length(old):
        yield Finding(f"{at}/max_length", "limit_lowered", {"limit": _max_length(old)})


def _without_a_choice(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    kept = {choice["value"] for choice in new["choices"]}
    for value in (choice["value"] for choice in old["choices"] if choice["value"] not in kept):
        yield Finding(f"{at}/choices", "choice_removed", {"value": value})


def _fewer_days(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
    (earliest, latest), (new_earliest, new_latest) = _date_bounds(old), _date_bounds(new)
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
