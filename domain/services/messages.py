"""Messages to persons: owed for what happened, shown in a log, sent again by hand.

Nothing here sends anything: domain/services/message_queue.py hands out what is due, integrations/mailer.py sends it.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, insert, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import new_id
from domain.errors import Conflict, NotFound
from domain.models.applications import Application, ApplicationState
from domain.models.events import Event, EventType
from domain.models.links import Link, LinkKind
from domain.models.messages import TRUE_IN, Message, MessageKind, MessageState, Recipient
from domain.policies import Principal
from domain.services.applications import get_application
from domain.services.links import new_link
from domain.services.organisations import get_organisation
from domain.services.pages import Page, PageRequest, fetch_page

# What a person is told of, and as what.
TOLD: Mapping[EventType, MessageKind] = {
    EventType.APPLICATION_SUBMITTED: MessageKind.SUBMITTED,
    EventType.APPLICATION_RETURNED: MessageKind.RETURNED,
    EventType.APPLICATION_SELECTED: MessageKind.SELECTED,
    EventType.APPLICATION_RESERVED: MessageKind.RESERVED,
    EventType.APPLICATION_PROMOTED: MessageKind.PROMOTED,
    EventType.APPLICATION_REJECTED: MessageKind.REJECTED,
    EventType.APPLICATION_EXPIRED: MessageKind.EXPIRED,
}
# Who is told, of all that happens to an application.
RECIPIENTS = (Recipient.APPLICANT,)
REMINDED_BEFORE = timedelta(hours=48)  # the end of an offer; who was offered a place later than that is not reminded
OFFERS = (MessageKind.SELECTED, MessageKind.PROMOTED)
# What a row may name; all rows of one INSERT have the same columns.
NAMED = (
    "project_id",
    "application_id",
    "organisation_id",
    "call_id",
    "email_key",
    "event_id",
    "since",
    "until",
    "resent_from_id",
)
UNSENT = (MessageState.WAITING, MessageState.SENDING)


# ── owing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def owe_messages(session: Session, events: Sequence[Event], *, at: datetime) -> int:
    """Owe a message for each of these events to each person whom it is told to; return how many. Invented ones none."""
    told = {event.resource_id for event in events if _is_told(event)}
    if not told:
        return 0
    real = select(Application.id, Application.project_id, Application.guardian)
    found = session.execute(real.where(Application.id.in_(told), ~Application.synthetic)).all()
    projects = {row.id: row.project_id for row in found}
    guarded = {row.id for row in found if row.guardian and row.guardian["email"]}
    _give_links(session, projects, at=at)
    rows = [row for event in events if _is_told(event) for row in _for_event(event, projects, guarded, at=at)]
    if rows:
        session.execute(insert(Message), rows)
    return len(rows)


def _is_told(event: Event) -> bool:
    return event.type in TOLD and not event.sample


def _for_event(
    event: Event, projects: Mapping[UUID, UUID], guarded: Container[UUID], *, at: datetime
) -> Iterator[dict[str, Any]]:
    if event.resource_id not in projects:
        return
    about = of(projects[event.resource_id], event.resource_id)
    for recipient in RECIPIENTS:
        yield owed(TOLD[event.type], recipient, once=f"{event.id}:{recipient}", at=at, event_id=event.id, **about)
    if event.type is EventType.APPLICATION_SUBMITTED and event.resource_id in guarded:
        once = f"{event.id}:{Recipient.GUARDIAN}"
        yield owed(MessageKind.GUARDIAN, Recipient.GUARDIAN, once=once, at=at, event_id=event.id, **about)


def _give_links(session: Session, projects: Mapping[UUID, UUID], *, at: datetime) -> None:
    """Give a link to whoever applied before there were links: what they are told leads to it."""
    own = (Link.application_id == Application.id, Link.kind == LinkKind.APPLICANT)
    live = exists().where(*own, Link.revoked_at.is_(None))
    without = select(Application.id).where(Application.id.in_(projects), Application.erased_at.is_(None), ~live)
    for application_id in session.scalars(without).all():
        link = new_link(projects[application_id], at=at)
        link.application_id = application_id
        session.add(link)


def owed(kind: MessageKind, recipient: Recipient, *, once: str, at: datetime, **about: Any) -> dict[str, Any]:
    """The row of a message that is due now; `about` names what it is about."""
    state = {"state": MessageState.WAITING, "attempts": 0, "next_at": at}
    row = {"id": new_id(), "version": 1, "kind": kind, "recipient": recipient, "once": once}
    named = dict.fromkeys(NAMED) | about
    return row | state | {"created_at": at, "updated_at": at} | named


def remind_of_offers(session: Session, *, at: datetime) -> int:
    """Owe a reminder for each place that is to be confirmed within REMINDED_BEFORE; return how many. Once each.

    Who was offered the place later than that has just read it, and is not reminded.
    """
    of_application = Message.application_id == Application.id
    ending = (
        select(Application.id, Application.project_id, Application.confirm_by, func.max(Message.created_at))
        .outerjoin(Message, and_(of_application, Message.kind.in_(OFFERS)))
        .where(
            Application.state == ApplicationState.SELECTED,
            Application.confirm_by > at,
            Application.confirm_by <= at + REMINDED_BEFORE,
            ~Application.synthetic,
            ~exists().where(of_application, Message.kind == MessageKind.EXPIRING).correlate(Application),
        )
        .group_by(Application.id, Application.project_id, Application.confirm_by)
    )
    rows = [
        owed(MessageKind.EXPIRING, recipient, once=f"expiring:{id_}:{recipient}", at=at, **of(project_id, id_))
        for id_, project_id, confirm_by, offered_at in session.execute(ending).all()
        if confirm_by is not None and (offered_at is None or offered_at + REMINDED_BEFORE <= confirm_by)
        for recipient in RECIPIENTS
    ]
    if rows:
        session.execute(insert(Message), rows)
    return len(rows)


# ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────────


def list_messages(session: Session, application_id: UUID, *, by: Principal, page: PageRequest) -> Page[Message]:
    """List what was and is owed for an application, newest first. Raises NotFound."""
    application = get_application(session, application_id, by=by)
    query = select(Message).where(Message.application_id == application.id)
    keys = {"created_at": Message.created_at}
    return fetch_page(session, query, page=page, keys=keys, id_column=Message.id, default="-created_at")


def list_notices(session: Session, organisation_id: UUID, *, by: Principal, page: PageRequest) -> Page[Message]:
    """List what was and is owed to an organisation's contact, newest first. Raises NotFound, Forbidden."""
    organisation = get_organisation(session, organisation_id, by=by)
    policies.may_edit_organisation(by, organisation)
    query = select(Message).where(Message.organisation_id == organisation.id)
    keys = {"created_at": Message.created_at}
    return fetch_page(session, query, page=page, keys=keys, id_column=Message.id, default="-created_at")


def resend_message(session: Session, message_id: UUID, *, by: Principal, at: datetime) -> Message:
    """Owe a message once more, as a new one: whoever has the first may hide a second with the same Message-ID.

    Raises NotFound, Forbidden, and Conflict while one like it is still to be sent, or when what it tells has passed.
    """
    message = _seen(session, message_id, by=by)
    application = session.get_one(Application, message.application_id, with_for_update={"of": Application})
    policies.may_answer_for_applicant(by, application)
    if application.state not in TRUE_IN[message.kind]:
        raise Conflict(f"The application is {application.state} now; what this message told is not so any more.")
    alike = (Message.application_id == application.id, Message.kind == message.kind)
    if session.scalar(select(Message.id).where(*alike, Message.state.in_(UNSENT)).limit(1)) is not None:
        raise Conflict("This message has not gone out yet; it is sent by itself, look at what comes of it.")
    once, about = f"resent:{new_id()}", of(application.project_id, application.id)
    row = owed(message.kind, message.recipient, once=once, at=at, resent_from_id=message.id, **about)
    del row["version"]  # SQLAlchemy counts it for rows of its own.
    again = Message(**row)
    session.add(again)
    session.flush()
    return again


def of(project_id: UUID, application_id: UUID) -> dict[str, UUID]:
    """What a message about an application names."""
    return {"project_id": project_id, "application_id": application_id}


def _seen(session: Session, message_id: UUID, *, by: Principal) -> Message:
    """The message, for those who see the application that it is about."""
    about = select(Application.id).where(policies.visible_applications(by))
    query = select(Message).where(Message.id == message_id, Message.application_id.in_(about))
    message = session.scalar(query)
    if message is None:
        raise NotFound("There is no such message.")
    return message
