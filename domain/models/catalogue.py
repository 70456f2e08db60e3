"""The catalogue's version: one number that moves with everything that public readers are shown."""

from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from domain.db import Base


class Catalogue(Base):
    """One row. Prepared answers ask for its version at each request and are right as long as it stands."""

    __tablename__ = "catalogue"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    version: Mapped[int]


# Here and not in the services: a service that forgot would leave every process with a stale answer. At every flush and
# not once a session: a savepoint that is rolled back takes its move with it.


@event.listens_for(Session, "before_flush")
def _move_with_rows(session: Session, _context: Any, _instances: Any) -> None:
    changed = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    if any(_is_shown(type(row)) for row in changed):
        _move(session)


@event.listens_for(Session, "do_orm_execute")
def _move_with_statements(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and state.bind_mapper is not None and _is_shown(state.bind_mapper.class_):
        _move(state.session)


def _is_shown(model: type) -> bool:
    return getattr(model, "shown_publicly", False)


def _move(session: Session) -> None:
    session.execute(update(Catalogue).values(version=Catalogue.version + 1))
