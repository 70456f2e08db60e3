"""Reported figures on the wire."""

from typing import Any

from marshmallow import fields

from domain.models.activities import ActivityCode, Profile, Unit
from domain.services.reported_figures import ReportedFigureInput
from schemas.base import Bool, Day, Id, Instant, Int, OneOf, Part, Schema, Str, about


class FigureScopeSchema(Schema):
    """What a figure is about: one profile, one kind of activity, or (empty) the whole project."""

    profile = OneOf(Profile, metadata=about("Learners, staff or anyone.", "learner"))
    activity = OneOf(ActivityCode, metadata=about("One kind of activity.", "job_shadowing"))


class ReportedFigureWriteSchema(Schema):
    """What a published figure is made of."""

    makes = ReportedFigureInput

    measure = Str(
        required=True,
        most=60,
        pattern="[a-z][a-z0-9_]*",
        code="not_a_name",
        metadata=about("What it measures.", "participants"),
    )
    scope = Part(FigureScopeSchema, required=True, metadata=about("What it is about.", {"profile": "staff"}))
    value = Str(required=True, most=60, metadata=about("The figure, as it was published.", "165"))
    unit = OneOf(Unit, required=True, metadata=about("What it counts.", "person"))
    source = Str(required=True, most=500, metadata=about("Who published it, and where.", "Partner news, 2023-09-29"))
    assumed = Bool(load_default=False, metadata=about("Whether we read something into it."))
    assumption = Str(load_default=None, allow_none=True, most=500, metadata=about("What we read into it."))
    as_of = Day(load_default=None, allow_none=True, metadata=about("When it was published.", "2023-09-29"))


class ReportedFigureSchema(ReportedFigureWriteSchema):
    """What somebody published about a project."""

    id = Id(dump_only=True, metadata=about("The figure's id."))
    scope: Any = fields.Dict(
        keys=fields.String(), values=fields.String(), dump_only=True, metadata=about("What it is about.")
    )
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was written down."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class ReportedFigureListSchema(Schema):
    """A page of published figures."""

    items = fields.List(fields.Nested(ReportedFigureSchema), metadata=about("The figures of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
