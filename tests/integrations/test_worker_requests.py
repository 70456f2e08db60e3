"""What the worker sends: signed by the keys in force, with the endpoint's own headers and credentials, in its time."""

import io
import json
import logging
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from domain import logs
from domain.config import Config
from domain.models.webhooks import Endpoint, EndpointState, SignatureScheme
from domain.services import webhooks
from domain.services.webhook_secrets import NewKeys, public_keys
from domain.transaction import utcnow
from integrations.exchange import Exchange
from tests.conftest import Clock
from tests.deliveries import CONFIG, VAULT, do, edit, endpoint, owe, row
from tests.integrations.working import NO, Workshop, workshop
from tests.world import World

V1, V1A = SignatureScheme.V1, SignatureScheme.V1A
BOTH = [V1, V1A]
PING = "webhook.ping"


@pytest.fixture
def clock() -> Clock:
    """A clock that shows the real time: verifiers look at their own."""
    clock = Clock()
    clock.now = utcnow()
    return clock


@pytest.fixture
def shop(world: World, config: Config, clock: Clock) -> Iterator[Workshop]:
    """A worker whose receiver takes everything."""
    with workshop(world, config, clock) as shop:
        yield shop


def made(world: World, **wishes: Any) -> webhooks.NewEndpoint:
    wanted = webhooks.EndpointInput(url="https://partner.example.org/hook", event_types=[PING], **wishes)
    by = world.principal("partner")
    return world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by)


def send(world: World, shop: Workshop, one: Endpoint) -> Exchange:
    owe(world, one)
    (exchange,) = shop.work()
    return exchange


# ── signatures ────────────────────────────────────────────────────────────────────────────────────────────────────


def verified(secret: str, exchange: Exchange, *, by_its_clock: bool = True) -> bool:
    """Whether a verifier that isn't ours takes it; signatures alone where the time is not of today."""
    if not by_its_clock:
        again = Webhook(secret).sign(exchange.headers["webhook-id"], _moment(exchange), exchange.body.decode())
        return again in exchange.headers["webhook-signature"].split(" ")
    try:
        return Webhook(secret).verify(exchange.body, dict(exchange.headers)) is not None
    except WebhookVerificationError:
        return False


def _moment(exchange: Exchange) -> datetime:
    return datetime.fromtimestamp(int(exchange.headers["webhook-timestamp"]), UTC)


def verified_by_pair(public_key: str, exchange: Exchange) -> bool:
    """Whether one of the v1a signatures is by this pair."""
    key = Ed25519PublicKey.from_public_bytes(b64decode(public_key.removeprefix("whpk_")))
    signed = f"{exchange.headers['webhook-id']}.{exchange.headers['webhook-timestamp']}.".encode() + exchange.body
    for one in exchange.headers["webhook-signature"].split(" "):
        scheme, _, signature = one.partition(",")
        if scheme == "v1a":
            try:
                key.verify(b64decode(signature), signed)
            except InvalidSignature:
                continue
            return True
    return False


def schemes(exchange: Exchange) -> list[str]:
    return [one.partition(",")[0] for one in exchange.headers["webhook-signature"].split(" ")]


@pytest.mark.parametrize("wished", [[V1], [V1A], BOTH], ids=str)
def test_it_is_signed_as_its_receiver_wishes(world: World, shop: Workshop, wished: list[SignatureScheme]) -> None:
    new = made(world, signatures=wished)

    exchange = send(world, shop, new.endpoint)

    assert sorted(schemes(exchange)) == sorted(wished)
    assert verified(new.keys.secret, exchange) is (V1 in wished)
    assert verified_by_pair(new.keys.public_key, exchange) is (V1A in wished)


def test_what_was_tampered_with_is_refused(world: World, shop: Workshop) -> None:
    new = made(world, signatures=BOTH)
    exchange = send(world, shop, new.endpoint)

    tampered = exchange._replace(body=exchange.body.replace(b"ping", b"pong"))

    assert (verified(new.keys.secret, tampered), verified_by_pair(new.keys.public_key, tampered)) == (False, False)


@pytest.mark.parametrize("hours", [0, 24, 168])
def test_both_keys_sign_until_the_overlap_is_over_to_the_second(
    world: World, shop: Workshop, clock: Clock, hours: int
) -> None:
    old = made(world, signatures=BOTH)
    start, overlap = clock(), timedelta(hours=hours)
    new: NewKeys = do(world, old.endpoint, webhooks.rotate_secrets, overlap=overlap, vault=VAULT)

    by = []
    for after in (overlap - timedelta(seconds=1), overlap) if hours else (overlap,):
        shop.turn(start + after)
        exchange = send(world, shop, old.endpoint)
        by.append([verified(keys.secret, exchange, by_its_clock=False) for keys in (old.keys, new)])
        by.append([verified_by_pair(keys.public_key, exchange) for keys in (old.keys, new)])

    during, after_it = [[True, True]] * 2, [[False, True]] * 2
    assert by == ([*during, *after_it] if hours else after_it)


def test_any_public_key_that_is_shown_verifies(world: World, shop: Workshop, clock: Clock) -> None:
    one = made(world, signatures=[V1A]).endpoint
    do(world, one, webhooks.rotate_secrets, overlap=timedelta(hours=1), vault=VAULT)
    exchange = send(world, shop, one)

    shown = world.do(lambda session, by, at: public_keys(session, one.id, at=at))

    assert [verified_by_pair(key.public_key, exchange) for key in shown] == [True, True]


# ── headers, credentials, time ────────────────────────────────────────────────────────────────────────────────────


def test_its_own_headers_and_credentials_are_sent_along(world: World, shop: Workshop) -> None:
    new = made(world, headers={"X-Tenant": "school-12"}, authorization="Bearer canary")

    exchange = send(world, shop, new.endpoint)

    assert {name: exchange.headers[name] for name in ("x-tenant", "authorization", "content-type")} == {
        "x-tenant": "school-12",
        "authorization": "Bearer canary",
        "content-type": "application/json",
    }
    assert verified(new.keys.secret, exchange)


def test_an_edit_holds_from_the_next_attempt_on(world: World, shop: Workshop) -> None:
    one = made(world, headers={"X-A": "1"}, authorization="Bearer old").endpoint
    first = send(world, shop, one)

    edit(world, one, headers={"X-B": "2"}, authorization=None, timeout_s=3, url="https://new.example.org/hook")
    second = send(world, shop, one)

    own = [{name for name in each.headers if name in ("x-a", "x-b", "authorization")} for each in (first, second)]
    assert own == [{"x-a", "authorization"}, {"x-b"}]
    assert [(each.url, each.timeout_s) for each in (first, second)] == [
        ("https://partner.example.org/hook", 15),
        ("https://new.example.org/hook", 3),
    ]


@pytest.mark.parametrize("seconds", [1, 15, 30])
def test_an_exchange_has_as_long_as_its_endpoint_gives_it(world: World, shop: Workshop, seconds: int) -> None:
    assert send(world, shop, made(world, timeout_s=seconds).endpoint).timeout_s == seconds


def test_every_attempt_is_signed_anew_under_the_same_id(world: World, shop: Workshop, clock: Clock) -> None:
    new = made(world)
    shop.sender.answer = lambda exchange: NO
    first = send(world, shop, new.endpoint)
    shop.turn(clock() + timedelta(seconds=10))

    (second,) = shop.work()

    stamps = [int(each.headers["webhook-timestamp"]) for each in (first, second)]
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert (stamps[1] - stamps[0], verified(new.keys.secret, second)) == (10, True)


def test_a_body_is_compact_and_says_what_happened_when(world: World, shop: Workshop) -> None:
    one = made(world).endpoint
    exchange = send(world, shop, one)

    body = json.loads(exchange.body)

    assert exchange.body == json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    assert (list(body), body["type"], body["data"]["id"]) == (["type", "timestamp", "data"], PING, str(one.id))


def test_an_endpoint_that_is_paused_gets_nothing_and_is_verified_by_what_arrives_later(
    world: World, shop: Workshop
) -> None:
    one = made(world).endpoint
    do(world, one, webhooks.pause_endpoint)
    owe(world, one)
    before = shop.work()

    do(world, one, webhooks.resume_endpoint, send_held=True)
    after = shop.work()

    assert (len(before), len(after), row(world, one).state) == (0, 1, EndpointState.ACTIVE)


# ── nothing that leaks ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lines() -> Iterator[Any]:
    """What the process logs, down to the last detail."""
    stream, root = io.StringIO(), logging.getLogger()
    kept, level = root.handlers[:], root.level
    logs.to_stream(stream)
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    logging.basicConfig(level=level, handlers=kept, force=True)


def test_no_secret_and_no_body_is_ever_in_the_log(world: World, shop: Workshop, lines: Any) -> None:
    new = made(world, headers={"X-Canary": "canary"}, authorization="Bearer canary")
    shop.sender.answer = lambda exchange: NO
    exchange = send(world, shop, new.endpoint)
    broken = made(world, headers={"X-Canary": "canary"}).endpoint
    world.do(lambda session, by, at: session.execute(
        Endpoint.__table__.update().where(Endpoint.id == broken.id).values(sealed_headers=b"canary")))  # fmt: skip
    owe(world, broken)
    shop.work()

    logged = lines()
    assert "canary" in str(exchange.headers)
    assert "delivery can't be prepared" in logged
    assert [word for word in ("canary", new.keys.secret, "whsec_", "whsk_", "webhook.ping") if word in logged] == []


def test_one_that_can_not_be_made_into_a_request_keeps_nobody_waiting(world: World, shop: Workshop) -> None:
    broken, fine = made(world, headers={"X-A": "1"}).endpoint, endpoint(world, "school", PING)
    world.do(lambda session, by, at: session.execute(
        Endpoint.__table__.update().where(Endpoint.id == broken.id).values(sealed_headers=b"junk")))  # fmt: skip
    for each in (broken, fine):
        owe(world, each)

    assert [exchange.endpoint for exchange in shop.work()] == [fine.id]
