"""Events on the wire: one payload schema for each type. What leaves is validated against it first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields

from domain.models.events import EventType
from schemas.base import Bool, Country, Id, Instant, Int, QueryInt, Schema, Str, about

LONGEST_TYPES = 2000  # characters; all that there are, by name, have half of that
RESOURCE, PROJECT, CALL = (f"01938f6e-5c00-7000-8000-00000000000{number}" for number in (1, 2, 3))


class DataSchema(Schema):
    """What an event tells of its resource: ids, state, links. No personal data."""

    id = Id(required=True, metadata=about("The resource's id.", RESOURCE))
    resource = fields.String(required=True, metadata=about("What kind of thing it is.", "application"))
    state = fields.String(required=True, metadata=about("Its state after the event.", "submitted"))
    version = Int(required=True, metadata=about("Its version after the event; a larger one is newer.", 2))
    url = fields.String(
        required=True,
        metadata=about(
            "Where it can be read, by those who may.", f"https://intervet.example/v1/applications/{RESOURCE}"
        ),
    )
    sample = Bool(metadata=about("It never happened: you asked for it to try an endpoint. Absent unless true."))
    object = fields.Dict(
        allow_none=True,
        metadata=about(
            "Only for endpoints with full payloads: the resource itself as `url` shows it to the endpoint's owner, "
            "rendered at this attempt; null when it is gone, or may not be seen by the owner any more."
        ),
    )


class ProjectDataSchema(DataSchema):
    """A project's step."""

    project_id = Id(required=True, metadata=about("The project.", PROJECT))


class CallDataSchema(ProjectDataSchema):
    """A call's step."""

    call_id = Id(required=True, metadata=about("The call.", CALL))


class CallExtendedDataSchema(CallDataSchema):
    """A later deadline."""

    previous_closes_at = Instant(required=True, metadata=about("The deadline before.", "2026-11-29T09:00:00Z"))
    closes_at = Instant(required=True, metadata=about("The deadline now.", "2026-12-06T09:00:00Z"))


class CallClosingSoonDataSchema(CallDataSchema):
    """A deadline that comes near."""

    closes_at = Instant(required=True, metadata=about("The deadline.", "2026-11-29T09:00:00Z"))
    days = Int(required=True, metadata=about("Days left: 14, 7, 3 or 1.", 7))


class ApplicationDataSchema(CallDataSchema):
    """An application's step."""


class ConsentDataSchema(ApplicationDataSchema):
    """An answer to what an application was asked to agree to. The application is named, and no person."""

    purpose = fields.String(required=True, metadata=about("What was agreed to, or is no more.", "sharing_with_hosts"))


class MobilityDataSchema(ProjectDataSchema):
    """A mobility's step."""


class PersonDataSchema(ProjectDataSchema):
    """A person who was erased, named by what they were known by: an application, or a mobility."""

    call_id = Id(metadata=about("The call, of an application.", CALL))


class WebhookDataSchema(DataSchema):
    """Something about an endpoint of yours."""


class WebhookFailingDataSchema(WebhookDataSchema):
    """An endpoint of yours that fails, and what comes of it."""

    failing_since = Instant(
        required=True, metadata=about("The first failure since its last success.", "2026-11-21T09:00:00Z")
    )
    disabled_at = Instant(
        required=True,
        metadata=about("When it will be disabled, unless something arrives before.", "2026-11-26T09:00:00Z"),
    )


def _data_of(kind: EventType) -> type[DataSchema]:
    special = {
        EventType.CALL_DEADLINE_EXTENDED: CallExtendedDataSchema,
        EventType.CALL_CLOSING_SOON: CallClosingSoonDataSchema,
        EventType.WEBHOOK_FAILING: WebhookFailingDataSchema,
    }
    families: dict[str, type[DataSchema]] = {
        "project": ProjectDataSchema,
        "call": CallDataSchema,
        "application": ApplicationDataSchema,
        "consent": ConsentDataSchema,
        "mobility": MobilityDataSchema,
        "person": PersonDataSchema,
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
    EventType.APPLICATION_UPDATED: "Who sent it in changed something in it.",
    EventType.APPLICATION_RETURNED: "It was given back to be corrected.",
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
    EventType.CONSENT_GIVEN: (
        "Somebody agreed to something after the application was sent in; what was agreed to with it has no event."
    ),
    EventType.CONSENT_WITHDRAWN: (
        "A consent was taken back, or refused when it was asked for later: from now on act without it."
    ),
    EventType.PERSON_ERASED: (
        "What identifies a person was erased. `resource` and `id` name an application or a mobility of theirs, with an "
        "event for each: erase there, too, what you know of them."
    ),
    EventType.MOBILITY_NOMINATED: "A mobility exists.",
    EventType.MOBILITY_CONFIRMED: "Both sides agreed to it.",
    EventType.MOBILITY_STARTED: "The stay began.",
    EventType.MOBILITY_COMPLETED: "The stay ended as planned.",
    EventType.MOBILITY_RECOGNISED: "Its outcome was recognised at home.",
    EventType.MOBILITY_CANCELLED: "It was called off before it began.",
    EventType.MOBILITY_TERMINATED: "It ended early.",
    EventType.MOBILITY_UPDATED: "Its particulars changed.",
    EventType.WEBHOOK_PING: "You asked for a sign of life of an endpoint; it is told to that endpoint alone.",
    EventType.WEBHOOK_FAILING: (
        "An endpoint of yours has failed for one, three or four and a half days, and is disabled at `disabled_at` "
        "unless something arrives before. It is told to your other endpoints."
    ),
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
    last = Id(
        allow_none=True, metadata=about("Ask after this one next time, also when nothing came; null at the start.")
    )
    oldest = fields.Dict(
        allow_none=True, metadata=about("The first event that can still be fetched: its id and timestamp.")
    )


class Types(Str):
    """Types of events in an address, with commas between them."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Each of them."""
        text = super().deserialize(value, attr, data, **kwargs)
        return tuple(one.strip() for one in text.split(",")) if isinstance(text, str) else text


class EventQuery(Schema):
    """From where on, and of what."""

    after = Id(load_default=None, metadata=about("The id of the last event that you have; leave it out to begin."))
    limit = QueryInt(least=1, most=200, load_default=50, metadata=about("Events on a page.", 50))
    types = Types(
        most=LONGEST_TYPES,
        load_default=None,
        metadata=about("Of these types; a star stands for anything.", "application.*,call.published"),
    )
    project = Str(most=40, load_default=None, metadata=about("Of this project; its code.", "INTERVET-DEMO"))
    country = Country(load_default=None, metadata=about("Of this country.", "RS"))


def dumped(kind: EventType, data: dict[str, Any]) -> dict[str, Any]:
    """The data of an event as it leaves. Raises ValidationError for what isn't of the type's shape."""
    schema = INSTANCES[kind]
    # Names that the schema doesn't know are put back before it checks: it is to refuse them, not to drop them.
    unknown = {name: data[name] for name in data.keys() - schema.fields.keys()}
    plain: dict[str, Any] = schema.dump(data | _parsed(schema, data)) | unknown
    schema.load(plain)
    return plain


def _parsed(schema: DataSchema, data: Mapping[str, Any]) -> dict[str, Any]:
    """The instants that were kept as text in the event's row, as instants again."""
    instants = {name for name, field in schema.fields.items() if isinstance(field, Instant)}
    kept = {name: data[name] for name in instants & data.keys() if not isinstance(data[name], datetime)}
    parsed: dict[str, Any] = schema.load(kept, partial=True)
    return parsed
