"""The worker's part of an import: some rows in a transaction, until all are done with.

There is no second door: each row goes through `submit_application`, in a savepoint of its own. What became of it is
written down in the transaction that takes it in, so whenever the worker is killed, it goes on where it was and takes
in nothing twice. A dry run does the same and takes each row back.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from domain.db import change, instant_text
from domain.errors import DomainError, DuplicateApplication, Finding, InvalidInput, refuse
from domain.models.applications import Application, SubmittedVia
from domain.models.calls import Call
from domain.models.imports import UNFINISHED, Import, ImportRow, ImportState, RowOutcome
from domain.models.tokens import Token
from domain.policies import Principal
from domain.services.applications import ApplicationInput, key_of, keys_of, submit_application
from domain.services.calls import get_call
from domain.services.import_columns import ImportColumn, import_columns
from domain.services.import_rows import read_row
from domain.services.tokens import holder_of
from domain.states import move_to

CHUNK = 25  # rows in one transaction: a quarter of a second in which nobody else writes

log = logging.getLogger("intervet.imports")

Load = Callable[[Mapping[str, Any]], ApplicationInput]  # raises InvalidInput for what has the wrong shape


@dataclass(frozen=True)
class _Part:
    """What the rows of one transaction share."""

    session: Session
    found: Import
    call: Call
    by: Principal
    load: Load
    at: datetime

    def columns(self) -> dict[str, ImportColumn]:
        """The columns of ours that the file has, by what they are called there."""
        lang = self.found.lang
        ours = import_columns(self.session, self.call, by=self.by, words=lang, lang=lang)
        known = {column.name: column for column in ours}
        return {each["title"]: known[each["name"]] for each in self.found.headings if each["name"] in known}


def anything_waiting(session: Session) -> bool:
    """Whether an import is to be gone on with."""
    return bool(session.scalar(select(exists().where(Import.state.in_(UNFINISHED)))))


def go_on(session: Session, *, load: Load, at: datetime) -> int:
    """Take in the next rows of the import that has waited longest; return how many there were, plus one.

    Zero when there is nothing to do, or other workers are at it.
    """
    waiting = select(Import).where(Import.state.in_(UNFINISHED)).order_by(Import.updated_at, Import.id).limit(1)
    found = session.scalar(waiting.with_for_update(skip_locked=True))
    if found is None:
        return 0
    token = session.get_one(Token, found.token_id)
    if token.revoked_at is not None:
        move_to(found, ImportState.CANCELLED, at=at)
        return 1
    if found.state is ImportState.PENDING:
        move_to(found, ImportState.RUNNING, at=at)
    rows = session.scalars(_rows(found).where(ImportRow.number > found.position).limit(CHUNK)).all()
    if rows:
        by = holder_of(session, token, at=at)
        call = get_call(session, str(found.call_id), by=by)
        _take_in(_Part(session, found, call, by, load, at), rows)
    if len(rows) < CHUNK:  # Rows that were forgotten meanwhile will never be done with.
        move_to(found, ImportState.DONE if found.done == found.total else ImportState.CANCELLED, at=at)
    found.updated_at = at  # The others have their turn first.
    return 1 + len(rows)


def forget_rows(session: Session, *, at: datetime) -> None:
    """Drop the rows of imports that have been kept for long enough; the counts stay."""
    old = select(Import.id).where(Import.rows_until <= at)
    session.execute(delete(ImportRow).where(ImportRow.import_id.in_(old)))


def forget_person(session: Session, application: Application) -> None:
    """Drop the rows that brought an application, or named the same person, before who it was is erased."""
    known = key_of(application.email_key, application.name_key)
    theirs = or_(ImportRow.application_id == application.id, ImportRow.person_key == known)
    session.execute(delete(ImportRow).where(ImportRow.project_id == application.project_id, theirs))


def _rows(found: Import) -> Select[Any]:
    return select(ImportRow).where(ImportRow.import_id == found.id).order_by(ImportRow.number)


def _take_in(part: _Part, rows: Sequence[ImportRow]) -> None:
    columns = part.columns()
    counts = dict.fromkeys(RowOutcome, 0)
    for row in rows:
        row.outcome = _tried(part, row, columns)
        counts[row.outcome] += 1
    totals = {outcome.value: getattr(part.found, outcome.value) + count for outcome, count in counts.items()}
    change(part.found, {**totals, "position": rows[-1].number}, at=part.at)


def _tried(part: _Part, row: ImportRow, columns: Mapping[str, ImportColumn]) -> RowOutcome:
    """Take one row in, or write down what is against it."""
    try:
        _take_in_one(part, row, columns)
    except DuplicateApplication as known:
        row.reference = str(known.values["reference"])
        return RowOutcome.UNCHANGED
    except InvalidInput as error:
        return _rejected(row, error.findings)
    except DomainError as error:
        return _rejected(row, [Finding("", error.code, error.values)])
    except DBAPIError:
        raise  # The transaction is begun anew.
    except Exception as error:
        # One row that we can't deal with must not stop the others, nor the worker.
        log.exception("row failed", extra={"error_class": type(error).__name__})
        return _rejected(row, [Finding("", "internal")])
    return RowOutcome.ADDED


def _take_in_one(part: _Part, row: ImportRow, columns: Mapping[str, ImportColumn]) -> None:
    reading = read_row(part.call, columns, row.cells, lang=part.found.lang)
    refuse(reading.findings)
    try:
        wanted = part.load(reading.body)
        row.person_key = key_of(*keys_of(wanted.person).values())
        _refuse_repetition(part, row)
        _submit(part, row, wanted)
    except InvalidInput as error:
        raise InvalidInput(reading.told_by_column(error.findings)) from error


def _submit(part: _Part, row: ImportRow, wanted: ApplicationInput) -> None:
    named, via, received_at = str(part.call.id), SubmittedVia.IMPORT, part.found.created_at
    with part.session.begin_nested() as trial:
        made = submit_application(part.session, named, wanted, by=part.by, at=part.at, via=via, received_at=received_at)
        if part.found.dry_run:
            trial.rollback()
            return
    row.application_id, row.reference = made.id, made.reference


def _refuse_repetition(part: _Part, row: ImportRow) -> None:
    """Raise InvalidInput for a person whom an earlier row has brought: a dry run must know it, too."""
    earlier = select(ImportRow.number).where(
        ImportRow.import_id == row.import_id,
        ImportRow.person_key == row.person_key,
        ImportRow.outcome == RowOutcome.ADDED,
        ImportRow.number < row.number,
    )
    number = part.session.scalar(earlier.order_by(ImportRow.number).limit(1))
    if number is not None:
        raise InvalidInput([Finding("", "repeated_row", {"row": number})])


def _rejected(row: ImportRow, findings: Sequence[Finding]) -> RowOutcome:
    row.findings = [
        {"column": one.pointer, "code": one.code, "values": {name: _plain(value) for name, value in one.values.items()}}
        for one in findings
    ]
    return RowOutcome.REJECTED


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return value if isinstance(value, int | float | str | None) else str(value)
