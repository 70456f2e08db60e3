"""Messages to persons over HTTP: the log, and one sent once more."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from domain.models.tokens import Scope
from domain.services import messages
from schemas.base import ListQuery
from schemas.calls import NothingSchema
from schemas.messages import MessageListSchema, MessageSchema

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


@blp.route("/messages/<uuid:message_id>/resend")
class MessageResend(Resource):
    """Once more."""

    @needs()
    @blp.arguments(NothingSchema, required=False)
    @blp.response(202, MessageSchema)
    def post(self, _nothing: dict[str, Any], message_id: UUID) -> Any:
        """Send a message once more, as a new one"""
        return messages.resend_message(self.session, message_id, by=self.caller, at=self.at)
