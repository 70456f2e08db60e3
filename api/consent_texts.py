"""The texts that a project asks people to agree to, over HTTP."""

from typing import Any

from api.http import Blueprint, Resource, every_language, needs, open_to_all
from domain.models.consents import ConsentText
from domain.models.tokens import Scope
from domain.services import consent_texts, projects
from schemas.base import LanguageQuery
from schemas.consent_texts import (
    ConsentTextInLanguageSchema,
    ConsentTextListSchema,
    ConsentTextQuery,
    ConsentTextSchema,
    ConsentTextWriteSchema,
)

blp = Blueprint("consent texts", __name__, url_prefix="/v1", description="What people are asked to agree to.")


class ConsentTextResource(Resource):
    """What the addresses of these texts share."""

    def shown(self, text: ConsentText) -> ConsentText:
        """The text as an answer."""
        self.speak([text.text])
        return text


@blp.route("/projects/<name:code>/consent-texts")
class ConsentTexts(ConsentTextResource):
    """All texts of a project."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, ConsentTextListSchema)
    def get(self, _query: dict[str, Any], code: str) -> Any:
        """List the texts that a project asks people to agree to, one for each purpose"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        self.may_be_kept(None)
        found = consent_texts.list_texts(self.session, project)
        self.speak(*([text.text] for text in found))
        return {"items": found, "next": None}


@blp.route("/projects/<name:code>/consent-texts/<string:purpose>")
class ConsentTextItem(ConsentTextResource):
    """A project's text for one purpose."""

    @open_to_all
    @blp.arguments(ConsentTextQuery, location="query")
    @blp.response(200, ConsentTextInLanguageSchema)
    def get(self, query: dict[str, Any], code: str, purpose: str) -> Any:
        """Read the text for a purpose, or a version of it that people agreed to earlier"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        self.may_be_kept(None)
        return self.shown(consent_texts.get_text(self.session, project, purpose, version=query["text_version"]))

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(ConsentTextWriteSchema)
    @blp.response(200, ConsentTextSchema)
    def put(self, wanted: dict[str, Any], code: str, purpose: str) -> Any:
        """Write the next version of the text for a purpose; what is the same stays the same version"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        every_language()
        text = wanted["text"]
        return self.shown(consent_texts.write_text(self.session, project, purpose, text, by=self.caller, at=self.at))
