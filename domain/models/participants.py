"""Participants: the persons of a project, to whom mobilities belong. Persons are counted from here."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, Identified, personal


class Participant(Identified, Base):
    """One person in one project. `match_key`, of name and birth date, proposes likely matches and merges nobody.

    One that was erased has no name any more.
    """

    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "merged_into_id"], ["participants.project_id", "participants.id"]),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    sending_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    given_names: Mapped[str | None] = personal(String(200))
    family_name: Mapped[str | None] = personal(String(200))
    email: Mapped[str | None] = personal(String(254))
    birth_date: Mapped[date | None] = personal()
    gender: Mapped[str | None] = personal(String(1))
    nationality: Mapped[str | None] = personal(String(2))
    country: Mapped[str] = mapped_column(String(2))
    phone: Mapped[str | None] = personal(String(40))
    match_key: Mapped[str] = personal(String(64), index=True)
    merged_into_id: Mapped[UUID | None]
    synthetic: Mapped[bool] = mapped_column(default=False)
