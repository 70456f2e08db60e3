"""A call's consents on paper: what a school prints, has signed, and then attests with the version that stands on it."""

from dataclasses import replace
from typing import Any

from flask import Response, render_template

from api.http import Blueprint, Resource, open_to_all
from api.words import WEB, read_strings
from domain.languages import render, sentence_language
from domain.services import calls, consent_texts
from schemas.base import EVERY_LANGUAGE, LanguageQuery, reader
from schemas.consent_texts import ConsentAskedInLanguageSchema

blp = Blueprint(
    "consent forms",
    __name__,
    url_prefix="/v1",
    description="What people agree to, on paper.",
    template_folder=WEB / "pages",
)

STRINGS = read_strings("consent_form")
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@blp.route("/calls/<name:id_or_slug>/consent-form")
class CallConsentForm(Resource):
    """A call's consents, to be printed."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(
        200, {"type": "string"}, content_type="text/html", description="A page to print.", example="<!doctype html>"
    )
    def get(self, _query: dict[str, Any], id_or_slug: str) -> Response:
        """Print a call's consents: for an applicant to sign, and the guardian of a minor"""
        call = calls.get_call(self.session, id_or_slug, by=self.caller)
        self.may_be_kept(None)
        languages = tuple(tag for tag in reader.get().languages if tag != EVERY_LANGUAGE) or ("en",)
        reader.set(replace(reader.get(), languages=languages))
        lang, dump = sentence_language(languages), ConsentAskedInLanguageSchema(many=True).dump
        page = render_template(
            "consent_form.html",
            lang=lang,
            words=STRINGS[lang],
            title=render(call.title, languages),
            asked=dump(consent_texts.asked_by(call)),
            of_guardians=dump(consent_texts.asked_of_guardians(call)),
        )
        return Response(
            page, mimetype="text/html", headers={"Content-Security-Policy": POLICY, "Content-Language": lang}
        )
