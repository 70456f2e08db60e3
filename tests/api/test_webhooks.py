"""Webhook endpoints and their log over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.services import webhooks
from tests.conftest import NOW, Caller
from tests.deliveries import VAULT, arrived, claim, failed, fan_out, owe, settle
from tests.world import World

Count = Callable[[Callable[[], Any]], int]
HOOK = {"url": "https://hooks.example.org/intervet", "event_types": ["application.*"]}


@pytest.fixture
def partner(as_: Any) -> Caller:
    """The Serbian partner, who has endpoints."""
    return as_("partner")


def made(partner: Caller, **changes: Any) -> dict[str, Any]:
    return partner.post("/v1/webhooks", json=HOOK | changes).json


def row(world: World) -> Endpoint:
    return world.read(select(Endpoint).order_by(Endpoint.id))[0]


def test_the_first_answer_alone_carries_the_secret(world: World, partner: Caller) -> None:
    answer = partner.post("/v1/webhooks", json=HOOK)
    address = answer.headers["Location"]

    later = [partner.get(address), partner.patch(address, json={"description": "Ours"})]

    kept = row(world)
    assert (answer.status_code, answer.json["state"]) == (201, "unverified")
    assert answer.json["secret"] == webhooks.secret_of(kept.id, kept.secret, vault=VAULT)
    assert ["secret" in one.json for one in later] == [False, False]
    assert "whsec_" not in partner.get("/v1/webhooks").text


def test_an_address_that_is_not_called_is_refused_by_its_field(partner: Caller) -> None:
    answer = partner.post("/v1/webhooks", json=HOOK | {"url": "https://127.0.0.1/hook"})

    assert (answer.status_code, [(e["pointer"], e["code"]) for e in answer.json["errors"]]) == (
        422,
        [("/url", "address_not_public")],
    )


def test_an_endpoint_is_edited_with_care(partner: Caller) -> None:
    address = f"/v1/webhooks/{made(partner)['id']}"
    tag = {"If-Match": partner.get(address).headers["ETag"]}

    answers = [
        partner.patch(address, json={"event_types": ["call.*"]}, headers=tag),
        partner.patch(address, json={"event_types": ["*"]}, headers=tag),
        partner.patch(address, json={"url": "http://hooks.example.org"}),
        partner.patch(address, json={"secret": "whsec_mine"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 412, 422, 422]
    assert partner.get(address).json["event_types"] == ["call.*"]


def test_a_deleted_endpoint_is_gone(partner: Caller) -> None:
    address = f"/v1/webhooks/{made(partner)['id']}"

    deleted = partner.delete(address)

    assert (deleted.status_code, deleted.data) == (204, b"")
    assert [partner.get(address).status_code, partner.delete(address).status_code] == [404, 404]
    assert partner.get("/v1/webhooks").json["items"] == []


def test_a_ping_is_on_its_way_under_its_id(world: World, partner: Caller) -> None:
    address = f"/v1/webhooks/{made(partner)['id']}"

    answer = partner.post(f"{address}/ping")
    fan_out(world)

    (delivery,) = partner.get(f"{address}/deliveries").json["items"]
    assert (answer.status_code, answer.json) == (202, {"event_id": delivery["event_id"]})
    assert (delivery["event_type"], delivery["state"], delivery["attempts"]) == ("webhook.ping", "pending", 0)


def test_the_log_tells_every_attempt(world: World, partner: Caller) -> None:
    made(partner)
    (delivery_id,) = owe(world, row(world))
    settle(world, [failed(due, NOW, reply=b"\xffno", reply_headers={"server": "x"}) for due in claim(world)])

    delivery = partner.get(f"/v1/deliveries/{delivery_id}").json
    (attempt,) = partner.get(f"/v1/deliveries/{delivery_id}/attempts").json["items"]
    assert (delivery["state"], delivery["attempts"], delivery["next_at"]) == ("pending", 1, "2026-11-22T09:00:05Z")
    assert (attempt["number"], attempt["status"], attempt["reply"], attempt["reply_headers"]) == (
        1,
        500,
        "\ufffdno",
        {"server": "x"},
    )


def test_one_delivery_is_sent_again(world: World, partner: Caller) -> None:
    made(partner)
    (delivery_id,) = owe(world, row(world))
    settle(world, [arrived(due, NOW) for due in claim(world)])

    answer = partner.post(f"/v1/deliveries/{delivery_id}/retry")

    assert (answer.status_code, answer.json["state"], answer.json["next_at"]) == (
        202,
        "pending",
        "2026-11-22T09:00:00Z",
    )


def test_a_disabled_endpoint_is_resumed(world: World, partner: Caller) -> None:
    address = f"/v1/webhooks/{made(partner)['id']}"
    owe(world, row(world), 2)
    settle(world, [failed(due, NOW, gone=True) for due in claim(world, limit=1)])
    before = partner.get(address).json["state"]

    answer = partner.post(f"{address}/resume")

    assert (before, answer.status_code, answer.json["state"]) == ("disabled", 200, "active")
    assert world.read(select(Delivery.state)) == [DeliveryState.PENDING] * 2
    assert partner.post(f"{address}/resume").status_code == 409


def test_nobody_finds_the_endpoints_of_others(world: World, partner: Caller, as_: Any) -> None:
    endpoint_id = made(partner)["id"]
    (delivery_id,) = owe(world, row(world))
    coordinator = as_("coordinator")
    gets = [f"/v1/webhooks/{endpoint_id}", f"/v1/webhooks/{endpoint_id}/deliveries", f"/v1/deliveries/{delivery_id}"]
    posts = [f"/v1/webhooks/{endpoint_id}/ping", f"/v1/deliveries/{delivery_id}/retry"]

    statuses = [coordinator.get(path).status_code for path in gets]
    statuses += [coordinator.post(path).status_code for path in posts]

    assert (statuses, coordinator.get("/v1/webhooks").json["items"]) == ([404] * 5, [])


@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/webhooks/{id}/deliveries", "/v1/deliveries/{delivery}/attempts"])
def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(
    world: World, partner: Caller, count_queries: Count, path: str
) -> None:
    made(partner)
    (delivery_id,) = owe(world, row(world))
    address = path.format(id=row(world).id, delivery=delivery_id)
    partner.get(address)
    counts, lengths = [], []
    for more in (1, 2):
        if lengths:
            for _ in range(more):
                made(partner)
        settle(world, [failed(due, NOW, next_at=NOW) for _ in range(more) for due in claim(world)])
        owe(world, row(world), more - 1) if lengths else None
        counts.append(count_queries(lambda: lengths.append(len(partner.get(address).json["items"]))))

    assert counts[0] == counts[1]
    assert lengths[0] < lengths[1]
