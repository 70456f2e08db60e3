"""Decisions on many applications of a call, on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from domain.models.applications import ApplicationState
from domain.services.call_decisions import DecisionInput, Outcome
from schemas.applications import DESTINATION
from schemas.base import PARAGRAPH, Coded, Id, Instant, Int, ListOf, LongStr, OneOf, Part, Schema, Str, about

APPLICATION = "01938f6e-5c00-7000-8000-000000000002"
REFERENCE = "A-7K3M-9QXC"
MOST_DECISIONS = 1000  # in one request: one transaction holds up all others meanwhile, and two hundred take a second
FLAG = "[01]"


class DecisionSchema(Schema):
    """A decision on one application, named by its id or its reference."""

    makes = DecisionInput

    application_id = Id(load_default=None, allow_none=True, metadata=about("The application.", APPLICATION))
    reference = Str(load_default=None, allow_none=True, most=16, metadata=about("Or the application by its reference."))
    version = Int(required=True, metadata=about("The application's version when you read it.", 2))
    decision = OneOf(Outcome, required=True, metadata=about("The state in which it is then.", "selected"))
    rank = Int(
        load_default=None,
        allow_none=True,
        least=1,
        most=100_000,
        metadata=about("For `reserve`: the place on the reserve list; 1 is next."),
    )
    destination_id = Id(
        load_default=None,
        allow_none=True,
        metadata=about(
            "For `selected`: which of the call's destinations; needed where the call has some.", DESTINATION
        ),
    )
    destination = Str(load_default=None, allow_none=True, metadata=about("Or the destination as sheets call it."))
    reason = LongStr(load_default=None, allow_none=True, most=PARAGRAPH, metadata=about("Why."))

    @validates_schema
    def _names_one(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("application_id") is None and data.get("reference") is None:
            raise ValidationError(Coded("required"), "application_id")


class DecisionsSchema(Schema):
    """Decisions on applications of one call: all of them are taken, or none."""

    decisions = ListOf(Part(DecisionSchema), required=True, least=1, most=MOST_DECISIONS, metadata=about("Each once."))


class DecisionsQuery(Schema):
    """How the decisions are meant."""

    dry_run = Str(
        load_default="0",
        most=1,
        pattern=FLAG,
        code="not_a_choice",
        metadata=about("`1` answers what would come of it, and does nothing.", "1"),
    )
    confirm_by = Instant(
        load_default=None,
        metadata=about("Until when offers are to be confirmed; no time limit unless told.", "2027-01-25T16:00:00Z"),
    )


class DecidedSchema(Schema):
    """What came of one decision, or would."""

    application_id = Id(metadata=about("The application.", APPLICATION))
    reference = fields.String(metadata=about("Its reference.", REFERENCE))
    before = OneOf(ApplicationState, metadata=about("The state in which it was.", "eligible"))
    state = OneOf(ApplicationState, metadata=about("The state in which it is then.", "selected"))
    rank = fields.Integer(allow_none=True, metadata=about("The place on the reserve list."))
    destination_id = Id(allow_none=True, metadata=about("The destination it was selected for.", DESTINATION))
    reason = fields.String(allow_none=True, metadata=about("Why."))
    version = Int(metadata=about("Its version then.", 3))


class DecisionsAnswerSchema(Schema):
    """What came of the decisions, in the order in which they were sent."""

    dry_run = fields.Boolean(metadata=about("Whether nothing was done.", False))
    decisions = fields.List(fields.Nested(DecidedSchema), metadata=about("Each decision."))
