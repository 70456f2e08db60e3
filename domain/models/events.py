"""Event rows: what happened, thin enough to keep for years. No personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, Codes, enumeration


class EventType(StrEnum):
    """Everything that we tell: a noun and a past participle, one for each transition."""

    PROJECT_STARTED = "project.started"
    PROJECT_SUBMITTED = "project.submitted"
    PROJECT_FINALISED = "project.finalised"
    PROJECT_ARCHIVED = "project.archived"
    CALL_PUBLISHED = "call.published"
    CALL_UPDATED = "call.updated"
    CALL_OPENED = "call.opened"
    CALL_CLOSING_SOON = "call.closing_soon"
    CALL_CLOSED = "call.closed"
    CALL_DEADLINE_EXTENDED = "call.deadline_extended"
    CALL_CANCELLED = "call.cancelled"
    CALL_SELECTION_STARTED = "call.selection_started"
    CALL_DECIDED = "call.decided"
    CALL_ARCHIVED = "call.archived"
    APPLICATION_SUBMITTED = "application.submitted"
    APPLICATION_UPDATED = "application.updated"
    APPLICATION_RETURNED = "application.returned"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    APPLICATION_ELIGIBLE = "application.eligible"
    APPLICATION_INELIGIBLE = "application.ineligible"
    APPLICATION_SELECTED = "application.selected"
    APPLICATION_RESERVED = "application.reserved"
    APPLICATION_PROMOTED = "application.promoted"
    APPLICATION_REJECTED = "application.rejected"
    APPLICATION_CONFIRMED = "application.confirmed"
    APPLICATION_DECLINED = "application.declined"
    APPLICATION_EXPIRED = "application.expired"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    PERSON_ERASED = "person.erased"
    MOBILITY_NOMINATED = "mobility.nominated"
    MOBILITY_CONFIRMED = "mobility.confirmed"
    MOBILITY_STARTED = "mobility.started"
    MOBILITY_COMPLETED = "mobility.completed"
    MOBILITY_RECOGNISED = "mobility.recognised"
    MOBILITY_CANCELLED = "mobility.cancelled"
    MOBILITY_TERMINATED = "mobility.terminated"
    MOBILITY_UPDATED = "mobility.updated"
    WEBHOOK_FAILING = "webhook.failing"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_PING = "webhook.ping"


# In which state an event leaves its thing, where that isn't called like what happened.
STATES: Mapping[EventType, str] = {
    EventType.PROJECT_STARTED: "ongoing",
    EventType.CALL_UPDATED: "published",
    EventType.CALL_OPENED: "published",
    EventType.CALL_CLOSING_SOON: "published",
    EventType.CALL_CLOSED: "published",
    EventType.CALL_DEADLINE_EXTENDED: "published",
    EventType.CALL_SELECTION_STARTED: "in_selection",
    EventType.APPLICATION_UPDATED: "submitted",
    EventType.APPLICATION_RESERVED: "reserve",
    EventType.APPLICATION_PROMOTED: "selected",
    EventType.CONSENT_GIVEN: "submitted",
    EventType.CONSENT_WITHDRAWN: "submitted",
    EventType.PERSON_ERASED: "withdrawn",
    EventType.MOBILITY_STARTED: "live",
    EventType.MOBILITY_UPDATED: "live",
    EventType.WEBHOOK_FAILING: "active",
    EventType.WEBHOOK_PING: "unverified",
}


def thing_of(kind: EventType) -> str:
    """What kind of thing an event is about: it is mostly called so; persons and consents are known by applications."""
    noun = kind.partition(".")[0]
    return "application" if noun in ("person", "consent") else noun


@dataclass(frozen=True)
class Audience:
    """Who an event concerns, fixed when it is recorded; the reader's rights are met with it when it is read."""

    project_id: UUID | None = None
    owner_id: UUID | None = None
    countries: tuple[str, ...] = ()
    sending_id: UUID | None = None
    receiving_id: UUID | None = None
    call_id: UUID | None = None
    public: bool = False
    endpoint_id: UUID | None = None


class Event(Base):
    """One event. `position` is none until the one sequencer assigns it, so that no late commit is ever passed by.

    A `sample` never happened: it was asked for to try an endpoint, and goes to that one alone.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_project_id_position", "project_id", "position"),
        Index("ix_events_recorded_at", "recorded_at"),
        Index("ix_events_resource_id", "resource_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    type: Mapped[EventType] = mapped_column(enumeration(EventType))
    recorded_at: Mapped[datetime]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    owner_id: Mapped[UUID | None]
    countries: Mapped[list[str]] = mapped_column(Codes)
    sending_id: Mapped[UUID | None]
    receiving_id: Mapped[UUID | None]
    call_id: Mapped[UUID | None]
    public: Mapped[bool]
    endpoint_id: Mapped[UUID | None]
    resource_type: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[UUID]
    resource_version: Mapped[int]
    resource_state: Mapped[str] = mapped_column(String(40))
    sample: Mapped[bool] = mapped_column(default=False)
    once: Mapped[str | None] = mapped_column(String(200), unique=True)
    extra: Mapped[dict[str, Any]]


# Rows that still wait for a position: the sequencer asks for them many times a second.
Index(
    "ix_events_unsequenced",
    Event.id,
    sqlite_where=Event.position.is_(None),
    postgresql_where=Event.position.is_(None),
)
