"""`python -m tests.kill.imports [rows]`: an import whose workers are killed five times equals the one that was not.

10,000 rows unless told otherwise, on both engines: a dry run and a run that nobody interrupts, of one call, and a run
of another whose workers are killed without warning, five times. All three must say the same of every row, and each
call must have as many applications and events as rows were added.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

import migrations
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.models.imports import Import, ImportRow, ImportState
from domain.services import imports
from domain.services.imports import ImportInput, SentRow
from domain.transaction import Database, connect, utcnow
from tests import postgres
from tests.kill.processes import Process
from tests.world import World

KILLS = 5
WORKER = ("integrations.worker",)
NAMES = ("given_names", "family_name", "email", "birth_date", "country", "motivation", "consent_processing")
LOOK = 0.05  # seconds between two looks at how far it is


def rows(number: int) -> list[SentRow]:
    """As many rows, of which every seventh lacks its address and every twentieth is of somebody who was there."""
    return [SentRow(at, dict(zip(NAMES, _cells(at), strict=True))) for at in range(2, number + 2)]


def _cells(at: int) -> list[str | None]:
    person = at - 10 if at % 20 == 0 else at
    mail = None if at % 7 == 0 else f"p{person}@example.org"
    return [f"P{person}", "Petrović", mail, "8.3.2005.", "Srbija", "Why not?", "da"]


class Trial:
    """One engine's."""

    def __init__(self, database: Database, environment: dict[str, str], folder: Path) -> None:
        self.database, self.environment, self.folder = database, environment, folder
        self.world = World(database, utcnow)
        self.dice = random.Random(2026)

    def sent(self, call: Call, table: list[SentRow], *, dry_run: bool = False) -> Import:
        """An import of the table, as a school sends it."""
        titles = dict.fromkeys(NAMES)
        wanted = ImportInput(call=str(call.id), titles=titles, rows=table, dry_run=dry_run)
        made: Import = self.world.do(imports.create_import, wanted, by=self.world.principal("school"))
        return made

    def work(self, made: Import, *, kills: int) -> float:
        """Let a worker take it in, killed as often on its way, and say how many seconds it took."""
        moments = sorted(self.dice.randrange(made.total) for _ in range(kills))
        began = time.monotonic()
        with (self.folder / "output").open("ab") as output:
            worker = Process(WORKER, self.environment, output)
            for moment in moments:
                self._wait(made, moment)
                time.sleep(self.dice.random() / 10)
                worker.kill()
                worker.start()
            self._wait(made, made.total)
            assert worker.end() == 0
        return time.monotonic() - began

    def _wait(self, made: Import, number: int) -> None:
        while True:
            (now,) = self.world.read(select(Import).where(Import.id == made.id))
            if now.state is ImportState.DONE or now.done > number:
                return
            time.sleep(LOOK)

    def outcomes(self, made: Import) -> list[tuple[Any, Any]]:
        """What became of each row."""
        found = self.world.read(select(ImportRow).where(ImportRow.import_id == made.id).order_by(ImportRow.number))
        return [(row.outcome, row.findings) for row in found]

    def counts(self, call: Call) -> tuple[int, int]:
        """How many applications the call has, and how many events tell of them."""
        of_call = select(func.count()).select_from(Event).where(Event.call_id == call.id)
        applications = select(func.count()).select_from(Application).where(Application.call_id == call.id)
        submitted = of_call.where(Event.type == EventType.APPLICATION_SUBMITTED)
        return self.world.read(applications)[0], self.world.read(submitted)[0]


def attempt(trial: Trial, number: int) -> str:
    """Try it; say how fast it was. Raises AssertionError when anything differs."""
    table = rows(number)
    one, other = trial.world.call(), trial.world.call(slug="another")
    foreseen, whole, killed = trial.sent(one, table, dry_run=True), None, None
    dry = trial.work(foreseen, kills=0)
    whole = trial.sent(one, table)
    plain = trial.work(whole, kills=0)
    killed = trial.sent(other, table)
    trial.work(killed, kills=KILLS)
    said = trial.outcomes(whole)
    assert trial.outcomes(foreseen) == said, "the dry run foresaw something else"
    assert trial.outcomes(killed) == said, "the one that was killed is another"
    added = sum(outcome == "added" for outcome, _ in said)
    assert trial.counts(one) == trial.counts(other) == (added, added), "some are doubled or lost"
    return f"{number} rows, {added} added: {number / plain:.0f} a second, {number / dry:.0f} foreseen"


@contextmanager
def trial_on(engine: str, folder: Path) -> Iterator[Trial]:
    """A fresh database of an engine, and what its workers are told."""
    name = f"intervet_test_imports_{os.getpid()}"
    url = f"sqlite:///{folder / 'intervet.sqlite'}" if engine == "sqlite" else postgres.create_database(name)
    database = connect(url)
    try:
        migrations.upgrade(database)
        environment = {**os.environ, "INTERVET_DATA_DIR": str(folder), "INTERVET_DATABASE_URL": url}
        yield Trial(database, environment, folder)
    finally:
        database.close()
        if engine == "postgresql":
            postgres.drop_database(name)


def main(words: list[str]) -> int:
    """Try it on both engines."""
    number = int(words[0]) if words else 10_000
    for engine in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, trial_on(engine, Path(folder)) as trial:
            sys.stdout.write(f"{engine}: {attempt(trial, number)}, killed {KILLS} times\n")
            sys.stdout.flush()
    postgres.stop_servers()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
