"""Questions that are asked only where an earlier answer says so, as JSON Schema.

What is tested is what was answered. A question that isn't asked must not be answered, so one that waits for it isn't
asked either, and chains need no rule of their own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.services.form_answers import LEVELS, LISTS, Question, choices_of
from domain.services.form_patterns import NOT_BLANK, Schema

TESTS = ("equals", "one_of", "is_answered")
# What no answer is. Not `false`: of that, jsonschema doesn't say where it stood. The comment is our findings' code.
NOT_ASKED: Schema = {"not": {}, "$comment": "not_asked"}


def conditions(fields: Mapping[str, Question]) -> Iterator[Schema]:
    """For each question that is asked only sometimes: when it isn't it must not be answered, nor is it required."""
    for name, each in fields.items():
        if "shown_when" in each:
            then = {"then": {"required": [name]}} if each.get("required") else {}
            yield {"if": _test(fields, each["shown_when"]), **then, "else": {"properties": {name: NOT_ASKED}}}


def comparable(each: Question) -> list[Any]:
    """The values that an answer can be tested for: those of a list that the form itself fixes."""
    match each["type"]:
        case "yes_no":
            return [True, False]
        case "language_level":
            return [*LEVELS] if "tag" in each else []
        case "choice" | "several" | "organisation":
            return [choice["value"] for choice in choices_of(each)]
        case _:
            return []


def values_of(shown_when: Mapping[str, Any]) -> list[Any]:
    """The values for one of which an answer is tested; none where it need only be answered, or must not be."""
    return list(shown_when.get("one_of") or ([shown_when["equals"]] if "equals" in shown_when else []))


def _test(fields: Mapping[str, Question], shown_when: Mapping[str, Any]) -> Schema:
    name = shown_when["question"]
    asked = fields[name]
    if "is_answered" in shown_when:
        test = {"properties": {name: _answered(asked)}, "required": [name]}
        return test if shown_when["is_answered"] else {"not": test}
    wanted = {"enum": values_of(shown_when)}
    among = {"type": "array", "contains": wanted} if asked["type"] in LISTS else wanted
    return {"properties": {name: among}, "required": [name]}


def _answered(asked: Question) -> Schema:
    if asked["type"] in ("text", "long_text"):
        return {"pattern": NOT_BLANK}
    return {"minItems": 1} if asked["type"] in LISTS else {}
