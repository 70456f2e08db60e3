"""docs/webhooks.md holds what it says: its receivers are started and sent to, its tables are those of the code."""

import json
import os
import random
import re
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from integrations.exchange import EXPLANATIONS, Exchange
from integrations.webhooks import signing
from integrations.webhooks.deliver import OURS, render
from integrations.webhooks.retries import SCHEDULE
from schemas.webhooks import EndpointWriteSchema
from tests.contract.foreign import node_folder, program
from tests.contract.test_signatures import Keys, new_keys
from tests.integrations.sending import outcomes, sender

DOCUMENT = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
KEYS, OLD, STRANGERS = (new_keys(random.Random(seed)) for seed in range(3))
EVENT_ID = "019ab000-0000-7000-8000-000000000001"


def section(heading: str) -> str:
    """What stands under a heading, down to the next one."""
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found.group(1)


def code(heading: str) -> str:
    """The code under a heading."""
    (found,) = re.findall(r"^```\w+\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)
    return str(found)


def table(heading: str) -> list[list[str]]:
    """The cells of the last table under a heading, without its head."""
    rows = [line for line in section(heading).splitlines() if line.startswith("|")]
    last_head = max(number for number, row in enumerate(rows) if row.startswith("|---"))
    return [[cell.strip().strip("`") for cell in row.strip("|").split(" | ")] for row in rows[last_head + 1 :]]


def delivery(url: str, *, keys: Keys = KEYS, at: datetime | None = None) -> Exchange:
    """What we would send there, signed in both schemes."""
    occurred_at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    body = render("call.published", occurred_at=occurred_at, data={"title": "Mobilnost učenika — Тирана 🎓"})
    signed = signing.headers(
        (keys.secret, keys.signing_key), message_id=EVENT_ID, timestamp=at or datetime.now(UTC), body=body
    )
    return Exchange(0, 0, url, body, {**OURS, **signed})


def tampered(exchange: Exchange) -> Exchange:
    """The same with other content."""
    return exchange._replace(body=exchange.body.replace(b"call", b"ball"))


def statuses(url: str) -> list[int | None]:
    """What a receiver answers to a message, to the same again, and to what isn't genuine."""
    good = delivery(url)
    stale = delivery(url, at=datetime.now(UTC) - timedelta(minutes=10))
    with sender() as one:
        all_of_them = (good, good, tampered(good), stale, delivery(url, keys=STRANGERS))
        return [outcomes(one, each)[0].status for each in all_of_them]


ANSWERED = [204, 204, 400, 400, 400]


@contextmanager
def running(*command: str, folder: Path, port: int, events: Path) -> Iterator[str]:
    """The address of a receiver that is started for the while."""
    settings = {"INTERVET_SECRET": KEYS.secret, "INTERVET_EVENTS": str(events), "PORT": str(port)}
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/hooks/intervet"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the receiver does not listen")


@pytest.fixture
def port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Where a receiver keeps what it got."""
    folder = tmp_path / "events"
    folder.mkdir()
    return folder


def test_the_receiver_in_python_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERVET_SECRET", KEYS.secret)
    monkeypatch.setenv("INTERVET_EVENTS", str(tmp_path / "events.sqlite"))
    module: dict[str, Any] = {"__name__": "receiver"}
    exec(code("Python, with `standardwebhooks` and Flask"), module)
    client = module["app"].test_client()
    good = delivery("https://school.example/")
    stale = delivery("https://school.example/", at=datetime.now(UTC) - timedelta(minutes=10))
    forged = delivery("https://school.example/", keys=STRANGERS)

    came = [
        client.post("/hooks/intervet", data=one.body, headers=dict(one.headers)).status_code
        for one in (good, good, tampered(good), stale, forged)
    ]

    assert came == ANSWERED
    assert kept_in(tmp_path / "events.sqlite") == [(EVENT_ID, good.body)]


def kept_in(database: Path) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT id, body FROM events").fetchall()


def test_the_receiver_in_node_does_what_it_says(tmp_path: Path, port: int, events: Path) -> None:
    node, folder = program("node"), node_folder(tmp_path)
    (folder / "receiver.cjs").write_text(code("Node, with `standardwebhooks`"))

    with running(node, "receiver.cjs", folder=folder, port=port, events=events) as url:
        came = statuses(url)

    assert (came, kept(events)) == (ANSWERED, {f"{EVENT_ID}.json": delivery(url).body})


def test_the_receiver_in_php_does_what_it_says(tmp_path: Path, port: int, events: Path) -> None:
    php = program("php")
    (tmp_path / "receiver.php").write_text(code("PHP, with nothing but PHP"))

    with running(php, "-S", f"127.0.0.1:{port}", "receiver.php", folder=tmp_path, port=port, events=events) as url:
        came = statuses(url)

    assert (came, kept(events)) == (ANSWERED, {f"{EVENT_ID}.json": delivery(url).body})


def kept(events: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in events.iterdir()}


@dataclass(frozen=True)
class Sent:
    """A message as a verifier gets it, and whether it is to take it for genuine."""

    headers: Mapping[str, str]
    body: bytes
    genuine: bool


def sent() -> list[Sent]:
    """What is genuine, and what is not."""
    good = delivery("https://school.example/")
    bad = [
        tampered(good),
        good._replace(headers={**good.headers, "webhook-id": "another"}),
        good._replace(headers={**good.headers, "webhook-signature": "v1a,AAAA v1,AAAA nonsense"}),
        delivery("https://school.example/", at=datetime.now(UTC) - timedelta(minutes=10)),
        delivery("https://school.example/", keys=STRANGERS),
    ]
    return [Sent(good.headers, good.body, genuine=True), *(Sent(one.headers, one.body, genuine=False) for one in bad)]


def judged(command: list[str], folder: Path) -> list[bool]:
    """What a verifier in another language says about each message, given on its standard input."""
    messages = [{"headers": dict(one.headers), "body": one.body.decode()} for one in sent()]
    done = subprocess.run(
        command, cwd=folder, check=True, input=json.dumps(messages), capture_output=True, text=True, timeout=30
    )
    verdicts: list[bool] = json.loads(done.stdout)
    return verdicts


EXPECTED = [one.genuine for one in sent()]


def test_the_public_key_verifies_in_python() -> None:
    module: dict[str, Any] = {}
    exec(code("`v1a` in Python"), module)

    verdicts = [module["is_genuine"](one.headers, one.body, [OLD.public_key, KEYS.public_key]) for one in sent()]

    assert verdicts == EXPECTED


NODE_HARNESS = """
const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const known = JSON.parse(process.argv[2]);
console.log(JSON.stringify(given.map((one) => isGenuine(one.headers, Buffer.from(one.body), known))));
"""


@pytest.mark.parametrize(
    "known", [{"secret": KEYS.secret}, {"publicKeys": [OLD.public_key, KEYS.public_key]}], ids=["v1", "v1a"]
)
def test_node_alone_verifies_either_scheme(tmp_path: Path, known: dict[str, Any]) -> None:
    node = program("node")
    (tmp_path / "verify.cjs").write_text(code("Node, with nothing but Node") + NODE_HARNESS)

    assert judged([node, "verify.cjs", json.dumps(known)], tmp_path) == EXPECTED


PHP_HARNESS = """
$given = json_decode(stream_get_contents(STDIN), true);
echo json_encode(array_map(fn ($one) => isGenuine($one['headers'], $one['body'], array_slice($argv, 1)), $given));
"""


def test_the_public_key_verifies_in_php(tmp_path: Path) -> None:
    php = program("php")
    (tmp_path / "verify.php").write_text(code("`v1a` in PHP") + PHP_HARNESS)

    assert judged([php, "verify.php", OLD.public_key, KEYS.public_key], tmp_path) == EXPECTED


def shown(length: timedelta) -> str:
    """A length of time as the document writes it."""
    seconds = int(length.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def test_the_schedule_in_the_document_is_ours() -> None:
    ours = [
        [str(number), shown(delay), shown(since)]
        for number, (delay, since) in enumerate(zip(SCHEDULE, accumulate(SCHEDULE), strict=True), 1)
    ]

    assert table("What we try again, and when") == ours


def test_the_errors_in_the_document_are_those_of_the_log() -> None:
    assert table("What the log says") == [[error.value, means] for error, means in EXPLANATIONS.items()]


def test_the_fields_in_the_document_are_those_of_an_endpoint() -> None:
    assert [row[0] for row in table("What you can set")] == list(EndpointWriteSchema().fields)
