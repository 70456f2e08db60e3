"""Mobilities as a file: each line written by the database just as the schema would, in chunks that don't add up.

Each chunk is read by keyset, in a short transaction of its own: a reader who takes an hour holds nothing up, and memory
holds one chunk however many rows there are. A test holds every byte to what schemas/mobilities.py dumps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache, reduce
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from domain import policies
from domain.db import Codes, Instant
from domain.models.activities import Activity
from domain.models.mobilities import Mobility
from domain.models.organisations import Organisation
from domain.models.participants import Participant
from domain.policies import Principal
from domain.services.mobility_lists import MobilityFilter, matches

CHUNK = 2000  # rows: two megabytes of JSON, some tens of milliseconds of reading

Open = Callable[[], AbstractContextManager[Session]]
Write = Callable[[ColumnElement[Any]], ColumnElement[Any]]

Sending, Receiving = aliased(Organisation), aliased(Organisation)

# As schemas/mobilities.py names them, in its order.
FIELDS: Mapping[str, Any] = {
    "id": Mobility.id,
    "project_id": Mobility.project_id,
    "participant_id": Mobility.participant_id,
    "role": Mobility.role,
    "activity_id": Mobility.activity_id,
    "activity": Activity.code,
    "application_id": Mobility.application_id,
    "destination_id": Mobility.destination_id,
    "sending_organisation_id": Mobility.sending_id,
    "sending_organisation": Sending.legal_name,
    "sending_country": Mobility.sending_country,
    "receiving_organisation_id": Mobility.receiving_id,
    "receiving_organisation": Receiving.legal_name,
    "receiving_country": Mobility.receiving_country,
    "receiving_city": Mobility.receiving_city,
    "intermediary_organisation_id": Mobility.intermediary_id,
    "workplace": Mobility.workplace,
    "start_date": Mobility.start_date,
    "end_date": Mobility.end_date,
    "interruption_days": Mobility.interruption_days,
    "mobility_duration_days": Mobility.mobility_duration_days,
    "funded_travel_days": Mobility.funded_travel_days,
    "blended": Mobility.blended,
    "virtual_days": Mobility.virtual_days,
    "transport_means": Mobility.transport_means,
    "green_travel": Mobility.green_travel,
    "distance_band": Mobility.distance_band,
    "recent_graduate": Mobility.recent_graduate,
    "fewer_opportunities": Mobility.fewer_opportunities,
    "force_majeure": Mobility.force_majeure,
    "force_majeure_explanation": Mobility.force_majeure_explanation,
    "main_language": Mobility.main_language,
    "comments": Mobility.comments,
    "with_cause": Mobility.with_cause,
    "violations": Mobility.violations,
    "record_status": Mobility.record_status,
    "state": Mobility.state,
    "version": Mobility.version,
    "created_at": Mobility.created_at,
    "updated_at": Mobility.updated_at,
}
NAMES: Mapping[str, Any] = {
    "reference": Participant.reference,
    "given_names": Participant.given_names,
    "family_name": Participant.family_name,
}
CSV_HEADER = (*FIELDS, *(f"participant_{name}" for name in NAMES))

# What decides whether the reader is shown the names; policies.sees_participant says so, row by row.
DECIDING = ("project_id", "sending_id", "sending_country", "receiving_id", "state", "shared_with_host")
DECIDE = len(DECIDING)


# Along the key, and never by sorting: where the planner has no statistics yet it takes the rows for few, and would have
# every chunk collect and sort all of them again. For the transaction of one chunk.
ALONG_THE_KEY: Mapping[str, Sequence[str]] = {
    "sqlite": (),
    "postgresql": ("SET LOCAL enable_sort = off", "SET LOCAL enable_seqscan = off"),
}


def ndjson_chunks(opened: Open, wanted: MobilityFilter, *, by: Principal) -> Iterator[bytes]:
    """The mobilities that the caller may see, oldest first: one JSON object a line, as the schema dumps it."""
    sees = _names_seen(by)
    for rows in _chunks(opened, _json_query, wanted, by=by):
        lines = [f'{row[0][:-1]},"participant":{row[1] if sees(row[-DECIDE:]) else "null"}}}\n' for row in rows]
        yield "".join(lines).encode()


def csv_rows(opened: Open, wanted: MobilityFilter, *, by: Principal) -> Iterator[list[Sequence[object]]]:
    """The same as rows of plain cells in the order of CSV_HEADER, a chunk at a time."""
    sees, nameless = _names_seen(by), (None,) * len(NAMES)
    whole, rest = len(CSV_HEADER), len(FIELDS)
    for rows in _chunks(opened, _cell_query, wanted, by=by):
        yield [tuple(row[:whole]) if sees(row[-DECIDE:]) else (*row[:rest], *nameless) for row in rows]


def _chunks(
    opened: Open, query_for: Callable[[str], Select[Any]], wanted: MobilityFilter, *, by: Principal
) -> Iterator[Sequence[Any]]:
    # Inside of a function no part of the condition suggests another index to SQLite.
    chosen = func.coalesce(and_(policies.visible_mobilities(by), *matches(wanted)), false())
    after: list[ColumnElement[bool]] = []
    while True:
        with opened() as session:
            engine = session.get_bind().dialect.name
            for setting in ALONG_THE_KEY[engine]:
                session.execute(text(setting))
            query = query_for(engine).where(chosen, *after).order_by(Mobility.id).limit(CHUNK)
            rows = session.execute(query).all()
        if rows:
            yield rows
        if len(rows) < CHUNK:
            return
        after = [Mobility.id > _uuid(rows[-1].last_id)]


def _names_seen(by: Principal) -> Callable[[Sequence[Any]], bool]:
    """What policies.sees_participant says, asked once for all rows that are alike in what decides it."""

    @cache
    def seen(deciding: Sequence[Any]) -> bool:
        values = dict(zip(DECIDING, deciding, strict=True))
        ids = {name: _uuid(value) for name, value in values.items() if name.endswith("_id")}
        row: Any = SimpleNamespace(**values | ids)
        return policies.sees_participant(by, row)

    return seen


def _uuid(held: Any) -> Any:
    """An id as the database holds it, made ours: costly enough not to be done for every row."""
    return UUID(held) if isinstance(held, str) else held


# ── what the database writes ──────────────────────────────────────────────────────────────────────────────────────


def _json_query(engine: str) -> Select[Any]:
    """For each row its line, but for who goes, who stands apart in `names`."""
    if engine == "sqlite":
        return _rows(_sqlite_object(FIELDS).label("line"), _sqlite_object(NAMES).label("names"))
    line, names = _postgresql_object(FIELDS, "line"), _postgresql_object(NAMES, "names")
    whole = [cast(func.row_to_json(literal_column(part.name)), String).label(part.name) for part in (line, names)]
    return _rows(*whole).join(line, true()).join(names, true())


def _cell_query(engine: str) -> Select[Any]:
    """For each row its cells, and after them who goes."""
    return _rows(*(_written(column, CELLS[engine]).label(name) for name, column in {**FIELDS, **NAMES}.items()))


def _rows(*shown: ColumnElement[Any]) -> Select[Any]:
    deciding = [_as_held(getattr(Mobility, name)).label(f"its_{name}") for name in DECIDING]
    return (
        select(*shown, _as_held(Mobility.id).label("last_id"), *deciding)
        .join_from(Mobility, Activity, Activity.id == Mobility.activity_id)
        .join(Participant, Participant.id == Mobility.participant_id)
        .join(Sending, Sending.id == Mobility.sending_id)
        .outerjoin(Receiving, Receiving.id == Mobility.receiving_id)
    )


def _sqlite_object(columns: Mapping[str, Any]) -> ColumnElement[Any]:
    written = {name: _written(column, VALUES["sqlite"]) for name, column in columns.items()}
    return func.json_object(*(part for pair in written.items() for part in pair), type_=String)


def _postgresql_object(columns: Mapping[str, Any], name: str) -> LateralFromClause:
    # json_build_object would be shorter, and puts spaces where the wire has none.
    written = (_written(column, VALUES["postgresql"]).label(label) for label, column in columns.items())
    return select(*written).correlate(Mobility, Activity, Participant, Sending, Receiving).lateral(name)


def _written(column: Any, writers: Mapping[type, Write]) -> ColumnElement[Any]:
    return next((write for kind, write in writers.items() if isinstance(column.type, kind)), _as_held)(column)


def _as_held(column: Any) -> ColumnElement[Any]:
    """The column as the database holds it, not as we would read it."""
    return type_coerce(column, String)


def _as_text(column: Any) -> ColumnElement[Any]:
    return cast(column, String)


def _dashed(column: Any) -> ColumnElement[Any]:
    """SQLite holds the 32 digits of a UUID without its dashes."""
    held, dash = _as_held(column), literal_column("'-'", String)
    first, *rest = (func.substr(held, start, length) for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12)))
    return reduce(lambda done, part: done.concat(dash).concat(part), rest, first)


def _truth(column: Any) -> ColumnElement[Any]:
    return case((column.is_(True), "true"), (column.is_(False), "false"))


def _sqlite_instant(column: Any) -> ColumnElement[Any]:
    """SQLite holds instants as text of one width; the wire leaves out a fraction that is nought."""
    return func.replace(_as_held(column), ".000000Z", "Z")


def _postgresql_instant(column: Any) -> ColumnElement[Any]:
    return func.replace(func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ".000000Z", "Z")


def _sqlite_array(column: Any) -> ColumnElement[Any]:
    """`|R01|R02|` as a JSON array."""
    held = _as_held(column)
    inner = func.replace(func.trim(held, "|"), "|", '","')
    return func.json(case((held == "|", "[]"), else_=literal('["').concat(inner).concat('"]')))


def _postgresql_array(column: Any) -> ColumnElement[Any]:
    return func.string_to_array(func.btrim(_as_held(column), "|"), "|")


def _listed(column: Any) -> ColumnElement[Any]:
    """`|R01|R02|` as `R01 R02`."""
    return func.trim(func.replace(_as_held(column), "|", " "))


# How each kind of column is written, where the database holds it in another way.
VALUES: Mapping[str, Mapping[type, Write]] = {
    "sqlite": {
        Uuid: _dashed,
        Instant: _sqlite_instant,
        Codes: _sqlite_array,
        Boolean: lambda column: func.json(_truth(column)),
    },
    "postgresql": {Instant: _postgresql_instant, Codes: _postgresql_array},
}
CELLS: Mapping[str, Mapping[type, Write]] = {
    "sqlite": {Uuid: _dashed, Instant: _sqlite_instant, Codes: _listed, Boolean: _truth},
    "postgresql": {
        Uuid: _as_text,
        Date: _as_text,
        Instant: _postgresql_instant,
        Codes: _listed,
        Boolean: _truth,
    },
}
