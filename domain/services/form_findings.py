"""What a JSON Schema finds wrong, as findings of ours: stable codes with sentences in every language."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from domain.errors import Finding, pointer_step
from domain.services.form_patterns import DATE, ID, LINE, LINES, NAME, NOT_BLANK, TAG

MAX_FINDINGS = 100  # A body full of unknown fields gets an answer of bounded size.
MAX_LISTED = 10  # Choices that are spelled out in a sentence.

PATTERN_CODES = {
    NAME: "not_a_name",
    LINE: "not_one_line",
    LINES: "control_character",
    NOT_BLANK: "required",
    DATE: "not_a_date",
    ID: "not_an_id",
    TAG: "not_a_language_tag",
}
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
    "uniqueItems": "repeated",
    "not": "not_for_this_type",
}


def findings(validator: Draft202012Validator, instance: object, root: str) -> list[Finding]:
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
            yield _from_pattern(schema, pointer, instance)
        case _:
            code = schema.get("$comment", CODES[keyword])
            yield Finding(pointer, code, _values(keyword, schema))


def _values(keyword: str, schema: Mapping[str, Any]) -> dict[str, object]:
    match keyword:
        case "type":
            return {"expected": schema["type"] if isinstance(schema["type"], str) else ", ".join(schema["type"])}
        case "enum":
            listed = schema["enum"][:MAX_LISTED]
            return {"choices": ", ".join(listed + ["…"] * (len(schema["enum"]) > MAX_LISTED))}
        case "not" | "uniqueItems":
            return {}
        case "minimum" | "maximum":
            return {"minimum": schema["minimum"], "maximum": schema["maximum"]}
        case _:
            return {"limit": schema[keyword]}


def _from_pattern(schema: Mapping[str, Any], pointer: str, text: str) -> Finding:
    match schema:
        case {"formatMinimum": earliest}:
            return Finding(pointer, "too_early", {"minimum": earliest})
        case {"formatMaximum": latest}:
            return Finding(pointer, "too_late", {"maximum": latest})
        case _:
            code = PATTERN_CODES[schema["pattern"]]
            return Finding(pointer, code, {"tag": text[:60]} if code == "not_a_language_tag" else {})
