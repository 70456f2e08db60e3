"""Webhook endpoints, what is owed to them, and every attempt to pay."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, enumeration
from domain.models.events import Audience, Event
from domain.models.organisations import Organisation


class EndpointState(StrEnum):
    """Whether an endpoint receives: an unverified one does, like an active one."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    DISABLED = "disabled"


class Endpoint(Identified, Base):
    """Where an organisation wants its events. `secret` is sealed; `scopes` and `project_id` are its maker's token's."""

    __tablename__ = "endpoints"

    TRANSITIONS: ClassVar[Mapping[EndpointState, frozenset[EndpointState]]] = {
        EndpointState.UNVERIFIED: frozenset({EndpointState.ACTIVE, EndpointState.DISABLED}),
        EndpointState.ACTIVE: frozenset({EndpointState.DISABLED}),
        EndpointState.DISABLED: frozenset({EndpointState.ACTIVE}),
    }

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    url: Mapped[str] = mapped_column(String(2000))
    event_types: Mapped[list[str]] = mapped_column(Codes)
    description: Mapped[str | None] = mapped_column(String(300))
    scopes: Mapped[list[str]] = mapped_column(Codes)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[EndpointState] = mapped_column(enumeration(EndpointState), default=EndpointState.UNVERIFIED)
    failing_since: Mapped[datetime | None]
    slow_until: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(viewonly=True)

    def audience(self) -> Audience:
        """The endpoint alone: what happens to it is nobody else's business."""
        return Audience(owner_id=self.organisation_id, endpoint_id=self.id)


class DeliveryState(StrEnum):
    """Where one delivery stands. `held` waits for its endpoint to be active again."""

    PENDING = "pending"
    LEASED = "leased"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"


class Delivery(Base):
    """One event owed to one endpoint: the row is the queue. `lease_token` fences a worker that overslept its lease.

    Its state is moved in batches, each by one guarded UPDATE (see domain/services/deliveries.py).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_deliveries_endpoint_id_state_next_at", "endpoint_id", "state", "next_at"),
        Index("ix_deliveries_endpoint_id_id", "endpoint_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"))
    state: Mapped[DeliveryState] = mapped_column(enumeration(DeliveryState), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    event: Mapped[Event] = relationship(viewonly=True)
    endpoint: Mapped[Endpoint] = relationship(viewonly=True)


class Attempt(Base):
    """One attempt: when, how long, what came back. `reply` is its first 16 KiB, gone after 30 days; the row stays."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_delivery_id_id", "delivery_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    url: Mapped[str] = mapped_column(String(2000))
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(40))
    reply_headers: Mapped[dict[str, str] | None]
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
