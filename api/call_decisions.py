"""Decisions on many applications at once, over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flask import request

from api.http import Blueprint, Resource, needs
from api.parsing import Parser
from api.sent_tables import TABLE_BODIES, read_sent_table, told_by_cell
from domain.errors import Finding, refuse
from domain.languages import sentence_language
from domain.models.tokens import Scope
from domain.services import call_decisions
from domain.services.sheet_words import column_name, column_title, state_named
from integrations.formats.xlsx import Cell, Row
from schemas.base import reader
from schemas.call_decisions import DecisionsAnswerSchema, DecisionsQuery, DecisionsSchema

blp = Blueprint("decisions", __name__, url_prefix="/v1", description="Many applications decided on at once.")

ROOT = "/decisions"  # where they stand in a body of JSON
NEEDED = ("reference", "version", "decision")
FILLED_IN = ("decision", "rank", "destination", "reason")
NUMBERS = ("version", "rank")
LONGEST_NUMBER = 9  # digits; what is longer is none of ours
TAKE = {"0": call_decisions.decide_applications, "1": call_decisions.foresee_decisions}  # by `dry_run`
COLUMNS = {"application_id": "reference", "destination_id": "destination"}  # where a field has not its own name


@blp.route("/calls/<name:id_or_slug>/decisions")
class CallDecisions(Resource):
    """Decisions."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(DecisionsQuery, location="query")
    @blp.describe_body(DecisionsSchema)
    @blp.doc(requestBody=TABLE_BODIES)
    @blp.response(200, DecisionsAnswerSchema)
    def post(self, query: dict[str, Any], id_or_slug: str) -> Any:
        """Decide on many applications: all decisions are taken, or none

        As JSON, or as the file that `GET /v1/calls/{id_or_slug}/applications.xlsx` or `.csv` gave, filled in: as the
        body itself, or as `file` of a form, up to 12 MB. A row without a decision is passed over. Each decision is
        taken as its own operation would take it, and has its own event. What keeps one from being taken is named, for
        a file with its cell (`K7`); so is an application that was changed since its `version`.
        """
        self.admit()
        sent, by_cell = _sent()
        take = TAKE[query["dry_run"]]
        with by_cell:
            wanted = DecisionsSchema().load(sent)["decisions"]
            confirm_by = query["confirm_by"]
            decided = take(self.session, id_or_slug, wanted, confirm_by=confirm_by, by=self.caller, at=self.at)
        return {"dry_run": query["dry_run"] == "1", "decisions": decided}


def _sent() -> tuple[Any, AbstractContextManager[None]]:
    """What the request says, as JSON says it, and a context: for a file, the one that names its cells."""
    rows = read_sent_table(request)
    if rows is None:
        return Parser().load_json(request, None), nullcontext()
    columns = _columns(rows[0].letters) if rows else {}
    decided = [row for row in rows if any(columns.get(name) in row for name in FILLED_IN)]
    plain = [dict(_values(row, columns)) for row in decided]
    places = columns | {field: columns[name] for field, name in COLUMNS.items() if name in columns}
    return {"decisions": plain}, told_by_cell(decided, ROOT, places)


def _columns(letters: Mapping[str, str]) -> dict[str, str]:
    """What the columns that count are called in a file. Raises InvalidInput for one that is missing or there twice."""
    named = [(column_name(title), title) for title in letters]
    known = [name for name, _ in named if name is not None]
    lang = sentence_language(reader.get().languages)
    missing = [
        Finding("/rows/1", "no_column", {"column": column_title(name, lang)}) for name in NEEDED if name not in known
    ]
    twice = [
        Finding(f"/rows/1/{name}", "repeated", {"cell": f"{letters[title]}1"})
        for place, (name, title) in enumerate(named)
        if name in NEEDED + FILLED_IN and name in [other for other, _ in named[:place]]
    ]
    refuse([*missing, *twice])
    return {name: title for name, title in named if name is not None}


def _values(row: Row, columns: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name in dict.fromkeys(NEEDED + FILLED_IN):
        cell = row.get(columns.get(name, ""))
        if cell is not None:
            yield name, _value(name, cell)


def _value(name: str, cell: Cell) -> Any:
    """A cell as JSON would say it: spreadsheets make fractions of whole numbers, and texts of numbers."""
    if name in NUMBERS:
        return _number(cell)
    text = str(cell)
    if name == "reference":
        return text.upper()
    return (state_named(text) or text) if name == "decision" else text


def _number(cell: Cell) -> Cell:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) <= LONGEST_NUMBER:
        return int(cell)
    return cell
