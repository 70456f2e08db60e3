"""Calls over HTTP."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Response

from api.http import Blueprint, Resource, every_language, needs, open_to_all, services
from api.patching import patched
from domain.db import Text
from domain.languages import choose_for_record
from domain.models.calls import Call, next_change, status_at
from domain.models.projects import Project
from domain.models.tokens import Scope
from domain.services import calls, consent_texts, form_hints, form_schemas, forms, projects
from domain.services.calls import CallFilter, CallInput
from domain.services.form_schemas import Fields
from schemas.base import EVERY_LANGUAGE, LanguageQuery, reader
from schemas.calls import (
    CallInLanguageSchema,
    CallListSchema,
    CallQuery,
    CallSchema,
    CallWriteSchema,
    ExtensionSchema,
    NothingSchema,
    PublishedCallSchema,
)
from schemas.forms import SERVED_EXAMPLE, FormUiSchema

blp = Blueprint("calls", __name__, url_prefix="/v1", description="What is offered, until when, for whom.")

WHOLE, IN_LANGUAGE = CallSchema(), CallInLanguageSchema()


def texts(call: Call) -> tuple[Text, ...]:
    """What of a call is written in several languages, and shown in one."""
    return call.title, call.summary, call.description


class CallResource(Resource):
    """What the addresses of calls share."""

    def shown(self, call: Call) -> Call:
        """The call as an answer, with its tag."""
        # Names of others and texts to agree to stand in it as well, and change without a new version of the call.
        others = [other.version for other in calls.named_in(call)] + [text.version for text in call.consent_texts]
        self.tag(call.version, status_at(call, self.at), *others)
        self.speak(texts(call))
        return call

    def written(self, call: Call) -> Call:
        """The call as an answer to who wrote it: in all languages."""
        every_language()
        return self.shown(call)

    def stepped(self, step: Callable[..., Call], id_or_slug: str, **particulars: Any) -> Call:
        """The call after a step of its life."""
        return self.written(step(self.session, id_or_slug, **particulars, by=self.caller, at=self.at))


@blp.route("/calls")
class Calls(CallResource):
    """All calls."""

    @open_to_all
    @blp.arguments(CallQuery, location="query")
    @blp.response(200, CallListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List calls"""
        page, _ = self.page(query), query.pop("lang")
        found = calls.list_calls(self.session, CallFilter(**query), by=self.caller, at=self.at, page=page)
        self.may_be_kept(calls.next_moment(self.session, at=self.at))
        self.speak(*map(texts, found.items))
        return self.listed(found)

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(CallWriteSchema)
    @blp.response(201, CallSchema)
    def post(self, wanted: CallInput) -> Any:
        """Make a call, as a draft"""
        call = calls.create_call(self.session, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/calls/{call.id}")
        return self.written(call)


@blp.route("/calls/<name:id_or_slug>")
class CallItem(CallResource):
    """One call."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, CallInLanguageSchema, dumped=True)
    def get(self, query: dict[str, Any], id_or_slug: str) -> Any:
        """Read a call, by its id or slug"""
        call = calls.get_call(self.session, id_or_slug, by=self.caller)
        self.may_be_kept(next_change(call, self.at), modified=calls.shown_since(call, self.at))
        # Who edits a call reads it in all languages, and with its questions.
        schema = WHOLE if reader.get().languages == (EVERY_LANGUAGE,) else IN_LANGUAGE
        return schema.dump(self.shown(call))

    @needs(Scope.CALLS_WRITE)
    @blp.merge_patch(CallWriteSchema)
    @blp.response(200, CallSchema)
    def patch(self, patch: dict[str, Any], id_or_slug: str) -> Any:
        """Edit a call (JSON Merge Patch)"""
        call = calls.lock_call(self.session, id_or_slug, by=self.caller)
        self.check_if_match(call.version)
        wanted = patched(CallWriteSchema, calls.as_input(call, projects.code_of(self.session, call.project_id)), patch)
        return self.written(calls.edit_call(self.session, call, wanted, by=self.caller, at=self.at))


class FormResource(CallResource):
    """What both shapes of a call's form share."""

    def asked(self, id_or_slug: str) -> tuple[Call, Fields, str]:
        """The call, its questions, and the one language in which this reader is shown them."""
        call = calls.get_call(self.session, id_or_slug, by=self.caller)
        fields = forms.named_questions(self.session, call)
        self.may_be_kept(next_change(call, self.at))
        # Names of destinations and organisations stand in it as well, and change without a new version of the form.
        self.tag(call.form_version, call.id, fields, [text.version for text in call.consent_texts])
        lang = choose_for_record(forms.form_texts(fields), reader.get().languages)
        self.headers["Content-Language"] = lang
        return call, fields, lang

    def address(self, call: Call) -> str:
        """Where the form is served as JSON Schema."""
        return f"{services().config.base_url}/v1/calls/{call.id}/form"


@blp.route("/calls/<name:id_or_slug>/form")
class CallForm(FormResource):
    """A call's questions."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(
        200,
        {"type": "object"},
        content_type="application/schema+json",
        description="JSON Schema 2020-12 of an application's answers.",
        example=SERVED_EXAMPLE,
    )
    def get(self, query: dict[str, Any], id_or_slug: str) -> Response:
        """Read a call's form, as JSON Schema of its answers"""
        call, fields, lang = self.asked(id_or_slug)
        schema = form_schemas.json_schema(fields, lang=lang, version=call.form_version, id=self.address(call))
        return Response(orjson.dumps(schema), content_type="application/schema+json")


@blp.route("/calls/<name:id_or_slug>/form/ui")
class CallFormUi(FormResource):
    """How a page asks a call's questions."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, FormUiSchema)
    def get(self, query: dict[str, Any], id_or_slug: str) -> Any:
        """Read how a page asks a call's questions: order, widgets, words"""
        call, fields, lang = self.asked(id_or_slug)
        return {
            "call_id": call.id,
            "form_version": call.form_version,
            "lang": lang,
            "form_url": self.address(call),
            "questions": form_hints.hints(fields, lang=lang),
            "documents": forms.file_questions(fields),
            "consents": consent_texts.asked_by(call),
        }


@blp.route("/calls/<name:id_or_slug>/publication")
class CallPublication(CallResource):
    """Publishing."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, PublishedCallSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], id_or_slug: str) -> Any:
        """Publish a call; the answer names missing translations"""
        call = calls.publish_call(self.session, id_or_slug, by=self.caller, at=self.at)
        missing = calls.missing_translations(call, self.session.get_one(Project, call.project_id).languages)
        return CallSchema().dump(self.written(call)) | {"missing_translations": missing}


@blp.route("/calls/<name:id_or_slug>/extension")
class CallExtension(CallResource):
    """A later deadline."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(ExtensionSchema)
    @blp.response(200, CallSchema)
    def post(self, wanted: dict[str, Any], id_or_slug: str) -> Any:
        """Extend a call's deadline"""
        return self.stepped(calls.extend_call, id_or_slug, **wanted)


@blp.route("/calls/<name:id_or_slug>/cancellation")
class CallCancellation(CallResource):
    """Calling off."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, CallSchema)
    def post(self, _nothing: dict[str, Any], id_or_slug: str) -> Any:
        """Cancel a call"""
        return self.stepped(calls.cancel_call, id_or_slug)


@blp.route("/calls/<name:id_or_slug>/selection")
class CallSelection(CallResource):
    """The beginning of the selection."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, CallSchema)
    def post(self, _nothing: dict[str, Any], id_or_slug: str) -> Any:
        """Begin a call's selection"""
        return self.stepped(calls.begin_selection, id_or_slug)


@blp.route("/calls/<name:id_or_slug>/decision")
class CallDecision(CallResource):
    """The end of the selection."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, CallSchema)
    def post(self, _nothing: dict[str, Any], id_or_slug: str) -> Any:
        """Close a call's selection"""
        return self.stepped(calls.decide_call, id_or_slug)


@blp.route("/calls/<name:id_or_slug>/archival")
class CallArchival(CallResource):
    """Putting away."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, CallSchema)
    def post(self, _nothing: dict[str, Any], id_or_slug: str) -> Any:
        """Archive a call"""
        return self.stepped(calls.archive_call, id_or_slug)


@blp.route("/calls/<name:id_or_slug>/copies")
class CallCopies(CallResource):
    """Copies."""

    @needs(Scope.CALLS_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(201, CallSchema)
    def post(self, _nothing: dict[str, Any], id_or_slug: str) -> Any:
        """Copy a call: everything but dates and countries, as a draft"""
        call = calls.copy_call(self.session, id_or_slug, by=self.caller, at=self.at)
        self.located(f"/v1/calls/{call.id}")
        return self.written(call)
