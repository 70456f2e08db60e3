"""Links of a person's own: who holds one is that person, without an account."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, enumeration


class LinkKind(StrEnum):
    """Whose link it is."""

    APPLICANT = "applicant"
    GUARDIAN = "guardian"


class Link(Base):
    """A link to one application. Its secret is made from the id, and is nowhere kept: see services/links.py."""

    __tablename__ = "links"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "application_id"], ["applications.project_id", "applications.id"]),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    application_id: Mapped[UUID]
    kind: Mapped[LinkKind] = mapped_column(enumeration(LinkKind))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


# Of each kind one link of an application opens it: of two who replace it at once, one tries again.
Index(
    "uq_links_application_id_kind",
    Link.application_id,
    Link.kind,
    unique=True,
    sqlite_where=Link.revoked_at.is_(None),
    postgresql_where=Link.revoked_at.is_(None),
)
