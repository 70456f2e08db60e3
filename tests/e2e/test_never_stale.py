"""Nobody reads what was true a moment ago: every process of a real server shows a change, and a deadline, at once."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.conftest import ENGINES
from tests.e2e.running import TOKEN, Running, installation

SECONDS_OPEN = 4  # long enough to publish, to read and to change on a busy machine
FRESH = 20  # readers who come anew
TRIES = 20  # times as many connections until every process must have taken one

Readers = Mapping[int, HTTPConnection]


@pytest.fixture(scope="module", params=ENGINES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running installation with a project and an activity."""
    with installation(request.param, tmp_path_factory.mktemp("stale")) as running:
        make(running, "/v1/projects", PROJECT)
        make(running, "/v1/projects/STALE/start", {})
        yield running


@pytest.fixture
def readers(running: Running) -> Iterator[Readers]:
    """A connection to each of the server's processes, by its number."""
    port = urlsplit(running.base_url).port
    found: dict[int, HTTPConnection] = {}
    with ExitStack() as stack:
        for _ in range(TRIES):
            some = [stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=20))) for _ in range(FRESH)]
            for connection in some:
                read(connection, "/v1/calls")
            found |= behind(some)
            if found.keys() == siblings(next(iter(found))):
                break
        assert len(found) >= 2
        assert found.keys() == siblings(next(iter(found)))
        yield found


def test_every_process_shows_a_change_at_once(running: Running, readers: Readers) -> None:
    call = published(running, "a-change", seconds=3600)
    before = shown(running, readers, "/v1/calls/a-change", "title")

    running.patch(f"/v1/calls/{call['id']}", TOKEN, json={"title": {"en": "Another title"}})

    assert (before, shown(running, readers, "/v1/calls/a-change", "title")) == ({"A title"}, {"Another title"})


def test_every_process_shows_a_deadline_at_once(running: Running, readers: Readers) -> None:
    call = published(running, "a-deadline", seconds=SECONDS_OPEN)
    before = shown(running, readers, "/v1/calls/a-deadline", "status")

    time.sleep(max(0, datetime.fromisoformat(call["closes_at"]).timestamp() - time.time()))

    assert (before, shown(running, readers, "/v1/calls/a-deadline", "status")) == ({"open"}, {"closed"})


def test_every_process_drops_a_closed_call_from_the_open_ones_at_once(running: Running, readers: Readers) -> None:
    call = published(running, "off-the-list", seconds=SECONDS_OPEN)
    before = listed(readers)

    time.sleep(max(0, datetime.fromisoformat(call["closes_at"]).timestamp() - time.time()))

    assert ({"off-the-list" in slugs for slugs in before}, {"off-the-list" in slugs for slugs in listed(readers)}) == (
        {True},
        {False},
    )


def shown(running: Running, readers: Readers, path: str, name: str) -> set[Any]:
    """What every process shows, over connections that stand and over fresh ones."""
    over_standing = {read(connection, path)[name] for connection in readers.values()}
    return over_standing | {running.get(path).json()[name] for _ in range(FRESH)}


def listed(readers: Readers) -> list[list[str]]:
    """The open calls, as every process lists them."""
    answers = [read(connection, "/v1/calls?status=open") for connection in readers.values()]
    return [[item["slug"] for item in answer["items"]] for answer in answers]


def read(connection: HTTPConnection, path: str) -> Any:
    """GET over a connection that stands."""
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def behind(connections: Iterable[HTTPConnection]) -> Readers:
    """The connections by the process at their other end."""
    processes = {other.raddr: other.pid for other in psutil.net_connections("tcp") if other.raddr and other.pid}
    return {processes[connection.sock.getsockname()]: connection for connection in connections}


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
