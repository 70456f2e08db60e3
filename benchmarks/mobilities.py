"""The export of 100,000 mobilities as CSV and as JSON lines, and the memory that it takes."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import requests
from sqlalchemy import Table, insert, make_url

from benchmarks.measure import Effort, Figure, compared, interleaved
from benchmarks.servers import ENGINES, Served, database, served, url_of
from domain.db import new_id
from domain.models.activities import ActivityCode
from domain.models.mobilities import Mobility, MobilityState, RecordStatus
from domain.models.participants import Participant
from domain.transaction import Database, transaction, utcnow
from tests.world import World

ROWS, FEW = 100_000, 10_000
PARTICIPANTS = 1000
FORMATS = {"csv": "CSV", "ndjson": "JSON lines"}
FEW_OF = ActivityCode.JOB_SHADOWING
ROUNDS = 3  # each takes seconds
BATCH = 5000  # rows in one statement
CHUNK = 2000  # rows that a bare loop fetches at once
GROWTH = 5.0  # MB

# What the files hold, without the care for how the wire writes it.
SELECTED = """
SELECT {columns}, a.code, s.legal_name, r.legal_name, p.reference, p.given_names, p.family_name
FROM mobilities m JOIN activities a ON a.id = m.activity_id JOIN participants p ON p.id = m.participant_id
JOIN organisations s ON s.id = m.sending_id LEFT JOIN organisations r ON r.id = m.receiving_id ORDER BY m.id
"""
COPIES = {
    "csv": "COPY ({selected}) TO STDOUT (FORMAT csv, HEADER)",
    "ndjson": "COPY (SELECT row_to_json(line) FROM ({selected}) line) TO STDOUT",
}
FLOORS = {
    ("sqlite", "csv"): "a bare fetchmany loop",
    ("sqlite", "ndjson"): "a bare fetchmany loop",
    ("postgresql", "csv"): "COPY as CSV",
    ("postgresql", "ndjson"): "COPY of row_to_json",
}
AIMS = {"sqlite": 0.85, "postgresql": 0.9}


def run(effort: Effort) -> Iterator[Figure]:
    """Measure on both engines."""
    rows, few = int(ROWS * effort.scale), int(FEW * min(1, effort.scale * 2.5))
    for engine in ENGINES:
        with database(engine) as opened:
            token = _fill(opened, rows, few)
            # One process of one thread, so that it is known whose memory to look at: each thread has a heap of its own.
            with served("wsgi:app", url_of(opened), workers=1, threads=1) as ours:
                for kind in FORMATS:
                    yield from _figures(engine, opened, Export(ours, token, kind), rows=rows, few=few)


def _figures(engine: str, opened: Database, export: "Export", *, rows: int, few: int) -> Iterator[Figure]:
    for _ in range(3):
        export(few, activity=str(FEW_OF))
    peak_of_few = export.peaks[-1]
    sides = {"ours": partial(export, rows), "floor": partial(BARE[engine], opened, export.kind, rows)}
    measured = interleaved(sides, rounds=ROUNDS)
    # The least of the peaks: a heap that was cut up unluckily once isn't one that grows with the rows.
    grown = min(export.peaks[-ROUNDS:]) - peak_of_few
    name = f"export as {FORMATS[export.kind]}"
    yield compared(
        name,
        measured["ours"],
        measured["floor"],
        engine=engine,
        floor=FLOORS[engine, export.kind],
        unit="rows/s",
        aim=AIMS[engine],
        extra={"rows": rows},
    )
    yield Figure(
        name=f"{name}: memory",
        engine=engine,
        floor=f"the same with {few:,} rows",
        unit="MB more",
        ratio=grown,
        ratios=[grown],
        ours=grown,
        floors=0.0,
        aim=GROWTH,
        gate=GROWTH,
        at_most=True,
    )


class Export:
    """An export of one kind; each call is one, and notes the most memory that the process held meanwhile, in MB."""

    def __init__(self, ours: Served, token: str, kind: str) -> None:
        self.kind = kind
        self.peaks: list[float] = []
        self._address = f"http://127.0.0.1:{ours.port}/v1/mobilities.{kind}"
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        (self._worker,) = ours.workers()

    def __call__(self, rows: int, **query: str) -> float:
        """Export `rows` mobilities; how many a second."""
        Path(f"/proc/{self._worker}/clear_refs").write_text("5")  # forgets the highest so far
        began, lines = time.perf_counter(), 0
        with requests.get(self._address, params=query, headers=self._headers, stream=True, timeout=60) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(1 << 16):
                lines += piece.count(b"\n")
        seconds = time.perf_counter() - began
        assert lines == rows + (self.kind == "csv"), lines
        self.peaks.append(_highest(self._worker))
        return rows / seconds


def _fetched(opened: Database, _kind: str, rows: int) -> float:
    began = time.perf_counter()
    pooled = opened.reader.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute(_selected())
        fetched = 0
        while piece := cursor.fetchmany(CHUNK):
            fetched += len(piece)
        cursor.close()
    finally:
        pooled.close()
    seconds = time.perf_counter() - began
    assert fetched == rows, fetched
    return rows / seconds


def _copied(opened: Database, kind: str, rows: int) -> float:
    url = make_url(url_of(opened)).set(drivername="postgresql").render_as_string(hide_password=False)
    statement = COPIES[kind].format(selected=_selected())
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        lines = 0
        with cursor.copy(statement.encode()) as copy:
            for piece in copy:
                lines += bytes(piece).count(b"\n")
        seconds = time.perf_counter() - began
    assert lines == rows + (kind == "csv"), lines
    return rows / seconds


BARE: dict[str, Callable[[Database, str, int], float]] = {"sqlite": _fetched, "postgresql": _copied}


def _selected() -> str:
    return SELECTED.format(columns=", ".join(f"m.{column.name}" for column in _table(Mobility).columns)).strip()


def _highest(pid: int) -> float:
    """The most memory that a process has held, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def _fill(opened: Database, rows: int, few: int) -> str:
    """`rows` mobilities, `few` of them of another activity; the token of who may export them."""
    world = World(opened, utcnow)
    project, school, host = world.project(), world.organisation("school"), world.organisation("host")
    many, rest = world.activity(), world.activity(FEW_OF)
    people = [_participant(number, project, school) for number in range(PARTICIPANTS)]
    with transaction(opened) as session:
        session.execute(insert(_table(Participant)), people)
        for start in range(0, rows, BATCH):
            batch = [
                _mobility(number, project, people[number % PARTICIPANTS]["id"], school, host)
                | {"activity_id": rest if number < few else many}
                for number in range(start, min(start + BATCH, rows))
            ]
            session.execute(insert(_table(Mobility)), batch)
    return world.token("coordinator")


def _participant(number: int, project: UUID, school: UUID) -> dict[str, Any]:
    return {
        **_common(project),
        "reference": f"P-{number:08}",
        "sending_id": school,
        "given_names": "Ана",
        "family_name": f"Петровић {number}",
        "country": "RS",
        "match_key": f"{number:064}",
    }


def _mobility(number: int, project: UUID, participant: UUID, school: UUID, host: UUID) -> dict[str, Any]:
    start = date(2026, 1, 1) + timedelta(days=number % 700)
    return {
        **_common(project),
        "participant_id": participant,
        "role": "participant",
        "sending_id": school,
        "receiving_id": host,
        "sending_country": "RS",
        "receiving_country": "FR",
        "receiving_city": "Lyon",
        "workplace": "A restaurant in the old town",
        "start_date": start,
        "end_date": start + timedelta(days=20),
        "interruption_days": 0,
        "mobility_duration_days": 21,
        "funded_travel_days": 2,
        "blended": False,
        "virtual_days": 0,
        "transport_means": "train",
        "green_travel": True,
        "recent_graduate": False,
        "fewer_opportunities": number % 5 == 0,
        "force_majeure": False,
        "main_language": "fr",
        "violations": ["R01", "R02"] if number % 7 == 0 else [],
        "record_status": RecordStatus.COMPLETE,
        "state": MobilityState.LIVE,
        "synthetic": True,
    }


def _common(project: UUID) -> dict[str, Any]:
    at = utcnow()
    return {"id": new_id(), "project_id": project, "version": 1, "created_at": at, "updated_at": at, "synthetic": True}


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
