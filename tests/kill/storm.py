"""A storm: clients apply, receivers misbehave, and server and workers are killed at random; then everything settles."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select

from domain.models import activities, applications, calls, events, organisations, participants, projects, webhooks
from domain.models.webhooks import DeliveryState
from domain.transaction import Database, connect, reading
from tests import postgres
from tests.e2e.running import ROOT, START_WITHIN, TOKEN, Running, free_port, wait_until
from tests.kill import planted
from tests.kill.accounts import Application, Attempt, Delivery, Event, History
from tests.kill.parties import MOODS, Client, Reader, Receivers
from tests.kill.processes import Processes

CLIENTS = 4
WORKERS = {"sqlite": 1, "postgresql": 2}
LONGEST_CALM = 2.0  # seconds before a kill, once what was killed before is at work again
HASTE = 0.25  # of the kills come while it is not: at whatever moment of starting
AT_WORK_WITHIN = 20.0  # seconds; three unless the machine is busy
SETTLES_WITHIN = 150  # seconds after the storm
ORDERED = "fair"  # the mood of the endpoint that wants its messages in order
OPEN = (DeliveryState.PENDING, DeliveryState.LEASED)


@dataclass
class Storm:
    """What is going on."""

    running: Running
    database: Database
    processes: Processes
    receivers: Receivers
    endpoints: dict[str, str]  # moods by endpoint id
    clients: Sequence[Client]
    reader: Reader
    stopping: threading.Event

    def progress(self) -> dict[str, int]:
        """How much the server has answered, and how much has arrived."""
        answered = sum(len(client.acknowledged) for client in self.clients)
        return {"server": answered, "server process": answered, "worker": len(self.receivers.arrivals)}

    def wait_for_more(self, killed: str, *, than: dict[str, int]) -> None:
        """Wait until what was killed works again; on a very busy machine, no longer than need be."""
        deadline = time.monotonic() + AT_WORK_WITHIN
        while self.progress()[killed] <= than[killed] and time.monotonic() < deadline:
            time.sleep(0.05)


@dataclass(frozen=True)
class Outcome:
    """What is known in the end, and how much went on meanwhile."""

    history: History
    told: str


def run(engine: str, folder: Path, *, rounds: int, seed: int, defect: str = "") -> Outcome:
    """Let a storm of so many kills go by on a fresh database, let everything settle, and return what is known."""
    dice = random.Random(f"{engine} {seed}")
    with _database(engine, folder) as url, Receivers(seed) as receivers:
        environment = _environment(url, folder, defect)
        _migrate(environment)
        processes = Processes(environment, folder, workers=WORKERS[engine], dice=dice)
        database = connect(url)
        try:
            storm = _begun(Running(environment["INTERVET_BASE_URL"], environment), database, processes, receivers)
            for _ in range(rounds):
                time.sleep(dice.uniform(0, LONGEST_CALM))
                seen, killed = storm.progress(), processes.kill_one()
                receivers.era = processes.kills["worker"]
                if dice.random() >= HASTE:
                    storm.wait_for_more(killed, than=seen)
            took = _settled(storm)
            pages = _pages(storm.running)
            codes = processes.end()
            assert codes == [0] * len(codes), f"what is told to end ends cleanly: {codes}\n{processes.said()}"
            return _outcome(storm, pages, took)
        finally:
            processes.kill_all()
            database.close()


# ── before ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'intervet.sqlite'}"
        return
    name = f"{postgres.PREFIX}kill_{os.getpid()}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


def _environment(url: str, folder: Path, defect: str) -> dict[str, str]:
    port = free_port()
    return {
        **os.environ,
        "PORT": str(port),
        "INTERVET_DATA_DIR": str(folder),
        "INTERVET_DATABASE_URL": url,
        "INTERVET_BASE_URL": f"http://127.0.0.1:{port}",
        "INTERVET_BOOTSTRAP_TOKEN": TOKEN,
        "INTERVET_ALLOWED_NETWORKS": "127.0.0.0/8",
        "INTERVET_ALLOW_HTTP": "1",
        planted.VARIABLE: defect,
    }


def _migrate(environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "cli.main", "migrate"]
    subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True)


def _begun(running: Running, database: Database, processes: Processes, receivers: Receivers) -> Storm:
    wait_until(lambda: _answers(running), seconds=START_WITHIN)
    call_id, stopping = _call(running), threading.Event()
    clients = [Client(running, call_id, number, stopping) for number in range(CLIENTS)]
    endpoints = {_endpoint(running, receivers, mood): mood for mood in MOODS}
    reader = Reader(running, stopping)
    for thread in (*clients, reader):
        thread.start()
    return Storm(running, database, processes, receivers, endpoints, clients, reader, stopping)


def _answers(running: Running) -> bool:
    try:
        return running.get("/v1/calls").ok
    except requests.RequestException:
        return False


def _endpoint(running: Running, receivers: Receivers, mood: str) -> str:
    wishes = {
        "url": receivers.receiver.url(f"/{mood}"),
        "event_types": ["application.*"],
        "timeout_s": 1,
        "retry_after_s": [1] * 20,
        "ordered": mood == ORDERED,
        "payload": "full" if mood == "unstable" else "thin",
    }
    return str(_made(running, "/v1/webhooks", wishes)["id"])


def _call(running: Running) -> str:
    _made(running, "/v1/projects", PROJECT)
    _made(running, "/v1/projects/STORM/start", {})
    activity = {"project": "STORM", "key": "short", "code": "short_term_learner", "title": {"en": "Three weeks"}}
    school = {"legal_name": "A school", "type": "vet_provider", "country": "RS"}
    membership = {"membership": {"project": "STORM", "roles": ["national_partner"]}}
    owner = _made(running, "/v1/organisations", school | membership)
    made, now = _made(running, "/v1/activities", activity), datetime.now(UTC)
    dates = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(days=1)).isoformat()}
    call = _made(running, "/v1/calls", CALL | dates | {"activity_id": made["id"], "owner_id": owner["id"]})
    _made(running, f"/v1/calls/{call['id']}/publication", {})
    return str(call["id"])


def _made(running: Running, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = running.post(path, TOKEN, json=body)
    assert answer.ok, (path, answer.text)
    made: dict[str, Any] = answer.json()
    return made


# ── after ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _settled(storm: Storm) -> float:
    """Let clients and the reader finish and the receivers calm down; wait until nothing is owed any more."""
    begun = time.monotonic()
    storm.stopping.set()
    storm.receivers.calm = True
    for thread in (*storm.clients, storm.reader):
        thread.join(timeout=SETTLES_WITHIN)
        assert not thread.is_alive(), "a client is still without its answer"
    # One that has stood still is what the account is for: it names what is still owed.
    while _open(storm.database) and time.monotonic() - begun < SETTLES_WITHIN:
        time.sleep(0.5)
    while storm.reader.read_on():
        pass
    return time.monotonic() - begun


def _open(database: Database) -> int:
    with reading(database) as session:
        waiting = select(func.count()).select_from(events.Event).where(events.Event.position.is_(None))
        owed = select(func.count()).select_from(webhooks.Delivery).where(webhooks.Delivery.state.in_(OPEN))
        return (session.scalar(waiting) or 0) + (session.scalar(owed) or 0)


def _pages(running: Running) -> list[str]:
    """The whole feed, by its own links."""
    ids: list[str] = []
    address: str | None = "/v1/events?limit=100"
    while address:
        page = running.get(address, TOKEN).json()
        ids += [item["id"] for item in page["items"]]
        address = page["next"]
    return ids


def _outcome(storm: Storm, pages: list[str], took: float) -> Outcome:
    acknowledged = {email: frozenset(ids) for client in storm.clients for email, ids in client.acknowledged.items()}
    moods = storm.endpoints
    history = History(
        acknowledged=acknowledged,
        refused=[sentence for client in storm.clients for sentence in client.refused],
        applications=_applications(storm.database),
        resources=_resources(storm.database),
        events=_events(storm.database),
        wanted=dict.fromkeys(moods.values(), "application."),
        ordered=frozenset({ORDERED}),
        deliveries=_deliveries(storm.database, moods),
        arrivals=tuple(storm.receivers.arrivals),
        feeds={"pages": pages, "reader": storm.reader.ids},
    )
    return Outcome(history, _told(history, storm, took))


def _told(history: History, storm: Storm, took: float) -> str:
    kills, log = storm.processes.kills, [attempt for one in history.deliveries for attempt in one.log]
    unlogged = sum(one.attempts - len(one.log) for one in history.deliveries)
    return (
        f"{kills.total()} kills ({', '.join(f'{kills[name]} {name}' for name in sorted(kills))}); "
        f"{sum(client.asked for client in storm.clients)} requests for {len(history.acknowledged)} applications; "
        f"{len(history.events)} events; {len(history.deliveries)} deliveries, "
        f"{len(log)} attempts in the log ({sum(not attempt.succeeded for attempt in log)} failed), "
        f"{unlogged} cut off, {len(history.arrivals)} arrivals; settled in {took:.0f} s"
    )


def _applications(database: Database) -> list[Application]:
    rows = _rows(database, applications.Application.id, applications.Application.email, applications.Application.state)
    return [Application(str(row[0]), row[1], row[2].value) for row in rows]


def _resources(database: Database) -> frozenset[str]:
    tables = (
        activities.Activity,
        applications.Application,
        calls.Call,
        organisations.Organisation,
        participants.Participant,
        projects.Project,
        webhooks.Endpoint,
    )
    return frozenset(str(row[0]) for table in tables for row in _rows(database, table.id))


def _events(database: Database) -> list[Event]:
    rows = _rows(database, events.Event.id, events.Event.position, events.Event.type, events.Event.resource_id)
    return [Event(str(row[0]), row[1], row[2].value, str(row[3])) for row in rows]


def _deliveries(database: Database, moods: dict[str, str]) -> list[Delivery]:
    logs = defaultdict(list)
    of = webhooks.Attempt
    for delivery_id, number, status, error in _rows(database, of.delivery_id, of.number, of.status, of.error):
        succeeded = error is None and status is not None and 200 <= status <= 299
        logs[delivery_id].append(Attempt(number, succeeded))
    with reading(database) as session:
        return [
            Delivery(
                id=str(row.id),
                endpoint=moods[str(row.endpoint_id)],
                event=str(row.event_id),
                state=row.state.value,
                attempts=row.attempts,
                before=row.attempts_before,
                log=tuple(sorted(logs[row.id], key=lambda attempt: attempt.number)),
            )
            for row in session.scalars(select(webhooks.Delivery))
        ]


def _rows(database: Database, *columns: Any) -> Sequence[Any]:
    with reading(database) as session:
        return session.execute(select(*columns)).all()


PROJECT = {
    "code": "STORM",
    "title": {"en": "A storm"},
    "action_type": "KA121-VET",
    "rule_set": "KA1-VET-2021",
    "starts_on": "2026-01-01",
    "ends_on": "2028-12-31",
    "languages": ["en"],
}
CALL = {
    "project": "STORM",
    "slug": "in-the-storm",
    "title": {"en": "In the storm"},
    "summary": {"en": "A summary."},
    "description": {"en": "A description."},
    "eligible_countries": ["RS"],
    "places": 1,
    "timezone": "Europe/Belgrade",
    "form": [{"name": "motivation", "type": "text", "label": {"en": "Why?"}, "required": True}],
    "public_intake": True,
    "consent_purposes": ["processing"],
    "destinations": [{"country": "FR", "city": "Lyon", "starts_on": "2027-02-01", "ends_on": "2027-02-21"}],
}
