"""The catalogue of event types: of each its version, what it means, the JSON Schema of what is sent, and an example.

All of it is derived from the schemas that check every payload before it leaves (schemas/events.py), so that what is
promised and what is sent can't differ.
"""

from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from domain.models.events import STATES, EventType, thing_of
from domain.services.events import ADDRESSES
from schemas.base import Int, Schema, about
from schemas.events import INSTANCES, MEANING

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HOST = "https://intervet.example"
INSTANT = "2026-11-22T09:00:00Z"

# The version of each payload's shape. It goes up with a change that could break a receiver, and with no other one: see
# tests/contract/event_schemas.
VERSIONS: Mapping[EventType, int] = dict.fromkeys(EventType, 1)


class EventTypeSchema(Schema):
    """One type of event: what it means, and what is sent when it happens."""

    type = fields.String(metadata=about("What happened: a noun and a past participle.", "application.submitted"))
    version = Int(metadata=about("Goes up when the shape changes in a way that could break a receiver.", 1))
    description = fields.String(metadata=about("What it means.", "An application was taken in."))
    schema = fields.Dict(
        metadata=about("The JSON Schema (2020-12) that every body of this type is held against before it is sent.")
    )
    example = fields.Dict(metadata=about("Such a body."))


class EventTypeListSchema(Schema):
    """All types of events."""

    items = fields.List(fields.Nested(EventTypeSchema), metadata=about("Every type of event that there is."))
    next = fields.String(allow_none=True, metadata=about("Always null: they come on one page."))


def entry(kind: EventType) -> Json:
    """What the catalogue says of one type."""
    return {
        "type": str(kind),
        "version": VERSIONS[kind],
        "description": MEANING[kind],
        "schema": json_schema(kind),
        "example": example(kind),
    }


def json_schema(kind: EventType) -> Json:
    """The JSON Schema of a whole body, on its own."""
    head = {"$schema": DIALECT, "title": str(kind), "description": MEANING[kind]}
    return head | body_schema(kind, data_schema(kind)) | {"additionalProperties": False}


def body_schema(kind: EventType, data: Json) -> Json:
    """The schema of what is sent when `kind` happens; `data` is that of what it tells, or a reference to it."""
    timestamp = {"type": "string", "format": "date-time", "description": "When it happened.", "examples": [INSTANT]}
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": str(kind), "description": "What happened."},
            "timestamp": timestamp,
            "data": data,
        },
        "required": ["type", "timestamp", "data"],
    }


def data_schema(kind: EventType) -> Json:
    """The schema of an event's `data`: what marshmallow checks before it is sent, as JSON Schema says it."""
    plugin = MarshmallowPlugin()
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    converter: Any = plugin.converter  # which the specification has just made
    derived: Json = converter.schema2jsonschema(INSTANCES[kind])
    shown = example(kind)["data"]
    return derived | {
        "properties": {name: _exemplified(field, name, shown) for name, field in derived["properties"].items()}
    }


def _exemplified(field: Json, name: str, shown: Json) -> Json:
    """The field with the example that belongs to the type of event, in the way of JSON Schema."""
    without = {word: said for word, said in field.items() if word != "example"}
    return without | ({"examples": [shown[name]]} if name in shown else {})


def example(kind: EventType) -> Json:
    """A body as it is sent, put together from the examples of its fields."""
    noun, happened = thing_of(kind), kind.value.partition(".")[2]
    usual = {name: field for name, field in INSTANCES[kind].fields.items() if field.required or name == "call_id"}
    shown = {name: field.metadata["example"] for name, field in usual.items()}
    thing = shown.get(f"{noun}_id", shown["id"])
    own = {
        "id": thing,
        "resource": noun,
        "state": STATES.get(kind, happened),
        "url": HOST + ADDRESSES[noun].format(id=thing),
    }
    return {"type": str(kind), "timestamp": INSTANT, "data": shown | own}
