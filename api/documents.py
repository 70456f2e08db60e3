"""The documents of an application over HTTP."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response

from api.http import Blueprint, Resource, needs, services
from domain import policies
from domain.models.applications import Application
from domain.models.documents import Document
from domain.models.tokens import Scope
from domain.services import documents
from domain.services.applications import get_application
from domain.services.document_checks import check_file
from domain.services.documents import DocumentInput
from integrations.files.store import store_of, stored
from schemas.base import ListQuery
from schemas.documents import DocumentListSchema, DocumentSchema, DocumentUploadSchema, document_seen

blp = Blueprint("documents", __name__, url_prefix="/v1", description="Files that belong to an application.")

# Of whatever kind it is: there is nothing that a browser does with this but save it.
ANY_FILE = "application/octet-stream"
# Nothing of a stranger's file may run, be guessed at, or stay on somebody's disk.
SERVED_WITH = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class DocumentResource(Resource):
    """What the addresses of documents share."""

    def application(self, application_id: UUID) -> Application:
        """The application at this address."""
        return get_application(self.session, application_id, by=self.caller)

    def found(self, application_id: UUID, document_id: UUID) -> Document:
        """The document at this address."""
        application = self.application(application_id)
        return documents.get_document(self.session, application, document_id, by=self.caller)

    def shown(self, document: Document) -> dict[str, Any]:
        """The document as an answer, with its tag."""
        self.concerns(document.application_id)
        self.tag(document.version)
        return document_seen(document, by=self.caller)


@blp.route("/applications/<uuid:application_id>/documents")
class ApplicationDocuments(DocumentResource):
    """All documents of an application."""

    @needs(Scope.APPLICATIONS_READ)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, DocumentListSchema, dumped=True)
    def get(self, query: dict[str, Any], application_id: UUID) -> Any:
        """List an application's documents"""
        page, application = self.page(query), self.application(application_id)
        found = documents.list_documents(self.session, application, by=self.caller, page=page)
        return self.listed(found, dump=lambda document: document_seen(document, by=self.caller))

    @needs()
    @blp.form(DocumentUploadSchema)
    @blp.response(201, DocumentSchema, dumped=True)
    def post(self, form: Mapping[str, Any], application_id: UUID) -> Any:
        """Upload a document

        By who sent the application in or is its school, with the scope `applications:submit`, or by who decides on it,
        with `applications:decide`; as long as the call takes applications and this one is not decided. A repeated
        Idempotency-Key is held against the parts of the form, whatever stands between them.
        """
        self.permit(application_id)
        file = check_file(form["file"])
        with stored(store_of(services().config), file.content) as file_id:
            wanted = DocumentInput(file, file_id, kind=form["kind"], question=form["question"])
            document = self.added(application_id, wanted)
        self.located(f"/v1/applications/{application_id}/documents/{document.id}")
        return self.shown(document)

    def permit(self, application_id: UUID) -> None:
        """Let nobody have a file looked at and stored whom the service would turn away."""
        with self.glance() as (session, by):
            policies.may_upload(by, get_application(session, application_id, by=by))

    def added(self, application_id: UUID, wanted: DocumentInput) -> Document:
        """The document made of a stored file."""
        application, config = self.application(application_id), services().config
        return documents.add_document(self.session, application, wanted, config=config, by=self.caller, at=self.at)


@blp.route("/applications/<uuid:application_id>/documents/<uuid:document_id>")
class ApplicationDocumentItem(DocumentResource):
    """One document."""

    @needs(Scope.APPLICATIONS_READ)
    @blp.response(200, DocumentSchema, dumped=True)
    def get(self, application_id: UUID, document_id: UUID) -> Any:
        """Read what is known of a document"""
        return self.shown(self.found(application_id, document_id))

    @needs()
    @blp.response(204)
    def delete(self, application_id: UUID, document_id: UUID) -> None:
        """Delete a document

        By who may upload one, and for as long.
        """
        document = self.found(application_id, document_id)
        documents.delete_document(self.session, document, by=self.caller, at=self.at)


@blp.route("/applications/<uuid:application_id>/documents/<uuid:document_id>/content")
class ApplicationDocumentContent(DocumentResource):
    """The file itself."""

    @needs(Scope.APPLICATIONS_READ)
    @blp.response(200, {"type": "string", "format": "binary"}, content_type=ANY_FILE)
    def get(self, application_id: UUID, document_id: UUID) -> Response:
        """Download a document

        Once it is clean, with the scope `personal:read`.
        """
        document = self.found(application_id, document_id)
        documents.must_be_readable(document, by=self.caller)
        return served(document, store_of(services().config).read(document.id))


def served(document: Document, content: bytes) -> Response:
    """The file as an answer that browsers save and never show."""
    answer = Response(content, content_type=ANY_FILE)
    answer.headers.update(SERVED_WITH)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(document.name, safe='')}"
    return answer
