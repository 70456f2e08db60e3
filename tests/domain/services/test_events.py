"""Events, for those who fetch them: in one order, to whom they concern; on both engines."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from domain.db import instant_text, new_id
from domain.models.applications import Application, SubmittedVia
from domain.models.consents import ConsentSource
from domain.models.events import Event, EventType
from domain.models.projects import ProjectState
from domain.models.tokens import Scope
from domain.models.webhooks import Endpoint
from domain.policies import OPERATOR, Principal
from domain.services import (
    applications,
    calls,
    clock,
    consent_changes,
    corrections,
    decisions,
    deliveries,
    erasure,
    events,
    mobilities,
    projects,
    webhooks,
)
from domain.services.consents import ConsentInput
from domain.services.events import EventFilter, read_events
from domain.services.webhooks import EndpointInput
from domain.transaction import Database, reading, transaction
from schemas.event_types import example, json_schema
from schemas.events import dumped
from tests.deliveries import CONFIG, VAULT, arrived, claim, endpoint, failed, fan_out, owed, settle
from tests.world import MEMBERS, STRANGER, World

DOCS = Path(__file__).parents[3] / "docs" / "events.md"
HOST = "https://intervet.example"
UNKNOWN = "unknown_event_type"

E = EventType


def read(world: World, by: Principal, *, after: UUID | None = None, limit: int = 200) -> list[Event]:
    return list(world.do(lambda session, by, at: read_events(session, after=after, limit=limit, by=by), by=by))


def kinds(found: list[Event]) -> list[EventType]:
    return [event.type for event in found]


# ── the one order ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_are_read_in_the_order_of_their_positions(world: World) -> None:
    world.application(world.call())
    fan_out(world)

    found = read(world, world.principal("coordinator"))

    assert kinds(found) == [E.PROJECT_STARTED, E.CALL_PUBLISHED, E.APPLICATION_SUBMITTED]
    assert [event.position for event in found] == [1, 2, 3]


def test_an_event_without_a_position_is_not_told_yet(world: World) -> None:
    world.call()

    assert read(world, world.principal("coordinator")) == []


def test_a_reader_goes_on_after_the_last_one_it_has(world: World) -> None:
    for _ in range(3):
        world.call()
    fan_out(world)
    by = world.principal("network")

    pages, after = [], None
    while page := read(world, by, after=after, limit=2):
        pages.append(kinds(page))
        after = page[-1].id

    assert pages == [[E.PROJECT_STARTED, E.CALL_PUBLISHED], [E.CALL_PUBLISHED, E.CALL_PUBLISHED]]


def test_a_late_commit_is_never_passed_by(world: World, database: Database) -> None:
    if database.on_sqlite:
        pytest.skip("SQLite has one writer: no commit is late")
    call, by = world.call(), world.principal("coordinator")
    world.application(call, "Eva")  # With the first consent, a project's texts are written down: one after the other.
    with transaction(database) as session:
        wanted = {"by": OPERATOR, "at": world.clock(), "via": SubmittedVia.API}
        early = applications.submit_application(session, str(call.id), world.application_input("Ana"), **wanted)
        later = world.application(call, "Mia")
        fan_out(world)
        before = read(world, by)
    fan_out(world)

    after = read(world, by, after=before[-1].id)

    assert (before[-1].resource_id, [event.resource_id for event in after]) == (later.id, [early.id])
    assert after[0].id < before[-1].id


def test_sequencers_at_once_give_every_event_one_place(world: World, database: Database) -> None:
    for _ in range(20):
        world.call()
    start = threading.Barrier(3)

    def sequence() -> None:
        start.wait()
        for _ in range(30):
            with transaction(database) as session:
                deliveries.fan_out(session, at=world.clock())

    threads = [threading.Thread(target=sequence) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(world.read(select(Event.position))) == list(range(1, 22))


# ── to whom ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reader_is_told_what_its_endpoint_would_be(world: World) -> None:
    world.application(world.call(), sending_organisation_id=world.organisation("school"))
    world.mobility()
    fan_out(world)

    told = {name: set(kinds(read(world, world.principal(name)))) for name in (*MEMBERS, STRANGER)}

    public, member = {E.CALL_PUBLISHED}, {E.CALL_PUBLISHED, E.PROJECT_STARTED}
    everything = {*member, E.APPLICATION_SUBMITTED, E.MOBILITY_NOMINATED}
    assert told == dict.fromkeys(MEMBERS, member) | {
        **dict.fromkeys(("coordinator", "partner", "school"), everything),
        **dict.fromkeys(("host", "agency"), member | {E.MOBILITY_NOMINATED}),
        STRANGER: public,
    }


def test_a_token_without_the_scope_is_told_nothing(world: World) -> None:
    world.call()
    fan_out(world)

    assert read(world, world.principal("coordinator", scopes=frozenset(Scope) - {Scope.EVENTS_READ})) == []


def test_an_event_that_the_reader_can_not_know_is_no_mark_to_read_on_from(world: World) -> None:
    application = world.application(world.call())
    fan_out(world)
    (hidden,) = world.read(select(Event.id).where(Event.resource_id == application.id))
    by = world.principal("stranger")

    for after in (hidden, new_id()):
        found = world.refused(lambda s, by, at, after=after: read_events(s, after=after, limit=9, by=by), by=by)
        assert found == [("/after", "not_found")]


def test_it_is_told_how_far_back_the_events_reach(world: World) -> None:
    world.call()
    fan_out(world)

    oldest = [
        world.do(lambda s, by, at: events.oldest_event(s, by=by), by=world.principal(name))
        for name in ("network", "stranger")
    ]

    assert oldest == [(event.id, world.clock()) for event in read(world, world.principal("network"))]


# ── of what ───────────────────────────────────────────────────────────────────────────────────────────────────────

ALL = [E.PROJECT_STARTED, E.CALL_PUBLISHED, E.APPLICATION_SUBMITTED, E.CALL_PUBLISHED, E.MOBILITY_NOMINATED]
FILTERS: list[tuple[dict[str, Any], list[EventType]]] = [
    ({}, ALL),
    ({"types": ["*"]}, ALL),
    ({"types": ["call.*"]}, [E.CALL_PUBLISHED, E.CALL_PUBLISHED]),
    ({"types": ["*.submitted", "mobility.nominated"]}, [E.APPLICATION_SUBMITTED, E.MOBILITY_NOMINATED]),
    ({"types": ["call.closed"]}, []),
    ({"project": "TEST"}, ALL),
    ({"project": "OTHER"}, []),
    ({"country": "RS"}, [E.CALL_PUBLISHED, E.APPLICATION_SUBMITTED, E.MOBILITY_NOMINATED]),
    ({"country": "AL"}, [E.CALL_PUBLISHED]),
    ({"country": "AL", "types": ["application.*"]}, []),
    ({"country": "RS", "types": ["call.*"], "project": "TEST"}, [E.CALL_PUBLISHED]),
]


@pytest.fixture
def busy(world: World) -> World:
    """A world in which something of each noun happened, in two countries."""
    world.application(world.call())
    world.call(eligible_countries=["AL"])
    world.mobility()
    world.other_project("stranger")
    return world


@pytest.mark.parametrize(("filters", "expected"), FILTERS, ids=str)
def test_a_reader_is_told_what_an_endpoint_with_the_same_filters_is(
    busy: World, filters: dict[str, Any], expected: list[EventType]
) -> None:
    one = filtered_endpoint(busy, **filters)
    fan_out(busy)
    by = busy.principal("coordinator")

    found = busy.do(lambda s, by, at: read_events(s, EventFilter(**filters), after=None, limit=200, by=by), by=by)

    assert (kinds(found), owed(busy, one)) == (expected, expected)


def filtered_endpoint(world: World, types: Any = ("*",), project: str | None = None, country: str | None = None) -> Any:
    """An endpoint of the coordinator that passes what a reader would ask for."""
    wanted = EndpointInput(
        url="https://example.org/hook",
        event_types=types,
        projects=[project] if project else [],
        countries=[country] if country else [],
    )
    by = world.principal("coordinator")
    return world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by).endpoint


def test_a_notice_about_an_endpoint_passes_every_project_and_country(world: World) -> None:
    disabled(world)
    fan_out(world)
    by = world.principal("partner")

    found = world.do(lambda s, by, at: read_events(s, ABOUT_TEST_IN_RS, after=None, limit=9, by=by), by=by)

    assert kinds(found) == [E.WEBHOOK_DISABLED]


ABOUT_TEST_IN_RS = EventFilter(project="TEST", country="RS", types=["webhook.disabled", "call.*"])


def test_one_reads_on_after_an_event_that_the_filters_hide(world: World) -> None:
    for _ in range(2):
        world.application(world.call())
    fan_out(world)
    by = world.principal("coordinator")
    hidden = read(world, by)[1]

    found = world.do(
        lambda s, by, at: read_events(s, EventFilter(["application.*"]), after=hidden.id, limit=9, by=by), by=by
    )

    assert (hidden.type, kinds(found)) == (E.CALL_PUBLISHED, [E.APPLICATION_SUBMITTED] * 2)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"types": ["call.*", "calls.*", "nope"]}, [("/types/1", UNKNOWN), ("/types/2", UNKNOWN)]),
        ({"types": [""]}, [("/types/0", UNKNOWN)]),
        ({"project": "NOPE"}, [("/project", "not_found")]),
    ],
)
def test_what_there_is_not_is_refused_by_name(world: World, filters: Any, found: list[tuple[str, str]]) -> None:
    by, wanted = world.principal("coordinator"), EventFilter(**filters)

    refused = world.refused(lambda s, by, at: read_events(s, wanted, after=None, limit=9, by=by), by=by)

    assert refused == found


def test_a_sample_is_not_told_and_is_not_how_far_events_reach(world: World) -> None:
    one, by = endpoint(world, "partner"), world.principal("partner")
    with transaction(world.database) as session:
        session.execute(update(Event).values(position=5))  # what was there before: the project's beginning
    sample(world, one, E.CALL_CLOSED)
    with transaction(world.database) as session:
        session.execute(update(Event).where(Event.sample).values(position=1))

    oldest = world.do(lambda s, by, at: events.oldest_event(s, by=by), by=by)

    (told,) = read(world, by)
    assert (told.type, oldest[0]) == (E.PROJECT_STARTED, told.id)


# ── how fast ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("filters", [one for one, _ in FILTERS if one.get("project") != "OTHER"], ids=str)
def test_whoever_has_everything_is_answered_without_a_look_at_what_was(
    world: World, database: Database, filters: dict[str, Any]
) -> None:
    newest = long_past(world)
    by = world.principal("network")

    with reading(database) as session, noted() as statements:
        found = read_events(session, EventFilter(**filters), after=newest, limit=50, by=by)

    statement, values = statements[-1]
    plan = explained(database, statement, values)
    assert (found, "ORDER BY events.position" in statement) == ([], True)
    assert re.search(r'position"? ?>', plan), plan
    assert not re.search(r"SCAN events|TEMP B-TREE|Seq Scan on events|Sort", plan), plan


def test_how_far_events_reach_is_found_from_the_beginning(world: World, database: Database) -> None:
    long_past(world)
    by = world.principal("network")

    with reading(database) as session, noted() as statements:
        events.oldest_event(session, by=by)

    plan = explained(database, *statements[-1])
    assert not re.search(r"TEMP B-TREE|Seq Scan on events|Sort", plan), plan


def long_past(world: World) -> UUID:
    """Three thousand events of a project, told to all; the last one's id."""
    call = {"resource_type": "call", "resource_id": new_id(), "resource_version": 1, "resource_state": "published"}
    audience = {"project_id": world.project(), "countries": ["RS"], "public": True, "sample": False}
    row = {"type": E.CALL_UPDATED, "recorded_at": world.clock(), "extra": {}, **call, **audience}
    rows = [{"id": new_id(), "position": 100 + number, **row} for number in range(3000)]
    with transaction(world.database) as session:
        session.execute(insert(Event), rows)
        session.execute(text("ANALYZE events"))
    return rows[-1]["id"]


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values))

    listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        remove(Engine, "before_cursor_execute", note)


def explained(database: Database, statement: str, values: Any) -> str:
    """How the engine goes about a statement."""
    explain = "EXPLAIN QUERY PLAN " if database.on_sqlite else "EXPLAIN "
    with reading(database) as session:
        rows = session.connection().exec_driver_sql(explain + statement, values).all()
    return "\n".join(str(row[-1]) for row in rows)


# ── every type ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", list(EventType))
def test_it_happens_and_is_told_as_documented(world: World, kind: EventType) -> None:
    BRINGS_ABOUT[kind](world)

    happened = world.read(select(Event).where(Event.type == kind))[0]

    body = events.payload(happened, base_url=HOST)
    told, shown = dumped(kind, body["data"]), example(kind)["data"]
    Draft202012Validator(json_schema(kind)).validate(
        {**body, "timestamp": instant_text(body["timestamp"]), "data": told}
    )
    assert (told.keys(), told["resource"], told["state"]) == (shown.keys(), shown["resource"], shown["state"])


def test_every_type_is_brought_about_and_documented() -> None:
    headings = re.findall(r"^## (\w+\.\w+)$", DOCS.read_text("utf-8"), re.MULTILINE)

    assert (sorted(headings), sorted(BRINGS_ABOUT)) == (sorted(EventType), sorted(EventType))


def test_a_sample_of_every_type_is_told_in_its_shape(world: World) -> None:
    one = endpoint(world, "partner")

    for kind in KINDS_OF_SAMPLES:
        told = dumped(kind, events.payload(sample(world, one, kind), base_url=HOST)["data"])
        assert (told.keys(), told["sample"]) == ({*example(kind)["data"], "sample"}, True)


KINDS_OF_SAMPLES = [kind for kind in EventType if kind is not E.WEBHOOK_PING]


def sample(world: World, one: Endpoint, kind: EventType) -> Event:
    """Ask for a sample of an event."""
    return world.do(webhooks.ping_endpoint, one.id, kind=kind, by=world.principal("partner"))  # type: ignore[no-any-return]


def project(world: World, *states: ProjectState) -> None:
    """The project, in one state after the other."""
    world.project()
    for state in states:
        world.do(projects.advance_project, "TEST", state)


def tick(world: World, at: datetime) -> None:
    """What the clock does at that time."""
    world.do(lambda session, by, at: clock.tick(session, at=at), at=at)


def edited_call(world: World) -> None:
    """A published call, and a place more."""
    call = world.call()

    def edit(session: Session, *, by: Principal, at: datetime) -> None:
        held = calls.lock_call(session, str(call.id), by=by)
        calls.edit_call(session, held, replace(calls.as_input(held, "TEST"), places=9), by=by, at=at)

    world.do(edit)


def extended(world: World) -> None:
    """A published call, with an hour more."""
    call = world.call()
    world.do(calls.extend_call, str(call.id), closes_at=call.closes_at + timedelta(hours=1))


def over(world: World, *steps: Callable[..., Any]) -> None:
    """A call whose time is over, and what is done about it."""
    call = world.call()
    for step in steps:
        world.do(step, str(call.id), at=call.closes_at)


def applied(world: World, step: Callable[..., Any], **options: Any) -> None:
    """An application, and what becomes of it."""
    world.do(step, world.application(world.call()).id, **options)


def edited(world: World) -> None:
    """An application, and another telephone number."""
    application = world.application(world.call())

    def edit(session: Session, *, by: Principal, at: datetime) -> None:
        held = session.get_one(Application, application.id)
        before = applications.as_input(held)
        wanted = replace(before, person=replace(before.person, phone="+381 60 000 0000"))
        corrections.edit_application(session, held, wanted, by=by, at=at)

    world.do(edit)


def asked(world: World) -> Application:
    """An application to a call that asks whether news may be sent, and nothing said to that."""
    call = world.call(consent_purposes=["processing", "newsletter"])
    return world.application(call, consents=world.agreed("processing"))


def agreed(world: World) -> Application:
    """The same, and news are welcome."""
    wanted = ConsentInput(purpose="newsletter", granted=True, text_version="1", lang="en")
    return world.do(  # type: ignore[no-any-return]
        consent_changes.give_consent, asked(world).id, wanted, source=ConsentSource.LINK
    )


def offer(world: World) -> dict[str, Any]:
    """A place for a day."""
    return {"destination_id": None, "confirm_by": world.clock() + timedelta(days=1)}


def chosen(world: World, *steps: tuple[Callable[..., Any], dict[str, Any]]) -> None:
    """An application in a selection, and how it is decided."""
    (application,) = world.selection("Ana", destinations=())
    for step, options in steps:
        world.do(step, application.id, **options)


def offered(world: World, *steps: tuple[Callable[..., Any], dict[str, Any]]) -> None:
    """An application with a place, and what comes of it."""
    chosen(world, (decisions.select_application, offer(world)), *steps)


def promoted(world: World) -> None:
    """An application from the reserve list."""
    chosen(world, (decisions.reserve_application, {"rank": 1}), (decisions.promote_application, offer(world)))


def expired(world: World) -> None:
    """A place that nobody confirmed."""
    offered(world)
    tick(world, world.clock() + timedelta(days=1))


def stay(world: World, *steps: Callable[..., Any]) -> None:
    """A mobility, and what becomes of it."""
    mobility = world.mobility()
    for step in steps:
        world.do(step, mobility.id)


def erased(world: World) -> None:
    """An application that was withdrawn, and its person forgotten."""
    applied(world, erasure.erase_application)


START = (mobilities.confirm_mobility, mobilities.start_mobility)


def edited_mobility(world: World) -> None:
    """A stay, with a remark more."""
    mobility = world.live(world.mobility())

    def edit(session: Session, *, by: Principal, at: datetime) -> None:
        held = mobilities.lock_mobility(session, mobility.id, by=by)
        wanted = replace(mobilities.as_input(held, "TEST"), comments="Changed.")
        mobilities.edit_mobility(session, held, wanted, by=by, at=at)

    world.do(edit)


def pinged(world: World) -> Endpoint:
    """An endpoint that was asked for a sign of life."""
    one = endpoint(world, "partner")
    world.do(webhooks.ping_endpoint, one.id, by=world.principal("partner"))
    return one


def tried(world: World, **outcome: Any) -> None:
    """A ping that does not arrive."""
    pinged(world)
    fan_out(world)
    settle(world, [failed(due, world.clock(), **outcome) for due in claim(world)])


def failing(world: World) -> None:
    """An endpoint that has failed for a day after it was verified."""
    pinged(world)
    fan_out(world)
    settle(world, [arrived(due, world.clock()) for due in claim(world)])
    world.do(webhooks.ping_endpoint, world.read(select(Endpoint.id))[0], by=world.principal("partner"))
    fan_out(world)
    settle(world, [failed(due, world.clock()) for due in claim(world)])
    a_day_later = world.clock() + timedelta(days=1)
    world.do(lambda session, by, at: deliveries.warn_of_failing(session, at=at), at=a_day_later)


def disabled(world: World) -> None:
    """An endpoint that is no more."""
    tried(world, gone=True)


BRINGS_ABOUT: dict[EventType, Callable[[World], Any]] = {
    E.PROJECT_STARTED: project,
    E.PROJECT_SUBMITTED: lambda w: project(w, ProjectState.SUBMITTED),
    E.PROJECT_FINALISED: lambda w: project(w, ProjectState.SUBMITTED, ProjectState.FINALISED),
    E.PROJECT_ARCHIVED: lambda w: project(w, ProjectState.SUBMITTED, ProjectState.FINALISED, ProjectState.ARCHIVED),
    E.CALL_PUBLISHED: lambda w: w.call(),
    E.CALL_UPDATED: edited_call,
    E.CALL_OPENED: lambda w: tick(w, w.call().opens_at),
    E.CALL_CLOSING_SOON: lambda w: tick(w, w.call().closes_at - timedelta(days=7)),
    E.CALL_CLOSED: lambda w: tick(w, w.call().closes_at),
    E.CALL_DEADLINE_EXTENDED: extended,
    E.CALL_CANCELLED: lambda w: w.do(calls.cancel_call, str(w.call().id)),
    E.CALL_SELECTION_STARTED: lambda w: over(w, calls.begin_selection),
    E.CALL_DECIDED: lambda w: over(w, calls.begin_selection, calls.decide_call),
    E.CALL_ARCHIVED: lambda w: over(w, calls.begin_selection, calls.decide_call, calls.archive_call),
    E.APPLICATION_SUBMITTED: lambda w: w.application(w.call()),
    E.APPLICATION_UPDATED: edited,
    E.APPLICATION_RETURNED: lambda w: applied(w, corrections.return_application, reason="No address", until=None),
    E.APPLICATION_WITHDRAWN: lambda w: applied(w, decisions.withdraw_application),
    E.APPLICATION_ELIGIBLE: lambda w: applied(w, decisions.decide_eligibility, eligible=True, reason=None),
    E.APPLICATION_INELIGIBLE: lambda w: applied(w, decisions.decide_eligibility, eligible=False, reason="No"),
    E.APPLICATION_SELECTED: offered,
    E.APPLICATION_RESERVED: lambda w: chosen(w, (decisions.reserve_application, {"rank": 1})),
    E.APPLICATION_PROMOTED: promoted,
    E.APPLICATION_REJECTED: lambda w: chosen(w, (decisions.reject_application, {"reason": None})),
    E.APPLICATION_CONFIRMED: lambda w: offered(w, (decisions.confirm_application, {"participant_id": None})),
    E.APPLICATION_DECLINED: lambda w: offered(w, (decisions.decline_application, {})),
    E.APPLICATION_EXPIRED: expired,
    E.MOBILITY_NOMINATED: stay,
    E.MOBILITY_CONFIRMED: lambda w: stay(w, mobilities.confirm_mobility),
    E.MOBILITY_STARTED: lambda w: stay(w, *START),
    E.MOBILITY_COMPLETED: lambda w: stay(w, *START, mobilities.complete_mobility),
    E.MOBILITY_RECOGNISED: lambda w: stay(w, *START, mobilities.complete_mobility, mobilities.recognise_mobility),
    E.MOBILITY_CANCELLED: lambda w: stay(w, mobilities.cancel_mobility),
    E.MOBILITY_TERMINATED: lambda w: stay(w, *START, partial(mobilities.terminate_mobility, with_cause=True)),
    E.MOBILITY_UPDATED: edited_mobility,
    E.CONSENT_GIVEN: agreed,
    E.CONSENT_WITHDRAWN: lambda w: w.do(consent_changes.withdraw_consent, agreed(w).id, "newsletter"),
    E.PERSON_ERASED: erased,
    E.WEBHOOK_FAILING: failing,
    E.WEBHOOK_DISABLED: disabled,
    E.WEBHOOK_PING: pinged,
}
