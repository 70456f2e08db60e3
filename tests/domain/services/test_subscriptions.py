"""Which events an endpoint is told, on both engines."""

from typing import Any

import pytest
from sqlalchemy import select

from domain.models.events import Event, EventType
from domain.models.projects import ProjectState
from domain.models.webhooks import Delivery
from domain.services import events, projects, webhooks
from domain.services.subscriptions import kinds_of, wants
from schemas.events import dumped
from tests.conftest import NOW
from tests.deliveries import disable, do, endpoint, fan_out, leave, owed
from tests.world import World

E = EventType


@pytest.mark.parametrize(
    ("patterns", "kinds"),
    [
        (["*"], set(E)),
        (["webhook.*"], {E.WEBHOOK_PING, E.WEBHOOK_FAILING, E.WEBHOOK_DISABLED}),
        (["*.published"], {E.CALL_PUBLISHED}),
        (["*.updated"], {E.CALL_UPDATED, E.APPLICATION_UPDATED, E.MOBILITY_UPDATED}),
        (["call.opened", "call.closed"], {E.CALL_OPENED, E.CALL_CLOSED}),
        (["call"], set()),
        (["CALL.*"], set()),
        ([], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_star_stands_for_anything(patterns: list[str], kinds: set[EventType]) -> None:
    assert {kind for kind in E if wants(patterns, kind)} == kinds == set(kinds_of(patterns))


# ── filters ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two_calls(world: World) -> dict[str, Any]:
    """A call for Serbia and one for Albania, and what filters can say of them."""
    return {"RS": world.call(), "AL": world.call(eligible_countries=["AL"])}


FILTERS: dict[str, tuple[Any, list[str]]] = {
    "none": (lambda calls: {}, ["RS", "AL"]),
    "its project": (lambda calls: {"projects": ["TEST"]}, ["RS", "AL"]),
    "another project": (lambda calls: {"projects": ["OTHER"]}, []),
    "either project": (lambda calls: {"projects": ["OTHER", "TEST"]}, ["RS", "AL"]),
    "a country": (lambda calls: {"countries": ["AL"]}, ["AL"]),
    "another country": (lambda calls: {"countries": ["ME"]}, []),
    "both countries": (lambda calls: {"countries": ["AL", "RS"]}, ["RS", "AL"]),
    "a call": (lambda calls: {"calls": [calls["RS"].id]}, ["RS"]),
    "a call of another country": (lambda calls: {"calls": [calls["RS"].id], "countries": ["AL"]}, []),
    "all that fit": (lambda c: {"calls": [c["AL"].id], "countries": ["AL"], "projects": ["TEST"]}, ["AL"]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_lets_pass_what_it_names(world: World, two_calls: dict[str, Any], name: str) -> None:
    world.other_project("stranger")
    filters, countries = FILTERS[name]
    one = endpoint(world, "coordinator", "call.published", **filters(two_calls))

    fan_out(world)

    assert calls_told(world, one) == [two_calls[country].id for country in countries]


def calls_told(world: World, one: Any) -> list[Any]:
    query = select(Event.call_id).join(Delivery, Delivery.event_id == Event.id)
    return world.read(query.where(Delivery.endpoint_id == one.id).order_by(Event.position))


def test_a_filter_by_call_holds_for_what_happens_in_the_call(world: World, two_calls: dict[str, Any]) -> None:
    one = endpoint(world, "coordinator", "*", calls=[two_calls["RS"].id])
    world.application(two_calls["RS"])
    world.mobility()

    fan_out(world)

    assert owed(world, one) == [E.CALL_PUBLISHED, E.APPLICATION_SUBMITTED]


def test_what_is_of_no_country_passes_no_filter_by_country(world: World) -> None:
    one = endpoint(world, "coordinator", "project.*", "mobility.*", countries=["RS"])
    world.mobility()
    world.do(projects.advance_project, "TEST", ProjectState.SUBMITTED)

    fan_out(world)

    assert owed(world, one) == [E.MOBILITY_NOMINATED]


def test_a_notice_about_another_endpoint_passes_all_filters(world: World, two_calls: dict[str, Any]) -> None:
    filters = {"projects": ["TEST"], "countries": ["AL"], "calls": [two_calls["RS"].id]}
    gone, told = endpoint(world, "partner", "webhook.*"), endpoint(world, "partner", "webhook.*", **filters)
    deaf = endpoint(world, "partner", "call.*")
    disable(world, gone)

    fan_out(world)

    assert E.WEBHOOK_DISABLED not in owed(world, gone) + owed(world, deaf)
    assert owed(world, told) == [E.WEBHOOK_DISABLED]


def test_a_token_for_one_project_hears_nothing_of_endpoints_outside_of_it(world: World) -> None:
    wide, narrow = endpoint(world, "partner", "webhook.*"), endpoint(world, "partner", "webhook.*", project="TEST")
    disable(world, wide)
    disable(world, endpoint(world, "partner", "webhook.*", project="TEST"))

    fan_out(world)

    assert owed(world, narrow) == [E.WEBHOOK_DISABLED]


def test_who_leaves_a_project_is_told_no_more_of_it(world: World) -> None:
    one = endpoint(world, "school", "application.*", "call.*")
    call = world.call()
    leave(world, "school")
    world.application(call, sending_organisation_id=None)

    fan_out(world)

    assert owed(world, one) == [E.CALL_PUBLISHED]


# ── samples ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [kind for kind in E if kind is not E.WEBHOOK_PING])
def test_a_sample_goes_to_the_one_that_asked_and_says_so(world: World, kind: EventType) -> None:
    asked, _ = endpoint(world, "partner", "call.closed"), endpoint(world, "partner", "*")
    sample = do(world, asked, webhooks.ping_endpoint, kind=kind)

    fan_out(world)

    told = events.payload(sample, base_url="https://intervet.example")
    data = dumped(kind, told["data"])
    assert world.read(select(Delivery.endpoint_id).where(Delivery.event_id == sample.id)) == [asked.id]
    assert (told["type"], told["timestamp"], data["sample"]) == (kind.value, NOW, True)


def test_a_sample_is_in_nobodys_feed(world: World) -> None:
    one = endpoint(world, "partner")
    do(world, one, webhooks.ping_endpoint, kind=E.CALL_CANCELLED)
    world.call()
    fan_out(world)

    def feed(session: Any, *, by: Any, at: Any) -> list[EventType]:
        return [event.type for event in events.read_events(session, after=None, limit=200, by=by)]

    assert E.CALL_CANCELLED in owed(world, one)
    seen = world.do(feed, by=world.principal("partner"))
    assert (E.CALL_CANCELLED in seen, E.CALL_PUBLISHED in seen) == (False, True)
