"""Documents on the wire."""

from typing import Any

from marshmallow import fields, post_dump

from domain import policies
from domain.models.documents import Document, DocumentKind, DocumentState
from domain.policies import Principal
from domain.services.document_checks import Upload
from schemas.base import Id, Instant, Int, OneOf, Schema, Str, about, errors_of


class FileField(fields.Raw):
    """A part of a form that is a file."""

    default_error_messages = errors_of("file")

    def __init__(self, *, metadata: dict[str, Any], **options: Any) -> None:
        super().__init__(metadata=metadata | {"type": "string", "format": "binary"}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Upload:
        if not isinstance(value, Upload):
            raise self.make_error("invalid")
        return value


class DocumentUploadSchema(Schema):
    """A file, and what it is for: either its kind, or the question of the form that asks for it."""

    file = FileField(
        required=True,
        metadata=about("A PDF, DOCX, ODT, JPEG or PNG; the whole form may have 12 MiB. Its name says which it is."),
    )
    kind = OneOf(DocumentKind, load_default=None, metadata=about("What it is, where no question asks for it.", "cv"))
    question = Str(load_default=None, most=60, metadata=about("The name of the question that it answers."))


class DocumentSchema(Schema):
    """A file of an application."""

    id = Id(metadata=about("The document's id."))
    application_id = Id(metadata=about("The application that it belongs to."))
    kind = OneOf(DocumentKind, allow_none=True, metadata=about("What it is.", "cv"))
    question = fields.String(allow_none=True, metadata=about("The question of the form that it answers."))
    name = fields.String(
        allow_none=True,
        metadata=about("The file's name as it came; null unless the token may see persons.", "Životopis.pdf"),
    )
    media_type = fields.String(metadata=about("What kind of file it is.", "application/pdf"))
    size = Int(metadata=about("Its bytes. A photograph is kept without where it was taken, and so is smaller.", 81234))
    state = OneOf(
        DocumentState,
        metadata=about(
            "pending until it has been scanned for viruses, where that is set up; then clean or infected. "
            "Only what is clean is handed out.",
            "clean",
        ),
    )
    version = Int(metadata=about("Counts its changes."))
    created_at = Instant(metadata=about("When it was received."))
    updated_at = Instant(metadata=about("When it last changed."))


class PseudonymousDocumentSchema(DocumentSchema):
    """The same without its name, which is often a person's."""

    @post_dump
    def _without_name(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"name": None}


def document_seen(document: Document, *, by: Principal) -> dict[str, Any]:
    """The document as `by`, who may know of it, is shown it."""
    schema = DocumentSchema if policies.sees_file(by, document) else PseudonymousDocumentSchema
    shown: dict[str, Any] = schema().dump(document)
    return shown


class DocumentListSchema(Schema):
    """A page of documents."""

    items = fields.List(fields.Nested(DocumentSchema), metadata=about("The documents of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
