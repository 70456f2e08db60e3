"""Taking out what is invented: rows marked synthetic, projects so marked with all that is in them, and their traces."""

from collections import Counter

from sqlalchemy import ColumnElement, Select, Table, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from domain.db import Base
from domain.errors import Conflict
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.catalogue import Catalogue
from domain.models.events import Event
from domain.models.messages import Message, MessageAttempt
from domain.models.mobilities import Mobility
from domain.models.organisations import Membership, Organisation
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.models.webhooks import Attempt, Delivery, Endpoint

MARKED = (Call, Application, Participant, Mobility)
TRACES = (MessageAttempt, Message, Attempt, Delivery, Event)


def trials(session: Session) -> Counter[str]:
    """What people made themselves in invented projects, trying things out: counted by table."""
    counts = Counter[str]()
    for model in MARKED:
        own = select(func.count()).where(model.project_id.in_(_projects()), ~model.synthetic)
        counts[model.__tablename__] = session.scalar(own) or 0
    return +counts


def remove(session: Session) -> Counter[str]:
    """Remove it all, physically; return how many rows of each table. Raises Conflict when something real leans on it.

    An organisation goes too when invented projects were all that it was in and nothing else speaks of it.
    """
    _refuse_what_real_rows_need(session)
    members = list(session.scalars(select(Membership.organisation_id).where(Membership.project_id.in_(_projects()))))
    removed = Counter[str]()
    for model, doomed in zip(TRACES, _traces(), strict=True):
        _delete(session, Base.metadata.tables[model.__tablename__], doomed, removed)
    for table in reversed(Base.metadata.sorted_tables):
        doomed_rows = _doomed(table)
        if doomed_rows is not None:
            _delete(session, table, doomed_rows, removed)
    organisations = Base.metadata.tables[Organisation.__tablename__]
    _delete(session, organisations, and_(organisations.c.id.in_(members), ~or_(*_spoken_of(organisations))), removed)
    session.execute(update(Catalogue).values(version=Catalogue.version + 1))
    return +removed


def _projects() -> Select[tuple[object]]:
    return select(Project.id).where(Project.synthetic)  # type: ignore[return-value]


def _doomed(table: Table) -> ColumnElement[bool] | None:
    """Which rows of a table go: those in an invented project, and those marked themselves."""
    conditions: list[ColumnElement[bool]] = []
    if "project_id" in table.c:
        conditions.append(table.c.project_id.in_(_projects()))
    if "synthetic" in table.c:
        conditions.append(table.c.synthetic)
    return or_(*conditions) if conditions else None


def _traces() -> tuple[ColumnElement[bool], ...]:
    """Attempts, messages, deliveries and events that tell of what goes, and deliveries to endpoints that go."""
    told_of = (select(model.id).where(or_(model.synthetic, model.project_id.in_(_projects()))) for model in MARKED)
    event = or_(Event.project_id.in_(_projects()), *(Event.resource_id.in_(ids) for ids in told_of))
    endpoints = select(Endpoint.id).where(Endpoint.project_id.in_(_projects()))
    delivery = or_(Delivery.event_id.in_(select(Event.id).where(event)), Delivery.endpoint_id.in_(endpoints))
    attempt = Attempt.delivery_id.in_(select(Delivery.id).where(delivery))
    message = Message.project_id.in_(_projects())
    message_attempt = MessageAttempt.message_id.in_(select(Message.id).where(message))
    return message_attempt, message, attempt, delivery, event


def _delete(session: Session, table: Table, doomed: ColumnElement[bool], removed: Counter[str]) -> None:
    result = session.execute(delete(table).where(doomed))
    removed[table.name] += int(getattr(result, "rowcount", 0))


def _spoken_of(organisations: Table) -> list[ColumnElement[bool]]:
    """For each column anywhere that can name an organisation: whether it names this one."""
    naming = (
        element.parent
        for table in Base.metadata.sorted_tables
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
        if element.column is organisations.c.id
    )
    return [exists(select(1).where(column == organisations.c.id)) for column in naming]


def _refuse_what_real_rows_need(session: Session) -> None:
    real = and_(~Mobility.synthetic, Participant.synthetic, Mobility.project_id.not_in(_projects()))
    leaning = select(func.count()).select_from(Mobility).join(Participant, Mobility.participant_id == Participant.id)
    count = session.scalar(leaning.where(real))
    if count:
        raise Conflict(f"{count} real mobilities belong to invented participants; give them real ones first.")
