"""A call's questions on the wire."""

from typing import Any, ClassVar

from marshmallow import post_load

from schemas.base import (
    PARAGRAPH,
    Bool,
    Int,
    ListOf,
    Part,
    Schema,
    Str,
    TextMap,
)


class ChoiceSchema(Schema):
    """One of the answers to choose from."""

    value = Str(required=True, most=60, metadata={"description": "What is stored.", "example": "spring"})
    label = TextMap(required=True, metadata={"description": "What is shown, by language."})


class FormFieldSchema(Schema):
    """One question. Kept as it was sent: what is left out stays out."""

    example: ClassVar[Any] = {
        "name": "motivation",
        "type": "long_text",
        "label": {"en": "Why do you want to go?", "sq": "Pse dëshironi të shkoni?"},
        "required": True,
        "max_length": 2000,
    }

    name = Str(required=True, most=60, metadata={"description": "The answer's name.", "example": "motivation"})
    type = Str(
        required=True,
        most=20,
        metadata={"description": "text, long_text, choice, date or yes_no.", "example": "long_text"},
    )
    label = TextMap(required=True, metadata={"description": "The question, by language."})
    help = TextMap(most=PARAGRAPH, metadata={"description": "What helps to answer it."})
    required = Bool(load_default=False, metadata={"description": "Whether it must be answered."})
    max_length = Int(least=1, most=20_000, metadata={"description": "Most characters of a text."})
    choices = ListOf(Part(ChoiceSchema), most=200, metadata={"description": "The answers of a choice."})
    min_date = Str(most=10, metadata={"description": "The earliest day.", "example": "2027-01-01"})
    max_date = Str(most=10, metadata={"description": "The latest day.", "example": "2027-12-31"})

    @post_load
    def _plain(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data


# A form as it is served, with one question.
SERVED_EXAMPLE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://intervet.example/v1/calls/three-weeks-in-lyon/form",
    "x-form-version": 1,
    "type": "object",
    "properties": {"motivation": {"title": "Why do you want to go?", "type": "string", "maxLength": 2000}},
    "required": ["motivation"],
    "additionalProperties": False,
}
