"""Calls: what a consortium offers, until when, for whom, and where to."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint, and_
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from domain.db import Base, Codes, Identified, enumeration
from domain.models.activities import Activity, Profile
from domain.models.consents import ConsentText
from domain.models.events import Audience
from domain.models.organisations import Organisation


class CallState(StrEnum):
    """What people decided about a call; what the clock adds is CallStatus."""

    DRAFT = "draft"
    PUBLISHED = "published"
    IN_SELECTION = "in_selection"
    DECIDED = "decided"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class CallStatus(StrEnum):
    """What a reader is shown: the stored state, and for a published call the clock."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    IN_SELECTION = "in_selection"
    DECIDED = "decided"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class HowToApply(StrEnum):
    """Where applications go: to us, or to an address of the owner's."""

    HERE = "here"
    EXTERNAL_URL = "external_url"


class Call(Identified, Base):
    """One call for applications. `taken` counts the selected and confirmed, here and on each destination (rule R13)."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "activity_id"], ["activities.project_id", "activities.id"]),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
    )
    shown_publicly = True

    TRANSITIONS: ClassVar[Mapping[CallState, frozenset[CallState]]] = {
        CallState.DRAFT: frozenset({CallState.PUBLISHED, CallState.CANCELLED}),
        CallState.PUBLISHED: frozenset({CallState.IN_SELECTION, CallState.CANCELLED}),
        CallState.IN_SELECTION: frozenset({CallState.DECIDED, CallState.CANCELLED}),
        CallState.DECIDED: frozenset({CallState.ARCHIVED}),
        CallState.CANCELLED: frozenset({CallState.ARCHIVED}),
    }

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    activity_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    organiser_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[dict[str, str]]
    summary: Mapped[dict[str, str]]
    description: Mapped[dict[str, str]]
    search_text: Mapped[str] = mapped_column(LongText)
    eligible_countries: Mapped[list[str]] = mapped_column(Codes)
    profile: Mapped[Profile] = mapped_column(enumeration(Profile))
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None] = mapped_column(index=True)
    timezone: Mapped[str] = mapped_column(String(60))
    grace_minutes: Mapped[int] = mapped_column(default=0)
    form: Mapped[list[dict[str, Any]]]
    form_version: Mapped[int] = mapped_column(default=1)
    how_to_apply: Mapped[HowToApply] = mapped_column(enumeration(HowToApply), default=HowToApply.HERE)
    external_url: Mapped[str | None] = mapped_column(String(2000))
    public_intake: Mapped[bool] = mapped_column(default=False)
    consent_purposes: Mapped[list[str]] = mapped_column(Codes)
    contact: Mapped[str | None] = mapped_column(String(254))
    state: Mapped[CallState] = mapped_column(enumeration(CallState), default=CallState.DRAFT)
    synthetic: Mapped[bool] = mapped_column(default=False)

    owner: Mapped[Organisation] = relationship(foreign_keys=[owner_id], lazy="joined", innerjoin=True)
    activity: Mapped[Activity] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    destinations: Mapped[list["Destination"]] = relationship(
        order_by="Destination.position", lazy="selectin", cascade="all, delete-orphan", back_populates="call"
    )
    # All of its project's: which of them it asks for is in consent_purposes.
    consent_texts: Mapped[list[ConsentText]] = relationship(
        primaryjoin=lambda: Call.project_id == foreign(ConsentText.project_id), viewonly=True
    )

    @property
    def places_left(self) -> int:
        """Places that nobody selected or confirmed holds."""
        return self.places - self.taken

    def audience(self) -> Audience:
        """Everyone, once published; before that, those who make it."""
        return Audience(
            project_id=self.project_id,
            owner_id=self.owner_id,
            countries=tuple(self.eligible_countries),
            receiving_id=self.organiser_id,
            call_id=self.id,
            public=self.state is not CallState.DRAFT and self.opens_at is not None,
        )


class Destination(Base):
    """Where a call leads: a city, perhaps a host, its places and dates."""

    __tablename__ = "destinations"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "call_id"], ["calls.project_id", "calls.id"]),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
    )
    shown_publicly = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    call_id: Mapped[UUID] = mapped_column(index=True)
    position: Mapped[int]
    country: Mapped[str] = mapped_column(String(2))
    city: Mapped[str] = mapped_column(String(120))
    host_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    places: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]

    call: Mapped[Call] = relationship(back_populates="destinations")
    host: Mapped[Organisation | None] = relationship(lazy="joined")

    @property
    def places_left(self) -> int | None:
        """Places nobody holds here; none where only the call as a whole is limited."""
        return None if self.places is None else self.places - self.taken


AS_STORED = {
    CallState.DRAFT: CallStatus.DRAFT,
    CallState.IN_SELECTION: CallStatus.IN_SELECTION,
    CallState.DECIDED: CallStatus.DECIDED,
    CallState.ARCHIVED: CallStatus.ARCHIVED,
    CallState.CANCELLED: CallStatus.CANCELLED,
}


def status_at(call: Call, at: datetime) -> CallStatus:
    """What `call` shows at this instant: open means opens_at <= at < closes_at."""
    if call.state is not CallState.PUBLISHED:
        return AS_STORED[call.state]
    assert call.opens_at is not None and call.closes_at is not None, "publishing requires both"
    if at < call.opens_at:
        return CallStatus.SCHEDULED
    return CallStatus.OPEN if at < call.closes_at else CallStatus.CLOSED


def shows(status: CallStatus, at: datetime) -> ColumnElement[bool]:
    """The same rule as status_at, for a query."""
    published = Call.state == CallState.PUBLISHED
    match status:
        case CallStatus.SCHEDULED:
            return and_(published, Call.opens_at > at)
        case CallStatus.OPEN:
            return and_(published, Call.opens_at <= at, Call.closes_at > at)
        case CallStatus.CLOSED:
            return and_(published, Call.closes_at <= at)
    return Call.state == CallState(status.value)


def was_published() -> ColumnElement[bool]:
    """Whether everyone has been shown a call, as Call.audience() has it, for a query."""
    # Publishing requires an opening, and a draft that is cancelled loses its own: it stays what only its makers see.
    return and_(Call.state != CallState.DRAFT, Call.opens_at.is_not(None))


def next_change(call: Call, at: datetime) -> datetime | None:
    """The next instant at which `call` shows another status by the clock alone; none when only people can change it."""
    if call.state is not CallState.PUBLISHED:
        return None
    return min((moment for moment in (call.opens_at, call.closes_at) if moment and moment > at), default=None)


def accepts_until(call: Call) -> datetime:
    """The end of the grace: applications received before it count, and are marked late after the deadline."""
    assert call.closes_at is not None, "publishing requires it"
    return call.closes_at + timedelta(minutes=call.grace_minutes)
