"""Messages to persons on the wire: what was told, to which kind of person, and what came of it. No address, no body."""

from typing import Any, ClassVar

from marshmallow import fields

from domain.models.messages import MessageKind, MessageState, Recipient
from domain.services.message_words import Wording
from schemas.base import Email, Id, Instant, Int, OneOf, Schema, TextMap, about

LONGEST_SUBJECT, LONGEST_BODY = 200, 5000  # characters


class MessageAttemptSchema(Schema):
    """One attempt to hand a message to the mail server."""

    number = Int(metadata=about("Counts the attempts at this message, from 1.", 1))
    at = Instant(metadata=about("When it was made.", "2026-11-22T09:00:01Z"))
    duration_ms = Int(metadata=about("How long it took, in milliseconds.", 184))
    code = fields.Integer(
        allow_none=True, metadata=about("What the mail server answered (RFC 5321); null where it did not.", 451)
    )
    status = fields.String(
        allow_none=True, metadata=about("The same more closely (RFC 3463), where the mail server says so.", "4.7.1")
    )
    error = fields.String(allow_none=True, metadata=about("What went wrong, in a word; null at success.", "refused"))


class MessageSchema(Schema):
    """A message to a person."""

    id = Id(metadata=about("The message's id; its Message-ID begins with it."))
    kind = OneOf(MessageKind, metadata=about("What it tells.", "submitted"))
    recipient = OneOf(Recipient, metadata=about("Whom it is for.", "applicant"))
    application_id = Id(allow_none=True, metadata=about("The application that it is about."))
    organisation_id = Id(allow_none=True, metadata=about("The organisation whose contact it is for."))
    event_id = Id(allow_none=True, metadata=about("The event that it tells of; null for a reminder or a digest."))
    resent_from_id = Id(allow_none=True, metadata=about("The message that it repeats; null unless sent by hand."))
    state = OneOf(
        MessageState,
        metadata=about(
            "`waiting` for its next attempt, or for a mail server to be set; `dropped` when what it was to tell had "
            "passed, or nobody was left to tell.",
            "waiting",
        ),
    )
    attempts = Int(metadata=about("How many attempts were made.", 1))
    next_at = Instant(metadata=about("When the next attempt is due, while it is waiting.", "2026-11-22T09:01:01Z"))
    sent_at = Instant(allow_none=True, metadata=about("When the mail server took it."))
    lang = fields.String(allow_none=True, metadata=about("The language in which it was sent."))
    error = fields.String(allow_none=True, metadata=about("What went wrong at last, in a word.", "refused"))
    log = fields.List(fields.Nested(MessageAttemptSchema), metadata=about("Every attempt, first to last."))
    created_at = Instant(metadata=about("When it was owed.", "2026-11-22T09:00:00Z"))


class MessageListSchema(Schema):
    """A page of messages."""

    items = fields.List(fields.Nested(MessageSchema), metadata=about("The messages of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class WordingWriteSchema(Schema):
    """A call's own words for a message, by language."""

    makes: ClassVar[Any] = Wording

    subject = TextMap(
        required=True, most=LONGEST_SUBJECT, metadata=about("The subject, by language.", {"en": "You made it, {name}"})
    )
    body = TextMap(
        required=True,
        most=LONGEST_BODY,
        metadata=about("The text, by language.", {"en": "Dear {name},\n\nplease confirm by {confirm_by}.\n\n{my_url}"}),
    )


class WordingSchema(WordingWriteSchema):
    """A call's own words for a message, and what they are written in place of."""

    placeholders = fields.List(
        fields.String(),
        dump_only=True,
        metadata=about("What may stand in braces; a line in which one has no value is left out.", ["name", "call"]),
    )
    our_subject = TextMap(dump_only=True, metadata=about("What we write.", {"en": "There is a place for you"}))
    our_body = TextMap(dump_only=True, metadata=about("What we write.", {"en": "Dear {name},\n\n…"}))


class PreviewSchema(Schema):
    """A message as somebody who doesn't exist would get it."""

    kind = OneOf(MessageKind, metadata=about("What it tells.", "selected"))
    lang = fields.String(metadata=about("The language in which it is written.", "en"))
    subject = fields.String(metadata=about("Its subject.", "There is a place for you (A-7K3M-9QXZ)"))
    body = fields.String(metadata=about("Its text.", "Dear Ana Petrović,\n\n…"))


class LinkRequestSchema(Schema):
    """Whose links are wanted again."""

    email = Email(required=True, metadata=about("The address that was given when applying.", "ana@example.org"))


class LinkRequestedSchema(Schema):
    """Nothing is told here, whoever asks: what there is to tell comes by mail."""
