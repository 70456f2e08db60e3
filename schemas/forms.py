"""A call's questions on the wire: as they are edited, and as a page is told to ask them."""

from typing import Any, ClassVar

from marshmallow import fields, post_load

from schemas.base import (
    PARAGRAPH,
    Bool,
    Id,
    Int,
    ListOf,
    Map,
    Part,
    Schema,
    Str,
    TextMap,
    about,
    errors_of,
)
from schemas.consent_texts import ConsentAskedInLanguageSchema

MOST_CHOICES = 200
TYPES = (
    "text, long_text, choice, several, number, date, yes_no, file, language_level, organisation or destinations; "
    "docs/forms.md has the options of each, and what its answers look like."
)


class Number(fields.Float):
    """A number, as a number: text and truth values are refused."""

    default_error_messages = errors_of("number")

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return value

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value  # 18 stays 18.


class ChoiceSchema(Schema):
    """One of the answers to choose from."""

    value = Str(required=True, most=60, metadata={"description": "What is stored.", "example": "spring"})
    label = TextMap(required=True, metadata={"description": "What is shown, by language."})


class ShownWhenSchema(Schema):
    """When a question is asked: an earlier one has this answer, or one of these, or any; just one of the three."""

    example: ClassVar[Any] = {"question": "driver", "equals": True}

    question = Str(required=True, most=60, metadata=about("The name of an earlier question.", "driver"))
    equals = fields.Raw(metadata=about("The answer; of `several`, one of those chosen.", True))
    one_of = ListOf(fields.Raw(), most=MOST_CHOICES, metadata=about("The answers of which any will do."))
    is_answered = Bool(metadata=about("Whether it is answered at all; false: as long as it is not."))


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
        metadata=about(TYPES, "long_text"),
    )
    label = TextMap(required=True, metadata={"description": "The question, by language."})
    help = TextMap(most=PARAGRAPH, metadata={"description": "What helps to answer it."})
    required = Bool(load_default=False, metadata={"description": "Whether it must be answered."})
    max_length = Int(least=1, most=20_000, metadata={"description": "Most characters of a text."})
    choices = ListOf(
        Part(ChoiceSchema), most=MOST_CHOICES, metadata={"description": "The answers of a choice, or of several."}
    )
    min_choices = Int(least=1, most=MOST_CHOICES, metadata=about("Fewest choices of `several`."))
    max_choices = Int(least=1, most=MOST_CHOICES, metadata=about("Most choices of `several`; all unless told."))
    decimals = Bool(metadata=about("Whether a number may be other than whole."))
    minimum = Number(metadata=about("The least number.", 0))
    maximum = Number(metadata=about("The largest number.", 40))
    min_date = Str(most=10, metadata={"description": "The earliest day.", "example": "2027-01-01"})
    max_date = Str(most=10, metadata={"description": "The latest day.", "example": "2027-12-31"})

    max_files = Int(least=1, most=5, metadata=about("Most documents of a file; one unless told."))
    accept = ListOf(Str(most=10), most=5, metadata=about("Kinds of documents; all unless told.", ["pdf", "jpg"]))
    tag = Str(most=35, metadata=about("The language of a language_level; chosen by who answers unless told.", "it"))
    organisations = ListOf(Id(), most=MOST_CHOICES, metadata=about("Members of the project to choose from."))
    not_listed = Bool(metadata=about("Whether an organisation may be named that is not among them."))
    max_destinations = Int(least=1, most=100, metadata=about("Most destinations; all of the call's unless told."))
    shown_when = Part(ShownWhenSchema, metadata={"description": "When it is asked; always unless told."})

    @post_load
    def _plain(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        listed = {"organisations": [str(one) for one in data["organisations"]]} if "organisations" in data else {}
        return data | listed


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


class QuestionHintSchema(Schema):
    """How a page asks one question."""

    name = fields.String(metadata=about("The answer's name.", "driver"))
    type = fields.String(metadata=about("Its type.", "yes_no"))
    widget = fields.String(
        metadata=about(
            "line, lines, radio, list, search, checkboxes, number, date, yes_no, upload, language_level or ranking.",
            "yes_no",
        )
    )
    label = fields.String(metadata=about("The question.", "Do you have a driving licence?"))
    help = fields.String(allow_none=True, metadata=about("What helps to answer it."))
    required = fields.Boolean(metadata=about("Whether it must be answered, when it is asked."))
    shown_when = fields.Nested(ShownWhenSchema, allow_none=True, metadata={"description": "When it is asked."})
    choices = fields.List(
        fields.Dict(), metadata=about("What there is to choose from.", [{"value": True, "label": "Yes"}])
    )
    not_listed = fields.String(
        allow_none=True, metadata=about("The words of the choice that opens a line for an organisation not listed.")
    )
    options = Map(metadata=about("The options of its type, said or not.", {}))


class FileQuestionSchema(Schema):
    """Documents that are asked for."""

    question = fields.String(metadata=about("The question that they answer.", "cv"))
    required = fields.Boolean(metadata=about("Whether there must be one, when it is asked."))
    max_files = fields.Integer(metadata=about("How many at most.", 1))
    accept = fields.List(fields.String(), metadata=about("Their kinds.", ["pdf"]))


class FormUiSchema(Schema):
    """What a page needs beside the JSON Schema of the answers, in one language."""

    call_id = Id(metadata=about("The call."))
    form_version = fields.Integer(metadata=about("The version of the form.", 1))
    lang = fields.String(metadata=about("The language of its texts.", "en"))
    form_url = fields.String(
        metadata=about("The JSON Schema.", "https://intervet.example/v1/calls/three-weeks-in-lyon/form")
    )
    questions = fields.List(fields.Nested(QuestionHintSchema), metadata=about("The questions, in order."))
    documents = fields.List(fields.Nested(FileQuestionSchema), metadata=about("The documents among the answers."))
    consents = fields.List(
        fields.Nested(ConsentAskedInLanguageSchema),
        metadata=about("What applicants are asked to agree to, with the texts as they stand."),
    )
