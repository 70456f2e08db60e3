"""What an endpoint with full payloads is told: the resource itself, as the endpoint's owner may see it at this moment.

Made anew for each attempt and never kept: a retry may tell of a newer state than the event, under the same id.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from domain.errors import Forbidden, NotFound
from domain.models.events import Event
from domain.policies import Principal
from domain.services import applications, calls, mobilities, projects, webhooks
from schemas.applications import application_seen
from schemas.base import EVERY_LANGUAGE, Reader, reader
from schemas.calls import CallSchema
from schemas.mobilities import MobilityItemSchema, mobility_seen
from schemas.projects import ProjectSchema
from schemas.webhooks import EndpointSchema

Show = Callable[[Session, UUID, Principal], Any]


def resource_of(
    session: Session, event: Event, *, owner: Principal, at: datetime, base_url: str
) -> dict[str, Any] | None:
    """The event's resource as `owner` may see it, in all languages; none when it is gone, or no business of theirs."""
    if event.sample:
        return None
    before = reader.set(Reader(languages=(EVERY_LANGUAGE,), at=at, base_url=base_url))
    try:
        shown: dict[str, Any] = SHOWN[event.resource_type](session, event.resource_id, owner)
    except (NotFound, Forbidden):
        return None
    finally:
        reader.reset(before)
    return shown


# As the events' `url` shows them in all languages.
SHOWN: Mapping[str, Show] = {
    "project": lambda session, id_, by: ProjectSchema().dump(projects.project_by_code(session, str(id_), by=by)),
    "call": lambda session, id_, by: CallSchema().dump(calls.get_call(session, str(id_), by=by)),
    "application": lambda session, id_, by: application_seen(applications.get_application(session, id_, by=by), by=by),
    "mobility": lambda session, id_, by: mobility_seen(
        mobilities.get_mobility(session, id_, by=by), by=by, schema=MobilityItemSchema
    ),
    "webhook": lambda session, id_, by: EndpointSchema().dump(webhooks.get_endpoint(session, id_, by=by)),
}
