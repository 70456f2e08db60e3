"""Lost links, mailed again to the address that they were made for; nobody learns from it who applied.

A request is kept as a message whose address is known by its key alone, whether or not anybody applied with it: the
answer takes as long and says as much in either case. What comes of it is found out when it is sent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session, selectinload

from domain.config import Config
from domain.languages import localise, sentence_language
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.messages import Message, MessageAttempt, MessageKind, MessageState, Recipient
from domain.services.applications import key_of
from domain.services.message_contents import Contents, Dropped, my_address, name_of
from domain.services.message_words import OURS
from domain.services.messages import owed

WINDOW = timedelta(minutes=15)  # in which one address is written to once for a call
MOST = 300  # requests for a call in a window: a school's whole year may have lost its links, a script may not go on
MOST_LINKS = 500  # in one mail; mail servers refuse long ones
KEPT = timedelta(days=1)  # long enough to be looked into, when somebody says that nothing came


def request_links(session: Session, call: Call, email: str, *, at: datetime) -> None:
    """Have the links to this address's applications to the call mailed to it, if there are any; too many are not."""
    email_key = key_of(email)
    window = int(at.timestamp() // WINDOW.total_seconds())
    once = f"link:{call.id}:{email_key}:{window}"
    if session.scalar(select(Message.id).where(Message.once == once)) is not None:
        return
    recent = (Message.call_id == call.id, Message.kind == MessageKind.LINK, Message.created_at > at - WINDOW)
    if (session.scalar(select(func.count()).select_from(Message).where(*recent)) or 0) >= MOST:
        return
    row = owed(MessageKind.LINK, Recipient.APPLICANT, once=once, at=at, project_id=call.project_id)
    del row["version"]  # SQLAlchemy counts it for rows of its own.
    session.add(Message(**row | {"call_id": call.id, "email_key": email_key}))
    session.flush()


def of_link_request(session: Session, message: Message, *, config: Config) -> Contents | Dropped:
    """All the links that an address has in the call, in the language of its last application; or nobody to tell."""
    found = _of_one_address(session, message)
    if not found:
        return Dropped.NO_ADDRESS
    first, lang = found[0], sentence_language((found[0].lang,))
    links = ((one, my_address(one, config=config)) for one in found)
    values = {
        "call": localise(first.call.title, lang),
        "organisation": first.call.owner.business_name or first.call.owner.legal_name,
        "contact": first.call.contact or "",
        "lines": "\n\n".join(f"{one.reference}, {name_of(one)}:\n{url}" for one, url in links if url),
    }
    return Contents(message.kind, lang, first.email or "", "", first.call.contact, values, OURS)


def _of_one_address(session: Session, message: Message) -> Sequence[Application]:
    """The applications of the address, latest first. Keys leave out accents; of addresses, only one is written to."""
    wanted = (Application.call_id == message.call_id, Application.email_key == message.email_key)
    query = select(Application).where(*wanted, Application.duplicate_of_id.is_(None), ~Application.synthetic)
    latest = query.order_by(Application.submitted_at.desc(), Application.id.desc()).limit(MOST_LINKS)
    found = session.scalars(latest.options(selectinload(Application.links))).all()
    return [one for one in found if one.email and one.email.casefold() == (found[0].email or "").casefold()]


def forget_requests(session: Session, *, at: datetime) -> None:
    """Drop requests of yesterday, answered or not: who asked for what is nobody's business for long."""
    _forget(session, Message.created_at < at - KEPT)


def forget_address(session: Session, application: Application) -> None:
    """Drop requests with the address of an application, before it is erased; others who share it may ask again."""
    _forget(session, Message.call_id == application.call_id, Message.email_key == application.email_key)


def _forget(session: Session, *those: ColumnElement[bool]) -> None:
    ended = select(Message.id).where(Message.kind == MessageKind.LINK, *those, Message.state != MessageState.SENDING)
    session.execute(delete(MessageAttempt).where(MessageAttempt.message_id.in_(ended)))
    session.execute(delete(Message).where(Message.id.in_(ended)))
