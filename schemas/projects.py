"""Projects on the wire."""

from typing import Any, ClassVar

from marshmallow import fields

from domain.models.projects import ActionType, ProjectState
from domain.services.projects import ProjectInput
from schemas.base import (
    Day,
    Id,
    InLanguageSchema,
    Instant,
    Int,
    LanguageQuery,
    LanguageTag,
    ListOf,
    ListQuery,
    OneOf,
    Schema,
    Str,
    TextInLanguage,
    TextMap,
    about,
)

CODE = "[A-Z0-9]+(-[A-Z0-9]+)*"
TITLE = {"en": "Young cooks abroad", "sq": "Kuzhinierë të rinj jashtë vendit"}


class ProjectWriteSchema(Schema):
    """What a project is made of."""

    makes: ClassVar[Any] = ProjectInput

    code = Str(
        required=True,
        most=40,
        pattern=CODE,
        code="not_a_project_code",
        metadata=about("Its short name, for addresses; it never changes.", "MY-PROJECT"),
    )
    title = TextMap(required=True, metadata=about("Title, by language.", TITLE))
    action_type = OneOf(ActionType, required=True, metadata=about("The kind of grant.", "KA121-VET"))
    rule_set = Str(required=True, most=40, metadata=about("The limits of its activities.", "KA1-VET-2021"))
    starts_on = Day(required=True, metadata=about("First day.", "2026-01-01"))
    ends_on = Day(required=True, metadata=about("Last day.", "2028-12-31"))
    languages = ListOf(
        LanguageTag(), required=True, least=1, most=30, metadata=about("In which it publishes.", ["en", "sq"])
    )
    programme = Str(load_default="Erasmus+", most=60, metadata=about("The funding programme.", "Erasmus+"))
    reference_number = Str(
        load_default=None, allow_none=True, most=60, metadata=about("The grant's number.", "2026-1-IT01-KA121-VET-1")
    )
    call_year = Int(
        load_default=None, allow_none=True, least=1987, most=2100, metadata=about("The year of its grant.", 2026)
    )


class ProjectSchema(ProjectWriteSchema):
    """A project, with its texts in every language."""

    id = Id(dump_only=True, metadata=about("The project's id."))
    state = OneOf(ProjectState, dump_only=True, metadata=about("Where it stands towards its agency.", "ongoing"))
    coordinator_id = Id(dump_only=True, metadata=about("The organisation that coordinates it."))
    coordinator = fields.String(
        attribute="coordinator.legal_name", dump_only=True, metadata=about("Its name.", "A Chamber")
    )
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class ProjectInLanguageSchema(InLanguageSchema, ProjectSchema):
    """A project, with its texts in one language."""

    texts = ("title",)

    title: Any = TextInLanguage(metadata=about("Title.", TITLE["en"]))


class ProjectListSchema(Schema):
    """A page of projects."""

    items = fields.List(fields.Nested(ProjectInLanguageSchema), metadata=about("The projects of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class ProjectQuery(ListQuery, LanguageQuery):
    """Which projects are wanted."""

    state = OneOf(ProjectState, load_default=None, metadata=about("In this state.", "ongoing"))
