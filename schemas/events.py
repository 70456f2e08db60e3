"""Events on the wire: one payload schema for each type. What leaves is validated against it first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields

from domain.models.events import EventType
from schemas.base import Id, Instant, Int, QueryInt, Schema, about


class DataSchema(Schema):
    """What an event tells of its resource: ids, state, links. No personal data."""

    id = Id(required=True, metadata=about("The resource's id."))
    resource = fields.String(required=True, metadata=about("What kind of thing it is.", "application"))
    state = fields.String(required=True, metadata=about("Its state after the event.", "submitted"))
    version = Int(required=True, metadata=about("Its version after the event; a larger one is newer."))
    url = fields.String(required=True, metadata=about("Where it can be read, by those who may."))


class ProjectDataSchema(DataSchema):
    """A project's step."""

    project_id = Id(required=True, metadata=about("The project."))


class CallDataSchema(ProjectDataSchema):
    """A call's step."""

    call_id = Id(required=True, metadata=about("The call."))


class CallExtendedDataSchema(CallDataSchema):
    """A later deadline."""

    previous_closes_at = Instant(required=True, metadata=about("The deadline before."))
    closes_at = Instant(required=True, metadata=about("The deadline now."))


class CallClosingSoonDataSchema(CallDataSchema):
    """A deadline that comes near."""

    closes_at = Instant(required=True, metadata=about("The deadline."))
    days = Int(required=True, metadata=about("Days left: 14, 7, 3 or 1.", 7))


class ApplicationDataSchema(CallDataSchema):
    """An application's step."""


class MobilityDataSchema(ProjectDataSchema):
    """A mobility's step."""


class WebhookDataSchema(DataSchema):
    """Something about an endpoint of yours."""


def _data_of(kind: EventType) -> type[DataSchema]:
    special = {
        EventType.CALL_DEADLINE_EXTENDED: CallExtendedDataSchema,
        EventType.CALL_CLOSING_SOON: CallClosingSoonDataSchema,
    }
    families: dict[str, type[DataSchema]] = {
        "project": ProjectDataSchema,
        "call": CallDataSchema,
        "application": ApplicationDataSchema,
        "mobility": MobilityDataSchema,
        "webhook": WebhookDataSchema,
    }
    return special.get(kind) or families[kind.partition(".")[0]]


DATA: Mapping[EventType, type[DataSchema]] = {kind: _data_of(kind) for kind in EventType}
# What each tells: the sentences of docs/events.md, for the contract.
MEANING: Mapping[EventType, str] = {
    EventType.PROJECT_STARTED: "The project's work began.",
    EventType.PROJECT_SUBMITTED: "Its final report went to the agency.",
    EventType.PROJECT_FINALISED: "The agency accepted it.",
    EventType.PROJECT_ARCHIVED: "It was put away.",
    EventType.CALL_PUBLISHED: "A call can be seen by everyone.",
    EventType.CALL_UPDATED: "A published call's texts, places or destinations changed.",
    EventType.CALL_OPENED: "The clock reached its opening.",
    EventType.CALL_CLOSING_SOON: (
        "Fourteen, seven, three or one days are left; `days` says how many, `closes_at` until when."
    ),
    EventType.CALL_CLOSED: "The clock reached its deadline.",
    EventType.CALL_DEADLINE_EXTENDED: "The deadline moved from `previous_closes_at` to `closes_at`.",
    EventType.CALL_CANCELLED: "It was called off.",
    EventType.CALL_SELECTION_STARTED: "Applications are being selected.",
    EventType.CALL_DECIDED: "The selection is over.",
    EventType.CALL_ARCHIVED: "It was put away.",
    EventType.APPLICATION_SUBMITTED: "An application was taken in.",
    EventType.APPLICATION_ELIGIBLE: "It may take part in the selection.",
    EventType.APPLICATION_INELIGIBLE: "It may not.",
    EventType.APPLICATION_SELECTED: "It was offered a place.",
    EventType.APPLICATION_RESERVED: "It was put on the reserve list.",
    EventType.APPLICATION_PROMOTED: "It was offered a place that became free.",
    EventType.APPLICATION_REJECTED: "It was not selected.",
    EventType.APPLICATION_CONFIRMED: "The place was taken; a mobility exists.",
    EventType.APPLICATION_DECLINED: "The place was given back.",
    EventType.APPLICATION_EXPIRED: "The place was not confirmed in time.",
    EventType.APPLICATION_WITHDRAWN: "It was taken back.",
    EventType.MOBILITY_NOMINATED: "A mobility exists.",
    EventType.MOBILITY_CONFIRMED: "Both sides agreed to it.",
    EventType.MOBILITY_STARTED: "The stay began.",
    EventType.MOBILITY_COMPLETED: "The stay ended as planned.",
    EventType.MOBILITY_RECOGNISED: "Its outcome was recognised at home.",
    EventType.MOBILITY_CANCELLED: "It was called off before it began.",
    EventType.MOBILITY_TERMINATED: "It ended early.",
    EventType.MOBILITY_UPDATED: "Its particulars changed.",
    EventType.WEBHOOK_PING: "You asked for a sign of life of an endpoint; it is told to that endpoint alone.",
    EventType.WEBHOOK_DISABLED: (
        "An endpoint of yours answered 410, or failed for five days; "
        "what it missed is held. It is told to your other endpoints."
    ),
}
INSTANCES: Mapping[EventType, DataSchema] = {kind: schema() for kind, schema in DATA.items()}


class EventSchema(Schema):
    """An event, as it is fetched; a webhook carries the id in its `webhook-id` header."""

    id = Id(required=True, metadata=about("The event's id: the same over every retry, replay and fetch."))
    type = fields.String(required=True, metadata=about("What happened.", "application.submitted"))
    timestamp = Instant(required=True, metadata=about("When."))
    data = fields.Dict(required=True, metadata=about("Of what; its shape is that of the event's type."))


class EventListSchema(Schema):
    """Some events, in the one order."""

    items = fields.List(fields.Nested(EventSchema), metadata=about("The events after the one named, oldest first."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null at the end."))
    oldest = fields.Dict(
        allow_none=True, metadata=about("The first event that can still be fetched: its id and timestamp.")
    )


class EventQuery(Schema):
    """From where on."""

    after = Id(load_default=None, metadata=about("The id of the last event that you have; leave it out to begin."))
    limit = QueryInt(least=1, most=200, load_default=50, metadata=about("Events on a page.", 50))


def dumped(kind: EventType, data: dict[str, Any]) -> dict[str, Any]:
    """The data of an event as it leaves. Raises ValidationError for what isn't of the type's shape."""
    schema = INSTANCES[kind]
    # Names that the schema doesn't know are put back before it checks: it is to refuse them, not to drop them.
    unknown = {name: data[name] for name in data.keys() - schema.fields.keys()}
    plain: dict[str, Any] = schema.dump(_parsed(data)) | unknown
    schema.load(plain)
    return plain


def _parsed(data: dict[str, Any]) -> dict[str, Any]:
    """Instants that were kept as text in the event's row, as instants again."""
    instants = ("closes_at", "previous_closes_at")
    return data | {name: datetime.fromisoformat(data[name]) for name in instants if name in data}
