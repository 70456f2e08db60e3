"""Applications: who wants to go, as they were when they applied."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Identified, enumeration, personal
from domain.models.calls import Call, Destination
from domain.models.consents import Consent, Purpose
from domain.models.events import Audience
from domain.models.links import Link
from domain.models.organisations import Organisation


class ApplicationState(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    SELECTED = "selected"
    RESERVE = "reserve"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class SubmittedVia(StrEnum):
    """Through which door it came; the rules behind all doors are the same."""

    API = "api"
    CLI = "cli"
    IMPORT = "import"


S = ApplicationState


class Application(Identified, Base):
    """One application, with a snapshot of the person. A copy that the public sent twice carries `duplicate_of_id`."""

    __tablename__ = "applications"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "call_id"], ["calls.project_id", "calls.id"]),
        ForeignKeyConstraint(["project_id", "destination_id"], ["destinations.project_id", "destinations.id"]),
        ForeignKeyConstraint(["project_id", "participant_id"], ["participants.project_id", "participants.id"]),
        ForeignKeyConstraint(["project_id", "duplicate_of_id"], ["applications.project_id", "applications.id"]),
        Index("ix_applications_call_id_id", "call_id", "id"),
    )

    TRANSITIONS: ClassVar[Mapping[ApplicationState, frozenset[ApplicationState]]] = {
        S.DRAFT: frozenset({S.SUBMITTED}),
        S.SUBMITTED: frozenset({S.RETURNED, S.ELIGIBLE, S.INELIGIBLE, S.WITHDRAWN}),
        S.RETURNED: frozenset({S.SUBMITTED, S.WITHDRAWN}),
        S.ELIGIBLE: frozenset({S.SELECTED, S.RESERVE, S.REJECTED, S.WITHDRAWN}),
        S.RESERVE: frozenset({S.SELECTED, S.WITHDRAWN}),
        S.SELECTED: frozenset({S.CONFIRMED, S.DECLINED, S.EXPIRED, S.WITHDRAWN}),
    }

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    call_id: Mapped[UUID]
    sending_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    given_names: Mapped[str | None] = personal(String(200))
    family_name: Mapped[str | None] = personal(String(200))
    email: Mapped[str | None] = personal(String(254))
    birth_date: Mapped[date | None] = personal()
    gender: Mapped[str | None] = personal(String(1))
    nationality: Mapped[str | None] = personal(String(2))
    country: Mapped[str | None] = mapped_column(String(2))
    phone: Mapped[str | None] = personal(String(40))
    guardian: Mapped[dict[str, Any] | None] = personal()
    email_key: Mapped[str] = personal(String(64))
    name_key: Mapped[str] = personal(String(64))
    preferences: Mapped[list[str]]
    answers: Mapped[dict[str, Any]] = personal()
    form_version: Mapped[int]
    languages: Mapped[list[dict[str, Any]]]
    isced_f: Mapped[str | None] = mapped_column(String(4))
    eqf_level: Mapped[int | None]
    graduation_date: Mapped[date | None]
    lang: Mapped[str] = mapped_column(String(20))
    submitted_via: Mapped[SubmittedVia] = mapped_column(enumeration(SubmittedVia))
    submitted_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    likely_duplicate: Mapped[bool] = mapped_column(default=False)
    duplicate_of_id: Mapped[UUID | None]
    destination_id: Mapped[UUID | None]
    confirm_by: Mapped[datetime | None]
    rank: Mapped[int | None]
    correct_by: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(2000))
    participant_id: Mapped[UUID | None]
    state: Mapped[ApplicationState] = mapped_column(enumeration(ApplicationState), default=S.DRAFT)
    erased_at: Mapped[datetime | None]
    synthetic: Mapped[bool] = mapped_column(default=False)

    call: Mapped[Call] = relationship(lazy="selectin", viewonly=True)
    destination: Mapped[Destination | None] = relationship(lazy="selectin", viewonly=True)
    sending: Mapped[Organisation] = relationship(foreign_keys=[sending_id], lazy="selectin")
    consents: Mapped[list[Consent]] = relationship(lazy="selectin", cascade="all, delete-orphan", order_by=Consent.id)
    links: Mapped[list[Link]] = relationship(cascade="all, delete-orphan", order_by=Link.id)

    def answer_to(self, purpose: str) -> Consent | None:
        """The last word on what was asked: an agreement or a refusal, if it was answered and not taken back."""
        standing = (one for one in self.consents if one.purpose == purpose and one.withdrawn_at is None)
        return next(standing, None)

    def agrees_to(self, purpose: str) -> bool:
        """Whether there is consent to this now."""
        answer = self.answer_to(purpose)
        return answer is not None and answer.granted

    @property
    def shared_with_hosts(self) -> bool:
        """Whether hosts may be shown who applied: with their consent, where they were ever asked."""
        asked = Purpose.SHARING_WITH_HOSTS in self.call.consent_purposes
        answered = any(consent.purpose == Purpose.SHARING_WITH_HOSTS for consent in self.consents)
        return self.agrees_to(Purpose.SHARING_WITH_HOSTS) or not (asked or answered)

    def audience(self) -> Audience:
        """Those who sent it, those who decide on it."""
        return Audience(
            project_id=self.project_id,
            owner_id=self.call.owner_id,
            countries=(self.country,) if self.country else (),
            sending_id=self.sending_id,
            call_id=self.call_id,
        )


# A draft was not sent in, and what was withdrawn is no more.
UNSENT = (S.DRAFT, S.WITHDRAWN)
# One application a person and call that counts: the last word on a race, beneath the look-up in the service.
Index(
    "uq_applications_person",
    Application.call_id,
    Application.email_key,
    Application.name_key,
    unique=True,
    sqlite_where=and_(Application.duplicate_of_id.is_(None), Application.state.not_in(UNSENT)),
    postgresql_where=and_(Application.duplicate_of_id.is_(None), Application.state.not_in(UNSENT)),
)
