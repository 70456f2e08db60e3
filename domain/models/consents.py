"""Consents: the texts that people are asked to agree to, and what they agreed to."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, enumeration


class Purpose(StrEnum):
    """What people may be asked to agree to, each by itself."""

    PROCESSING = "processing"
    SHARING_WITH_HOSTS = "sharing_with_hosts"
    PHOTOGRAPHS = "photographs"
    NEWSLETTER = "newsletter"
    PARENTAL_CONSENT = "parental_consent"


# Without it an application can't be handled at all; whatever else is asked may be refused.
INDISPENSABLE = Purpose.PROCESSING
# What calls may ask of those who apply; a minor's guardian is asked for parental consent, whatever the call.
ASKED_BY_CALLS = tuple(purpose for purpose in Purpose if purpose is not Purpose.PARENTAL_CONSENT)


class ConsentSource(StrEnum):
    """The way by which a consent reached us."""

    API = "api"
    PAGE = "page"
    LINK = "link"
    IMPORT = "import"


class GivenBy(StrEnum):
    """Whose word it is."""

    APPLICANT = "applicant"
    GUARDIAN = "guardian"
    SCHOOL = "school"


class ConsentText(Base):
    """One version of a project's text for a purpose. Never changed and never deleted: it proves what was agreed to."""

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("project_id", "purpose", "version"),)
    shown_publicly = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    purpose: Mapped[Purpose] = mapped_column(enumeration(Purpose))
    version: Mapped[int]
    text: Mapped[dict[str, str]]
    created_at: Mapped[datetime]


class Consent(Base):
    """What a person agreed to, or refused: the purpose, the text's version and language, when, how, on whose word.

    Another answer makes another row, and one taken back keeps its row: they prove what held when.
    """

    __tablename__ = "consents"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "application_id"], ["applications.project_id", "applications.id"]),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    application_id: Mapped[UUID]
    # Text and not an enumeration: what was recorded for a purpose that is asked for no more stays what it was.
    purpose: Mapped[str] = mapped_column(String(60))
    granted: Mapped[bool]
    attested: Mapped[bool]
    text_version: Mapped[str] = mapped_column(String(40))
    lang: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    source: Mapped[ConsentSource] = mapped_column(enumeration(ConsentSource))
    given_by: Mapped[GivenBy] = mapped_column(enumeration(GivenBy))
    withdrawn_at: Mapped[datetime | None]  # or when another answer took its place


# The last word on a purpose is one: of two who give it at once, one tries again.
Index(
    "uq_consents_application_id_purpose",
    Consent.application_id,
    Consent.purpose,
    unique=True,
    sqlite_where=Consent.withdrawn_at.is_(None),
    postgresql_where=Consent.withdrawn_at.is_(None),
)
