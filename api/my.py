"""An application over HTTP, for its own applicant: the link in the address is all that they need.

Reading changes nothing: mail scanners open links. What changes something is a POST.
"""

from dataclasses import replace
from typing import Any

import orjson
from flask import Response, request

from api.applications import EditingResource
from api.http import Blueprint, by_link
from domain.db import instant_text
from domain.languages import is_language_tag, sentence_language
from domain.models.applications import Application
from domain.models.links import LinkKind
from domain.services import corrections, erasure, my
from domain.services.application_rules import missing_parts
from domain.services.my import Action
from schemas.applications import ApplicationEditSchema
from schemas.base import LanguageQuery, reader
from schemas.calls import NothingSchema
from schemas.consent_texts import ConsentAskedInLanguageSchema
from schemas.documents import DocumentSchema
from schemas.mobilities import MobilityItemSchema
from schemas.my import GuardiansSchema, MomentSchema, MyExportSchema, MySchema
from schemas.participants import ParticipantSchema

blp = Blueprint("my", __name__, url_prefix="/v1", description="An application, for who applied.")


class MyResource(EditingResource):
    """What the addresses below a link share."""

    def shown(self, application: Application) -> Any:
        """The application as an answer, with its tag."""
        self.concerns(application.id)
        answer = self.dumped(application)
        self.tag(application.version, orjson.dumps(answer))
        return answer

    def dumped(self, application: Application) -> dict[str, Any]:
        """The application in its applicant's language, unless another is asked for."""
        self.speak_to(application)
        editable = corrections.editable_until(application, at=self.at)
        guardian = self.caller.guardian_of is not None
        if guardian:
            editable = None
        schema = GuardiansSchema if guardian else MySchema
        actions = [] if guardian else my.actions(application, at=self.at)
        return schema().dump(application) | {  # type: ignore[no-any-return]
            "role": str(LinkKind.GUARDIAN if guardian else LinkKind.APPLICANT),
            "editable_until": editable and instant_text(editable),
            "missing": missing_parts(application.call, application, at=self.at) if editable else [],
            "actions": [str(action) for action in actions],
            "asked": ConsentAskedInLanguageSchema(many=True).dump(my.asked(application, by=self.caller)),
            "history": MomentSchema(many=True).dump(my.history(self.session, application)),
        }

    def exported(self, application: Application) -> dict[str, Any]:
        """All that is known of the applicant."""
        participant, stays = my.participation(self.session, application)
        return {
            "exported_at": instant_text(self.at),
            "application": self.dumped(application),
            "documents": DocumentSchema(many=True).dump(my.documents(self.session, application)),
            "participant": participant and ParticipantSchema().dump(participant),
            "mobilities": MobilityItemSchema(many=True).dump(stays),
        }

    def speak_to(self, application: Application) -> str:
        """Answer in the applicant's language, or in the one that is asked for; say which of ours that is."""
        asked = request.args.get("lang", "")
        lang = asked if is_language_tag(asked) else application.lang
        reader.set(replace(reader.get(), languages=(lang,)))
        self.headers["Content-Language"] = sentence_language((lang,))
        return self.headers["Content-Language"]

    def erase(self) -> None:
        """Forget the applicant."""
        application = my.my_application(self.session, by=self.caller)
        erasure.erase_application(self.session, application.id, by=self.caller, at=self.at)

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

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.merge_patch(ApplicationEditSchema)
    @blp.response(200, MySchema, dumped=True)
    def patch(self, _query: dict[str, Any], patch: dict[str, Any], **_: Any) -> Any:
        """Edit one's own application (JSON Merge Patch)"""
        return self.shown(self.edited(my.my_application(self.session, by=self.caller).id, patch))


@blp.route("/my/<secret>/submission")
class MyApplicationSubmission(MyResource):
    """What was a draft, or returned, and is complete now."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MySchema, dumped=True)
    def post(self, _query: dict[str, Any], _nothing: dict[str, Any], **_: Any) -> Any:
        """Submit one's own draft, or application that was returned"""
        return self.stepped(Action.SUBMISSION)


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


@blp.route("/my/<secret>/export")
class MyExport(MyResource):
    """All of one's own."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, MyExportSchema, dumped=True)
    def get(self, _query: dict[str, Any], **_: Any) -> Any:
        """Take away all that is known of oneself"""
        application = my.my_application(self.session, by=self.caller)
        self.headers["Content-Disposition"] = f'attachment; filename="{application.reference}.json"'
        return self.exported(application)


@blp.route("/my/<secret>/erasure")
class MyErasure(MyResource):
    """Being forgotten."""

    @by_link
    @blp.arguments(NothingSchema, required=False)
    @blp.response(204)
    def post(self, _nothing: dict[str, Any], **_: Any) -> Response:
        """Erase oneself, for good: the link opens nothing any more"""
        self.erase()
        return Response(status=204)
