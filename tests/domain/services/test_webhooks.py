"""Webhook endpoints, on both engines."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Conflict, Forbidden, NotFound
from domain.models.events import EventType
from domain.models.tokens import Scope
from domain.models.webhooks import Delivery, DeliveryState, Endpoint, EndpointState
from domain.policies import OPERATOR
from domain.services import webhooks
from domain.services.pages import PageRequest
from domain.services.webhooks import EndpointInput, wants
from domain.vault import Unsealable
from tests.deliveries import CONFIG, VAULT, arrived, claim, endpoint, failed, fan_out, owe, owed, settle, states
from tests.world import World

HOOK = EndpointInput(url="https://hooks.example.org/intervet", event_types=["application.*"])


def make(world: World, name: str = "partner", **changes: Any) -> webhooks.NewEndpoint:
    by = changes.pop("by", None) or world.principal(name)
    return world.do(webhooks.create_endpoint, replace(HOOK, **changes), config=CONFIG, vault=VAULT, by=by)


def disable(world: World, one: Endpoint) -> None:
    owe(world, one)
    settle(world, [failed(due, world.clock(), gone=True) for due in claim(world)])


# ── made ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_secret_is_shown_once_and_kept_sealed(world: World) -> None:
    made, other = make(world), make(world)

    (row, _) = world.read(select(Endpoint).order_by(Endpoint.created_at, Endpoint.id))
    assert (made.secret[:6], len(made.secret), made.secret != other.secret) == ("whsec_", 50, True)
    assert made.secret.encode() not in bytes(row.secret)
    assert webhooks.secret_of(row.id, row.secret, vault=VAULT) == made.secret
    with pytest.raises(Unsealable):
        webhooks.secret_of(other.endpoint.id, row.secret, vault=VAULT)


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({"url": "http://hooks.example.org/"}, [("/url", "url_scheme")]),
        ({"url": "https://127.0.0.1/"}, [("/url", "address_not_public")]),
        ({"url": "https://[::ffff:10.0.0.1]/"}, [("/url", "address_not_public")]),
        ({"url": "https://2130706433/"}, [("/url", "host_numeric")]),
        ({"url": "https://me:secret@hooks.example.org/"}, [("/url", "url_credentials")]),
        ({"url": "https://hooks.example.org:22/"}, [("/url", "port_refused")]),
        ({"event_types": []}, [("/event_types", "required")]),
        ({"event_types": ["call.*", "call.eaten", "Call.*"]},
         [("/event_types/1", "unknown_event_type"), ("/event_types/2", "unknown_event_type")]),
        ({"url": "https:///", "event_types": ["*.eaten"]},
         [("/url", "host_missing"), ("/event_types/0", "unknown_event_type")]),
    ],
)  # fmt: skip
def test_an_endpoint_that_can_not_be_is_refused(world: World, changes: Any, findings: Any) -> None:
    wanted = replace(HOOK, **changes)

    found = world.refused(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=world.principal("partner"))

    assert found == findings


@pytest.mark.parametrize(
    ("patterns", "kinds"),
    [
        (["*"], set(EventType)),
        (["webhook.*"], {EventType.WEBHOOK_PING, EventType.WEBHOOK_DISABLED}),
        (["*.published"], {EventType.CALL_PUBLISHED}),
        (["call.opened", "call.closed"], {EventType.CALL_OPENED, EventType.CALL_CLOSED}),
        (["call"], set()),
    ],
)
def test_a_star_stands_for_anything(patterns: list[str], kinds: set[EventType]) -> None:
    assert {kind for kind in EventType if wants(patterns, kind)} == kinds


@pytest.mark.parametrize("scope", [Scope.WEBHOOKS_MANAGE, Scope.EVENTS_READ])
def test_a_token_without_the_scope_makes_no_endpoint(world: World, scope: Scope) -> None:
    by = world.principal("partner", scopes=frozenset(Scope) - {scope})

    with pytest.raises(Forbidden, match=scope):
        make(world, by=by)


def test_an_endpoint_belongs_to_an_organisation(world: World) -> None:
    with pytest.raises(Forbidden, match="a token of one"):
        make(world, by=OPERATOR)


def test_an_organisation_has_a_bounded_number_of_endpoints(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST_ENDPOINTS", 1)
    make(world)

    with pytest.raises(Conflict, match="delete one"):
        make(world)

    assert make(world, "school").endpoint.state is EndpointState.UNVERIFIED


# ── edited, deleted, pinged, resumed ──────────────────────────────────────────────────────────────────────────────


def test_nobody_sees_the_endpoints_of_others(world: World) -> None:
    made = make(world).endpoint

    for name in ("coordinator", "school", "stranger"):
        with pytest.raises(NotFound):
            world.do(lambda s, by, at: webhooks.get_endpoint(s, made.id, by=by), by=world.principal(name))


def test_a_token_for_one_project_sees_its_endpoints_alone(world: World) -> None:
    make(world)
    here = make(world, by=world.principal("partner", project="TEST")).endpoint
    by = world.principal("partner", project="TEST")

    page = world.do(lambda s, by, at: webhooks.list_endpoints(s, by=by, page=PageRequest()), by=by)

    assert [one.id for one in page.items] == [here.id]


def test_an_endpoint_is_edited_as_strictly_as_it_is_made(world: World) -> None:
    made = make(world).endpoint

    def edit(session: Any, wanted: EndpointInput, *, by: Any, at: Any) -> Endpoint:
        held = webhooks.get_endpoint(session, made.id, by=by)
        return webhooks.edit_endpoint(session, held, wanted, config=CONFIG, at=at)

    by = world.principal("partner")
    assert world.refused(edit, replace(HOOK, url="http://x.example"), by=by) == [("/url", "url_scheme")]
    assert world.do(edit, replace(HOOK, event_types=["*"]), by=by).event_types == ["*"]


def test_a_deleted_endpoint_is_gone_and_gets_nothing_more(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 2)
    world.do(webhooks.delete_endpoint, one.id, by=world.principal("partner"))
    world.call()
    fan_out(world)

    assert (states(world, one), claim(world)) == ({DeliveryState.FAILED: 2}, [])
    with pytest.raises(NotFound):
        world.do(webhooks.ping_endpoint, one.id, by=world.principal("partner"))


def test_a_ping_goes_to_its_endpoint_alone(world: World) -> None:
    pinged, other = endpoint(world, "partner", "call.*"), endpoint(world, "partner", "*")

    world.do(webhooks.ping_endpoint, pinged.id, by=world.principal("partner"))
    fan_out(world)

    assert (owed(world, pinged)[-1:], EventType.WEBHOOK_PING in owed(world, other)) == ([EventType.WEBHOOK_PING], False)


def test_a_disabled_endpoint_is_resumed_with_what_was_held_for_it(world: World) -> None:
    one = endpoint(world, "partner", "call.published")
    disable(world, one)
    world.call()
    fan_out(world)
    held = states(world, one)

    resumed = world.do(webhooks.resume_endpoint, one.id, by=world.principal("partner"))

    assert (held, resumed.state, resumed.failing_since) == ({DeliveryState.HELD: 2}, EndpointState.ACTIVE, None)
    assert len(claim(world)) == 2


def test_an_endpoint_that_works_is_not_resumed(world: World) -> None:
    one = endpoint(world, "partner")

    with pytest.raises(Conflict):
        world.do(webhooks.resume_endpoint, one.id, by=world.principal("partner"))


# ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────────


def retry(world: World, one: Endpoint) -> Delivery:
    (delivery_id,) = world.read(select(Delivery.id).where(Delivery.endpoint_id == one.id))
    return world.do(webhooks.retry_delivery, delivery_id, by=world.principal("partner"))


def test_one_delivery_is_sent_again_though_it_arrived_or_was_given_up(world: World) -> None:
    for result in (arrived, lambda due, at: failed(due, at, next_at=None)):
        one = endpoint(world, "partner")
        owe(world, one)
        settle(world, [result(due, world.clock()) for due in claim(world)])

        again = retry(world, one)

        assert (again.state, [due.number for due in claim(world)]) == (DeliveryState.PENDING, [2])


def test_a_delivery_under_way_is_not_sent_twice_at_once(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    claim(world)

    with pytest.raises(Conflict, match="leased"):
        retry(world, one)


def test_nothing_is_retried_at_a_disabled_endpoint(world: World) -> None:
    one = endpoint(world, "partner")
    disable(world, one)

    with pytest.raises(Conflict, match="resume it"):
        retry(world, one)


def test_the_log_is_for_the_endpoints_owner(world: World) -> None:
    one = endpoint(world, "partner")
    (delivery_id,) = owe(world, one)
    settle(world, [failed(due, world.clock(), reply=b"no") for due in claim(world)])

    def attempts(session: Any, *, by: Any, at: Any) -> list[Any]:
        page = webhooks.list_attempts(session, delivery_id, by=by, page=PageRequest())
        return [(attempt.number, attempt.status, attempt.reply) for attempt in page.items]

    assert world.do(attempts, by=world.principal("partner")) == [(1, 500, b"no")]
    with pytest.raises(NotFound):
        world.do(attempts, by=world.principal("coordinator"))
