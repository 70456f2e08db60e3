"""Calls through the services: made, edited, led through their life, by those who may."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Conflict, Forbidden, NotFound, StateConflict
from domain.models.activities import Profile
from domain.models.calls import Call, CallState, CallStatus, status_at
from domain.models.events import Event, EventType
from domain.models.tokens import Scope
from domain.policies import OPERATOR, PUBLIC, Principal
from domain.services import calls
from domain.services.calls import CallInput
from tests.conftest import Clock
from tests.domain.services.call_steps import ARCHIVE, BEGIN, CANCEL, DECIDE, GRAIN, PUBLISH, call_in, listed, step
from tests.world import World

STEPS = {
    (CallState.DRAFT, PUBLISH): (CallState.PUBLISHED, EventType.CALL_PUBLISHED),
    (CallState.DRAFT, CANCEL): (CallState.CANCELLED, EventType.CALL_CANCELLED),
    (CallState.PUBLISHED, BEGIN): (CallState.IN_SELECTION, EventType.CALL_SELECTION_STARTED),
    (CallState.PUBLISHED, CANCEL): (CallState.CANCELLED, EventType.CALL_CANCELLED),
    (CallState.IN_SELECTION, DECIDE): (CallState.DECIDED, EventType.CALL_DECIDED),
    (CallState.IN_SELECTION, CANCEL): (CallState.CANCELLED, EventType.CALL_CANCELLED),
    (CallState.DECIDED, ARCHIVE): (CallState.ARCHIVED, EventType.CALL_ARCHIVED),
    (CallState.CANCELLED, ARCHIVE): (CallState.ARCHIVED, EventType.CALL_ARCHIVED),
}


def edit(session: Session, call: Call, *, by: Principal, at: datetime, **changes: Any) -> Call:
    """Edit as a PATCH would: what stands, with changes."""
    held = calls.lock_call(session, str(call.id), by=OPERATOR)
    return calls.edit_call(session, held, replace(calls.as_input(held, "TEST"), **changes), by=by, at=at)


# ── the life of a call ────────────────────────────────────────────────────────────────────────────────────────────


def test_each_step_of_a_call_is_an_event_and_every_other_is_refused_and_leaves_nothing(world: World) -> None:
    for state in CallState:
        for verb in (PUBLISH, BEGIN, DECIDE, CANCEL, ARCHIVE):
            call, before = call_in(world, state), world.recorded()
            if (state, verb) in STEPS:
                after = step(world, call, verb)
                assert (after.state, world.recorded()[-1]) == STEPS[state, verb]
            else:
                with pytest.raises(StateConflict):
                    step(world, call, verb)
                assert world.recorded() == before


def test_publication_refuses_what_is_missing(world: World) -> None:
    call = world.draft(summary=None, description={}, eligible_countries=[], opens_at=None, closes_at=None)

    assert world.refused(calls.publish_call, str(call.id)) == [
        ("/summary", "required"),
        ("/description", "required"),
        ("/eligible_countries", "required"),
        ("/opens_at", "required"),
        ("/closes_at", "required"),
    ]


def test_a_call_is_not_published_after_its_deadline(world: World, clock: Clock) -> None:
    call = world.draft()

    clock.now = call.closes_at

    assert world.refused(calls.publish_call, str(call.id)) == [("/closes_at", "not_later")]


def test_selection_begins_when_the_grace_is_over(world: World) -> None:
    call = world.call(grace_minutes=30)
    over = call.closes_at + timedelta(minutes=30)

    with pytest.raises(Conflict, match=r"2026-12-21T09:30:00Z"):
        world.do(calls.begin_selection, str(call.id), at=over - GRAIN)

    assert world.do(calls.begin_selection, str(call.id), at=over).state is CallState.IN_SELECTION


# ── extension ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deadline_can_be_extended_after_it_has_passed_and_leaves_a_trace(world: World, clock: Clock) -> None:
    call = world.call()
    clock.now = call.closes_at + timedelta(hours=1)

    extended = world.do(calls.extend_call, str(call.id), closes_at=clock.now + timedelta(days=1))

    (event,) = world.read(select(Event).where(Event.type == EventType.CALL_DEADLINE_EXTENDED))
    assert status_at(extended, clock.now) is CallStatus.OPEN
    assert event.extra == {"previous_closes_at": "2026-12-21T09:00:00Z", "closes_at": "2026-12-22T10:00:00Z"}


@pytest.mark.parametrize(
    ("now", "deadline"), [(0, 0), (0, -1), (2, 1)], ids=["the same", "earlier", "later, but in the past"]
)
def test_an_extension_moves_the_deadline_later_or_is_refused(world: World, now: int, deadline: int) -> None:
    call = world.call()
    at, wanted = call.closes_at + timedelta(days=now), call.closes_at + timedelta(days=deadline)

    assert world.refused(calls.extend_call, str(call.id), closes_at=wanted, at=at) == [("/closes_at", "not_later")]


def test_only_a_published_call_is_extended(world: World) -> None:
    for state in set(CallState) - {CallState.PUBLISHED}:
        call = call_in(world, state)

        with pytest.raises(Conflict):
            world.do(calls.extend_call, str(call.id), closes_at=call.closes_at + timedelta(days=1))


# ── making and editing ────────────────────────────────────────────────────────────────────────────────────────────


SLUGS = [
    ({"en": "Three weeks in Lyon!"}, "three-weeks-in-lyon"),
    ({"sr-Cyrl": "Три недеље у Лиону"}, "tri-nedelje-u-lionu"),
    ({"sq": "Tri javë në Lion", "en": "Lyon"}, "lyon"),
    ({"en": "¿?"}, "call"),
    ({"en": "a" * 100}, "a" * 72),
    ({"en": "Lyon"}, "lyon-2"),
    ({"en": "Lyon"}, "lyon-3"),
]


def test_a_slug_is_made_of_the_title_and_numbered_when_it_is_taken(world: World) -> None:
    slugs = [world.draft(title=title).slug for title, _ in SLUGS]

    assert slugs == [slug for _, slug in SLUGS]


def test_a_given_slug_is_refused_when_it_is_taken_or_reads_as_an_id(world: World) -> None:
    taken = world.draft().slug

    assert world.refused(calls.create_call, world.call_input(slug=taken)) == [("/slug", "taken")]
    # By such an address the call with that id would be looked for, and this one never be found.
    as_id = world.call_input(slug="5f0c7e6e58a54d7c8b6a000000000001")
    assert world.refused(calls.create_call, as_id) == [("/slug", "not_a_slug")]


def test_a_slug_is_changed_to_one_that_no_other_call_has(world: World) -> None:
    taken, call = world.draft(slug="taken"), world.draft(slug="first")

    kept, moved = world.do(edit, call, slug="first"), world.do(edit, call, slug="second")

    assert (kept.slug, moved.slug) == ("first", "second")
    assert world.refused(edit, call, slug=taken.slug) == [("/slug", "taken")]


def test_an_edit_is_an_event_once_the_call_is_published_and_something_changed(world: World) -> None:
    draft, call = world.draft(), world.call()
    before = world.recorded()

    world.do(edit, draft, places=5)
    untouched = world.do(edit, call)
    world.do(edit, call, places=5)

    assert (untouched.version, world.recorded()) == (call.version, [*before, EventType.CALL_UPDATED])


def test_a_changed_form_has_a_new_version_and_an_unchanged_one_has_not(world: World) -> None:
    call = world.call()
    question = {"name": "diet", "type": "text", "label": {"en": "What don't you eat?"}, "required": False}

    same = world.do(edit, call, contact="mobility@example.org")
    more = world.do(edit, call, form=[*call.form, question])

    assert (same.form_version, more.form_version) == (1, 2)


def test_what_is_edited_is_shown_and_found(world: World) -> None:
    call = world.do(edit, world.call(slug="here"), title={"en": "A month in Bologna"}, profile=Profile.STAFF)

    assert call.profile is Profile.STAFF
    assert (listed(world, q="bologna"), listed(world, q="three")) == (["here"], [])


def test_a_call_that_is_over_can_not_be_edited(world: World) -> None:
    for state in (CallState.DECIDED, CallState.CANCELLED, CallState.ARCHIVED):
        with pytest.raises(Conflict, match="copy it"):
            world.do(edit, call_in(world, state), places=5)


def test_a_copy_keeps_everything_but_dates_and_countries(world: World) -> None:
    original = world.call(contact="mobility@example.org", grace_minutes=30, profile=Profile.STAFF)

    copy = world.do(calls.copy_call, str(original.id))

    fresh = {"slug": None, "eligible_countries": [], "opens_at": None, "closes_at": None, "destinations": ()}
    assert plain(copy, **fresh) == plain(original, **fresh)
    assert (copy.state, copy.opens_at, copy.closes_at, copy.eligible_countries) == (CallState.DRAFT, None, None, [])


def plain(call: Call, **fresh: Any) -> CallInput:
    return replace(calls.as_input(call, "TEST"), **fresh)


def test_the_destinations_of_a_copy_are_its_own_and_have_no_dates(world: World) -> None:
    original = world.call()

    copy = world.do(calls.copy_call, str(original.id))

    (here,), (there,) = original.destinations, copy.destinations
    assert (there.country, there.city, there.host_id, there.places) == (here.country, here.city, here.host_id, 2)
    assert (there.id != here.id, there.starts_on, there.ends_on) == (True, None, None)


# ── who ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_for_those_who_make_it_and_nobody_else(world: World) -> None:
    world.draft(slug="serbian")
    world.draft(slug="joint", owner_id=world.organisation("coordinator"), eligible_countries=["AL", "MK"])
    world.call(slug="published")
    names = ("coordinator", "partner", "albanian_partner", "school", "host", "agency", "network", "stranger")

    seen = {name: " ".join(listed(world, by=world.principal(name))) for name in names}

    assert seen == dict.fromkeys(names, "published") | {
        "coordinator": "joint published serbian",
        "partner": "published serbian",
        "albanian_partner": "joint published",
    }


def test_a_draft_that_is_cancelled_and_put_away_stays_unseen(world: World) -> None:
    draft, call = world.draft(slug="never-shown"), world.call(slug="shown")
    for verb in (CANCEL, ARCHIVE):
        step(world, draft, verb)
        step(world, call, verb)

    public = world.read(select(Event.public).where(Event.call_id == draft.id))
    assert (listed(world), listed(world, by=world.principal("partner"))) == (["shown"], ["never-shown", "shown"])
    assert public == [False, False]


def test_a_draft_is_not_found_by_the_public_nor_without_the_scope(world: World) -> None:
    draft = world.draft()
    without = world.principal("coordinator", scopes=frozenset(Scope) - {Scope.CALLS_READ})

    for by in (PUBLIC, without):
        with pytest.raises(NotFound):
            world.do(lambda session, by, at: calls.get_call(session, str(draft.id), by=by), by=by)


@pytest.mark.parametrize(
    ("name", "owner", "countries"),
    [
        ("partner", "partner", ["AL"]),
        ("partner", "partner", ["RS", "AL"]),
        ("partner", "coordinator", ["RS"]),
        ("albanian_partner", "partner", ["RS"]),
        ("school", "school", ["RS"]),
        ("host", "host", ["RS"]),
    ],
)
def test_a_partner_makes_calls_of_its_own_for_its_own_country_and_nobody_else_does(
    world: World, name: str, owner: str, countries: list[str]
) -> None:
    wanted = world.call_input(owner_id=world.organisation(owner), eligible_countries=countries)

    with pytest.raises(Forbidden):
        world.do(calls.create_call, wanted, by=world.principal(name))


def test_a_partner_makes_and_publishes_a_call_of_its_own(world: World) -> None:
    partner = world.principal("partner")
    call = world.do(calls.create_call, world.call_input(owner_id=None), by=partner)

    assert world.do(calls.publish_call, str(call.id), by=partner).state is CallState.PUBLISHED


@pytest.mark.parametrize("countries", [["RS"], ["RS", "AL"]])
def test_a_partner_can_not_take_over_a_call_for_several_countries(world: World, countries: list[str]) -> None:
    call = world.call(eligible_countries=["RS", "AL"])

    with pytest.raises(Forbidden):
        world.do(edit, call, eligible_countries=countries, by=world.principal("partner"))


def test_a_partner_leaves_the_calls_of_others_alone(world: World) -> None:
    call, by = world.call(), world.principal("albanian_partner")

    for verb in (CANCEL, BEGIN, edit, calls.copy_call):
        with pytest.raises(Forbidden):
            world.do(verb, call if verb is edit else str(call.id), by=by)


def test_a_token_without_the_scope_changes_no_call(world: World) -> None:
    by = world.principal("coordinator", scopes=frozenset({Scope.CALLS_READ}))

    with pytest.raises(Forbidden, match="calls:write"):
        world.do(calls.create_call, world.call_input(), by=by)
