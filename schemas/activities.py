"""Activities on the wire."""

from typing import Any, ClassVar

from marshmallow import fields

from domain.models.activities import ActivityCode, Profile
from domain.services.activities import ActivityInput
from schemas.base import (
    Id,
    InLanguageSchema,
    Instant,
    Int,
    LanguageQuery,
    ListQuery,
    OneOf,
    Schema,
    Str,
    TextInLanguage,
    TextMap,
    about,
)


class ActivityWriteSchema(Schema):
    """What an activity is made of."""

    makes: ClassVar[Any] = ActivityInput

    key = Str(required=True, most=60, metadata=about("Its name within the project.", "spring_stays"))
    code = OneOf(ActivityCode, required=True, metadata=about("The kind of activity.", "short_term_learner"))
    title = TextMap(required=True, metadata=about("Title, by language."))
    profile = OneOf(
        Profile, load_default=None, metadata=about("For learners, staff or anyone; by its kind unless told.", "learner")
    )
    organiser_id = Id(load_default=None, allow_none=True, metadata=about("The member that organises it."))


class NewActivitySchema(ActivityWriteSchema):
    """A new activity, with its project."""

    makes = None

    project = Str(required=True, most=40, metadata=about("The project's code.", "INTERVET-DEMO"))


class ActivitySchema(ActivityWriteSchema):
    """An activity, with its texts in every language."""

    id = Id(dump_only=True, metadata=about("The activity's id."))
    project_id = Id(dump_only=True, metadata=about("Its project."))
    organiser = fields.String(
        attribute="organiser.legal_name", dump_only=True, dump_default=None, metadata=about("The organiser's name.")
    )
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class ActivityInLanguageSchema(InLanguageSchema, ActivitySchema):
    """An activity, with its texts in one language."""

    texts = ("title",)

    title: Any = TextInLanguage(metadata=about("Title."))


class ActivityListSchema(Schema):
    """A page of activities."""

    items = fields.List(fields.Nested(ActivityInLanguageSchema), metadata=about("The activities of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class ActivityQuery(ListQuery, LanguageQuery):
    """Which activities are wanted."""

    project = Str(most=40, load_default=None, metadata=about("Of the project with this code.", "INTERVET-DEMO"))
