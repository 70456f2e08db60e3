"""Full payloads: the resource as its endpoint's owner may see it at that attempt, and never written down."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import select, update

from domain.config import Config
from domain.db import Base
from domain.models.events import EventType
from domain.models.projects import ProjectState
from domain.models.tokens import Scope
from domain.models.webhooks import Endpoint, Payload
from domain.services import mobilities, projects, webhooks
from domain.transaction import reading
from schemas.event_types import json_schema
from tests.conftest import NOW, Clock
from tests.contract.contract import Contract
from tests.deliveries import CONFIG, VAULT, do, endpoint, leave
from tests.integrations.working import NO, OK, Answer, Workshop, told, workshop
from tests.world import World

E, FULL = EventType, Payload.FULL
NAMELESS = frozenset(Scope) - {Scope.PERSONAL_READ}


@pytest.fixture
def shop(world: World, config: Config, clock: Clock) -> Iterator[Workshop]:
    """A worker whose receiver takes everything."""
    with workshop(world, config, clock) as shop:
        yield shop


def full(world: World, name: str, *types: str, **options: Any) -> Any:
    """An endpoint with full payloads, made with a token of so many scopes."""
    scopes = {"scopes": options.pop("scopes")} if "scopes" in options else {}
    wanted = webhooks.EndpointInput(
        url=f"https://{name.replace('_', '-')}.example.org/", event_types=types, payload=FULL, **options
    )
    by = world.principal(name, **scopes)
    return world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by).endpoint


def objects(shop: Workshop) -> list[Any]:
    """The resources told in what the worker sends now."""
    return [told(exchange)["data"]["object"] for exchange in shop.work()]


# ── whose eyes ────────────────────────────────────────────────────────────────────────────────────────────────────


SIGHT: dict[str, tuple[str, frozenset[Scope], str | None]] = {
    "the coordinator": ("coordinator", frozenset(Scope), "Ana"),
    "the partner": ("partner", frozenset(Scope), "Ana"),
    "the school": ("school", frozenset(Scope), "Ana"),
    "the partner, without names": ("partner", NAMELESS, None),
    "the coordinator, without names": ("coordinator", NAMELESS, None),
}


@pytest.mark.parametrize("who", SIGHT)
def test_an_application_is_told_as_its_owner_may_see_it(world: World, shop: Workshop, who: str) -> None:
    name, scopes, known = SIGHT[who]
    full(world, name, "application.*", scopes=scopes)
    world.application(world.call(), sending_organisation_id=world.organisation("school"))

    (seen,) = objects(shop)

    assert (seen["state"], (seen.get("person") or {}).get("given_names")) == ("submitted", known)


def test_it_is_what_the_api_shows_the_same_token(world: World, shop: Workshop, as_: Any) -> None:
    full(world, "partner", "application.*", "call.published", "project.*", "mobility.*")
    call = world.call()
    application, mobility = world.application(call), world.mobility()
    world.do(projects.advance_project, "TEST", ProjectState.SUBMITTED)

    seen = {told(one)["data"]["resource"]: told(one)["data"]["object"] for one in shop.work()}

    paths = {"call": f"calls/{call.id}?lang=*", "application": f"applications/{application.id}"}
    paths |= {"mobility": f"mobilities/{mobility.id}", "project": "projects/TEST?lang=*"}
    shown = {noun: as_("partner").get(f"/v1/{path}").json for noun, path in paths.items()}
    assert seen.keys() == shown.keys()
    assert {noun: unlike(seen[noun], shown[noun]) for noun in seen} == {
        "project": [],
        "call": [],
        "application": [],
        "mobility": [],
    }


def unlike(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_a_host_knows_the_name_from_the_confirmation_on(world: World, shop: Workshop) -> None:
    full(world, "host", "mobility.*")
    mobility = world.mobility()
    (before,) = objects(shop)
    world.do(mobilities.confirm_mobility, mobility.id)

    (after,) = objects(shop)

    assert [names(seen) for seen in (before, after)] == [None, "Ana"]


def test_an_authority_never_knows_a_name(world: World, shop: Workshop) -> None:
    full(world, "agency", "mobility.*")
    world.live(world.mobility())

    assert [names(seen) for seen in objects(shop)] == [None] * 3


def names(seen: dict[str, Any]) -> Any:
    found = re.search(r'"given_names": "(\w+)"', json.dumps(seen))
    return found and found.group(1)


# ── at that attempt ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_retry_tells_what_is_true_then_under_the_same_id(world: World, shop: Workshop) -> None:
    full(world, "coordinator", "mobility.nominated")
    mobility = world.mobility()
    shop.sender.answer = lambda exchange: NO
    (first,) = shop.work()
    world.do(mobilities.confirm_mobility, mobility.id)
    shop.turn(NOW + timedelta(minutes=1))

    (second,) = shop.work()

    seen = [told(one)["data"] for one in (first, second)]
    assert [(data["state"], data["object"]["state"]) for data in seen] == [
        ("nominated", "nominated"),
        ("nominated", "confirmed"),
    ]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_who_has_left_the_project_meanwhile_is_told_nothing_more(world: World, shop: Workshop) -> None:
    full(world, "school", "application.*")
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    shop.sender.answer = lambda exchange: NO
    (before,) = objects(shop)
    leave(world, "school")
    shop.turn(NOW + timedelta(minutes=1))

    assert (before["person"]["given_names"], objects(shop)) == ("Ana", [None])


def test_what_is_gone_is_null(world: World, shop: Workshop) -> None:
    full(world, "coordinator", "mobility.*")
    mobility = world.mobility()
    shop.sender.answer = lambda exchange: NO
    objects(shop)

    def remove(session: Any, *, by: Any, at: Any) -> None:
        mobilities.delete_mobility(session, mobilities.lock_mobility(session, mobility.id, by=by), by=by, at=at)

    world.do(remove)
    shop.turn(NOW + timedelta(minutes=1))

    assert [seen for seen in objects(shop) if seen is not None] == []


def test_thin_ones_beside_it_stay_thin(world: World, shop: Workshop) -> None:
    thin = endpoint(world, "partner", "application.*")
    full(world, "partner", "application.*")
    world.application(world.call())

    seen = {exchange.endpoint == thin.id: "object" in told(exchange)["data"] for exchange in shop.work()}

    assert seen == {True: False, False: True}


def test_a_notice_shows_the_endpoint_without_its_secrets(world: World, shop: Workshop) -> None:
    full(world, "partner", "webhook.*")
    gone = endpoint(world, "partner", "call.*", headers={"X-A": "canary"}, authorization="Bearer canary")
    world.call()
    shop.sender.answer = lambda exchange: Answer(410) if exchange.endpoint == gone.id else OK
    shop.work()

    (notice,) = [one for one in shop.sender.sent if one.endpoint != gone.id]

    shown = told(notice)["data"]["object"]
    assert (shown["id"], shown["state"], shown["header_names"]) == (str(gone.id), "disabled", ["X-A"])
    assert [word for word in ("canary", "whsec", "whsk") if word.encode() in notice.body] == []


# ── as promised ───────────────────────────────────────────────────────────────────────────────────────────────────

COMPONENTS = {"project": "Project", "call": "Call", "application": "Application", "mobility": "MobilityItem"}


def test_whatever_is_sent_keeps_the_published_schemas(world: World, shop: Workshop) -> None:
    for name in ("coordinator", "partner", "host", "agency"):
        full(world, name, "*")
    (selected,) = world.selection("Ana")
    world.live(world.mobility(world.participant("Mia")))
    shop.turn(selected.call.closes_at)

    sent = [told(exchange) for exchange in shop.work()]

    contract = Contract.of_the_code().document
    wrong = [error.message for body in sent for error in errors(contract, body)]
    assert (len(sent) > 20, wrong) == (True, [])


def errors(contract: dict[str, Any], body: dict[str, Any]) -> Iterator[Any]:
    yield from Draft202012Validator(json_schema(E(body["type"])), format_checker=FormatChecker()).iter_errors(body)
    name = COMPONENTS.get(body["data"]["resource"])
    if name and body["data"]["object"] is not None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": contract["components"]}
        yield from Draft202012Validator(schema).iter_errors(body["data"]["object"])


def test_a_sample_has_no_resource(world: World, shop: Workshop) -> None:
    one = full(world, "partner", "call.*")
    do(world, one, webhooks.ping_endpoint, kind=E.APPLICATION_SELECTED)

    (seen,) = [told(exchange)["data"] for exchange in shop.work() if b"selected" in exchange.body]

    assert (seen["sample"], seen["object"]) == (True, None)


# ── never kept ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_told_is_written_down_nowhere(world: World, shop: Workshop) -> None:
    full(world, "coordinator", "*")
    world.application(world.call(), "Canary")
    shop.sender.answer = lambda exchange: NO
    told_of_it = [exchange for exchange in shop.work() if b"Canary" in exchange.body]

    assert (len(told_of_it), tables_with(world, "Canary")) == (1, ["applications"])


def tables_with(world: World, word: str) -> list[str]:
    """The tables in which a word stands, in whatever column."""
    found = []
    with reading(world.database) as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(select(table)).all()
            if any(word.lower() in _text(value).lower() for one in rows for value in one):
                found.append(table.name)
    return sorted(found)


def _text(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def test_a_scope_that_this_release_does_not_know_shows_nothing_and_stops_nobody(world: World, shop: Workshop) -> None:
    one, other = full(world, "partner", "application.*"), endpoint(world, "school", "call.published")
    world.application(world.call())
    # As after a step back to an older release.
    older = update(Endpoint).where(Endpoint.id == one.id).values(scopes=["events:read", "unheard:of"])
    world.do(lambda session, by, at: session.execute(older))

    seen = {exchange.endpoint: told(exchange)["data"].get("object", "thin") for exchange in shop.work()}

    assert seen == {one.id: None, other.id: "thin"}
