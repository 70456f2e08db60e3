"""Which events an endpoint is told: those that it asked for, and that its owner may see."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from domain import policies
from domain.db import holds
from domain.models.events import Event, EventType
from domain.models.organisations import Organisation
from domain.models.projects import Project
from domain.models.tokens import Scope
from domain.models.webhooks import Endpoint
from domain.policies import Principal
from domain.services.tokens import standings

# Told of an endpoint to the others of its owner; whatever else names an endpoint is for that one alone.
NOTICES = (EventType.WEBHOOK_FAILING, EventType.WEBHOOK_DISABLED)


def wants(event_types: Sequence[str], kind: EventType) -> bool:
    """Whether a subscription to `event_types`, which may hold wildcards, means events of this kind."""
    return any(fnmatchcase(kind.value, pattern) for pattern in event_types)


def kinds_of(event_types: Sequence[str]) -> list[EventType]:
    """All kinds of events that a subscription means."""
    return [kind for kind in EventType if wants(event_types, kind)]


def concerns(session: Session, endpoint: Endpoint) -> ColumnElement[bool]:
    """What of all events is for this endpoint: sent to it alone, or asked for by it and in its owner's sight."""
    asked = and_(Event.type.in_(kinds_of(endpoint.event_types)), _passes(endpoint))
    return and_(may_be_told(session, endpoint), or_(_addressed(endpoint), asked))


def may_be_told(session: Session, endpoint: Endpoint) -> ColumnElement[bool]:
    """What of all events this endpoint may be told, whether it asks for it or not."""
    of_none = Event.endpoint_id.is_(None)
    of_another = and_(Event.endpoint_id != endpoint.id, Event.type.in_(NOTICES), ~Event.sample)
    visible = policies.visible_events(owner_of(session, endpoint))
    return or_(_addressed(endpoint), and_(or_(of_none, of_another), visible))


def owner_of(session: Session, endpoint: Endpoint) -> Principal:
    """The endpoint's owner as a reader: with the scopes of the token that made it, and what the organisation is now."""
    organisation = session.get_one(Organisation, endpoint.organisation_id)
    return Principal(
        organisation_id=organisation.id,
        country=organisation.country,
        scopes=frozenset(scope for scope in Scope if scope in endpoint.scopes),
        standings=standings(session, organisation.id, within=endpoint.project_id),
        within=endpoint.project_id,
    )


def passes(*, projects: Sequence[str], countries: Sequence[str], calls: Sequence[str]) -> ColumnElement[bool]:
    """What is of one of these projects (codes), one of these countries and one of these calls (ids); empty for all."""
    return and_(
        Event.project_id.in_(select(Project.id).where(Project.code.in_(projects))) if projects else true(),
        or_(*(holds(Event.countries, country) for country in countries)) if countries else true(),
        Event.call_id.in_([UUID(call) for call in calls]) if calls else true(),
    )


def _addressed(endpoint: Endpoint) -> ColumnElement[bool]:
    # The sample of a notice is for the endpoint that is tried, unlike the notice, which is for all the others.
    return and_(Event.endpoint_id == endpoint.id, or_(Event.type.not_in(NOTICES), Event.sample))


def _passes(endpoint: Endpoint) -> ColumnElement[bool]:
    # A notice about an endpoint is of no project, country or call: filters are not meant for it.
    filters = passes(projects=endpoint.projects, countries=endpoint.countries, calls=endpoint.calls)
    return or_(Event.type.in_(NOTICES), filters)
