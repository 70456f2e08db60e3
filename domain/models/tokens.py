"""Tokens: who is calling. Only a hash is kept."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, personal
from domain.models.organisations import Organisation
from domain.models.projects import Project


class Scope(StrEnum):
    """What a token may be used for. Scopes narrow what its organisation may do, and never widen it."""

    PROJECTS_MANAGE = "projects:manage"
    ORGANISATIONS_MANAGE = "organisations:manage"
    CALLS_READ = "calls:read"
    CALLS_WRITE = "calls:write"
    APPLICATIONS_SUBMIT = "applications:submit"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_DECIDE = "applications:decide"
    MOBILITIES_READ = "mobilities:read"
    MOBILITIES_WRITE = "mobilities:write"
    PERSONAL_READ = "personal:read"
    SENSITIVE_READ = "sensitive:read"
    EVENTS_READ = "events:read"
    EXPORTS_READ = "exports:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    TOKENS_MANAGE = "tokens:manage"


class Token(Identified, Base):
    """One token of one organisation, with who or what holds it; `project_id` narrows it to one project."""

    __tablename__ = "tokens"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    last_four: Mapped[str] = mapped_column(String(4))
    holder: Mapped[str] = personal(String(200))
    scopes: Mapped[list[str]] = mapped_column(Codes)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    project: Mapped[Project | None] = relationship(viewonly=True)
