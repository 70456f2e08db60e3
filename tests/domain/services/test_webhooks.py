"""Webhook endpoints, on both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.db import new_id
from domain.errors import Conflict, Forbidden, NotFound, StateConflict
from domain.models.events import EventType
from domain.models.tokens import Scope
from domain.models.webhooks import DeliveryState, Endpoint, EndpointState, Payload, SignatureScheme
from domain.policies import OPERATOR
from domain.services import deliveries, webhooks
from domain.services.pages import PageRequest
from domain.services.webhooks import EndpointInput
from tests.conftest import NOW, Clock
from tests.deliveries import (
    CONFIG,
    VAULT,
    arrived,
    claim,
    disable,
    do,
    edit,
    endpoint,
    failed,
    fan_out,
    owe,
    owed,
    pause,
    resume,
    row,
    settle,
    states,
)
from tests.world import World

HOOK = EndpointInput(url="https://hooks.example.org/intervet", event_types=["application.*"])
D, S = DeliveryState, EndpointState
HOUR = timedelta(hours=1)


def make(world: World, name: str = "partner", **changes: Any) -> Endpoint:
    by = changes.pop("by", None) or world.principal(name)
    wanted = replace(HOOK, **changes)
    return world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by).endpoint


# ── made ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
        ({"signatures": []}, [("/signatures", "required")]),
        ({"projects": ["NOWHERE"]}, [("/projects/0", "not_found")]),
        ({"calls": [new_id()]}, [("/calls/0", "not_found")]),
        ({"headers": {"Host": "elsewhere"}}, [("/headers/Host", "header_reserved")]),
        ({"ordered": True, "retry_after_s": []}, [("/retry_after_s", "too_few")]),
    ],
)  # fmt: skip
def test_an_endpoint_that_can_not_be_is_refused(world: World, changes: Any, findings: Any) -> None:
    wanted = replace(HOOK, **changes)

    found = world.refused(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=world.principal("partner"))

    assert found == findings


def test_a_filter_names_only_what_its_owner_can_see(world: World) -> None:
    seen, hidden = world.call(), world.draft(owner_id=world.organisation("coordinator"), eligible_countries=["AL"])
    wanted = replace(HOOK, calls=[seen.id, hidden.id], projects=["TEST"])

    found = world.refused(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=world.principal("partner"))

    assert found == [("/calls/1", "not_found")]


def test_an_endpoint_is_as_it_was_wished(world: World) -> None:
    wished: dict[str, Any] = {
        "description": "Our CRM",
        "projects": ["TEST"],
        "countries": ["RS", "AL"],
        "calls": [world.call().id],
        "payload": Payload.FULL,
        "signatures": [SignatureScheme.V1, SignatureScheme.V1A],
        "headers": {"X-A": "1"},
        "authorization": "Basic YTpi",
        "timeout_s": 30,
        "rate_per_minute": 60,
        "retry_after_s": [60, 600],
        "ordered": True,
        "keep_replies_days": 90,
    }

    made = row(world, make(world, **wished))

    assert webhooks.as_input(made, vault=VAULT) == replace(HOOK, **wished)


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
    made = make(world)

    with pytest.raises(Conflict, match="delete one"):
        make(world)

    assert make(world, "school").state is S.UNVERIFIED
    do(world, made, webhooks.delete_endpoint)
    assert make(world).state is S.UNVERIFIED


# ── read, edited, deleted ─────────────────────────────────────────────────────────────────────────────────────────


VERBS: dict[str, Callable[..., Any]] = {
    "read": lambda session, id_, by, at: webhooks.get_endpoint(session, id_, by=by),
    "deleted": webhooks.delete_endpoint,
    "pinged": webhooks.ping_endpoint,
    "paused": webhooks.pause_endpoint,
    "resumed": lambda session, id_, by, at: webhooks.resume_endpoint(session, id_, send_held=True, by=by, at=at),
    "rotated": lambda session, id_, by, at: webhooks.rotate_secrets(
        session, id_, overlap=timedelta(), vault=VAULT, by=by, at=at
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_an_endpoint_of_another_organisation_is_not_found(world: World, verb: str) -> None:
    made = make(world)

    for name in ("coordinator", "school", "stranger"):
        with pytest.raises(NotFound):
            do(world, made, VERBS[verb], name)


@pytest.mark.parametrize("verb", VERBS)
def test_a_deleted_endpoint_is_not_found(world: World, verb: str) -> None:
    made = make(world)
    do(world, made, webhooks.delete_endpoint)

    with pytest.raises(NotFound):
        do(world, made, VERBS[verb])


def test_a_token_for_one_project_sees_its_endpoints_alone(world: World) -> None:
    make(world)
    by = world.principal("partner", project="TEST")
    here = make(world, by=by)

    page = world.do(lambda s, by, at: webhooks.list_endpoints(s, by=by, page=PageRequest()), by=by)

    assert [one.id for one in page.items] == [here.id]


def test_an_endpoint_is_edited_as_strictly_as_it_is_made(world: World) -> None:
    made = make(world)

    with pytest.raises(webhooks.InvalidInput) as caught:
        edit(world, made, url="http://x.example", retry_after_s=[], ordered=True)

    assert [finding.pointer for finding in caught.value.findings] == ["/url", "/retry_after_s"]
    assert row(world, made).url == HOOK.url


def test_an_edit_leaves_what_it_may_see_as_it_was_made(world: World) -> None:
    made = make(world, by=world.principal("partner", project="TEST"))

    edited = edit(world, made, event_types=["*"])

    assert (edited.event_types, edited.project_id, edited.scopes) == (["*"], world.project(), made.scopes)


def test_a_token_that_sees_less_does_not_edit_an_endpoint(world: World) -> None:
    made = make(world)
    less = replace(world.principal("partner"), scopes=frozenset({Scope.WEBHOOKS_MANAGE, Scope.EVENTS_READ}))

    with pytest.raises(Forbidden, match=Scope.PERSONAL_READ):
        edit(world, made, by=less, payload=Payload.FULL)

    assert row(world, made).payload is Payload.THIN


@pytest.mark.parametrize("scope", [Scope.PERSONAL_READ, Scope.SENSITIVE_READ])
def test_each_scope_that_shows_more_is_needed_to_edit_an_endpoint_that_is_told_it(world: World, scope: Scope) -> None:
    made = make(world)
    less = replace(world.principal("partner"), scopes=frozenset(Scope) - {scope})

    with pytest.raises(Forbidden, match=scope):
        edit(world, made, by=less, payload=Payload.FULL)

    assert row(world, made).payload is Payload.THIN


def test_a_token_that_sees_as_much_and_does_less_edits_an_endpoint(world: World) -> None:
    made = make(world)
    fewer = frozenset(Scope) - {Scope.TOKENS_MANAGE, Scope.CALLS_WRITE, Scope.APPLICATIONS_DECIDE}

    edited = edit(world, made, by=replace(world.principal("partner"), scopes=fewer), timeout_s=9)

    assert (edited.timeout_s, edited.scopes) == (9, made.scopes)


@pytest.mark.parametrize(
    ("changes", "slowed"),
    [({"url": "https://elsewhere.example.org/hook"}, (False, None)), ({"timeout_s": 9}, (True, NOW + HOUR))],
)
def test_only_the_server_that_asked_for_time_is_given_it(world: World, changes: Any, slowed: Any) -> None:
    made = make(world)
    owe(world, made)
    settle(world, [failed(due, NOW, slow=True, slow_until=NOW + HOUR) for due in claim(world)])

    edited = edit(world, made, **changes)

    assert (edited.slowed, edited.slow_until) == slowed


def test_another_rate_counts_from_now_on(world: World) -> None:
    one = make(world, rate_per_minute=1)
    owe(world, one, 3)
    first = len(claim(world))

    edit(world, one, rate_per_minute=None)

    assert (first, len(claim(world))) == (1, 2)


def test_a_deleted_endpoint_gets_nothing_more(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    (sent,) = claim(world, limit=1)
    do(world, one, webhooks.delete_endpoint)
    world.call()
    fan_out(world)

    assert (settle(world, [arrived(sent, NOW)]), states(world, one), claim(world)) == (1, {D.FAILED: 3}, [])


# ── tried ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ping_goes_to_its_endpoint_alone(world: World) -> None:
    pinged, other = endpoint(world, "partner", "call.*"), endpoint(world, "partner", "*")

    do(world, pinged, webhooks.ping_endpoint)
    fan_out(world)

    assert (owed(world, pinged), EventType.WEBHOOK_PING in owed(world, other)) == ([EventType.WEBHOOK_PING], False)


@pytest.mark.parametrize("stop", [pause, disable], ids=["paused", "disabled"])
def test_one_that_receives_nothing_is_not_pinged(world: World, stop: Any) -> None:
    one = endpoint(world, "partner")
    stop(world, one)

    with pytest.raises(Conflict, match="resume it"):
        do(world, one, webhooks.ping_endpoint)


# ── paused and resumed ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_owed_to_a_paused_endpoint_is_held(world: World) -> None:
    one = endpoint(world, "partner", "call.published")
    owe(world, one, 2)

    pause(world, one)
    world.call()
    fan_out(world)

    assert (states(world, one), claim(world, at=NOW + timedelta(days=9))) == ({D.HELD: 3}, [])


@pytest.mark.parametrize(
    ("outcome", "stands"),
    [
        (arrived, D.DELIVERED),
        (failed, D.HELD),
        (lambda due, at: failed(due, at, next_at=None), D.FAILED),
    ],
    ids=["arrives", "fails", "fails for the last time"],
)
def test_what_is_under_way_when_it_is_paused_settles(world: World, outcome: Any, stands: DeliveryState) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    (sent,) = claim(world)
    pause(world, one)

    fenced = settle(world, [outcome(sent, NOW)])

    assert (fenced, states(world, one), row(world, one).state) == (0, {stands: 1}, S.PAUSED)


def test_what_is_given_back_by_a_worker_when_it_is_paused_is_held(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    claims = claim(world)
    pause(world, one)

    world.do(lambda session, by, at: deliveries.release(session, claims, at=at))

    assert states(world, one) == {D.HELD: 1}


@pytest.mark.parametrize("results", [[], [failed], [arrived]], ids=["unverified", "failing", "verified"])
def test_it_comes_back_as_verified_as_it_went(world: World, results: Any) -> None:
    one = endpoint(world, "partner")
    owe(world, one, len(results))
    settle(world, [outcome(due, NOW) for outcome, due in zip(results, claim(world), strict=True)])
    before = row(world, one).state

    paused = pause(world, one).state

    assert (paused, resume(world, one).state) == (S.PAUSED, before)


def test_what_arrives_while_it_is_paused_verifies_it_too(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    (sent,) = claim(world)
    pause(world, one)

    settle(world, [arrived(sent, NOW)])

    assert resume(world, one).state is S.ACTIVE


@pytest.mark.parametrize("stop", [pause, disable], ids=["paused", "disabled"])
def test_what_was_held_is_sent_when_it_is_resumed(world: World, stop: Any) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 2)
    stop(world, one)
    assert states(world, one)[D.HELD] >= 2

    resume(world, one)

    waiting = states(world, one)[D.PENDING]
    assert (states(world, one)[D.HELD], len(claim(world))) == (0, waiting)


@pytest.mark.parametrize("stop", [pause, disable], ids=["paused", "disabled"])
def test_what_was_held_stays_held_if_that_is_wished(world: World, stop: Any) -> None:
    one = endpoint(world, "partner", "call.published")
    owe(world, one, 2)
    stop(world, one)
    before = states(world, one)

    resume(world, one, send_held=False)
    world.call()
    fan_out(world)

    assert (states(world, one), len(claim(world))) == ({**before, D.PENDING: 1}, 1)


def test_what_was_held_begins_its_schedule_anew(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    settle(world, [failed(due, NOW, next_at=NOW + timedelta(days=1)) for due in claim(world)])
    pause(world, one)
    resume(world, one)

    (due,) = claim(world)

    assert (due.number, due.try_number) == (2, 1)


def test_a_resumed_endpoint_has_a_clean_slate(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    later = {"slow": True, "slow_until": NOW + timedelta(hours=5)}
    settle(world, [failed(due, NOW, **later) for due in claim(world)])
    clock.move(days=4)
    world.do(lambda session, by, at: deliveries.warn_of_failing(session, at=at))
    pause(world, one)

    fresh = resume(world, one)

    assert (fresh.failing_since, fresh.warnings, fresh.slowed, fresh.slow_until) == (None, 0, False, None)


@pytest.mark.parametrize(
    ("stop", "verb"),
    [(pause, webhooks.pause_endpoint), (disable, webhooks.pause_endpoint), (None, VERBS["resumed"])],
    ids=["paused again", "a disabled one paused", "an active one resumed"],
)
def test_a_step_that_makes_no_sense_is_refused(world: World, stop: Any, verb: Any) -> None:
    one = endpoint(world, "partner")
    if stop:
        stop(world, one)

    with pytest.raises((StateConflict, Conflict)):
        do(world, one, verb)


def test_others_go_on_while_one_is_paused(world: World) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "partner")
    owe(world, one)
    owe(world, other)

    pause(world, one)

    assert [due.endpoint_id for due in claim(world)] == [other.id]


def test_what_a_worker_took_to_its_grave_while_it_was_paused_is_held(world: World) -> None:
    one = endpoint(world, "partner")
    owe(world, one)
    (sent,) = claim(world)
    pause(world, one)

    seen = []
    for at in (sent.lease_until - timedelta(seconds=1), sent.lease_until):
        world.do(lambda session, by, at: deliveries.hold_overslept(session, at=at), at=at)
        seen.append(states(world, one))

    assert seen == [{D.LEASED: 1}, {D.HELD: 1}]
    assert settle(world, [arrived(sent, sent.lease_until)]) == 1  # whoever comes so late is fenced off
    world.do(webhooks.resume_endpoint, one.id, send_held=True, by=world.principal("partner"))
    assert [(due.number, due.try_number) for due in claim(world)] == [(1, 1)]
