"""A table of applications in a request: as JSON, or as the file of a form (CSV, XLSX, NDJSON)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from flask import Request
from marshmallow import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from api.parsing import JSON_TYPES, Parser, read_body
from api.sent_tables import FORM, LARGEST_TABLE, file_of_form
from domain.errors import Finding, InvalidInput
from domain.services.imports import ImportInput, SentRow
from integrations.formats import ndjson
from integrations.formats.csv import BOM
from integrations.formats.tables import BadTable, read_table
from schemas.base import Coded
from schemas.imports import ImportFormSchema, ImportWriteSchema

OPTIONS = tuple(ImportFormSchema().fields)
# What the contract says of the body that is a form, beside its JSON.
FORM_BODY = {
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "CSV, XLSX or NDJSON."},
                    "call": {"type": "string", "description": "The call's id or slug."},
                    "dry_run": {"type": "string", "enum": ["0", "1"], "default": "0"},
                    "lang": {"type": "string", "default": "en"},
                },
                "required": ["file", "call"],
            }
        }
    }
}


def read_sent_import(request: Request) -> ImportInput:
    """The table in the request. Raises ValidationError and InvalidInput, naming fields or cells."""
    if request.mimetype in JSON_TYPES or not request.mimetype:
        sent = ImportWriteSchema().load(Parser().load_json(request, None))
        return _input(sent, [SentRow(number, row) for number, row in enumerate(sent["rows"], 1)], {})
    if request.mimetype != FORM:
        raise UnsupportedMediaType(f"Send {', '.join(sorted(JSON_TYPES))} or {FORM}.")
    request.max_content_length = LARGEST_TABLE
    read_body(request)
    content = file_of_form(request, beside=OPTIONS)
    options = ImportFormSchema().load(_fields(request))
    try:
        rows, letters = _read(content)
    except BadTable as error:
        raise InvalidInput([Finding("/file", "not_a_table")], str(error)) from error
    return _input({**options, "dry_run": options["dry_run"] == "1"}, rows, letters)


def _fields(request: Request) -> dict[str, str]:
    repeated = {name: [Coded("repeated")] for name, values in request.form.lists() if len(values) > 1}
    if repeated:
        raise ValidationError(repeated)
    return request.form.to_dict()


def _read(content: bytes) -> tuple[list[SentRow], Mapping[str, str]]:
    if content.removeprefix(BOM).lstrip()[:1] == b"{":
        return [SentRow(number, row) for number, row in ndjson.read_rows(content)], {}
    rows = read_table(content)
    sent = [SentRow(row.number, {title: _as_json(cell) for title, cell in row.items()}) for row in rows]
    return sent, rows[0].letters if rows else {}


def _as_json(cell: Any) -> Any:
    """A cell as JSON has it: of a date at midnight the day alone."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else cell


def _input(options: Mapping[str, Any], rows: list[SentRow], letters: Mapping[str, str]) -> ImportInput:
    titles: Mapping[str, str | None] = letters or dict.fromkeys(_names(rows))
    return ImportInput(call=options["call"], titles=titles, rows=rows, dry_run=options["dry_run"], lang=options["lang"])


def _names(rows: Iterable[SentRow]) -> Iterable[str]:
    return (name for row in rows for name in row.cells)
