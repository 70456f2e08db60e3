"""The events, for those who can't be called."""

from typing import Any
from urllib.parse import urlencode

from api.http import Blueprint, Resource, needs, services
from domain.db import instant_text
from domain.models.tokens import Scope
from domain.services import events
from schemas.events import EventListSchema, EventQuery, dumped

blp = Blueprint("events", __name__, url_prefix="/v1", description="What happened, in one order.")


@blp.route("/events")
class Events(Resource):
    """The feed."""

    @needs(Scope.EVENTS_READ)
    @blp.arguments(EventQuery, location="query")
    @blp.response(200, EventListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """Fetch events after the last one that you have, in the order and shape in which webhooks send them"""
        found = events.read_events(self.session, after=query["after"], limit=query["limit"], by=self.caller)
        oldest = events.oldest_event(self.session, by=self.caller)
        return {
            "items": [self._shown(event) for event in found],
            "next": self._next(found[-1].id, query["limit"]) if len(found) == query["limit"] else None,
            "oldest": {"id": str(oldest[0]), "timestamp": instant_text(oldest[1])} if oldest else None,
        }

    def _shown(self, event: Any) -> dict[str, Any]:
        payload = events.payload(event, base_url=services().config.base_url)
        return payload | {"id": event.id, "data": dumped(event.type, payload["data"])}

    def _next(self, last: Any, limit: int) -> str:
        return f"{services().config.base_url}/v1/events?{urlencode({'after': last, 'limit': limit})}"
