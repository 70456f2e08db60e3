"""Answers kept for the same request sent again (Idempotency-Key)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base


class KeptAnswer(Base):
    """The answer to one key, sealed since it may hold secrets. The row is written with what the request did.

    `about_id` is that of the application or participant whom the answer shows, to find it by when they are erased.
    """

    __tablename__ = "kept_answers"

    scope: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    about_id: Mapped[UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
