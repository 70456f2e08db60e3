"""A call's form as JSON Schema: what its readers are shown, and what answers are held against."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from domain.languages import localise
from domain.services.form_answers import Choices, Question, answer_schema
from domain.services.form_conditions import conditions
from domain.services.form_patterns import Schema

Fields = Sequence[Question]


def json_schema(fields: Fields, *, lang: str, version: int, id: str) -> Schema:  # noqa: A002 (JSON Schema's own word)
    """The form as JSON Schema 2020-12 of an application's `answers`, labelled in the reader's language.

    `lang` is one tag for the whole form: see `form_texts` and `languages.choose_for_record`.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "x-form-version": version,
        **answers_schema(fields, [_labelled(each, lang) for each in fields]),
    }


def answers_schema(fields: Fields, properties: Sequence[Schema]) -> Schema:
    """The object that answers are, from the schema of each answer in the form's order."""
    sometimes = list(conditions({each["name"]: each for each in fields}))
    return {
        # First, so that an answer to what isn't asked is told so before anything else about it.
        **({"allOf": sometimes} if sometimes else {}),
        "type": "object",
        "properties": {each["name"]: schema for each, schema in zip(fields, properties, strict=True)},
        "required": [each["name"] for each in fields if each.get("required") and "shown_when" not in each],
        "additionalProperties": False,
    }


def _labelled(each: Question, lang: str) -> Schema:
    schema = {"title": localise(each["label"], lang)}
    if each.get("help"):
        schema["description"] = localise(each["help"], lang)
    return schema | answer_schema(each, partial(_one_labelled, lang=lang))


def _one_labelled(choices: Choices, *, lang: str) -> Schema:
    return {"oneOf": [{"const": choice["value"], **_title(choice, lang)} for choice in choices]}


def _title(choice: Mapping[str, Any], lang: str) -> dict[str, str]:
    return {"title": localise(choice["label"], lang)} if "label" in choice else {}
