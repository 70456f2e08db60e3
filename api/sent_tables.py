"""A table in a request: as the body itself or as the file of a form; and errors that name its cells."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from flask import Request
from marshmallow import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from api.parsing import JSON_TYPES, read_body
from domain.errors import Finding, InvalidInput
from integrations.formats.tables import BadTable, read_table
from integrations.formats.workbooks import MIMETYPE
from integrations.formats.xlsx import Row
from schemas.base import Coded
from schemas.findings import findings_of

LARGEST_TABLE = 12 * 1024 * 1024  # bytes
FORM = "multipart/form-data"
TABLES = ("text/csv", MIMETYPE)

_BINARY = {"type": "string", "format": "binary"}
# What the contract says of a body that may be a table, beside its JSON.
TABLE_BODIES = {
    "content": {
        **{kind: {"schema": _BINARY} for kind in TABLES},
        FORM: {"schema": {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}},
    }
}


def read_sent_table(request: Request) -> list[Row] | None:
    """The rows of the table in the request; none when it carries JSON. Raises InvalidInput for what is no table."""
    if request.mimetype in JSON_TYPES or not request.mimetype:
        return None
    if request.mimetype not in (*TABLES, FORM):
        raise UnsupportedMediaType(f"Send {', '.join((*sorted(JSON_TYPES), *TABLES))} or {FORM}.")
    request.max_content_length = LARGEST_TABLE
    body = read_body(request)
    content = file_of_form(request) if request.mimetype == FORM else body
    try:
        return read_table(content)
    except BadTable as error:
        raise InvalidInput([Finding("/file", "not_a_table")], str(error)) from error


def file_of_form(request: Request, *, beside: Collection[str] = ()) -> bytes:
    """The one file of a form that has no fields but those `beside`. Raises ValidationError, naming what is wrong."""
    fields = [name for name in request.form if name not in beside]
    unknown = {name: [Coded("unknown_field")] for name in (*request.files, *fields) if name != "file"}
    sent = request.files.getlist("file")
    if unknown or len(sent) != 1:
        raise ValidationError(unknown or {"file": [Coded("repeated" if sent else "required")]})
    content: bytes = sent[0].read()
    return content


@contextmanager
def told_by_cell(rows: Sequence[Row], root: str, columns: Mapping[str, str]) -> Iterator[None]:
    """Name cells in what is refused: `{root}/3/rank` becomes `/rows/7/rank`, in K7, for the fourth of the rows.

    `columns` says what the column of each field is called in the file.
    """
    try:
        yield
    except ValidationError as error:
        findings = findings_of(error.messages)
        raise InvalidInput([_by_cell(found, rows, root, columns) for found in findings]) from error
    except InvalidInput as error:
        raise InvalidInput([_by_cell(found, rows, root, columns) for found in error.findings], error.detail) from error


def _by_cell(found: Finding, rows: Sequence[Row], root: str, columns: Mapping[str, str]) -> Finding:
    inside = found.pointer.removeprefix(root)
    if inside == found.pointer:
        return found
    start, _, field = inside.removeprefix("/").partition("/")
    if not field:
        return replace(found, pointer="/rows")
    row = rows[int(start)]
    return replace(found, pointer=f"/rows/{row.number}/{field}", values={**found.values, **_cell(row, columns, field)})


def _cell(row: Row, columns: Mapping[str, str], field: str) -> dict[str, str]:
    letter = row.letters.get(columns.get(field, ""))
    return {"cell": f"{letter}{row.number}"} if letter else {}
