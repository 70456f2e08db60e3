"""Mobilities as files: byte for byte what the schema dumps, with the rows' own limits of sight, in flat memory."""

import tracemalloc
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, event, insert, inspect, select

from domain import policies
from domain.db import new_id
from domain.models.mobilities import Mobility
from domain.models.participants import Participant
from domain.policies import OPERATOR, Principal
from domain.services import mobilities, mobility_exports, tokens
from domain.services.mobility_lists import MobilityFilter
from domain.transaction import Database, reading, transaction
from schemas.mobilities import NAMELESS, MobilitySchema
from tests.conftest import Clock
from tests.world import World

ODD = 'Ћ "quoted", back\\slash / tab\tand\nnew line,\r \x01\x08\x0c\x1f\x7f \u2028 <&> 😀'
EVERYTHING: dict[str, Any] = {
    "receiving_city": "Forlì-Bologna",
    "workplace": ODD,
    "interruption_days": 2,
    "funded_travel_days": 9,
    "blended": True,
    "virtual_days": 4,
    "transport_means": "train",
    "green_travel": True,
    "distance_band": "500-1999",
    "recent_graduate": True,
    "fewer_opportunities": True,
    "force_majeure": True,
    "main_language": "sr-Latn",
    "comments": ODD,
}
NOTHING: dict[str, Any] = {"receiving_id": None, "receiving_country": None, "start_date": None, "end_date": None}


def ndjson(database: Database, *, by: Principal = OPERATOR, **wanted: Any) -> bytes:
    chunks = mobility_exports.ndjson_chunks(partial(reading, database), MobilityFilter(**wanted), by=by)
    return b"".join(chunks)


def cells(database: Database, *, by: Principal = OPERATOR) -> list[list[object]]:
    chunks = mobility_exports.csv_rows(partial(reading, database), MobilityFilter(), by=by)
    return [list(row) for rows in chunks for row in rows]


def dumped(database: Database, *, by: Principal = OPERATOR) -> list[dict[str, Any]]:
    with reading(database) as session:
        query = select(Mobility).where(policies.visible_mobilities(by)).order_by(Mobility.id)
        return [
            MobilitySchema().dump(row) | ({} if policies.sees_participant(by, row) else NAMELESS)
            for row in session.scalars(query)
        ]


def as_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def as_cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def as_cells(row: dict[str, Any]) -> list[str]:
    names = row.pop("participant") or dict.fromkeys(mobility_exports.NAMES)
    return [as_cell(value) for value in (*row.values(), *names.values())]


def principal(world: World, name: str) -> Principal:
    with reading(world.database) as session:
        return tokens.authenticate(session, world.token(name), at=world.clock())


@pytest.fixture
def some(world: World, clock: Clock) -> World:
    """Mobilities of all kinds: with everything, with nothing, at an instant with a fraction, in several states."""
    world.mobility(**EVERYTHING, intermediary_id=world.organisation("coordinator"))
    world.mobility(world.participant("Đorđe", family_name="O'Neill"), **NOTHING)
    clock.move(microseconds=123456)
    world.live(world.mobility(world.participant("Bora", country="AL")))
    broken_off = world.live(world.mobility())
    world.do(mobilities.terminate_mobility, broken_off.id, with_cause=True)
    return world


@pytest.mark.parametrize("name", ["coordinator", "partner", "albanian_partner", "school", "host", "agency", "network"])
def test_each_line_is_what_the_schema_dumps_for_this_reader(some: World, name: str, database: Database) -> None:
    by = principal(some, name)

    assert ndjson(database, by=by) == as_lines(dumped(database, by=by))


@pytest.mark.parametrize("name", ["coordinator", "host"])
def test_each_row_is_what_the_schema_dumps_for_this_reader(some: World, name: str, database: Database) -> None:
    by = principal(some, name)

    shown = [[as_cell(value) for value in row] for row in cells(database, by=by)]

    assert shown == [as_cells(row) for row in dumped(database, by=by)]


def test_a_host_is_shown_the_names_of_the_confirmed_alone(some: World, database: Database) -> None:
    lines = ndjson(database, by=principal(some, "host")).splitlines()

    shown = [(line["state"], bool(line["participant"])) for line in map(orjson.loads, lines)]
    assert shown == [("nominated", False), ("live", True), ("terminated", True)]


def test_the_header_names_what_the_schema_names() -> None:
    fields = [name for name in MobilitySchema().fields if name != "participant"]

    assert list(mobility_exports.CSV_HEADER[: len(fields)]) == fields


def test_chunks_join_without_a_gap(some: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mobility_exports, "CHUNK", 2)

    assert ndjson(database) == as_lines(dumped(database))


def test_what_was_deleted_is_not_exported(world: World, database: Database) -> None:
    gone, kept = world.mobility(), world.mobility()
    with transaction(database) as session:
        held = mobilities.lock_mobility(session, gone.id, by=OPERATOR)
        mobilities.delete_mobility(session, held, by=OPERATOR, at=world.clock())

    assert [orjson.loads(line)["id"] for line in ndjson(database).splitlines()] == [str(kept.id)]


def test_an_export_is_narrowed_like_a_list(world: World, database: Database, clock: Clock) -> None:
    world.mobility()
    clock.move(days=1)
    late = world.mobility()

    lines = ndjson(database, modified_since=clock.now - timedelta(hours=1), sending_country="RS").splitlines()

    assert [orjson.loads(line)["id"] for line in lines] == [str(late.id)]


def test_a_stream_holds_no_transaction_while_it_is_read(world: World, database: Database) -> None:
    world.mobility()
    chunks = mobility_exports.ndjson_chunks(partial(reading, database), MobilityFilter(), by=OPERATOR)

    next(chunks)

    assert database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]


def many(world: World, count: int) -> None:
    """Copy one mobility `count` times, past the services: this is about reading."""
    original = world.mobility(**EVERYTHING)
    columns = [column.key for column in inspect(Mobility).column_attrs]
    row = {name: getattr(original, name) for name in columns}
    with transaction(world.database) as session:
        session.execute(insert(Mobility), [row | {"id": new_id()} for _ in range(count)])


def peak(chunks: Iterable[bytes]) -> tuple[int, int]:
    """How many lines come, and the most memory that is held meanwhile, in bytes."""
    tracemalloc.start()
    try:
        lines = sum(chunk.count(b"\n") for chunk in chunks)
        return lines, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(world: World, database: Database) -> None:
    many(world, 20_000)
    stream = partial(mobility_exports.ndjson_chunks, partial(reading, database), MobilityFilter(), by=OPERATOR)

    few = peak(islice(stream(), 2))
    all_of_them = peak(stream())

    assert (few[0], all_of_them[0]) == (2 * mobility_exports.CHUNK, 20_001)
    assert all_of_them[1] < 1.2 * few[1]


def test_a_chunk_is_read_along_the_key_and_never_sorted(some: World, database: Database) -> None:
    many(some, 3000)  # so many that a planner without statistics would rather sort
    by, statements = principal(some, "coordinator"), []
    note = lambda *call: statements.append(call[2:4])  # noqa: E731  the listener, to be removed by name
    event.listen(Engine, "before_cursor_execute", note)
    ndjson(database, by=by)
    event.remove(Engine, "before_cursor_execute", note)

    query, parameters = statements[-1]

    with reading(database) as session:
        connection, explain = session.connection(), "EXPLAIN QUERY PLAN " if database.on_sqlite else "EXPLAIN "
        for setting, _ in statements:
            if setting.startswith("SET LOCAL"):
                connection.exec_driver_sql(setting)
        plan = [str(row[-1]) for row in connection.exec_driver_sql(explain + query, parameters)]
    assert [line for line in plan if "Sort" in line or "TEMP B-TREE" in line] == []


def test_every_column_that_is_personal_is_among_the_names() -> None:
    personal = {column.name for column in Participant.__table__.columns if column.info.get("personal")}
    exported = {column.name for column in map(column_of, mobility_exports.FIELDS.values())}

    assert exported & personal == set()


def column_of(attribute: Any) -> Any:
    return attribute.property.columns[0]
