"""A call's questions on the wire."""

from typing import Any

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
