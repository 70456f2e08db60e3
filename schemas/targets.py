"""Targets on the wire."""

from typing import Any

from marshmallow import fields

from domain.models.activities import ActivityCode, Unit
from domain.services.targets import TargetInput
from schemas.base import Country, Id, Instant, Int, ListOf, OneOf, Schema, Str, about

LARGEST_PLAN = 1_000_000


class TargetWriteSchema(Schema):
    """What a target is made of."""

    makes = TargetInput

    activities = ListOf(
        OneOf(ActivityCode),
        required=True,
        least=1,
        most=len(ActivityCode),
        metadata=about("The kinds of activity that count towards it.", ["short_term_learner"]),
    )
    planned = Int(required=True, most=LARGEST_PLAN, metadata=about("How many were promised.", 360))
    country = Country(load_default=None, allow_none=True, metadata=about("From this country; null is all.", "AL"))
    unit = OneOf(Unit, load_default=Unit.PARTICIPATION, metadata=about("participation or person.", "participation"))
    source = Str(load_default=None, allow_none=True, most=500, metadata=about("Where it was promised."))


class TargetSchema(TargetWriteSchema):
    """What a project promised."""

    id = Id(dump_only=True, metadata=about("The target's id."))
    activities: Any = fields.List(
        fields.String(), dump_only=True, metadata=about("What counts towards it.", ["short_term_learner"])
    )
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class TargetListSchema(Schema):
    """A page of targets."""

    items = fields.List(fields.Nested(TargetSchema), metadata=about("The targets of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
