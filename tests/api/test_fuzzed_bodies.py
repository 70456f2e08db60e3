"""Inputs that nobody thought of: valid bodies with something in them changed, left out, or put elsewhere."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.house import APPLICATION, House

# 100 of each body on each engine: a few seconds. The same ones every time, so that a failure is nobody's bad luck.
bounded = settings(max_examples=100, deadline=None, derandomize=True, database=None)

NUMBERS = [2**31, 2**63, -1, 10**50, 1e308, 0.1]
TEXTS = [
    "\ud800",
    "\x00",
    "\u202e",
    "",
    " ",
    "a" * 3000,
    "-",
    "١٢",
    "1_000",
    "*",
    "../..",
    "%00",
    "' OR 1=1 --",
    "{lang}",
]
TIMES = ["0001-01-01", "9999-12-31T23:59:59-14:00", "2026-12-01T07:00:00Z"]
AWKWARD = st.sampled_from([*NUMBERS, *TEXTS, *TIMES, "XK"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | AWKWARD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a body."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from places(inner, (*at, key))


@st.composite
def mutated(draw: st.DrawFn, body: Any) -> Any:
    """The body with one to three mutations."""
    made = deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        ways = list(places(made))
        if ways:
            _mutate(draw, made, draw(st.sampled_from(ways)))
    return made


def _mutate(draw: st.DrawFn, made: Any, way: tuple[Any, ...]) -> None:
    *path, last = way
    for step in path:
        made = made[step]
    match draw(st.sampled_from(["replace", "remove", "add", "nest"])):
        case "replace":
            made[last] = draw(VALUES)
        case "remove":
            del made[last]
        case "add" if isinstance(made, dict):
            made[draw(st.text(max_size=8) | AWKWARD.map(str))] = draw(VALUES)
        case _:
            made[last] = [made[last]]


def call(house: House) -> dict[str, Any]:
    """A call with everything in it that a call can have."""
    world = house.world
    return {
        "project": world.project_code(),
        "activity_id": str(world.activity()),
        "title": {"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону"},
        "summary": {"en": "For cooks."},
        "eligible_countries": ["RS"],
        "profile": "learner",
        "places": 1,
        "opens_at": "2026-11-01T00:00:00Z",
        "closes_at": "2026-12-24T12:00:00+01:00",
        "timezone": "Europe/Belgrade",
        "destinations": [
            {
                "country": "FR",
                "city": "Lyon",
                "host_id": str(world.organisation("host")),
                "places": 1,
                "starts_on": "2027-02-01",
                "ends_on": "2027-02-21",
            }
        ],
        "form": [
            {"name": "why", "type": "text", "label": {"en": "Why?"}, "max_length": 50},
            {"name": "day", "type": "date", "label": {"en": "When?"}, "min_date": "2027-01-01"},
            {
                "name": "season",
                "type": "choice",
                "label": {"en": "?"},
                "choices": [{"value": "x", "label": {"en": "X"}}],
            },
        ],
        "consent_purposes": ["processing"],
        "contact": "mobility@example.org",
    }


def send(house: House, path: str, body: Any, **headers: str) -> int:
    """Post a body as it is, and give the answer's status."""
    answer = house.client.post(path, data=json.dumps(body), content_type="application/json", headers=headers)
    return answer.status_code


def test_the_bodies_are_valid_before_they_are_changed(house: House) -> None:
    token = {"Authorization": f"Bearer {house.world.token('partner')}"}

    assert send(house, "/v1/calls", call(house), **token) == 201
    assert send(house, f"{house.call}/applications", APPLICATION) == 201


@bounded
@given(data=st.data())
def test_no_call_is_too_odd(house: House, data: st.DataObject) -> None:
    token = {"Authorization": f"Bearer {house.world.token('partner')}"}

    assert send(house, "/v1/calls", data.draw(mutated(call(house))), **token) in (201, 400, 403, 409, 422)


@bounded
@given(body=mutated(APPLICATION))
def test_no_application_is_too_odd(house: House, body: Any) -> None:
    assert send(house, f"{house.call}/applications", body) in (201, 400, 409, 422)


@bounded
@given(body=mutated({"title": {"en": "Lyon", "sq": None}, "places": 3, "form": [], "destinations": None}))
def test_no_patch_is_too_odd(house: House, body: Any) -> None:
    path, headers = house.call, {"Authorization": f"Bearer {house.world.token('partner')}"}

    answer = house.client.patch(path, data=json.dumps(body), content_type="application/json", headers=headers)

    assert answer.status_code in (200, 400, 409, 422)


@bounded
@given(body=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_no_bytes_are_too_odd(house: House, kind: str, body: bytes) -> None:
    answer = house.client.post(f"{house.call}/applications", data=body, content_type=kind)

    assert answer.status_code in (400, 415, 422)
