"""What any message says, whoever it is for."""

from uuid import UUID

from sqlalchemy.orm import Session

from domain.models.messages import Message, Recipient
from domain.services.message_contents import Contents, Dropped, of_application
from domain.services.notice_contents import of_notice

MAKERS = {Recipient.APPLICANT: of_application, Recipient.ORGANISATION: of_notice}


def contents_of(session: Session, message_id: UUID) -> Contents | Dropped:
    """What a message says now, and to whom; or why it is not sent at all."""
    message = session.get_one(Message, message_id)
    return MAKERS[message.recipient](session, message)
