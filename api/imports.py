"""Many applications at once, over HTTP: the template to fill in, the import, what became of its rows."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request

from api.http import Blueprint, Resource, needs, streamed
from api.sent_imports import FORM_BODY, read_sent_import
from domain import policies
from domain.languages import choose_for_record, message, sentence_language
from domain.models.imports import Import, ImportRow
from domain.models.tokens import Scope
from domain.services import calls, forms, import_columns, import_feedback, imports
from domain.services.import_cells import read_code, read_text
from domain.services.import_columns import ImportColumn
from integrations.formats.workbooks import MIMETYPE, Column, Explained, write_workbook
from integrations.formats.xlsx import MOST_ROWS
from schemas.base import EVERY_LANGUAGE, LanguageQuery, ListQuery, reader
from schemas.calls import NothingSchema
from schemas.imports import ImportListSchema, ImportRowListSchema, ImportRowQuery, ImportSchema, ImportWriteSchema

IN_MEMORY = 1024 * 1024  # bytes of a workbook up to which no file is needed
PIECE = 64 * 1024  # bytes of it that are sent at once
NAMES = 2  # columns that stay in sight
LISTED = 60  # choices that are spelled out where columns are explained

blp = Blueprint("imports", __name__, url_prefix="/v1", description="Many applications at once.")


@blp.route("/calls/<name:id_or_slug>/form.xlsx")
class CallFormXlsx(Resource):
    """The template."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type=MIMETYPE, description="A workbook.")
    def get(self, query: dict[str, Any], id_or_slug: str) -> Response:
        """Export a workbook to apply to a call with, one application a row

        A column for each question, with lists to choose from, and a sheet that explains them. Filled in, it goes to
        `POST /v1/imports`.
        """
        call = calls.get_call(self.session, id_or_slug, by=self.caller)
        words, lang = _words(), choose_for_record(forms.form_texts(call.form), _wanted())
        columns = import_columns.import_columns(self.session, call, by=self.caller, words=words, lang=lang)
        explained = Explained(message("explain_title", words), _explained(columns, words))
        return _workbook(f"{call.slug}-form", map(_column, columns), (), words=words, explained=explained)


@blp.route("/imports")
class Imports(Resource):
    """Imports."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, ImportListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List imports, newest first"""
        return self.listed(imports.list_imports(self.session, by=self.caller, page=self.page(query)))

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.describe_body(ImportWriteSchema)
    @blp.doc(requestBody=FORM_BODY)
    @blp.response(202, ImportSchema)
    def post(self) -> Any:
        """Apply for many people at once, or foresee what would come of it

        As a form with the filled-in template as its `file` (or any CSV, XLSX or NDJSON with such columns), up to 10,000
        rows and 12 MB; or as JSON. Rows are taken in one after the other, by the same rules as applications that come
        alone, and count as received now. A person who is in already is recognised, and nothing of theirs is changed.
        """
        self.admit()
        wanted = read_sent_import(request)
        made = imports.create_import(self.session, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/imports/{made.id}")
        return made


@blp.route("/imports/<uuid:import_id>")
class ImportItem(Resource):
    """One import."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.response(200, ImportSchema)
    def get(self, import_id: UUID) -> Any:
        """Read how far an import is"""
        found = imports.get_import(self.session, import_id, by=self.caller)
        self.tag(found.version)
        return found


@blp.route("/imports/<uuid:import_id>/cancellation")
class ImportCancellation(Resource):
    """Enough."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ImportSchema)
    def post(self, _nothing: dict[str, Any], import_id: UUID) -> Any:
        """Cancel an import; what is in stays"""
        return imports.cancel_import(self.session, import_id, by=self.caller, at=self.at)


@blp.route("/imports/<uuid:import_id>/rows")
class ImportRows(Resource):
    """What became of the rows."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.arguments(ImportRowQuery, location="query")
    @blp.response(200, ImportRowListSchema)
    def get(self, query: dict[str, Any], import_id: UUID) -> Any:
        """List what became of an import's rows, in the order of the file"""
        page, outcome = self.page(query), query["outcome"]
        found = imports.get_import(self.session, import_id, by=self.caller)
        rows = imports.list_rows(self.session, import_id, outcome=outcome, by=self.caller, page=page)
        return self.listed(rows, dump=partial(_told, found))


@blp.route("/imports/<uuid:import_id>/feedback")
class ImportFeedback(Resource):
    """The file that goes back."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type=MIMETYPE, description="A workbook.")
    def get(self, query: dict[str, Any], import_id: UUID) -> Response:
        """Export an import's rows with what became of each, to mend them and send them again

        Its last two columns say it; they are passed over when it comes back. Needs `personal:read` as well.
        """
        policies.require_scope(self.caller, Scope.PERSONAL_READ)
        found, words = imports.get_import(self.session, import_id, by=self.caller), _words()
        columns = [Column(title, text=True) for title in import_feedback.titles(found, words)]
        rows = [*import_feedback.feedback(found, imports.all_rows(self.session, found), words)]
        return _workbook(f"import-{found.id}", columns, rows, words=words)


def _wanted() -> list[str]:
    return [tag for tag in reader.get().languages if tag != EVERY_LANGUAGE]


def _words() -> str:
    return sentence_language(_wanted())


def _told(found: Import, row: ImportRow) -> dict[str, Any]:
    names = ("number", "outcome", "application_id", "reference")
    return {name: getattr(row, name) for name in names} | {"errors": import_feedback.row_errors(found, row, _words())}


def _column(column: ImportColumn) -> Column:
    """In columns of text, what is typed stays: numbers lose their zeros, and 3/4 becomes a date otherwise."""
    return Column(column.title, column.choices, text=column.read in (read_text, read_code))


def _explained(columns: Iterable[ImportColumn], words: str) -> list[list[object]]:
    titles = [message(f"explain_{name}", words) for name in ("column", "needed", "how", "choices")]
    return [list[object](titles), *(_explanation(column, words) for column in columns)]


def _explanation(column: ImportColumn, words: str) -> list[object]:
    needed = message("cell_yes" if column.needed else "cell_no", words)
    how = " ".join(filter(None, [column.help, message(column.hint, words)]))
    more = ["…"] if len(column.choices) > LISTED else []
    return [column.title, needed, how, "; ".join([*column.choices[:LISTED], *more])]


def _workbook(
    filename: str,
    columns: Iterable[Column],
    rows: Iterable[Sequence[object]],
    *,
    words: str,
    explained: Explained | None = None,
) -> Response:
    """A workbook as an answer; one that is explained is a template, with lists to choose from in all its rows."""
    content = _written(filename[:31], list(columns), rows, explained)
    response = streamed(content, mimetype=MIMETYPE, filename=f"{filename}.xlsx")
    response.headers["Content-Language"] = words
    return response


def _written(
    title: str, columns: list[Column], rows: Iterable[Sequence[object]], explained: Explained | None
) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        spare = MOST_ROWS if explained else 0
        write_workbook(file, title, columns, rows, frozen=NAMES, spare=spare, explained=explained)
        file.seek(0)
        yield from iter(partial(file.read, PIECE), b"")
