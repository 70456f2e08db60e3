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
