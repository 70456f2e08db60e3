"""The schemas of events keep what they promised: whoever receives them may rely on it for years."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as Refused
from marshmallow import ValidationError

from domain.models.applications import ApplicationState
from domain.models.calls import CallState
from domain.models.events import EventType
from domain.models.mobilities import MobilityState
from domain.models.projects import ProjectState
from domain.models.webhooks import EndpointState
from schemas.event_types import VERSIONS, data_schema, example, json_schema
from schemas.events import INSTANCES, DataSchema, dumped
from tests.contract.contract import Contract
from tests.contract.event_schemas.__main__ import ADVICE, main
from tests.contract.event_schemas.comparison import breaks
from tests.contract.event_schemas.promised import broken, current, promise, promised

KINDS = list(EventType)
STATES = {
    "project": ProjectState,
    "call": CallState,
    "application": ApplicationState,
    "mobility": MobilityState,
    "webhook": EndpointState,
}
Change = Callable[[dict[str, Any]], Any]


# ── what is promised ──────────────────────────────────────────────────────────────────────────────────────────────


def test_no_published_schema_is_broken() -> None:
    assert broken(promised(), current()) == [], ADVICE


def test_what_was_added_is_promised_too() -> None:
    before = promised()

    changed = [name for name, schema in current().items() if before.get(name) != schema]

    assert changed == [], "run `python -m tests.contract.event_schemas`"


def test_the_command_takes_what_was_added(tmp_path: Path) -> None:
    less = deepcopy(dict(current()))
    del less["call.opened.v1"], less["call.closed.v1"]["properties"]["data"]["properties"]["sample"]
    promise(less, tmp_path)

    assert (main(tmp_path), promised(tmp_path)) == ([], current())


def test_the_command_refuses_what_breaks(tmp_path: Path) -> None:
    more = deepcopy(dict(current()))
    more["call.closed.v1"]["required"] += ["places"]
    promise(more, tmp_path)

    assert (main(tmp_path), promised(tmp_path)) == (["call.closed.v1 /: required", ADVICE], more)


# Closing soon has everything: ids, an instant, a number with bounds, and what all have.
SCHEMA = json_schema(EventType.CALL_CLOSING_SOON)
PROMISED = {
    "type": "object",
    "properties": {
        "data": SCHEMA["properties"]["data"],
        "state": {"type": "string", "enum": ["open", "closed"], "maxLength": 6},
        "days": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "either": {"anyOf": [{"type": "string"}]},
    },
    "required": ["data"],
    "additionalProperties": False,
}


def data(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what an event tells."""
    return schema["properties"]["data"]


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of one thing that it tells."""
    return data(schema)["properties"][name]


BREAKING: dict[str, tuple[Change, str]] = {
    "a property goes": (lambda s: data(s)["properties"].pop("sample"), "/data/sample: removed"),
    "another type": (lambda s: field(s, "version").update(type="string"), "/data/version: type"),
    "null as well": (lambda s: field(s, "url").update(type=["string", "null"]), "/data/url: type"),
    "no type": (lambda s: field(s, "url").pop("type"), "/data/url: type"),
    "an integer becomes a number": (lambda s: field(s, "days").update(type="number"), "/data/days: type"),
    "no longer required": (lambda s: data(s)["required"].remove("call_id"), "/data: required"),
    "nothing required": (lambda s: data(s).pop("required"), "/data: required"),
    "another format": (lambda s: field(s, "closes_at").update(format="date"), "/data/closes_at: format"),
    "no format": (lambda s: field(s, "id").pop("format"), "/data/id: format"),
    "a larger maximum": (lambda s: field(s, "days").update(maximum=2**53), "/data/days: maximum"),
    "no maximum": (lambda s: field(s, "days").pop("maximum"), "/data/days: maximum"),
    "a smaller minimum": (lambda s: field(s, "days").update(minimum=-1), "/data/days: minimum"),
    "no longer closed": (lambda s: data(s).pop("additionalProperties"), "/data: additionalProperties"),
    "open": (lambda s: data(s).update(additionalProperties=True), "/data: additionalProperties"),
    "a choice more": (lambda s: s["properties"]["state"]["enum"].append("ajar"), "/state: enum"),
    "any choice": (lambda s: s["properties"]["state"].pop("enum"), "/state: enum"),
    "longer": (lambda s: s["properties"]["state"].update(maxLength=7), "/state: maxLength"),
    "an empty list": (lambda s: s["properties"]["days"].update(minItems=0), "/days: minItems"),
    "others in the list": (lambda s: s["properties"]["days"]["items"].update(type="string"), "/days/*: type"),
    "anything in the list": (lambda s: s["properties"]["days"].pop("items"), "/days/*: other"),
    "a word unknown to us": (lambda s: s["properties"]["either"]["anyOf"].append({}), "/either: anyOf"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_found(name: str) -> None:
    change, expected = BREAKING[name]
    changed = deepcopy(PROMISED)
    change(changed)

    assert breaks(PROMISED, changed) == [expected]


HARMLESS: dict[str, Change] = {
    "nothing": lambda s: None,
    "a new property": lambda s: data(s)["properties"].update(places={"type": "integer"}),
    "a new required property": lambda s: (
        data(s)["properties"].update(places={"type": "integer"}),
        data(s)["required"].append("places"),
    ),
    "required from now on": lambda s: data(s)["required"].append("sample"),
    "another sentence": lambda s: field(s, "url").update(description="Where."),
    "another example": lambda s: field(s, "days").update(examples=[3]),
    "a narrower number": lambda s: field(s, "days").update(minimum=1, maximum=14),
    "never null": lambda s: field(s, "object").update(type="object"),
    "a pattern": lambda s: field(s, "url").update(pattern="^https?:"),
    "one value": lambda s: field(s, "resource").update(const="call"),
    "a choice less": lambda s: s["properties"]["state"]["enum"].remove("closed"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_passes(name: str) -> None:
    changed = deepcopy(PROMISED)

    HARMLESS[name](changed)

    assert breaks(PROMISED, changed) == []


ONE, TWO, OPENED = "call.closed.v1", "call.closed.v2", "call.opened.v1"
OTHER = PROMISED | {"required": []}


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ({ONE: PROMISED}, {ONE: OTHER}, [f"{ONE} /: required"]),
        ({ONE: PROMISED}, {TWO: OTHER}, []),
        ({ONE: PROMISED, TWO: OTHER}, {ONE: PROMISED}, [f"{TWO} /: removed"]),
        ({ONE: PROMISED}, {OPENED: OTHER}, [f"{ONE} /: removed"]),
        ({ONE: PROMISED}, {ONE: PROMISED, OPENED: OTHER}, []),
    ],
)
def test_what_breaks_takes_a_new_version(before: Any, now: Any, found: list[str]) -> None:
    assert broken(before, now) == found


# ── one truth ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_what_its_schema_says_and_what_is_sent(kind: EventType) -> None:
    body = example(kind)

    checker(kind).validate(body)

    assert dumped(kind, body["data"]) == body["data"]
    assert body["data"]["state"] in list(STATES[body["data"]["resource"]])


WRONG: dict[str, Any] = {
    "id": "x",
    "resource": 5,
    "state": None,
    "version": "1",
    "url": ["https://intervet.example"],
    "sample": "yes",
    "object": [],
    "email": "ana@example.org",
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_before_sending_is_refused_by_the_published_schema(kind: EventType, name: str) -> None:
    body = example(kind)
    body["data"][name] = WRONG[name]

    with pytest.raises(ValidationError):
        INSTANCES[kind].load(body["data"])
    with pytest.raises(Refused):
        checker(kind).validate(body)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_required_is_required_by_both(kind: EventType) -> None:
    for name in data_schema(kind)["required"]:
        body = example(kind)
        del body["data"][name]

        with pytest.raises(ValidationError):
            dumped(kind, body["data"])
        assert not checker(kind).is_valid(body)


@pytest.mark.parametrize("more", [{"sample": True}, {"object": None}, {"object": {"id": "x", "places": 2}}])
def test_a_sample_and_a_full_payload_are_what_the_schema_says(more: dict[str, Any]) -> None:
    body = example(EventType.CALL_CLOSED)
    body["data"] |= more

    checker(EventType.CALL_CLOSED).validate(body)

    assert dumped(EventType.CALL_CLOSED, body["data"]) == body["data"]


@pytest.mark.parametrize("change", [{"type": "call.opened"}, {"timestamp": "yesterday"}, {"more": 1}])
def test_a_body_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    assert not checker(EventType.CALL_CLOSED).is_valid(example(EventType.CALL_CLOSED) | change)


@pytest.mark.parametrize("moment", ["soon", "2026-11-29", "2026-11-29T09:00:00", 5, None])
def test_an_instant_that_is_none_is_refused_by_name(moment: Any) -> None:
    told = example(EventType.CALL_CLOSING_SOON)["data"] | {"closes_at": moment}

    with pytest.raises(ValidationError) as caught:
        dumped(EventType.CALL_CLOSING_SOON, told)

    assert list(caught.value.normalized_messages()) == ["closes_at"]


def test_an_instant_is_sent_in_utc() -> None:
    told = example(EventType.CALL_CLOSING_SOON)["data"] | {"closes_at": "2026-11-29T10:00:00+01:00"}

    assert dumped(EventType.CALL_CLOSING_SOON, told)["closes_at"] == "2026-11-29T09:00:00Z"


def checker(kind: EventType) -> Draft202012Validator:
    """What a receiver would check a body with."""
    return Draft202012Validator(json_schema(kind), format_checker=FormatChecker())


# ── the same in the contract ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract of the code as it stands."""
    return Contract.of_the_code()


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_says_the_same_of_a_webhook(contract: Contract, kind: EventType) -> None:
    media = contract.document["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"]
    schema = deepcopy(media["schema"])
    schema["properties"]["data"] = contract.resolved(schema["properties"]["data"])

    assert (promises(schema), media["example"]) == (promises(json_schema(kind)), example(kind))


def promises(schema: Any) -> Any:
    """What a schema promises, whatever it says besides. Who reads by the contract is to expect more than it names."""
    if not isinstance(schema, dict):
        return schema
    silent = ("$schema", "title", "description", "examples", "additionalProperties")
    return {
        word: {name: promises(field) for name, field in said.items()} if word == "properties" else said
        for word, said in schema.items()
        if word not in silent
    }


# ── the same in the docs ──────────────────────────────────────────────────────────────────────────────────────────

DOCS = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
COMMON = DataSchema().fields.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_docs_say_what_a_type_tells_and_show_it(kind: EventType) -> None:
    _, _, rest = DOCS.partition(f"\n## {kind}\n")
    section = rest.partition("\n## ")[0]
    own = [name for name in INSTANCES[kind].fields if name not in COMMON]
    besides = f"Tells besides: {', '.join(f'`{name}`' for name in own)}.\n"

    (shown,) = re.findall(r"```json\n(.+?)```", section, re.DOTALL)

    assert (json.loads(shown), besides in section) == (example(kind), bool(own))


def test_the_docs_say_what_all_types_tell() -> None:
    told = re.findall(r"^\| `(\w+)` \| (?=[A-Z`])", DOCS, re.MULTILINE)

    assert told == list(COMMON)


def test_the_docs_begin_with_an_example() -> None:
    first = re.findall(r"```json\n(.+?)```", DOCS, re.DOTALL)[0]

    assert json.loads(first) == example(EventType.APPLICATION_SUBMITTED)


def test_every_type_has_a_version() -> None:
    assert VERSIONS.keys() == set(EventType)
