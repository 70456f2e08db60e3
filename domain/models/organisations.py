"""Organisations, and what each is in a project."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, enumeration, personal


class OrganisationType(StrEnum):
    """What kind of body it is, in Erasmus+ terms."""

    VET_PROVIDER = "vet_provider"
    COMPANY = "company"
    CHAMBER = "chamber"
    AUTHORITY = "authority"
    MOBILITY_PROVIDER = "mobility_provider"
    NGO = "ngo"
    NETWORK = "network"
    OTHER = "other"


class Notices(StrEnum):
    """How much an organisation's contact is written to: not at all, at each event, once a day."""

    NONE = "none"
    EACH = "each"
    DAILY = "daily"


class Role(StrEnum):
    """What an organisation is in a project; its rights are the union of its roles."""

    COORDINATOR = "coordinator"
    NATIONAL_PARTNER = "national_partner"
    SENDING = "sending"
    RECEIVING = "receiving"
    NETWORK = "network"
    AUTHORITY = "authority"
    ASSOCIATED = "associated"


class Organisation(Identified, Base):
    """A school, chamber or company. `legal_name` is in Latin script, `full_legal_name` in national characters."""

    __tablename__ = "organisations"
    shown_publicly = True

    legal_name: Mapped[str] = mapped_column(String(300))
    business_name: Mapped[str | None] = mapped_column(String(300))
    full_legal_name: Mapped[str | None] = mapped_column(String(300))
    acronym: Mapped[str | None] = mapped_column(String(40))
    oid: Mapped[str | None] = mapped_column(String(9), unique=True)
    pic: Mapped[str | None] = mapped_column(String(9), unique=True)
    type: Mapped[OrganisationType] = mapped_column(enumeration(OrganisationType))
    country: Mapped[str] = mapped_column(String(2))
    city: Mapped[str | None] = mapped_column(String(120))
    website: Mapped[str | None] = mapped_column(String(300))
    contact_name: Mapped[str | None] = personal(String(200))
    contact_email: Mapped[str | None] = personal(String(254))
    lang: Mapped[str] = mapped_column(String(20), default="en")
    notices: Mapped[Notices] = mapped_column(enumeration(Notices), default=Notices.NONE)
    placeholder: Mapped[bool] = mapped_column(default=False)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="organisation")


class Membership(Identified, Base):
    """One organisation in one project, with its roles there; a school's `parent` is its national partner."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("project_id", "organisation_id"),
        ForeignKeyConstraint(["project_id", "parent_id"], ["memberships.project_id", "memberships.organisation_id"]),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(Codes)
    parent_id: Mapped[UUID | None]

    organisation: Mapped[Organisation] = relationship(back_populates="memberships", lazy="joined", innerjoin=True)
