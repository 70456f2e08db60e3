"""The account after a storm of kills: what was promised held against what is there. Nothing here runs anything.

A history is what clients, receivers and the database know when everything has settled; each rule goes through it and
names what breaks it. A forged history shows that a rule can be broken (tests/kill/test_accounts.py).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Application:
    """A row: whose, and where it stands."""

    id: str
    email: str
    state: str = "submitted"


@dataclass(frozen=True)
class Event:
    """A row: what happened to what, and its place in the order."""

    id: str
    position: int | None
    type: str
    resource_id: str


@dataclass(frozen=True)
class Attempt:
    """A row: one attempt that was written down."""

    number: int
    succeeded: bool


@dataclass(frozen=True)
class Delivery:
    """A row: `attempts` counts how often it was taken to be sent, also when a kill kept the attempt from the log."""

    id: str
    endpoint: str
    event: str
    state: str
    attempts: int
    before: int
    log: tuple[Attempt, ...]


@dataclass(frozen=True)
class Arrival:
    """A request that a receiver has read, and whether it was going to say yes to it.

    `era` is how many workers had been killed by then.
    """

    endpoint: str
    webhook_id: str
    told: str  # type and resource
    accepted: bool
    era: int = 0


@dataclass(frozen=True)
class History:
    """What is known in the end. `wanted` is which types each endpoint asked for, `ordered` which of them in order."""

    acknowledged: Mapping[str, frozenset[str]] = field(default_factory=dict)  # ids by e-mail
    refused: Sequence[str] = ()
    applications: Sequence[Application] = ()
    resources: frozenset[str] = frozenset()
    events: Sequence[Event] = ()
    wanted: Mapping[str, str] = field(default_factory=dict)  # a type's beginning by endpoint
    ordered: frozenset[str] = frozenset()
    deliveries: Sequence[Delivery] = ()
    arrivals: Sequence[Arrival] = ()
    feeds: Mapping[str, Sequence[str]] = field(default_factory=dict)


Findings = Iterator[str]


def findings(history: History) -> dict[str, list[str]]:
    """What breaks each rule; a history that is in order breaks none."""
    return {name: list(rule(history)) for name, rule in RULES.items()}


# ── applications and events ───────────────────────────────────────────────────────────────────────────────────────


def _refused(history: History) -> Findings:
    yield from history.refused


def _lost(history: History) -> Findings:
    kept = {application.id for application in history.applications}
    yield from sorted(set().union(*history.acknowledged.values()) - kept)


def _doubled(history: History) -> Findings:
    rows = Counter(application.email for application in history.applications)
    answers = {email: len(ids) for email, ids in history.acknowledged.items()}
    yield from sorted(email for email in rows.keys() | answers if max(rows[email], answers.get(email, 0)) > 1)


def _changes_without_event(history: History) -> Findings:
    told = Counter((event.type, event.resource_id) for event in history.events)
    for application in history.applications:
        steps = ["submitted"] if application.state == "submitted" else ["submitted", application.state]
        for step in steps:
            if told[f"application.{step}", application.id] != 1:
                yield f"{application.id}: application.{step} {told[f'application.{step}', application.id]} times"


def _events_without_change(history: History) -> Findings:
    states = {application.id: application.state for application in history.applications}
    for event in history.events:
        step = event.type.removeprefix("application.")
        undone = event.resource_id in states and step not in ("submitted", states[event.resource_id])
        if event.resource_id not in history.resources or undone:
            yield f"{event.type} of {event.resource_id}"


def _feeds_differ(history: History) -> Findings:
    ranked = sorted((event.position or 0, event.id) for event in history.events)
    if len({position for position, _ in ranked} - {0}) != len(ranked):
        yield "positions are missing or doubled"
    for name, ids in history.feeds.items():
        if list(ids) != [event_id for _, event_id in ranked]:
            yield f"{name}: {len(ids)} of {len(ranked)} events, {len(ids) - len(set(ids))} of them again, or disordered"


# ── deliveries ────────────────────────────────────────────────────────────────────────────────────────────────────


def _never_owed(history: History) -> Findings:
    yield from sorted(map(str, _expected(history) - {(one.endpoint, one.event) for one in history.deliveries}))


def _owed_wrongly(history: History) -> Findings:
    owed = Counter((one.endpoint, one.event) for one in history.deliveries)
    expected = _expected(history)
    yield from sorted(str(pair) for pair, count in owed.items() if pair not in expected or count > 1)


def _expected(history: History) -> set[tuple[str, str]]:
    return {
        (endpoint, event.id)
        for endpoint, beginning in history.wanted.items()
        for event in history.events
        if event.type.startswith(beginning)
    }


def _still_owed(history: History) -> Findings:
    yield from (f"{one.id}: {one.state}" for one in history.deliveries if one.state != "delivered")


def _delivered_to_nobody(history: History) -> Findings:
    accepted = {(arrival.endpoint, arrival.webhook_id) for arrival in history.arrivals if arrival.accepted}
    for one in history.deliveries:
        if one.state == "delivered" and (one.endpoint, one.event) not in accepted:
            yield one.id


def _settled_twice(history: History) -> Findings:
    for one in history.deliveries:
        numbers = [attempt.number for attempt in one.log]
        successes = [attempt.number for attempt in one.log if attempt.succeeded and attempt.number > one.before]
        wrong_end = successes != numbers[-1:] if one.state == "delivered" else successes != []
        if numbers != sorted(set(numbers)) or wrong_end or not set(numbers) <= set(range(1, one.attempts + 1)):
            yield f"{one.id}: {numbers} of {one.attempts}, successes {successes}"


def _unlogged(history: History) -> Findings:
    for one in history.deliveries:
        if one.attempts != len(one.log):
            yield f"{one.id}: {one.attempts} attempts, {len(one.log)} in the log"


def _sent_too_often(history: History) -> Findings:
    arrived: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for arrival in history.arrivals:
        arrived[arrival.endpoint, arrival.webhook_id].append(arrival.era)
    for one in history.deliveries:
        eras = arrived[one.endpoint, one.event]
        # A kill keeps one attempt from the log: sent in an era that ended with a kill, and sent again in a later one.
        cut_off = len(set(eras)) - 1
        if len(eras) > len(one.log) + cut_off:
            yield f"{one.id}: {len(eras)} arrivals in eras {eras}, {len(one.log)} attempts in the log"


def _sent_unasked(history: History) -> Findings:
    owed = {(one.endpoint, one.event) for one in history.deliveries}
    for arrival in history.arrivals:
        if (arrival.endpoint, arrival.webhook_id) not in owed:
            yield f"{arrival.endpoint}: {arrival.webhook_id}"


def _other_webhook_id(history: History) -> Findings:
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for arrival in history.arrivals:
        ids[arrival.told].add(arrival.webhook_id)
    yield from (f"{told}: {sorted(found)}" for told, found in ids.items() if len(found) > 1)


def _out_of_order(history: History) -> Findings:
    positions = {event.id: event.position or 0 for event in history.events}
    for endpoint in sorted(history.ordered):
        firsts = dict.fromkeys(arrival.webhook_id for arrival in history.arrivals if arrival.endpoint == endpoint)
        found = [positions.get(webhook_id, 0) for webhook_id in firsts]
        yield from (f"{endpoint}: {b} after {a}" for a, b in pairwise(found) if b < a)


RULES: Mapping[str, Callable[[History], Findings]] = {
    "refused without a reason": _refused,
    "acknowledged and lost": _lost,
    "doubled": _doubled,
    "changes without event": _changes_without_event,
    "events without change": _events_without_change,
    "feeds that are not the events": _feeds_differ,
    "deliveries never owed": _never_owed,
    "deliveries owed wrongly": _owed_wrongly,
    "deliveries not delivered": _still_owed,
    "deliveries that arrived nowhere": _delivered_to_nobody,
    "deliveries settled twice": _settled_twice,
    "attempts not in the log": _unlogged,
    "arrivals without an attempt": _sent_too_often,
    "arrivals of what is not owed": _sent_unasked,
    "arrivals under another webhook-id": _other_webhook_id,
    "arrivals out of order": _out_of_order,
}
