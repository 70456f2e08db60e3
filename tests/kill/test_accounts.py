"""Each rule of the account can be broken, and a history in order breaks none."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kill.accounts import Application, Arrival, Attempt, Delivery, Event, History, findings

FAILED_THEN_ARRIVED = (Attempt(1, succeeded=False), Attempt(2, succeeded=True))
IN_ORDER = History(
    acknowledged={"a@x": frozenset({"a"}), "b@x": frozenset({"b"})},
    applications=[Application("a", "a@x"), Application("b", "b@x", "eligible")],
    resources=frozenset({"a", "b"}),
    events=[
        Event("e1", 1, "application.submitted", "a"),
        Event("e2", 2, "application.submitted", "b"),
        Event("e3", 3, "application.eligible", "b"),
    ],
    wanted={"hook": "application.submitted"},
    ordered=frozenset({"hook"}),
    deliveries=[
        Delivery("d1", "hook", "e1", "delivered", 2, 0, FAILED_THEN_ARRIVED),
        # Its second attempt was cut off by the kill, had arrived, and was made again under the same number.
        Delivery("d2", "hook", "e2", "delivered", 2, 0, FAILED_THEN_ARRIVED),
    ],
    arrivals=[
        Arrival("hook", "e1", "application.submitted a", accepted=False),
        Arrival("hook", "e1", "application.submitted a", accepted=True),
        Arrival("hook", "e2", "application.submitted b", accepted=False),
        Arrival("hook", "e2", "application.submitted b", accepted=True),
        Arrival("hook", "e2", "application.submitted b", accepted=True, era=1),
    ],
    feeds={"pages": ["e1", "e2", "e3"]},
)


def changed(field: str, number: int, **values: Any) -> dict[str, Any]:
    """The history with one entry of `field` changed."""
    entries = list(getattr(IN_ORDER, field))
    entries[number] = replace(entries[number], **values)
    return {field: entries}


def without(field: str, number: int) -> dict[str, Any]:
    """The history without one entry of `field`."""
    entries = list(getattr(IN_ORDER, field))
    del entries[number]
    return {field: entries}


def again(field: str, number: int, **values: Any) -> dict[str, Any]:
    """The history with one entry of `field` once more at the end."""
    entries = list(getattr(IN_ORDER, field))
    return {field: [*entries, replace(entries[number], **values)]}


FORGERIES: dict[str, list[dict[str, Any]]] = {
    "refused without a reason": [{"refused": ["a@x: 422"]}],
    "acknowledged and lost": [without("applications", 0)],
    "doubled": [
        again("applications", 0, id="c"),
        {"acknowledged": {"a@x": frozenset({"a", "b"})}},
    ],
    "changes without event": [
        without("events", 0),
        without("events", 2),
        again("events", 0, id="e4", position=4),
        changed("applications", 0, state="eligible"),
    ],
    "events without change": [{"resources": frozenset({"a"})}, changed("applications", 1, state="submitted")],
    "feeds that are not the events": [
        {"feeds": {"pages": ["e1", "e3"]}},
        {"feeds": {"pages": ["e1", "e2", "e2", "e3"]}},
        {"feeds": {"pages": ["e2", "e1", "e3"]}},
        changed("events", 2, position=None),
        changed("events", 2, position=2),
    ],
    "deliveries never owed": [without("deliveries", 0), {"wanted": {"hook": "application."}}],
    "deliveries owed wrongly": [again("deliveries", 0, id="d3"), changed("deliveries", 0, event="e3")],
    "deliveries not delivered": [
        changed("deliveries", 0, state="pending", log=FAILED_THEN_ARRIVED[:1]),
        changed("deliveries", 0, state="failed", log=FAILED_THEN_ARRIVED[:1]),
    ],
    "deliveries that arrived nowhere": [without("arrivals", 1), changed("arrivals", 1, accepted=False)],
    "deliveries settled twice": [
        changed("deliveries", 0, log=(Attempt(1, succeeded=True), Attempt(2, succeeded=True))),
        changed("deliveries", 0, log=(Attempt(2, succeeded=False), Attempt(2, succeeded=True))),
        changed("deliveries", 0, log=(Attempt(1, succeeded=True), Attempt(2, succeeded=False))),
        changed("deliveries", 0, log=(Attempt(1, succeeded=False), Attempt(3, succeeded=True))),
        changed("deliveries", 0, log=FAILED_THEN_ARRIVED[:1]),
        changed("deliveries", 0, state="pending"),
    ],
    "attempts not in the log": [changed("deliveries", 0, attempts=4)],
    "arrivals without an attempt": [
        again("arrivals", 1),
        {"arrivals": [replace(arrival, era=1) for arrival in IN_ORDER.arrivals]},  # all after the last kill
    ],
    "arrivals of what is not owed": [changed("arrivals", 0, webhook_id="e3"), changed("arrivals", 0, endpoint="other")],
    "arrivals under another webhook-id": [changed("arrivals", 0, webhook_id="e9")],
    "arrivals out of order": [{"arrivals": list(reversed(IN_ORDER.arrivals))}],
}


def broken(history: History) -> list[str]:
    """The rules that a history breaks."""
    return [name for name, found in findings(history).items() if found]


def test_a_history_in_order_breaks_no_rule() -> None:
    assert broken(IN_ORDER) == []


def test_every_rule_has_a_forgery() -> None:
    assert list(FORGERIES) == list(findings(IN_ORDER))


@pytest.mark.parametrize(
    ("rule", "forgery"), [(rule, forgery) for rule, forgeries in FORGERIES.items() for forgery in forgeries]
)
def test_a_forgery_breaks_its_rule(rule: str, forgery: dict[str, Any]) -> None:
    assert rule in broken(replace(IN_ORDER, **forgery))


def test_one_asked_for_again_may_succeed_again() -> None:
    log = (*FAILED_THEN_ARRIVED, Attempt(3, succeeded=True))
    asked_again = changed("deliveries", 0, attempts=3, before=2, log=log) | again("arrivals", 1)

    assert broken(replace(IN_ORDER, **asked_again)) == []
