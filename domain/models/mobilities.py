"""Mobilities: who went where, when, for how long, and what came of it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, enumeration
from domain.models.activities import Activity
from domain.models.events import Audience
from domain.models.organisations import Organisation
from domain.models.participants import Participant


class MobilityState(StrEnum):
    """The life cycle of a mobility."""

    NOMINATED = "nominated"
    CONFIRMED = "confirmed"
    LIVE = "live"
    COMPLETED = "completed"
    RECOGNISED = "recognised"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"


class MobilityRole(StrEnum):
    """A participant counts; an accompanying person does not."""

    PARTICIPANT = "participant"
    ACCOMPANYING = "accompanying"


class RecordStatus(StrEnum):
    """Whether the record obeys the rules, beside its life cycle and independent of it."""

    DRAFT = "draft"
    COMPLETE = "complete"


M = MobilityState


class Mobility(Identified, Base):
    """One mobility. Its fields are those of the Beneficiary Module in snake_case; durations are days."""

    __tablename__ = "mobilities"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "participant_id"], ["participants.project_id", "participants.id"]),
        ForeignKeyConstraint(["project_id", "activity_id"], ["activities.project_id", "activities.id"]),
        ForeignKeyConstraint(["project_id", "application_id"], ["applications.project_id", "applications.id"]),
        ForeignKeyConstraint(["project_id", "destination_id"], ["destinations.project_id", "destinations.id"]),
        Index("ix_mobilities_project_id_updated_at_id", "project_id", "updated_at", "id"),
    )

    TRANSITIONS: ClassVar[Mapping[MobilityState, frozenset[MobilityState]]] = {
        M.NOMINATED: frozenset({M.CONFIRMED, M.CANCELLED}),
        M.CONFIRMED: frozenset({M.LIVE, M.CANCELLED}),
        M.LIVE: frozenset({M.COMPLETED, M.TERMINATED}),
        M.COMPLETED: frozenset({M.RECOGNISED}),
    }

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    participant_id: Mapped[UUID] = mapped_column(index=True)
    role: Mapped[MobilityRole] = mapped_column(enumeration(MobilityRole), default=MobilityRole.PARTICIPANT)
    activity_id: Mapped[UUID]
    application_id: Mapped[UUID | None] = mapped_column(unique=True)
    destination_id: Mapped[UUID | None]
    sending_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    receiving_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    intermediary_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    sending_country: Mapped[str] = mapped_column(String(2))
    receiving_country: Mapped[str | None] = mapped_column(String(2))
    receiving_city: Mapped[str | None] = mapped_column(String(120))
    workplace: Mapped[str | None] = mapped_column(String(300))
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    interruption_days: Mapped[int] = mapped_column(default=0)
    mobility_duration_days: Mapped[int | None]
    funded_travel_days: Mapped[int] = mapped_column(default=0)
    blended: Mapped[bool] = mapped_column(default=False)
    virtual_days: Mapped[int] = mapped_column(default=0)
    transport_means: Mapped[str | None] = mapped_column(String(40))
    green_travel: Mapped[bool] = mapped_column(default=False)
    distance_band: Mapped[str | None] = mapped_column(String(20))
    recent_graduate: Mapped[bool] = mapped_column(default=False)
    fewer_opportunities: Mapped[bool] = mapped_column(default=False)
    force_majeure: Mapped[bool] = mapped_column(default=False)
    force_majeure_explanation: Mapped[str | None] = mapped_column(String(2000))
    main_language: Mapped[str | None] = mapped_column(String(20))
    comments: Mapped[str | None] = mapped_column(String(2000))
    with_cause: Mapped[bool | None]
    # Whether the host may be shown who comes: false for who was asked and has not agreed to it, or does no more.
    shared_with_host: Mapped[bool] = mapped_column(default=True)
    violations: Mapped[list[str]] = mapped_column(Codes)
    record_status: Mapped[RecordStatus] = mapped_column(enumeration(RecordStatus), default=RecordStatus.DRAFT)
    state: Mapped[MobilityState] = mapped_column(enumeration(MobilityState), default=M.NOMINATED)
    deleted_at: Mapped[datetime | None]
    synthetic: Mapped[bool] = mapped_column(default=False)

    participant: Mapped[Participant] = relationship(lazy="selectin", viewonly=True)
    activity: Mapped[Activity] = relationship(lazy="selectin", viewonly=True)
    sending: Mapped[Organisation] = relationship(foreign_keys=[sending_id], lazy="selectin", viewonly=True)
    receiving: Mapped[Organisation | None] = relationship(foreign_keys=[receiving_id], lazy="selectin", viewonly=True)

    def audience(self) -> Audience:
        """The two ends of the journey, and those who answer for it."""
        return Audience(
            project_id=self.project_id,
            countries=(self.sending_country,),
            sending_id=self.sending_id,
            receiving_id=self.receiving_id,
        )
