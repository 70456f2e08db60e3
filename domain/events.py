"""The one way out: an event is a row in the transaction of what it tells."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from domain.db import instant_text, new_id
from domain.models.events import STATES, Audience, Event, EventType, thing_of
from domain.models.webhooks import Endpoint


class Subject(Protocol):
    """What an event can be about: a row with an id, a version, a state, and an idea of whom it concerns."""

    id: Any
    version: Any
    state: Any
    __tablename__: Any

    def audience(self) -> Audience:
        """Who is concerned."""


# The table's name is the plural; an event's resource is one of them.
SINGULAR = {
    "projects": "project",
    "calls": "call",
    "applications": "application",
    "mobilities": "mobility",
    "endpoints": "webhook",
}


def record(
    session: Session, kind: EventType, subject: Subject, *, at: datetime, once: str | None = None, **extra: Any
) -> Event:
    """Record that `kind` happened to `subject`, as it stands now.

    `once` makes an event of the clock unique (type, thing and instant): a second worker's attempt is refused by the
    database. `extra` goes into the payload as it is and holds no personal data.
    """
    session.flush()  # The version in the event is the one that this change makes.
    audience = subject.audience()
    event = Event(
        id=new_id(),
        type=kind,
        recorded_at=at,
        project_id=audience.project_id,
        owner_id=audience.owner_id,
        countries=list(audience.countries),
        sending_id=audience.sending_id,
        receiving_id=audience.receiving_id,
        call_id=audience.call_id,
        public=audience.public,
        endpoint_id=audience.endpoint_id,
        resource_type=SINGULAR[subject.__tablename__],
        resource_id=subject.id,
        resource_version=subject.version,
        resource_state=str(subject.state),
        once=once,
        extra=extra,
    )
    session.add(event)
    return event


def record_sample(session: Session, kind: EventType, endpoint: Endpoint, *, at: datetime) -> Event:
    """Record what an event of `kind` would look like, for one endpoint alone; it is marked, and names nothing real."""
    noun, _, participle = kind.value.partition(".")
    named = {name: str(new_id()) for name in NAMED_BY.get(noun, ())}
    event = Event(
        id=new_id(),
        type=kind,
        recorded_at=at,
        countries=[],
        public=False,
        endpoint_id=endpoint.id,
        resource_type=thing_of(kind),
        resource_id=new_id(),
        resource_version=1,
        resource_state=STATES.get(kind, participle),
        sample=True,
        extra=named | {name: instant_text(at) for name in INSTANTS.get(kind, ())} | FIGURES.get(kind, {}),
    )
    session.add(event)
    return event


# What the payloads of samples hold beside what all have.
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "project": ("project_id",),
    "call": ("project_id", "call_id"),
    "application": ("project_id", "call_id"),
    "consent": ("project_id", "call_id"),
    "mobility": ("project_id",),
    "person": ("project_id", "call_id"),
}
INSTANTS: Mapping[EventType, tuple[str, ...]] = {
    EventType.CALL_DEADLINE_EXTENDED: ("previous_closes_at", "closes_at"),
    EventType.CALL_CLOSING_SOON: ("closes_at",),
    EventType.WEBHOOK_FAILING: ("failing_since", "disabled_at"),
}
FIGURES: Mapping[EventType, dict[str, Any]] = {
    EventType.CALL_CLOSING_SOON: {"days": 7},
    EventType.CONSENT_GIVEN: {"purpose": "sharing_with_hosts"},
    EventType.CONSENT_WITHDRAWN: {"purpose": "sharing_with_hosts"},
}


def clock_key(kind: EventType, subject_id: UUID, moment: datetime) -> str:
    """The key under which an event of the clock may happen once."""
    return f"{kind}:{subject_id}:{moment.isoformat()}"
