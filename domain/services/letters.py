"""What any message says, whoever it is for."""

from uuid import UUID

from sqlalchemy.orm import Session

from domain.config import Config
from domain.models.messages import Message, MessageKind, Recipient
from domain.services.link_requests import of_link_request
from domain.services.message_contents import Contents, Dropped, of_application
from domain.services.notice_contents import of_notice


def contents_of(session: Session, message_id: UUID, *, config: Config) -> Contents | Dropped:
    """What a message says now, and to whom; or why it is not sent at all. Links are made by the settings' key."""
    message = session.get_one(Message, message_id)
    if message.recipient is Recipient.ORGANISATION:
        return of_notice(session, message)
    if message.kind is MessageKind.LINK:
        return of_link_request(session, message, config=config)
    return of_application(session, message, config=config)
