"""The texts that people are asked to agree to, on the wire."""

from typing import Any

from marshmallow import fields

from domain.models.consents import Purpose
from domain.services import consent_texts
from schemas.base import (
    ESSAY,
    InLanguageSchema,
    Instant,
    LanguageQuery,
    OneOf,
    QueryInt,
    Schema,
    TextInLanguage,
    TextMap,
    about,
)

TEXT = {
    "en": "I agree that my application is stored, and used to decide about it.",
    "sq": "Pajtohem që aplikimi im të ruhet dhe të përdoret për të vendosur rreth tij.",
}


class ConsentTextWriteSchema(Schema):
    """What people are asked to agree to."""

    text = TextMap(required=True, most=ESSAY, metadata=about("The whole text, by language.", TEXT))


class ConsentTextSchema(ConsentTextWriteSchema):
    """A version of a project's text for a purpose, in every language."""

    purpose = OneOf(Purpose, dump_only=True, metadata=about("What for.", "processing"))
    text_version = fields.String(
        attribute="version", dump_only=True, metadata=about("Which version it is; 1 is the standard text.", "2")
    )
    created_at = Instant(
        dump_only=True,
        allow_none=True,
        metadata=about("When it was written down; null for the standard text that nobody has agreed to yet."),
    )


class ConsentTextInLanguageSchema(InLanguageSchema, ConsentTextSchema):
    """A version of a project's text for a purpose, in one language."""

    texts = ("text",)

    text: Any = TextInLanguage(metadata=about("The whole text.", TEXT["en"]))


class ConsentTextListSchema(Schema):
    """The texts of a project."""

    items = fields.List(
        fields.Nested(ConsentTextInLanguageSchema), metadata=about("The current text for each purpose there is.")
    )
    next = fields.String(allow_none=True, metadata=about("Always null: they come on one page."))


class ConsentTextQuery(LanguageQuery):
    """Which version is wanted."""

    text_version = QueryInt(least=1, load_default=None, metadata=about("This version; the current one unless told.", 1))


class ConsentAskedSchema(Schema):
    """What a call asks people to agree to, in every language."""

    purpose = OneOf(Purpose, metadata=about("What for.", "processing"))
    required = fields.Boolean(metadata=about("Whether there is no application without it.", True))
    text_version = fields.String(metadata=about("The version of the text: send it back with the consent.", "1"))
    text: Any = TextMap(most=ESSAY, metadata=about("The whole text, by language.", TEXT))


class ConsentAskedInLanguageSchema(InLanguageSchema, ConsentAskedSchema):
    """What a call asks people to agree to, in one language: send back with the consent which one that is."""

    texts = ("text",)

    text: Any = TextInLanguage(metadata=about("The whole text.", TEXT["en"]))


class ConsentsAsked(fields.List[Any]):
    """What a call asks people to agree to."""

    def serialize(self, attr: str, obj: Any, *_: Any, **__: Any) -> Any:
        """Each purpose with the text that stands for it now."""
        return self._serialize(consent_texts.asked_by(obj), attr, obj)
