"""Messages to persons over HTTP: the log, and one sent once more."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs, open_to_all, services
from domain.errors import NotFound
from domain.models.messages import PLACEHOLDERS, MessageKind
from domain.models.tokens import Scope
from domain.services import link_requests, message_contents, message_words, messages
from domain.services.calls import get_call, lock_call
from domain.services.message_words import Wording
from integrations.mail.render import said, templates
from schemas.base import LanguageQuery, ListQuery, reader
from schemas.calls import NothingSchema
from schemas.messages import (
    LinkRequestedSchema,
    LinkRequestSchema,
    MessageListSchema,
    MessageSchema,
    PreviewSchema,
    WordingSchema,
    WordingWriteSchema,
)

blp = Blueprint("messages", __name__, url_prefix="/v1", description="What people are told by mail.")


@blp.route("/applications/<uuid:application_id>/messages")
class ApplicationMessages(Resource):
    """An application's log of messages."""

    @needs(Scope.APPLICATIONS_READ)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, MessageListSchema)
    def get(self, query: dict[str, Any], application_id: UUID) -> Any:
        """List the messages about an application, newest first, with every attempt to send them"""
        page = self.page(query)
        return self.listed(messages.list_messages(self.session, application_id, by=self.caller, page=page))


@blp.route("/organisations/<uuid:organisation_id>/messages")
class OrganisationMessages(Resource):
    """An organisation's log of messages."""

    @needs(Scope.ORGANISATIONS_MANAGE)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, MessageListSchema)
    def get(self, query: dict[str, Any], organisation_id: UUID) -> Any:
        """List the messages to an organisation's contact, newest first"""
        page = self.page(query)
        return self.listed(messages.list_notices(self.session, organisation_id, by=self.caller, page=page))


@blp.route("/messages/<uuid:message_id>/resend")
class MessageResend(Resource):
    """Once more."""

    @needs()
    @blp.arguments(NothingSchema, required=False)
    @blp.response(202, MessageSchema)
    def post(self, _nothing: dict[str, Any], message_id: UUID) -> Any:
        """Send a message once more, as a new one"""
        return messages.resend_message(self.session, message_id, by=self.caller, at=self.at)


class WordsResource(Resource):
    """What the addresses of a call's words share."""

    def kind(self, name: str) -> MessageKind:
        """The kind of message that is meant."""
        if name not in PLACEHOLDERS:
            raise NotFound(f"There is no such message; there are {', '.join(PLACEHOLDERS)}.")
        return MessageKind(name)

    def shown(self, kind: MessageKind, wording: Wording) -> dict[str, Any]:
        """A call's own words beside ours."""
        ours = templates(kind)
        return {
            "subject": wording.subject,
            "body": wording.body,
            "placeholders": PLACEHOLDERS[kind],
            "our_subject": {tag: one.subject for tag, one in ours.items()},
            "our_body": {tag: one.text for tag, one in ours.items()},
        }


@blp.route("/calls/<name:id_or_slug>/messages/<string:name>")
class CallMessage(WordsResource):
    """A call's own words for a message."""

    @needs(Scope.CALLS_WRITE)
    @blp.response(200, WordingSchema)
    def get(self, id_or_slug: str, name: str) -> Any:
        """Read a call's own words for a message, beside ours"""
        call, kind = get_call(self.session, id_or_slug, by=self.caller), self.kind(name)
        return self.shown(kind, message_words.see_wording(self.session, call, kind, by=self.caller))

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(WordingWriteSchema)
    @blp.response(200, WordingSchema)
    def put(self, wanted: Wording, id_or_slug: str, name: str) -> Any:
        """Let a call say it in its own words; empty ones bring ours back"""
        call, kind = lock_call(self.session, id_or_slug, by=self.caller), self.kind(name)
        wording = message_words.set_wording(self.session, call, kind, wanted, by=self.caller, at=self.at)
        return self.shown(kind, wording)


@blp.route("/calls/<name:id_or_slug>/messages/<string:name>/preview")
class CallMessagePreview(WordsResource):
    """A message as it would be read."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, PreviewSchema)
    def get(self, query: dict[str, Any], id_or_slug: str, name: str) -> Any:
        """Read a message as somebody who doesn't exist would get it"""
        call, kind = get_call(self.session, id_or_slug, by=self.caller), self.kind(name)
        message_words.may_word(self.caller, call)
        contents = message_contents.sample(
            self.session, call, kind, wanted=reader.get().languages, config=services().config, at=self.at
        )
        spoken = said(contents)
        return {"kind": kind, "lang": spoken.lang, "subject": spoken.subject, "body": spoken.text}


@blp.route("/calls/<name:id_or_slug>/link-requests")
class CallLinkRequests(Resource):
    """Links that were lost."""

    @open_to_all
    @blp.arguments(LinkRequestSchema)
    @blp.response(202, LinkRequestedSchema)
    def post(self, wanted: dict[str, Any], id_or_slug: str) -> Any:
        """Have the links to one's applications mailed again; the answer is the same whoever asks"""
        call = get_call(self.session, id_or_slug, by=self.caller)
        link_requests.request_links(self.session, call, wanted["email"], at=self.at)
        return {}
