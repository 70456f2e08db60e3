"""Webhook endpoints over HTTP."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from domain import logs
from domain.models.events import EventType
from domain.models.webhooks import Delivery, DeliveryState, Endpoint, EndpointSecret, SignatureScheme
from domain.services import webhook_headers
from domain.services.webhook_secrets import unsealed
from tests.conftest import NOW, Caller, Clock
from tests.deliveries import VAULT, claim, failed, fan_out, owe, settle
from tests.house import told
from tests.world import World

Count = Callable[[Callable[[], Any]], int]
HOOK = {"url": "https://hooks.example.org/intervet", "event_types": ["application.*"]}
# What an endpoint is unless told otherwise.
USUAL = {
    "description": None,
    "projects": [],
    "countries": [],
    "calls": [],
    "payload": "thin",
    "signatures": ["v1"],
    "timeout_s": 15,
    "rate_per_minute": None,
    "retry_after_s": None,
    "ordered": False,
    "keep_replies_days": 30,
    "header_names": [],
    "authorization_scheme": None,
    "state": "unverified",
    "verified_at": None,
    "failing_since": None,
}
SECRETS = {"headers": {"X-Tenant": "canary-1"}, "authorization": "Bearer canary-2"}


@pytest.fixture
def partner(as_: Any) -> Caller:
    """The Serbian partner, who has endpoints."""
    return as_("partner")


def made(partner: Caller, **changes: Any) -> dict[str, Any]:
    answer = partner.post("/v1/webhooks", json=HOOK | changes)
    assert answer.status_code == 201, answer.json
    return answer.json


def address_of(partner: Caller, **changes: Any) -> str:
    return f"/v1/webhooks/{made(partner, **changes)['id']}"


def row(world: World) -> Endpoint:
    return world.read(select(Endpoint).order_by(Endpoint.id))[0]


# ── made ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_endpoint_is_as_usual_unless_told(partner: Caller) -> None:
    answer = made(partner)

    assert {name: answer[name] for name in USUAL} == USUAL
    assert {name: answer[name] for name in HOOK} == HOOK


def test_an_endpoint_is_as_it_was_wished(world: World, partner: Caller) -> None:
    wished = {
        "description": "Our CRM",
        "projects": ["TEST"],
        "countries": ["RS"],
        "calls": [str(world.call().id)],
        "payload": "full",
        "signatures": ["v1", "v1a"],
        "timeout_s": 30,
        "rate_per_minute": 600,
        "retry_after_s": [60, 600],
        "ordered": True,
        "keep_replies_days": 0,
    }

    address = address_of(partner, **wished)

    shown = partner.get(address).json
    assert {name: shown[name] for name in wished} == wished


def test_the_first_answer_alone_carries_the_secret(world: World, partner: Caller) -> None:
    answer = partner.post("/v1/webhooks", json=HOOK)
    address = answer.headers["Location"]

    later = [partner.get(address), partner.patch(address, json={"description": "Ours"}), partner.get("/v1/webhooks")]

    (kept,) = world.read(select(EndpointSecret).where(EndpointSecret.scheme == SignatureScheme.V1))
    assert answer.json["secret"] == unsealed(kept, vault=VAULT)
    assert [word for one in later for word in ("whsec_", "whsk_", "whpk_", '"secret"') if word in one.text] == []


BAD: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"url": "https://127.0.0.1/hook"}, [("/url", "address_not_public")]),
    ({"event_types": ["call.eaten"]}, [("/event_types/0", "unknown_event_type")]),
    ({"event_types": []}, [("/event_types", "required")]),
    ({"projects": ["NOWHERE"]}, [("/projects/0", "not_found")]),
    ({"countries": ["rs"]}, [("/countries/0", "not_a_country")]),
    ({"calls": ["7"]}, [("/calls/0", "not_an_id")]),
    ({"payload": "medium"}, [("/payload", "not_a_choice")]),
    ({"signatures": ["v2"]}, [("/signatures/0", "not_a_choice")]),
    ({"signatures": []}, [("/signatures", "required")]),
    ({"headers": {"Webhook-Id": "x"}}, [("/headers/Webhook-Id", "header_reserved")]),
    ({"headers": {"authorization": "x"}}, [("/headers/authorization", "header_reserved")]),
    ({"headers": {"a b": "x"}}, [("/headers/a b", "header_malformed")]),
    ({"headers": {"X-A": "1", "x-a": "2"}}, [("/headers/x-a", "repeated")]),
    ({"headers": ["X-A"]}, [("/headers", "wrong_type")]),
    ({"headers": {f"X-{number}": "1" for number in range(21)}}, [("/headers", "too_many")]),
    ({"authorization": "Digest abc"}, [("/authorization", "not_credentials")]),
    ({"authorization": "Bearer two words"}, [("/authorization", "not_credentials")]),
    ({"timeout_s": 0}, [("/timeout_s", "out_of_range")]),
    ({"timeout_s": 31}, [("/timeout_s", "out_of_range")]),
    ({"rate_per_minute": 0}, [("/rate_per_minute", "out_of_range")]),
    ({"retry_after_s": [0]}, [("/retry_after_s/0", "out_of_range")]),
    ({"retry_after_s": [86_401]}, [("/retry_after_s/0", "out_of_range")]),
    ({"retry_after_s": [1] * 21}, [("/retry_after_s", "too_many")]),
    ({"retry_after_s": [], "ordered": True}, [("/retry_after_s", "too_few")]),
    ({"keep_replies_days": 91}, [("/keep_replies_days", "out_of_range")]),
    ({"secret": "whsec_mine"}, [("/secret", "unknown_field")]),
    ({"state": "active"}, [("/state", "unknown_field")]),
]


@pytest.mark.parametrize(("wish", "findings"), BAD, ids=lambda value: str(value)[:40])
def test_what_can_not_be_is_refused_by_its_field(partner: Caller, wish: Any, findings: Any) -> None:
    assert told(partner.post("/v1/webhooks", json=HOOK | wish)) == (422, findings)


# ── edited ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_endpoint_is_edited_with_care(partner: Caller) -> None:
    address = address_of(partner)
    tag = {"If-Match": partner.get(address).headers["ETag"]}

    answers = [
        partner.patch(address, json={"event_types": ["call.*"]}, headers=tag),
        partner.patch(address, json={"event_types": ["*"]}, headers=tag),
        partner.patch(address, json={"url": "http://hooks.example.org"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 412, 422]
    assert partner.get(address).json["event_types"] == ["call.*"]


@pytest.mark.parametrize(
    ("patch", "name", "value"),
    [
        ({"retry_after_s": []}, "retry_after_s", []),
        ({"retry_after_s": None}, "retry_after_s", None),
        ({"rate_per_minute": None}, "rate_per_minute", None),
        ({"countries": None}, "countries", []),
        ({"description": None}, "description", None),
        ({"payload": None}, "payload", "thin"),
        ({"ordered": True}, "ordered", True),
    ],
    ids=str,
)
def test_a_patch_changes_what_it_names(partner: Caller, patch: dict[str, Any], name: str, value: Any) -> None:
    before = {"retry_after_s": [5], "rate_per_minute": 9, "countries": ["RS"], "payload": "full", "description": "Ours"}
    address = address_of(partner, **before)

    after = partner.patch(address, json=patch).json

    unchanged = {key: kept for key, kept in before.items() if key != name}
    assert (after[name], {key: after[key] for key in unchanged}) == (value, unchanged)


def test_a_patch_that_changes_nothing_leaves_the_version(partner: Caller) -> None:
    address = address_of(partner, **SECRETS)
    before = partner.get(address)

    after = partner.patch(address, json={"url": HOOK["url"], "headers": {}})

    assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])


@pytest.mark.parametrize(
    ("patch", "headers", "authorization"),
    [
        ({"headers": {"X-B": "2"}}, {"X-A": "1", "X-B": "2"}, "Basic YTpi"),
        ({"headers": {"X-A": "3"}}, {"X-A": "3"}, "Basic YTpi"),
        ({"headers": {"X-A": None, "X-B": "2"}}, {"X-B": "2"}, "Basic YTpi"),
        ({"headers": {"X-A": None}}, {}, "Basic YTpi"),
        ({"headers": None}, {}, "Basic YTpi"),
        ({"authorization": "Bearer b"}, {"X-A": "1"}, "Bearer b"),
        ({"authorization": None}, {"X-A": "1"}, None),
        ({"headers": None, "authorization": None}, {}, None),
        ({"description": "Ours"}, {"X-A": "1"}, "Basic YTpi"),
    ],
    ids=str,
)
def test_a_patch_merges_headers_and_null_takes_them_away(
    world: World, partner: Caller, patch: Any, headers: dict[str, str], authorization: str | None
) -> None:
    address = address_of(partner, headers={"X-A": "1"}, authorization="Basic YTpi")

    shown = partner.patch(address, json=patch).json

    assert webhook_headers.unsealed(row(world), vault=VAULT) == (headers, authorization)
    assert (shown["header_names"], shown["authorization_scheme"]) == (
        sorted(headers),
        authorization and authorization.split(" ")[0],
    )


# ── never shown ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lines() -> Iterator[Any]:
    """What the process logs, down to the last detail."""
    stream, root = io.StringIO(), logging.getLogger()
    kept, level = root.handlers[:], root.level
    logs.to_stream(stream)
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    logging.basicConfig(level=level, handlers=kept, force=True)


def test_headers_and_credentials_are_never_shown_again(partner: Caller, lines: Any) -> None:
    answers = [partner.post("/v1/webhooks", json=HOOK | SECRETS)]
    address = answers[0].headers["Location"]
    answers += [partner.get(address), partner.get("/v1/webhooks")]
    answers += [partner.patch(address, json=patch) for patch in ({"timeout_s": 3}, {"headers": {"X-B": "canary-3"}})]
    answers += [partner.post(f"{address}/{verb}") for verb in ("ping", "pause", "resume", "secret-rotations")]
    answers += [partner.patch(address, json={"headers": {"X-C": "canary\n"}, "authorization": "canary"})]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 202, 200, 200, 201, 422]
    assert [word for word in ("canary", "whsec_") if word in lines()] == []
    assert [answer.request.path for answer in answers if "canary" in answer.text] == []


# ── rotated ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wish", "until"),
    [
        ({}, "2026-11-23T09:00:00Z"),
        ({"overlap_hours": 0}, "2026-11-22T09:00:00Z"),
        ({"overlap_hours": 168}, "2026-11-29T09:00:00Z"),
    ],
    ids=str,
)
def test_new_keys_are_shown_once_and_say_how_long_the_old_ones_sign(partner: Caller, wish: Any, until: str) -> None:
    first = made(partner)
    address = f"/v1/webhooks/{first['id']}"

    answer = partner.post(f"{address}/secret-rotations", json=wish)

    assert (answer.status_code, answer.json["previous_until"]) == (201, until)
    assert (answer.json["secret"] != first["secret"], answer.json["public_key"] != first["public_key"]) == (True, True)
    assert "whsec_" not in partner.get(address).text


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", None])
def test_an_overlap_is_from_nothing_to_seven_days(partner: Caller, hours: Any) -> None:
    answer = partner.post(f"{address_of(partner)}/secret-rotations", json={"overlap_hours": hours})

    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/overlap_hours"])


def test_too_many_keys_at_once_are_refused(partner: Caller) -> None:
    address = f"{address_of(partner)}/secret-rotations"

    answers = [partner.post(address).status_code for _ in range(4)]

    assert (answers, partner.post(address, json={"overlap_hours": 0}).status_code) == ([201, 201, 201, 409], 201)


def test_anybody_may_have_the_public_keys(partner: Caller, client: Any, clock: Clock) -> None:
    first = made(partner)
    address = f"/v1/webhooks/{first['id']}"
    clock.move(hours=1)
    second = partner.post(f"{address}/secret-rotations").json

    answer = client.get(f"{address}/public-keys")

    assert (answer.status_code, "whsec_" in answer.text, "whsk_" in answer.text) == (200, False, False)
    assert answer.json == {
        "keys": [
            {"key": second["public_key"], "since": "2026-11-22T10:00:00Z", "until": None},
            {"key": first["public_key"], "since": "2026-11-22T09:00:00Z", "until": "2026-11-23T10:00:00Z"},
        ]
    }


# ── tried, paused, resumed, deleted ───────────────────────────────────────────────────────────────────────────────


def test_a_ping_is_on_its_way_under_its_id(world: World, partner: Caller) -> None:
    address = address_of(partner)

    answer = partner.post(f"{address}/ping")
    fan_out(world)

    (delivery,) = partner.get(f"{address}/deliveries").json["items"]
    assert (answer.status_code, answer.json) == (202, {"event_id": delivery["event_id"]})
    assert (delivery["event_type"], delivery["state"], delivery["attempts"]) == ("webhook.ping", "pending", 0)


@pytest.mark.parametrize("kind", ["call.published", "application.selected", "webhook.disabled", "webhook.ping"])
def test_a_sample_of_any_type_is_sent_to_it_whatever_it_asks_for(world: World, partner: Caller, kind: str) -> None:
    address = address_of(partner, event_types=["mobility.*"])

    partner.post(f"{address}/ping", json={"event_type": kind})
    fan_out(world)

    assert [one["event_type"] for one in partner.get(f"{address}/deliveries").json["items"]] == [kind]


def test_there_are_samples_of_what_happens_alone(partner: Caller) -> None:
    answer = partner.post(f"{address_of(partner)}/ping", json={"event_type": "call.*"})

    assert told(answer) == (422, [("/event_type", "not_a_choice")])


def test_a_paused_endpoint_is_not_pinged_and_not_paused_twice(partner: Caller) -> None:
    address = address_of(partner)

    answers = [partner.post(f"{address}/{verb}") for verb in ("pause", "ping", "pause", "resume", "resume", "ping")]

    assert [answer.status_code for answer in answers] == [200, 409, 409, 200, 409, 202]
    assert [answers[number].json["state"] for number in (0, 3)] == ["paused", "unverified"]


@pytest.mark.parametrize(("wish", "state"), [({}, DeliveryState.PENDING), ({"send_held": False}, DeliveryState.HELD)])
def test_what_was_held_is_sent_unless_told_otherwise(
    world: World, partner: Caller, wish: dict[str, Any], state: DeliveryState
) -> None:
    address = address_of(partner)
    owe(world, row(world), 2)
    partner.post(f"{address}/pause")

    answer = partner.post(f"{address}/resume", json=wish)

    assert (answer.status_code, world.read(select(Delivery.state))) == (200, [state] * 2)


def test_a_disabled_endpoint_is_resumed(world: World, partner: Caller) -> None:
    address = address_of(partner)
    owe(world, row(world), 2)
    settle(world, [failed(due, NOW, gone=True) for due in claim(world, limit=1)])
    before = partner.get(address).json["state"]

    answer = partner.post(f"{address}/resume")

    assert (before, answer.status_code, answer.json["state"]) == ("disabled", 200, "unverified")
    assert world.read(select(Delivery.state)) == [DeliveryState.PENDING] * 2


def test_a_deleted_endpoint_is_gone(partner: Caller, client: Any) -> None:
    address = address_of(partner)

    deleted = partner.delete(address)

    assert (deleted.status_code, deleted.data) == (204, b"")
    assert [partner.get(address).status_code, partner.delete(address).status_code] == [404, 404]
    assert (partner.get("/v1/webhooks").json["items"], client.get(f"{address}/public-keys").status_code) == ([], 404)


# ── whose they are ────────────────────────────────────────────────────────────────────────────────────────────────

VERBS = ("ping", "pause", "resume", "secret-rotations")


@pytest.mark.parametrize("name", ["coordinator", "school", "stranger"])
def test_nobody_finds_the_endpoints_of_others(partner: Caller, as_: Any, name: str) -> None:
    address, other = address_of(partner), as_(name)
    before = partner.get(address).json

    answers = [other.get(address), other.patch(address, json={"description": "mine"}), other.delete(address)]
    answers += [other.post(f"{address}/{verb}") for verb in VERBS]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert (other.get("/v1/webhooks").json["items"], partner.get(address).json) == ([], before)


def test_what_is_not_there_and_what_is_not_ones_own_look_alike(partner: Caller, as_: Any) -> None:
    address, other = address_of(partner), as_("school")
    nowhere = "/v1/webhooks/00000000-0000-7000-8000-000000000000"

    bodies = [{**other.get(path).json, "instance": None} for path in (address, nowhere)]

    assert {key: bodies[0][key] for key in ("title", "status", "detail", "code")} == {
        key: bodies[1][key] for key in ("title", "status", "detail", "code")
    }


def test_without_the_scope_nothing_of_it_is_open(as_: Any) -> None:
    reader = as_("partner", scopes=frozenset({"events:read"}))

    answers = [reader.get("/v1/webhooks"), reader.post("/v1/webhooks", json=HOOK)]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(partner: Caller, count_queries: Count) -> None:
    partner.get("/v1/webhooks")
    counts, lengths = [], []
    for more in (1, 2):
        for _ in range(more):
            made(partner, **SECRETS)
        counts.append(count_queries(lambda: lengths.append(len(partner.get("/v1/webhooks").json["items"]))))

    assert (lengths, counts[0]) == ([1, 3], counts[1])


def test_every_type_of_event_may_be_asked_for_by_name(partner: Caller) -> None:
    kinds = [kind.value for kind in EventType]

    assert made(partner, event_types=kinds)["event_types"] == kinds
