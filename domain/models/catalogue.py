"""The catalogue's version: one number that moves with everything that public readers are shown."""

from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.db import Base


class Catalogue(Base):
    """One row. Prepared answers ask for its version at each request and are right as long as it stands."""

    __tablename__ = "catalogue"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    version: Mapped[int]


@event.listens_for(Session, "before_flush")
def _move_the_version(session: Session, _context: Any, _instances: Any) -> None:
    # Here and not in the services: a service that forgot would leave every process with a stale answer.
    changed = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    if not session.info.get("catalogue_moved") and any(getattr(row, "shown_publicly", False) for row in changed):
        session.info["catalogue_moved"] = True
        session.execute(update(Catalogue).values(version=Catalogue.version + 1))
