"""The events, for those who can't be called."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from api.http import Blueprint, Resource, needs, services
from domain.db import instant_text
from domain.models.events import Event
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
        after, limit = query.pop("after"), query.pop("limit")
        wanted = events.EventFilter(**query)
        newest = events.newest_event(self.session, by=self.caller)
        found = events.read_events(self.session, wanted, after=after, limit=limit, by=self.caller)
        whole = len(found) < limit
        oldest = events.oldest_event(self.session, by=self.caller)
        return {
            "items": [self._shown(event) for event in found],
            "next": None if whole else self._next(found[-1].id),
            "last": _last(found, newest if whole else None) or after,
            "oldest": {"id": str(oldest[0]), "timestamp": instant_text(oldest[1])} if oldest else None,
        }

    def _shown(self, event: Event) -> dict[str, Any]:
        payload = events.payload(event, base_url=services().config.base_url)
        return payload | {"id": event.id, "data": dumped(event.type, payload["data"])}

    def _next(self, last: UUID) -> str:
        parameters = request.args.to_dict() | {"after": str(last)}
        return f"{services().config.base_url}{request.path}?{urlencode(parameters)}"


def _last(found: Sequence[Event], newest: Event | None) -> UUID | None:
    """After which event to ask next time: the last one found, or a newer one that was not wanted."""
    # A filter that seldom lets anything pass would otherwise be held against the same old events at every poll. The
    # newest was looked up first: whatever came since is still to be asked for.
    known = [event for event in (*found[-1:], newest) if event is not None]
    return max(known, key=lambda event: event.position or 0).id if known else None
