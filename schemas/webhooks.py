"""Webhook endpoints, deliveries and attempts on the wire."""

from typing import Any

from marshmallow import fields

from domain.db import instant_text
from domain.models.events import EventType
from domain.models.webhooks import DeliveryState, EndpointState, Payload, SignatureScheme
from domain.services.webhooks import KEPT_REPLIES, TIMEOUT_S, EndpointInput
from schemas.base import Bool, Country, Id, Instant, Int, ListOf, ListQuery, Map, OneOf, Schema, Str, about

LONGEST_DELAY_S = 86_400  # a day, the longest of the usual delays


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
    projects = ListOf(
        Str(most=40),
        load_default=[],
        most=50,
        metadata=about("Only of these projects, by their codes; of all if empty.", ["INTERVET-DEMO"]),
    )
    countries = ListOf(
        Country(),
        load_default=[],
        most=50,
        metadata=about("Only what concerns one of these countries; all if empty.", ["RS"]),
    )
    calls = ListOf(
        Id(), load_default=[], most=200, metadata=about("Only of these calls, by their ids; of all if empty.")
    )
    payload = OneOf(
        Payload,
        load_default=Payload.THIN,
        metadata=about("thin: ids, state and links. full: the resource as well, as you may see it at each attempt."),
    )
    signatures = ListOf(
        OneOf(SignatureScheme),
        load_default=[SignatureScheme.V1],
        most=2,
        metadata=about("v1: a shared secret. v1a: a key pair, verified with the public key.", ["v1"]),
    )
    headers = Map(
        values=Str(most=1000),
        load_default=None,
        allow_none=True,
        metadata=about("Headers of your own, sent along; never shown again.", {"X-Tenant": "school-12"}),
    )
    authorization = Str(
        load_default=None,
        allow_none=True,
        most=2000,
        pattern="(Basic|Bearer) [!-~]+",
        code="not_credentials",
        metadata=about("The Authorization header that your server asks for; never shown again.", "Bearer c2Vzc2lvbg"),
    )
    timeout_s = Int(
        load_default=TIMEOUT_S, least=1, most=30, metadata=about("Seconds in which the whole reply must be there.", 15)
    )
    rate_per_minute = Int(
        load_default=None,
        allow_none=True,
        least=1,
        most=60_000,
        metadata=about("At most so many messages a minute; null for as many as there are.", 600),
    )
    retry_after_s = ListOf(
        Int(least=1, most=LONGEST_DELAY_S),
        load_default=None,
        allow_none=True,
        most=20,
        metadata=about(
            "Seconds before each further attempt, instead of the usual ones; [] never tries again.", [60, 600]
        ),
    )
    ordered = Bool(
        load_default=False,
        metadata=about("One after the other, in the order of events: one that fails holds up those behind it."),
    )
    keep_replies_days = Int(
        load_default=KEPT_REPLIES, most=90, metadata=about("For how many days your replies stay in the log.", 30)
    )


class EndpointSchema(EndpointWriteSchema):
    """An endpoint."""

    class Meta:
        """What is never shown."""

        exclude = ("headers", "authorization")

    id = Id(dump_only=True, metadata=about("The endpoint's id."))
    state = OneOf(EndpointState, dump_only=True, metadata=about("unverified until the first success."))
    header_names = fields.List(
        fields.String(), dump_only=True, metadata=about("The names of your own headers.", ["X-Tenant"])
    )
    authorization_scheme = fields.String(
        dump_only=True, allow_none=True, metadata=about("Basic or Bearer, where there are credentials.", "Bearer")
    )
    verified_at = Instant(dump_only=True, allow_none=True, metadata=about("Its first success."))
    failing_since = Instant(dump_only=True, allow_none=True, metadata=about("First failure since its last success."))
    slow_until = Instant(
        dump_only=True, allow_none=True, metadata=about("Until then nothing is sent: your server asked for it.")
    )
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class KeysSchema(Schema):
    """Keys just made."""

    secret = fields.String(
        dump_only=True, metadata=about("The signing secret, shown this once.", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    )
    public_key = fields.String(
        dump_only=True,
        metadata=about("Verifies v1a signatures; no secret.", "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
    )


class NewEndpointSchema(KeysSchema, EndpointSchema):
    """An endpoint just made."""

    class Meta(EndpointSchema.Meta):
        """What is never shown."""


class RotationSchema(Schema):
    """New keys are wanted."""

    overlap_hours = Int(
        load_default=24, most=168, metadata=about("For how many hours the old keys sign along: 0 to 168.", 24)
    )


class NewKeysSchema(KeysSchema):
    """Keys just made, and until when the old ones sign along."""

    previous_until = Instant(dump_only=True, metadata=about("Until then both sign."))


class PublicKeySchema(Schema):
    """One public key."""

    key = fields.String(
        attribute="public_key",
        metadata=about("whpk_ and the 32 bytes in Base64.", "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
    )
    since = Instant(attribute="created_at", metadata=about("Since when it is in force."))
    until = Instant(attribute="expires_at", allow_none=True, metadata=about("When it ends; null for the current one."))


class PublicKeysSchema(Schema):
    """The public keys of an endpoint."""

    keys = fields.List(fields.Nested(PublicKeySchema), metadata=about("The newest first; any of them may have signed."))


class PingWriteSchema(Schema):
    """What is to be sent to try an endpoint."""

    event_type = OneOf(
        EventType,
        load_default=EventType.WEBHOOK_PING,
        metadata=about("A sample of this type; a plain webhook.ping unless told.", "call.published"),
    )


class ResumeSchema(Schema):
    """How an endpoint goes on."""

    send_held = Bool(load_default=True, metadata=about("Send what was held meanwhile; else it stays held."))


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
    event_id = Id(load_default=None, metadata=about("Of this event."))
    event_type = OneOf(EventType, load_default=None, metadata=about("Of events of this type."))
    since = Instant(load_default=None, metadata=about("Owed since this instant."))
    until = Instant(load_default=None, metadata=about("Owed before this instant."))


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
    reply = fields.Method("reply_text", metadata=about("The first 16 KiB of the reply, for as long as it is kept."))

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
