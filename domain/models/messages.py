"""Messages to persons: what is owed to whom, every attempt to send it, and a call's own words for it.

No body and no address is kept: both are made at each attempt from what is true then, so that who is erased is gone.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Identified, enumeration, personal
from domain.models.applications import ApplicationState


class MessageKind(StrEnum):
    """What a message tells; its words are in a template of this name."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    SELECTED = "selected"
    RESERVED = "reserved"
    PROMOTED = "promoted"
    REJECTED = "rejected"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    GUARDIAN = "guardian"
    LINK = "link"
    NOTICE = "notice"
    DIGEST = "digest"
    WEBHOOK_FAILING = "webhook_failing"
    WEBHOOK_DISABLED = "webhook_disabled"


class Recipient(StrEnum):
    """Whom a message is for; the address is looked up when it is sent."""

    APPLICANT = "applicant"
    GUARDIAN = "guardian"
    ORGANISATION = "organisation"


class MessageState(StrEnum):
    """Where one message stands. It is `waiting` until its next try, or until the operator has set a mail server.

    `dropped` when there was nothing to send any more: what it was to tell had passed, or nobody was left to tell.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


M = MessageState


class Message(Identified, Base):
    """One message owed to one person: the row is the queue. `lease_token` fences a sender that overslept its lease.

    `once` is what it is owed for: an event or a moment of the clock, and the person. `error` is the last one's. A
    digest tells of what was recorded since `since` and before `until`; lost links are for whoever has `email_key`.
    """

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "application_id"], ["applications.project_id", "applications.id"]),
        Index("ix_messages_state_next_at", "state", "next_at"),
        Index("ix_messages_application_id_id", "application_id", "id"),
        Index("ix_messages_organisation_id_id", "organisation_id", "id"),
        Index("ix_messages_call_id_created_at", "call_id", "created_at"),
    )

    TRANSITIONS: ClassVar[Mapping[MessageState, frozenset[MessageState]]] = {
        M.WAITING: frozenset({M.SENDING}),
        M.SENDING: frozenset({M.WAITING, M.SENT, M.FAILED, M.DROPPED}),
    }

    kind: Mapped[MessageKind] = mapped_column(enumeration(MessageKind))
    recipient: Mapped[Recipient] = mapped_column(enumeration(Recipient))
    once: Mapped[str] = mapped_column(String(200), unique=True)
    project_id: Mapped[UUID | None]
    application_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    call_id: Mapped[UUID | None]
    email_key: Mapped[str | None] = personal(String(64))
    event_id: Mapped[UUID | None]
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    resent_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    state: Mapped[MessageState] = mapped_column(enumeration(MessageState), default=M.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    lang: Mapped[str | None] = mapped_column(String(20))
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(40))

    log: Mapped[list["MessageAttempt"]] = relationship(order_by="MessageAttempt.number", lazy="selectin", viewonly=True)


class MessageAttempt(Base):
    """One attempt: when, how long, which code the mail server gave (RFC 5321; RFC 3463 as `status`).

    Its words are not kept: most servers repeat the address in them.
    """

    __tablename__ = "message_attempts"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    code: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(String(12))
    error: Mapped[str | None] = mapped_column(String(40))


class CallMessage(Identified, Base):
    """A call's own words for a kind of message, by language; in all others it says what we would."""

    __tablename__ = "call_messages"
    __table_args__ = (
        UniqueConstraint("call_id", "kind"),
        ForeignKeyConstraint(["project_id", "call_id"], ["calls.project_id", "calls.id"]),
    )

    project_id: Mapped[UUID]
    call_id: Mapped[UUID]
    kind: Mapped[MessageKind] = mapped_column(enumeration(MessageKind))
    subject: Mapped[dict[str, str]]
    body: Mapped[dict[str, str]]


S = ApplicationState
# In which states of its application a message about one is still true; in all others it is dropped, not sent.
TRUE_IN: Mapping[MessageKind, frozenset[ApplicationState]] = {
    MessageKind.SUBMITTED: frozenset(ApplicationState) - {S.WITHDRAWN},
    MessageKind.RETURNED: frozenset({S.RETURNED}),
    MessageKind.SELECTED: frozenset({S.SELECTED}),
    MessageKind.RESERVED: frozenset({S.RESERVE}),
    MessageKind.PROMOTED: frozenset({S.SELECTED}),
    MessageKind.REJECTED: frozenset({S.REJECTED}),
    MessageKind.EXPIRING: frozenset({S.SELECTED}),
    MessageKind.EXPIRED: frozenset({S.EXPIRED}),
    MessageKind.GUARDIAN: frozenset({S.SUBMITTED, S.ELIGIBLE, S.RESERVE, S.SELECTED}),
}

# What its words may speak of. A line in which something has no value is left out.
ALWAYS = ("name", "reference", "call", "organisation", "contact", "my_url")
OFFER = ("destination", "confirm_by")
PLACEHOLDERS: Mapping[MessageKind, tuple[str, ...]] = {
    MessageKind.SUBMITTED: (*ALWAYS, "submitted_at", "closes_at"),
    MessageKind.RETURNED: (*ALWAYS, "reason", "correct_by"),
    MessageKind.SELECTED: (*ALWAYS, *OFFER),
    MessageKind.RESERVED: (*ALWAYS, "rank"),
    MessageKind.PROMOTED: (*ALWAYS, *OFFER),
    MessageKind.REJECTED: (*ALWAYS, "reason"),
    MessageKind.EXPIRING: (*ALWAYS, *OFFER),
    MessageKind.EXPIRED: (*ALWAYS, *OFFER),
    MessageKind.GUARDIAN: (*ALWAYS, "applicant"),
}
# The same of messages whose words are nobody's but ours.
OUR_PLACEHOLDERS: Mapping[MessageKind, tuple[str, ...]] = {
    MessageKind.LINK: ("call", "organisation", "contact", "lines"),
    MessageKind.NOTICE: ("name", "organisation", "what", "call", "reference"),
    MessageKind.DIGEST: ("name", "organisation", "lines", "more"),
    MessageKind.WEBHOOK_FAILING: ("name", "organisation", "endpoint", "host", "failing_since", "disabled_at"),
    MessageKind.WEBHOOK_DISABLED: ("name", "organisation", "endpoint", "host"),
}
