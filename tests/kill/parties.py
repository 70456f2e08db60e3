"""Who takes part in a storm: clients that don't give up, receivers in a bad mood, a reader of the feed."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
import requests

from tests.e2e.running import TOKEN, Running
from tests.integrations.receiver import OK, Hangup, Line, Receiver, reply
from tests.kill.accounts import Arrival

LOST = 0.2  # of the answers get lost on their way: a kill between commit and answer is rare, and this is the same
PAUSE = 0.25  # seconds between two requests of one client


# ── clients ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Client(threading.Thread):
    """Submits one application after the other, each with a key of its own, and asks again until it has an answer."""

    def __init__(self, running: Running, call_id: str, number: int, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self.running, self.call_id, self.number, self.stopping = running, call_id, number, stopping
        self.acknowledged: defaultdict[str, set[str]] = defaultdict(set)
        self.refused: list[str] = []
        self.asked = 0
        self.dice = random.Random(number)
        # Every other one is the public.
        self.token = TOKEN if number % 2 else None

    def run(self) -> None:
        """Submit until told to stop; what was begun is brought to its end."""
        count = 0
        while not self.stopping.wait(PAUSE):
            count += 1
            self.submit(f"client-{self.number}-{count}@example.org", count)

    def submit(self, email: str, count: int) -> None:
        """Apply; of every third application, find out that it is eligible."""
        answer = self.insist(f"/v1/calls/{self.call_id}/applications", self.token, application(email, count))
        if answer is None:
            return
        self.acknowledged[email].add(answer["id"])
        if count % 3 == 0:
            eligible = {"outcome": "eligible", "reason": "As the rules say."}
            self.insist(f"/v1/applications/{answer['id']}/eligibility", TOKEN, eligible)

    def insist(self, path: str, token: str | None, body: Any) -> Any:
        """Ask with the same key until there is an answer; a refusal is noted, and a second answer unlike the first."""
        headers, said = {"Idempotency-Key": str(uuid4())}, set()
        while True:
            self.asked += 1
            try:
                answer = self.running.post(path, token, json=body, headers=headers)
            except requests.RequestException:
                time.sleep(PAUSE)
                continue
            if answer.ok:
                said.add(answer.content)
                if self.dice.random() < LOST:
                    continue
                if len(said) > 1:
                    self.refused.append(f"{path}: {len(said)} answers to one key")
                return answer.json()
            if answer.status_code < 500 and answer.status_code != 429 and answer.json()["code"] != "busy":
                self.refused.append(f"{path} {answer.status_code}: {answer.text}")
                return None
            time.sleep(PAUSE)


def application(email: str, number: int) -> dict[str, Any]:
    """An application of nobody else."""
    person = {"given_names": f"Ana {number}", "family_name": email.partition("@")[0].title()}
    consent = {"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}
    return {
        "person": {**person, "email": email, "birth_date": "2005-03-08", "country": "RS"},
        "answers": {"motivation": "To learn."},
        "consents": [consent],
    }


# ── receivers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _accept(line: Line) -> None:
    line.say(OK)


def _accept_late(line: Line) -> None:
    line.wait(0.4)
    line.say(OK)


def _hang(line: Line) -> None:
    line.wait(1.5)  # longer than the endpoints' timeout
    raise Hangup


def _fail(line: Line) -> None:
    line.say(reply(500, b"not today"))


def _slow_down(line: Line) -> None:
    line.say(reply(429, Retry_After="1"))


def _reset(line: Line) -> None:
    line.reset()


def _break_off(line: Line) -> None:
    line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    raise Hangup


ACCEPTING = (_accept, _accept_late)
# What a receiver does, how often in a hundred times.
MOODS: Mapping[str, Mapping[Callable[[Line], None], int]] = {
    "fair": {_accept: 70, _accept_late: 10, _fail: 10, _reset: 5, _break_off: 5},
    "unstable": {_accept: 40, _fail: 20, _reset: 20, _break_off: 20},
    "slow": {_accept: 20, _accept_late: 50, _hang: 30},
    "overloaded": {_accept: 60, _slow_down: 30, _fail: 10},
}


class Receivers:
    """One receiver, with a path for each mood; it remembers what came and what it was about to say."""

    def __init__(self, seed: int) -> None:
        self.receiver = Receiver()
        self.arrivals: list[Arrival] = []
        self.calm = False
        self.era = 0
        self._dice = random.Random(seed)
        self._lock = threading.Lock()

    def __enter__(self) -> "Receivers":
        self.receiver.__enter__()
        # The receiver hands a behaviour its line, not its request: so it is read where it is noted.
        self.receiver._behave = self._behave  # type: ignore[assignment,method-assign]
        self.receiver.requests = _Noted(self)
        return self

    def __exit__(self, *exception: object) -> None:
        self.receiver.__exit__(*exception)

    def note(self, request: Any) -> None:
        """Decide what to say to a request, and remember both."""
        mood = MOODS[request.path.strip("/")]
        with self._lock:
            choice = _accept if self.calm else self._dice.choices(list(mood), weights=list(mood.values()))[0]
            told = orjson.loads(request.body)
            about = f"{told['type']} {told['data']['id']}"
            webhook_id = request.headers["webhook-id"]
            said = (request.path.strip("/"), webhook_id, about, choice in ACCEPTING)
            self.arrivals.append(Arrival(*said, era=self.era))
        _said.choice = choice

    def _behave(self, line: Line, _path: str) -> None:
        _said.choice(line)


_said = threading.local()  # what the thread of a connection is about to say


class _Noted(list[Any]):
    """The receiver's list of requests: each is noted as it comes, and not kept."""

    def __init__(self, receivers: Receivers) -> None:
        super().__init__()
        self._receivers = receivers

    def append(self, request: Any) -> None:
        self._receivers.note(request)


# ── the reader ────────────────────────────────────────────────────────────────────────────────────────────────────


class Reader(threading.Thread):
    """Follows the feed, a few events at a time, from the first to the last."""

    def __init__(self, running: Running, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self.running, self.stopping = running, stopping
        self.ids: list[str] = []

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stopping.wait(PAUSE):
            self.read_on()

    def read_on(self, limit: int = 7) -> int:
        """Read what follows the last one; return how many there were, none when nobody answers."""
        after = f"&after={self.ids[-1]}" if self.ids else ""
        try:
            answer = self.running.get(f"/v1/events?limit={limit}{after}", TOKEN)
        except requests.RequestException:
            return 0
        found = [item["id"] for item in answer.json()["items"]] if answer.ok else []
        self.ids += found
        return len(found)
