"""Webhook endpoints, what is owed to them, and every attempt to pay."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, Json, enumeration
from domain.models.events import Audience, Event
from domain.models.organisations import Organisation


class EndpointState(StrEnum):
    """Whether an endpoint receives: an unverified one does, like an active one. For the others events are held."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


RECEIVING = (EndpointState.UNVERIFIED, EndpointState.ACTIVE)


class Payload(StrEnum):
    """How much an endpoint is told: ids, state and links, or the resource itself as its owner may see it."""

    THIN = "thin"
    FULL = "full"


class SignatureScheme(StrEnum):
    """The two of Standard Webhooks 1.0.0: a shared secret (HMAC-SHA256), or a key pair (Ed25519)."""

    V1 = "v1"
    V1A = "v1a"


class Endpoint(Identified, Base):
    """Where an organisation wants its events, and how.

    `scopes` and `project_id` are its maker's token's. An empty filter lets everything pass. `sealed_headers` are the
    owner's own headers and credentials, of which only `header_names` and `authorization_scheme` are ever shown.
    `failing_since` is the first failure since the last success, `warnings` how often that was told.
    """

    __tablename__ = "endpoints"

    TRANSITIONS: ClassVar[Mapping[EndpointState, frozenset[EndpointState]]] = {
        EndpointState.UNVERIFIED: frozenset({EndpointState.ACTIVE, EndpointState.PAUSED, EndpointState.DISABLED}),
        EndpointState.ACTIVE: frozenset({EndpointState.PAUSED, EndpointState.DISABLED}),
        EndpointState.PAUSED: frozenset({EndpointState.UNVERIFIED, EndpointState.ACTIVE, EndpointState.DISABLED}),
        EndpointState.DISABLED: frozenset({EndpointState.UNVERIFIED, EndpointState.ACTIVE}),
    }

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str | None] = mapped_column(String(300))
    event_types: Mapped[list[str]] = mapped_column(Codes)
    projects: Mapped[list[str]] = mapped_column(Codes)
    countries: Mapped[list[str]] = mapped_column(Codes)
    calls: Mapped[list[str]] = mapped_column(Codes)
    payload: Mapped[Payload] = mapped_column(enumeration(Payload))
    signatures: Mapped[list[str]] = mapped_column(Codes)
    header_names: Mapped[list[str]]
    authorization_scheme: Mapped[str | None] = mapped_column(String(20))
    sealed_headers: Mapped[bytes | None] = mapped_column(LargeBinary)
    timeout_s: Mapped[int]
    rate_per_minute: Mapped[int | None]
    retry_after_s: Mapped[list[int] | None] = mapped_column(Json)
    ordered: Mapped[bool]
    keep_replies_days: Mapped[int]
    scopes: Mapped[list[str]] = mapped_column(Codes)
    state: Mapped[EndpointState] = mapped_column(enumeration(EndpointState), default=EndpointState.UNVERIFIED)
    verified_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    warnings: Mapped[int] = mapped_column(default=0)
    slowed: Mapped[bool] = mapped_column(default=False)
    slow_until: Mapped[datetime | None]
    next_free_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(viewonly=True)

    @property
    def receives(self) -> bool:
        """Whether deliveries go out to it; else they are held."""
        return self.state in RECEIVING

    def audience(self) -> Audience:
        """The endpoint alone: what happens to it is nobody else's business."""
        return Audience(owner_id=self.organisation_id, endpoint_id=self.id)


class EndpointSecret(Base):
    """A key that signs for an endpoint, sealed. One that was replaced signs along until `expires_at`."""

    __tablename__ = "endpoint_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"), index=True)
    scheme: Mapped[SignatureScheme] = mapped_column(enumeration(SignatureScheme))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class DeliveryState(StrEnum):
    """Where one delivery stands. `held` waits for its endpoint to be active again."""

    PENDING = "pending"
    LEASED = "leased"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"


class Delivery(Base):
    """One event owed to one endpoint: the row is the queue. `lease_token` fences a worker that overslept its lease.

    `attempts` counts all, `attempts_before` those before it was last asked for again: from there the schedule counts.
    Its state is moved in batches, each by one guarded UPDATE (see domain/services/deliveries.py).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_deliveries_endpoint_id_state_next_at", "endpoint_id", "state", "next_at"),
        Index("ix_deliveries_endpoint_id_created_at_id", "endpoint_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"))
    state: Mapped[DeliveryState] = mapped_column(enumeration(DeliveryState), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    attempts_before: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    event: Mapped[Event] = relationship(viewonly=True)
    endpoint: Mapped[Endpoint] = relationship(viewonly=True)


class Attempt(Base):
    """One attempt: when, how long, what came back. `reply` is its first 16 KiB, gone after a while; the row stays."""

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


class AttemptTally(Base):
    """How many attempts at an endpoint ended so, by how long they took: kept along, for nobody counts millions of rows.

    `at_most_s` is the upper bound of a bucket of durations; `seconds` is the sum of those in it.
    """

    __tablename__ = "attempt_tallies"

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(40), primary_key=True)
    at_most_s: Mapped[float] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
