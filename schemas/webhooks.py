"""Webhook endpoints, deliveries and attempts on the wire."""

from typing import Any

from marshmallow import fields

from domain.db import instant_text
from domain.models.webhooks import DeliveryState, EndpointState
from domain.services.webhooks import EndpointInput
from schemas.base import Id, Instant, Int, ListOf, ListQuery, OneOf, Schema, Str, about


class EndpointWriteSchema(Schema):
    """What an endpoint is made of."""

    makes = EndpointInput

    url = Str(
        required=True, most=2000, metadata=about("Where events are posted.", "https://example.org/hooks/intervet")
    )
    event_types = ListOf(
        Str(most=60),
        required=True,
        most=50,
        metadata=about("Which; a star stands for anything.", ["application.*", "call.published"]),
    )
    description = Str(load_default=None, allow_none=True, metadata=about("For your own use.", "Our CRM"))


class EndpointSchema(EndpointWriteSchema):
    """An endpoint."""

    id = Id(dump_only=True, metadata=about("The endpoint's id."))
    state = OneOf(EndpointState, dump_only=True, metadata=about("unverified until the first success."))
    failing_since = Instant(dump_only=True, allow_none=True, metadata=about("First failure since its last success."))
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class NewEndpointSchema(EndpointSchema):
    """An endpoint just made."""

    secret = fields.String(
        dump_only=True, metadata=about("The signing secret, shown this once.", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    )


class EndpointListSchema(Schema):
    """A page of endpoints."""

    items = fields.List(fields.Nested(EndpointSchema), metadata=about("The endpoints of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class PingSchema(Schema):
    """A ping on its way."""

    event_id = Id(metadata=about("The webhook-id under which it arrives."))


class DeliverySchema(Schema):
    """One event owed to one endpoint."""

    id = Id(metadata=about("The delivery's id."))
    event_id = Id(metadata=about("The event: the webhook-id."))
    event_type = fields.String(attribute="event.type.value", metadata=about("What happened.", "application.submitted"))
    endpoint_id = Id(metadata=about("The endpoint."))
    state = OneOf(DeliveryState, metadata=about("Where it stands."))
    attempts = Int(metadata=about("How often it was tried."))
    next_at = fields.Method("next_try", metadata=about("When it is tried next; null when it isn't."))
    created_at = Instant(metadata=about("Since when it is owed."))
    updated_at = Instant(metadata=about("When it last changed."))

    def next_try(self, delivery: Any) -> str | None:
        """The next try of what is still pending."""
        return instant_text(delivery.next_at) if delivery.state == DeliveryState.PENDING else None


class DeliveryListSchema(Schema):
    """A page of deliveries."""

    items = fields.List(fields.Nested(DeliverySchema), metadata=about("The deliveries of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class DeliveryQuery(ListQuery):
    """Which deliveries are wanted."""

    state = OneOf(DeliveryState, load_default=None, metadata=about("In this state.", "failed"))


class AttemptSchema(Schema):
    """One attempt at a delivery."""

    number = Int(metadata=about("Counts from 1."))
    at = Instant(metadata=about("When it ended."))
    duration_ms = fields.Method(
        "duration", metadata=about("How long it took, in milliseconds; null where no connection was made.")
    )
    url = fields.String(metadata=about("To where."))
    status = fields.Integer(allow_none=True, metadata=about("The reply's status."))
    error = fields.String(allow_none=True, metadata=about("Why there was no whole reply.", "timeout"))
    reply_headers = fields.Dict(allow_none=True, metadata=about("The reply's headers."))
    reply = fields.Method("reply_text", metadata=about("The first 16 KiB of the reply, for 30 days."))

    def duration(self, attempt: Any) -> int | None:
        """Its time, but for a connection that failed: there it would tell a closed port from a silent one."""
        return None if attempt.error == "connect" else int(attempt.duration_ms)

    def reply_text(self, attempt: Any) -> str | None:
        """The reply as text; what isn't UTF-8 is shown as replacement signs."""
        return None if attempt.reply is None else bytes(attempt.reply).decode("utf-8", "replace")


class AttemptListSchema(Schema):
    """A page of attempts."""

    items = fields.List(fields.Nested(AttemptSchema), metadata=about("The attempts, first to last."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
