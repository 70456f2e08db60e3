"""The catalogue of event types, for whoever receives or fetches events."""

from functools import cache
from typing import Any

from api.http import Blueprint, Resource, open_to_all
from domain.errors import NotFound
from domain.models.events import EventType
from schemas.event_types import EventTypeListSchema, EventTypeSchema, entry

blp = Blueprint("event types", __name__, url_prefix="/v1", description="What may happen, and what is told of it.")


@blp.route("/event-types")
class EventTypes(Resource):
    """All types of events."""

    @open_to_all
    @blp.response(200, EventTypeListSchema)
    def get(self) -> Any:
        """List every type of event, with its JSON Schema and an example"""
        self.may_be_kept(None)
        return {"items": list(_catalogue().values()), "next": None}


@blp.route("/event-types/<string:event_type>")
class EventTypeItem(Resource):
    """One type of event."""

    @open_to_all
    @blp.response(200, EventTypeSchema)
    def get(self, event_type: str) -> Any:
        """Read one type of event, with its JSON Schema and an example"""
        self.may_be_kept(None)
        if event_type not in _catalogue():
            raise NotFound("No type of event is called so; /v1/event-types lists them all.")
        return _catalogue()[event_type]


@cache
def _catalogue() -> dict[str, Any]:
    """All types by name, made at the first request for one: they change with a release alone."""
    return {kind.value: entry(kind) for kind in EventType}
