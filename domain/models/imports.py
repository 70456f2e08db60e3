"""Imports: applications that came as a table, worked through row by row, and what became of each."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, Identified, enumeration, personal


class ImportState(StrEnum):
    """How far an import is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


UNFINISHED = (ImportState.PENDING, ImportState.RUNNING)


class RowOutcome(StrEnum):
    """What became of a row: it is in now, the person was in before, or it can't be taken as it stands."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class Import(Identified, Base):
    """One import. `position` is the number of the last row that is done with, so it can be killed at any time.

    It goes by `created_at` where the deadline counts: whoever sent the table in time was in time. `headings` are the
    file's own columns, for the file that goes back.
    """

    __tablename__ = "imports"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "call_id"], ["calls.project_id", "calls.id"]),
    )

    TRANSITIONS: ClassVar[Mapping[ImportState, frozenset[ImportState]]] = {
        ImportState.PENDING: frozenset({ImportState.RUNNING, ImportState.CANCELLED}),
        ImportState.RUNNING: frozenset({ImportState.DONE, ImportState.CANCELLED}),
    }

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    call_id: Mapped[UUID]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    token_id: Mapped[UUID] = mapped_column(ForeignKey("tokens.id"))
    dry_run: Mapped[bool]
    lang: Mapped[str] = mapped_column(String(20))
    headings: Mapped[list[dict[str, Any]]]
    state: Mapped[ImportState] = mapped_column(enumeration(ImportState), default=ImportState.PENDING)
    total: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    rows_until: Mapped[datetime] = mapped_column(index=True)

    @property
    def done(self) -> int:
        """How many rows are done with."""
        return self.added + self.unchanged + self.rejected


class ImportRow(Base):
    """A row as it came, and what became of it; gone when the import's `rows_until` has passed."""

    __tablename__ = "import_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        ForeignKeyConstraint(["project_id", "import_id"], ["imports.project_id", "imports.id"]),
        ForeignKeyConstraint(["project_id", "application_id"], ["applications.project_id", "applications.id"]),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    import_id: Mapped[UUID]
    number: Mapped[int]
    cells: Mapped[dict[str, Any]] = personal()
    person_key: Mapped[str | None] = personal(String(64), index=True)
    outcome: Mapped[RowOutcome | None] = mapped_column(enumeration(RowOutcome))
    application_id: Mapped[UUID | None]
    reference: Mapped[str | None] = mapped_column(String(16))
    findings: Mapped[list[dict[str, Any]]] = personal()
