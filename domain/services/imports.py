"""Applications that come as a table: kept as they came, for the worker to take in (see `import_work`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any
from unicodedata import category
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import new_id
from domain.errors import Finding, InvalidInput, NotFound, refuse
from domain.languages import CATALOGUES, fold
from domain.models.calls import Call
from domain.models.imports import Import, ImportRow, ImportState, RowOutcome
from domain.policies import Principal
from domain.services.applications import must_accept
from domain.services.calls import get_call
from domain.services.import_columns import NEEDED, ImportColumn, by_title, import_columns
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.sheet_words import column_title
from domain.states import move_to

KEPT_FOR = timedelta(days=14)  # for corrections; what came in is in the applications
NOTE = "#"  # begins the name of a column that is not for us
TOLD = ("result", "errors")  # our own columns in the file that goes back
LONGEST_TITLE = 60  # characters that are repeated in a refusal

Heading = dict[str, Any]  # title, letter, name


@dataclass(frozen=True)
class SentRow:
    """A row as it was sent: its number in the file, and its cells by the titles of their columns."""

    number: int
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class ImportInput:
    """A table: what its columns are called and the letters that a spreadsheet gives them, and its rows."""

    call: str
    titles: Mapping[str, str | None]
    rows: Sequence[SentRow]
    dry_run: bool = False
    lang: str = "en"


def create_import(session: Session, wanted: ImportInput, *, by: Principal, at: datetime) -> Import:
    """Keep a table for the worker to take in, as received at `at`; a dry run finds out what would become of it.

    Raises Forbidden and Conflict as an application would, InvalidInput naming the columns that can't be.
    """
    call = _named_call(session, wanted.call, by=by)
    policies.may_import(by, call)
    must_accept(call, at)
    refuse([] if wanted.rows else [Finding("/rows", "too_few", {"limit": 1})])
    columns = by_title(import_columns(session, call, by=by, words=wanted.lang, lang=wanted.lang))
    made = _import(call, wanted, _headings(wanted, columns), by=by, at=at)
    refuse(_unkeepable(wanted))
    session.add(made)
    session.flush()
    kept = {heading["title"] for heading in made.headings}
    session.execute(insert(ImportRow), [_row(made, row, kept) for row in wanted.rows])
    return made


def _named_call(session: Session, id_or_slug: str, *, by: Principal) -> Call:
    try:
        return get_call(session, id_or_slug, by=by)
    except NotFound as error:
        raise InvalidInput([Finding("/call", "not_found")]) from error


def _import(call: Call, wanted: ImportInput, headings: list[Heading], *, by: Principal, at: datetime) -> Import:
    return Import(
        id=new_id(),
        project_id=call.project_id,
        call_id=call.id,
        organisation_id=by.organisation_id,
        token_id=by.token_id,
        dry_run=wanted.dry_run,
        lang=wanted.lang,
        headings=headings,
        total=len(wanted.rows),
        rows_until=at + KEPT_FOR,
        created_at=at,
        updated_at=at,
    )


def get_import(session: Session, import_id: UUID, *, by: Principal) -> Import:
    """Find one of the caller's imports. Raises NotFound."""
    found = session.scalar(select(Import).where(Import.id == import_id, policies.visible_imports(by)))
    if found is None:
        raise NotFound("There is no such import.")
    return found


def list_imports(session: Session, *, by: Principal, page: PageRequest) -> Page[Import]:
    """List the caller's imports, newest first."""
    query = select(Import).where(policies.visible_imports(by))
    keys = {"created_at": Import.created_at}
    return fetch_page(session, query, page=page, keys=keys, id_column=Import.id, default="-created_at")


def list_rows(
    session: Session, import_id: UUID, *, outcome: RowOutcome | None, by: Principal, page: PageRequest
) -> Page[ImportRow]:
    """List the rows of an import in the file's order, those with one outcome if it is named."""
    query = select(ImportRow).where(ImportRow.import_id == get_import(session, import_id, by=by).id)
    if outcome is not None:
        query = query.where(ImportRow.outcome == outcome)
    keys = {"number": ImportRow.number}
    return fetch_page(session, query, page=page, keys=keys, id_column=ImportRow.id, default="number")


def all_rows(session: Session, found: Import) -> Sequence[ImportRow]:
    """Every row of an import in the file's order; none once they are gone."""
    return session.scalars(select(ImportRow).where(ImportRow.import_id == found.id).order_by(ImportRow.number)).all()


def cancel_import(session: Session, import_id: UUID, *, by: Principal, at: datetime) -> Import:
    """Take in no more of it; what is in stays. Raises StateConflict for one that is over."""
    found = get_import(session, import_id, by=by)
    move_to(found, ImportState.CANCELLED, at=at)
    session.flush()
    return found


def _unkeepable(wanted: ImportInput) -> Iterator[Finding]:
    """Titles and cells with what no text or number of ours has: NUL and its like, halves of characters, infinity."""
    for title, letter in wanted.titles.items():
        if not _is_plain(title):
            yield Finding(_first(wanted), "control_character", _cell(letter, 1))
    for row in wanted.rows:
        for title, cell in row.cells.items():
            if not _is_plain(cell):
                yield Finding(f"/rows/{row.number}", "control_character", _cell(wanted.titles.get(title), row.number))


def _is_plain(cell: Any) -> bool:
    if isinstance(cell, float):
        return isfinite(cell)
    if isinstance(cell, list | dict):
        return all(map(_is_plain, [*cell, *cell.values()] if isinstance(cell, dict) else cell))
    text = cell if isinstance(cell, str) else ""
    return text.isprintable() or not any(category(sign) in ("Cc", "Cs") and sign not in "\n\t\r" for sign in text)


def _first(wanted: ImportInput) -> str:
    """The pointer to the titles: a table has a row of them, JSON has none."""
    return "/rows/1" if any(wanted.titles.values()) else "/rows"


def _cell(letter: str | None, number: int) -> dict[str, str]:
    return {"cell": f"{letter}{number}"} if letter else {}


def _row(made: Import, row: SentRow, kept: set[str]) -> dict[str, Any]:
    cells = {title: cell for title, cell in row.cells.items() if title in kept}
    return {
        "id": new_id(),
        "project_id": made.project_id,
        "import_id": made.id,
        "number": row.number,
        "cells": cells,
        "findings": [],
    }


def _headings(wanted: ImportInput, columns: Mapping[str, ImportColumn]) -> list[Heading]:
    """The file's columns, each with the name of ours that it is; none for a note, and ours of last time left out."""
    told = {fold(f"{NOTE} {words[f'column_{name}']}") for words in CATALOGUES.values() for name in TOLD}
    headings = [
        {"title": title, "letter": letter, "name": columns[fold(title)].name if fold(title) in columns else None}
        for title, letter in wanted.titles.items()
        if fold(title) not in told
    ]
    refuse([*_wrong(headings, _first(wanted)), *_missing(headings, _first(wanted), wanted.lang)])
    return headings


def _wrong(headings: Sequence[Heading], first: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for heading in headings:
        title, name, cell = heading["title"], heading["name"], _cell(heading["letter"], 1)
        if name is None and not title.startswith(NOTE):
            yield Finding(first, "unknown_column", {"column": title[:LONGEST_TITLE], **cell})
        elif name in seen:
            yield Finding(f"{first}/{name}", "repeated", cell)
        elif name is not None:
            seen.add(name)


def _missing(headings: Sequence[Heading], first: str, lang: str) -> Iterator[Finding]:
    present = {heading["name"] for heading in headings}
    for name in NEEDED:
        if name not in present:
            yield Finding(first, "no_column", {"column": column_title(name, lang)})
