"""An application over HTTP, for its own applicant: the link in the address is all that they need.

Reading changes nothing: mail scanners open links. What changes something is a POST.
"""

from dataclasses import replace
from typing import Any

import orjson
from flask import request

from api.http import Blueprint, Resource, by_link
from domain.languages import is_language_tag, sentence_language
from domain.models.applications import Application
from domain.models.links import LinkKind
from domain.services import my
from domain.services.my import Action
from schemas.base import LanguageQuery, reader
from schemas.calls import NothingSchema
from schemas.consent_texts import ConsentAskedInLanguageSchema
from schemas.my import GuardiansSchema, MomentSchema, MySchema

blp = Blueprint("my", __name__, url_prefix="/v1", description="An application, for who applied.")


class MyResource(Resource):
    """What the addresses below a link share."""

    def shown(self, application: Application) -> Any:
        """The application as an answer, with its tag."""
        answer = self.dumped(application)
        self.tag(application.version, orjson.dumps(answer))
        return answer

    def dumped(self, application: Application) -> dict[str, Any]:
        """The application in its applicant's language, unless another is asked for."""
        asked = request.args.get("lang", "")
        lang = asked if is_language_tag(asked) else application.lang
        reader.set(replace(reader.get(), languages=(lang,)))
        self.headers["Content-Language"] = sentence_language((lang,))
        guardian = self.caller.guardian_of is not None
        actions = [] if guardian else my.actions(application, at=self.at)
        schema = GuardiansSchema if guardian else MySchema
        return schema().dump(application) | {  # type: ignore[no-any-return]
            "role": str(LinkKind.GUARDIAN if guardian else LinkKind.APPLICANT),
            "actions": [str(action) for action in actions],
            "asked": ConsentAskedInLanguageSchema(many=True).dump(my.asked(application, by=self.caller)),
            "history": MomentSchema(many=True).dump(my.history(self.session, application)),
        }

    def stepped(self, action: Action) -> Any:
        """The application after a step that its applicant took."""
        return self.shown(my.take_step(self.session, action, by=self.caller, at=self.at))


@blp.route("/my/<secret>")
class MyApplication(MyResource):
    """One's own application."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, MySchema, dumped=True)
    def get(self, _query: dict[str, Any], **_: Any) -> Any:
        """Read one's own application, or as a guardian what one is asked to consent to"""
        return self.shown(my.opened_application(self.session, by=self.caller))


@blp.route("/my/<secret>/confirmation")
class MyApplicationConfirmation(MyResource):
    """One's own yes."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MySchema, dumped=True)
    def post(self, _query: dict[str, Any], _nothing: dict[str, Any], **_: Any) -> Any:
        """Confirm the place that one was offered"""
        return self.stepped(Action.CONFIRMATION)


@blp.route("/my/<secret>/decline")
class MyApplicationDecline(MyResource):
    """One's own no."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MySchema, dumped=True)
    def post(self, _query: dict[str, Any], _nothing: dict[str, Any], **_: Any) -> Any:
        """Decline the place that one was offered"""
        return self.stepped(Action.DECLINE)


@blp.route("/my/<secret>/withdrawal")
class MyApplicationWithdrawal(MyResource):
    """Taking one's own back."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MySchema, dumped=True)
    def post(self, _query: dict[str, Any], _nothing: dict[str, Any], **_: Any) -> Any:
        """Withdraw one's own application"""
        return self.stepped(Action.WITHDRAWAL)
