"""Documents: the files of an application. The row says what a file is; its bytes lie in a store, under its id."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, Identified, enumeration, personal


class DocumentKind(StrEnum):
    """What a document is, where no question of the form asks for it."""

    CV = "cv"
    MOTIVATION_LETTER = "motivation_letter"
    SCHOOL_CERTIFICATE = "school_certificate"
    PARENTAL_CONSENT = "parental_consent"
    PHOTOGRAPH = "photograph"
    OTHER = "other"


class DocumentState(StrEnum):
    """Whether a file may be handed out."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"


S = DocumentState


class Document(Identified, Base):
    """One file of an application; its id is also the name under which the store keeps it."""

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "application_id"], ["applications.project_id", "applications.id"]),
        Index("ix_documents_application_id", "application_id"),
        Index("ix_documents_project_id", "project_id"),
    )

    TRANSITIONS: ClassVar[Mapping[DocumentState, frozenset[DocumentState]]] = {
        S.PENDING: frozenset({S.CLEAN, S.INFECTED}),
    }

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    application_id: Mapped[UUID]
    kind: Mapped[DocumentKind | None] = mapped_column(enumeration(DocumentKind))
    question: Mapped[str | None] = mapped_column(String(60))
    name: Mapped[str] = personal(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = personal(String(64))  # of a file that somebody has, it tells that it was sent in here
    state: Mapped[DocumentState] = mapped_column(enumeration(DocumentState), default=S.PENDING)
    synthetic: Mapped[bool] = mapped_column(default=False)


# What waits to be scanned: the worker asks for it every second.
Index(
    "ix_documents_pending",
    Document.id,
    sqlite_where=Document.state == S.PENDING,
    postgresql_where=Document.state == S.PENDING,
)
