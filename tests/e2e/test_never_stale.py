"""Nobody reads what was true a moment ago: every process of a real server shows a change, and a deadline, at once."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.conftest import ENGINES
from tests.e2e.running import START_WITHIN, TOKEN, Running, installation, wait_until

SECONDS_OPEN = 8  # long enough to publish, to read and to change on a busy machine
FRESH = 20  # connections at once, to meet every process
STRANGERS = 8  # readers who come once

Readers = Mapping[int, HTTPConnection]


@pytest.fixture(params=ENGINES)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A running installation with a project that is going on."""
    with installation(request.param, tmp_path) as running:
        make(running, "/v1/projects", PROJECT)
        make(running, "/v1/projects/STALE/start", {})
        yield running


@pytest.fixture
def readers(running: Running) -> Iterator[Readers]:
    """A connection to each of the server's processes, by its number."""
    found: dict[int, HTTPConnection] = {}
    # On a busy machine the last process may start to answer long after the first.
    wait_until(lambda: meet(running, found), seconds=START_WITHIN)
    yield found
    for connection in found.values():
        connection.close()


def test_every_process_shows_a_change_and_a_deadline_at_once(running: Running, readers: Readers) -> None:
    changing, closing = (
        published(running, "changing", seconds=3600),
        published(running, "closing", seconds=SECONDS_OPEN),
    )
    before = shown(running, readers)

    running.patch(f"/v1/calls/{changing['id']}", TOKEN, json={"title": {"en": "Another title"}})
    changed = shown(running, readers)
    time.sleep(max(0, datetime.fromisoformat(closing["closes_at"]).timestamp() - time.time()))
    closed = shown(running, readers)

    assert len(readers) >= 2
    assert before == {("A title", "open", ("changing", "closing"))}
    assert changed == {("Another title", "open", ("changing", "closing"))}
    assert closed == {("Another title", "closed", ("changing",))}


def shown(running: Running, readers: Readers) -> set[tuple[Any, ...]]:
    """What every process shows, over connections that stand and over fresh ones, as far as it differs."""
    every_process = [partial(read, connection) for connection in readers.values()]
    fresh = [lambda path: running.get(path).json()] * STRANGERS
    return {
        (
            ask("/v1/calls/changing")["title"],
            ask("/v1/calls/closing")["status"],
            tuple(sorted(item["slug"] for item in ask("/v1/calls?status=open")["items"])),
        )
        for ask in (*every_process, *fresh)
    }


def meet(running: Running, found: dict[int, HTTPConnection]) -> bool:
    """Make some connections, keep those to processes that weren't found yet; tell whether all are found."""
    port = urlsplit(running.base_url).port
    some = [HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(FRESH)]
    for connection in some:
        read(connection, "/v1/calls")
    processes = {other.raddr: other.pid for other in psutil.net_connections("tcp") if other.raddr and other.pid}
    for connection in some:
        if found.setdefault(processes[connection.sock.getsockname()], connection) is not connection:
            connection.close()
    return found.keys() == siblings(next(iter(found)))


def read(connection: HTTPConnection, path: str) -> Any:
    """GET over a connection that stands."""
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def siblings(pid: int) -> set[int]:
    """A server's process, and those beside it."""
    parent = psutil.Process(pid).parent()
    assert parent is not None
    return {child.pid for child in parent.children()}


def published(running: Running, slug: str, *, seconds: float) -> dict[str, Any]:
    """A call that is open for so long."""
    now = datetime.now(UTC)
    activity = {
        "project": "STALE",
        "key": slug.replace("-", "_"),
        "code": "short_term_learner",
        "title": {"en": "Abroad"},
    }
    dates = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(seconds=seconds)).isoformat()}
    made = make(running, "/v1/activities", activity)
    call = make(running, "/v1/calls", CALL | dates | {"slug": slug, "activity_id": made["id"]})
    return make(running, f"/v1/calls/{call['id']}/publication", {})


def make(running: Running, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST as the coordinator."""
    answer = running.post(path, TOKEN, json=body)
    assert answer.ok, (path, answer.text)
    made: dict[str, Any] = answer.json()
    return made


PROJECT = {
    "code": "STALE",
    "title": {"en": "Never stale"},
    "action_type": "KA121-VET",
    "rule_set": "KA1-VET-2021",
    "starts_on": "2026-01-01",
    "ends_on": "2028-12-31",
    "languages": ["en"],
}
TEXT = {"en": "A title"}
CALL = {
    "project": "STALE",
    "title": TEXT,
    "summary": TEXT,
    "description": TEXT,
    "eligible_countries": ["RS"],
    "places": 1,
    "timezone": "Europe/Belgrade",
    "form": [{"name": "motivation", "type": "text", "label": {"en": "Why?"}, "required": True}],
    "consent_purposes": ["processing"],
    "destinations": [{"country": "FR", "city": "Lyon", "starts_on": "2027-02-01", "ends_on": "2027-02-21"}],
}
