"""Applications of a call as sheets, over HTTP."""

import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

from flask import Response

from api.http import Blueprint, Resource, needs, services, streamed
from domain import policies
from domain.languages import choose_for_record, sentence_language
from domain.models.calls import Call
from domain.models.tokens import Scope
from domain.services import application_sheets, calls, forms
from domain.services.application_sheets import Cell, SheetLayout
from domain.services.applications import ApplicationFilter
from domain.transaction import reading
from integrations.formats import csv
from integrations.formats.workbooks import MIMETYPE, Column, write_workbook
from schemas.application_sheets import ApplicationCsvQuery, ApplicationSheetQuery
from schemas.base import EVERY_LANGUAGE, reader

PIECE = 64 * 1024  # bytes of a workbook that are sent at once
IN_MEMORY = 1024 * 1024  # bytes of a workbook up to which no file is needed

blp = Blueprint("sheets", __name__, url_prefix="/v1", description="Applications in a spreadsheet.")


class ApplicationSheet(Resource):
    """What the sheets share."""

    def layout(self, id_or_slug: str) -> SheetLayout:
        """The sheet's columns, as the caller may see them and in the language that is wanted."""
        policies.require_scope(self.caller, Scope.APPLICATIONS_READ)
        call = calls.get_call(self.session, id_or_slug, by=self.caller)
        wanted = [tag for tag in reader.get().languages if tag != EVERY_LANGUAGE]
        questions = forms.named_questions(self.session, call)
        words, lang = sentence_language(wanted), choose_for_record(forms.form_texts(questions), wanted)
        return SheetLayout(call, questions, words, lang, with_persons=policies.sees_persons(self.caller), at=self.at)

    def rows(self, layout: SheetLayout, query: dict[str, Any]) -> Iterator[list[list[Cell]]]:
        """The rows that are wanted, chunk by chunk."""
        del query["lang"]
        wanted = ApplicationFilter(call_id=layout.call.id, **query)
        opened = partial(reading, services().database)
        return application_sheets.sheet_rows(opened, layout, wanted, by=self.caller)


@blp.route("/calls/<name:id_or_slug>/applications.xlsx")
class CallApplicationsXlsx(ApplicationSheet):
    """As a workbook."""

    @needs(Scope.EXPORTS_READ)
    @blp.arguments(ApplicationSheetQuery, location="query")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type=MIMETYPE, description="A workbook.")
    def get(self, query: dict[str, Any], id_or_slug: str) -> Response:
        """Export a call's applications as a workbook, to decide in

        The columns of its end are empty, with lists to choose from: fill them in, and send the file to
        `POST /v1/calls/{id_or_slug}/decisions`. Needs `applications:read` as well; persons and answers are there for
        `personal:read`.
        """
        layout = self.layout(id_or_slug)
        content = workbook(layout, self.rows(layout, query))
        return _in_language(streamed(content, mimetype=MIMETYPE, filename=f"{layout.call.slug}.xlsx"), layout)


@blp.route("/calls/<name:id_or_slug>/applications.csv")
class CallApplicationsCsv(ApplicationSheet):
    """As text."""

    @needs(Scope.EXPORTS_READ)
    @blp.arguments(ApplicationCsvQuery, location="query")
    @blp.response(200, {"type": "string"}, content_type="text/csv", description="One application a row.")
    def get(self, query: dict[str, Any], id_or_slug: str) -> Response:
        """Export a call's applications as CSV, to decide in

        The same columns as in the workbook. A text that looks like a formula has an apostrophe before it, which is
        taken off again when the file comes back.
        """
        layout, start = self.layout(id_or_slug), csv.BOM if query.pop("bom") == "1" else b""
        content = table(start, layout, self.rows(layout, query))
        return _in_language(streamed(content, mimetype="text/csv", filename=f"{layout.call.slug}.csv"), layout)


def _in_language(response: Response, layout: SheetLayout) -> Response:
    response.headers["Content-Language"] = layout.words
    return response


def table(start: bytes, layout: SheetLayout, chunks: Iterator[list[list[Cell]]]) -> Iterator[bytes]:
    """The bytes of a CSV file: its start, its header, its rows."""
    yield start + csv.write([[column.title for column in layout.columns]])
    for rows in chunks:
        yield csv.write([_as_text(cell) for cell in row] for row in rows)


def _as_text(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def workbook(layout: SheetLayout, chunks: Iterator[list[list[Cell]]]) -> Iterator[bytes]:
    """The bytes of a workbook, put together in a file when there are many."""
    columns = [Column(column.title, column.choices) for column in layout.columns]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        rows = chain.from_iterable(chunks)
        write_workbook(file, _title(layout.call), columns, rows, frozen=application_sheets.IN_SIGHT)
        file.seek(0)
        yield from iter(partial(file.read, PIECE), b"")


def _title(call: Call) -> str:
    """A sheet's name: at most 31 characters, some of which are not allowed; a slug has none of those."""
    return call.slug[:31]
