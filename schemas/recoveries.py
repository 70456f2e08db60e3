"""Recoveries on the wire."""

from marshmallow import fields

from domain.models.recoveries import RecoveryKind, RecoveryState
from domain.services.recoveries import RecoveryInput
from schemas.base import Bool, Id, Instant, Int, OneOf, Schema, about


class RecoveryWriteSchema(Schema):
    """What is to be sent again."""

    makes = RecoveryInput

    kind = OneOf(
        RecoveryKind,
        required=True,
        metadata=about(
            "failed: what was given up. undelivered: that, what is held, and what was never owed, for want of the "
            "endpoint or of its wish. everything: also what arrived.",
            "failed",
        ),
    )
    since = Instant(required=True, metadata=about("Events recorded from then on.", "2026-11-20T00:00:00Z"))
    until = Instant(load_default=None, allow_none=True, metadata=about("And before then; until now unless told."))
    dry_run = Bool(load_default=False, metadata=about("Only count them."))


class RecoverySchema(RecoveryWriteSchema):
    """A recovery, and how far it is."""

    id = Id(dump_only=True, metadata=about("The recovery's id."))
    endpoint_id = Id(dump_only=True, metadata=about("The endpoint."))
    state = OneOf(RecoveryState, dump_only=True, metadata=about("How far it is."))
    total = Int(dump_only=True, allow_none=True, metadata=about("How many there are; null until they are counted."))
    done = Int(dump_only=True, metadata=about("How many of them have become due again."))
    created_at = Instant(dump_only=True, metadata=about("When it was asked for."))
    updated_at = Instant(dump_only=True, metadata=about("When it last got on."))


class RecoveryListSchema(Schema):
    """A page of recoveries."""

    items = fields.List(fields.Nested(RecoverySchema), metadata=about("The recoveries of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
