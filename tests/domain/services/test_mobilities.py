"""Mobilities through the services: nominated, edited, led through their life, listed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.db import new_id
from domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StateConflict
from domain.models.activities import ActivityCode
from domain.models.events import Event
from domain.models.mobilities import Mobility, MobilityRole, MobilityState, RecordStatus
from domain.policies import OPERATOR
from domain.services import calls, decisions, mobilities, tokens
from domain.services.mobilities import LONGEST_WRITE, MobilityFilter, MobilityPage
from domain.services.pages import PageRequest
from domain.transaction import reading, transaction
from tests.conftest import Clock
from tests.world import World

MARCH = (date(2027, 3, 1), date(2027, 3, 21))


def events_of(world: World, mobility: Mobility) -> list[tuple[str, int, str]]:
    with reading(world.database) as session:
        query = select(Event).where(Event.resource_id == mobility.id).order_by(Event.id)
        return [(str(e.type), e.resource_version, e.resource_state) for e in session.scalars(query)]


def read(world: World, mobility: Mobility) -> Mobility:
    with reading(world.database) as session:
        return mobilities.get_mobility(session, mobility.id, by=OPERATOR)


def edited(world: World, mobility: Mobility, **changes: Any) -> Mobility:
    with transaction(world.database) as session:
        held = mobilities.lock_mobility(session, mobility.id, by=OPERATOR)
        wanted = replace(mobilities.as_input(held, "TEST"), **changes)
        return mobilities.edit_mobility(session, held, wanted, by=OPERATOR, at=world.clock())


def deleted(world: World, mobility: Mobility) -> None:
    with transaction(world.database) as session:
        held = mobilities.lock_mobility(session, mobility.id, by=OPERATOR)
        mobilities.delete_mobility(session, held, by=OPERATOR, at=world.clock())


def listed(world: World, *, page: PageRequest | None = None, **wanted: Any) -> MobilityPage:
    with reading(world.database) as session:
        return mobilities.list_mobilities(
            session, MobilityFilter(**wanted), by=OPERATOR, at=world.clock(), page=page or PageRequest()
        )


def found(world: World, **wanted: Any) -> list[object]:
    return [mobility.id for mobility in listed(world, **wanted).items]


def as_member(world: World, name: str, verb: Callable[..., Any], *args: Any) -> Any:
    token = world.token(name)
    with transaction(world.database) as session:
        by = tokens.authenticate(session, token, at=world.clock())
        return verb(session, *args, by=by, at=world.clock())


# ── making ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_record_is_complete_from_the_start(world: World) -> None:
    mobility = world.mobility()

    assert (mobility.violations, mobility.record_status) == ([], RecordStatus.COMPLETE)
    assert (mobility.mobility_duration_days, mobility.version) == (21, 1)


def test_a_nomination_is_one_event(world: World) -> None:
    assert (
        events_of(world, mobility) == [("mobility.nominated", 1, "nominated")] if (mobility := world.mobility()) else 0
    )


def test_the_participants_school_and_country_send_it(world: World) -> None:
    mobility = world.mobility()

    assert (mobility.sending_id, mobility.sending_country) == (world.organisation("school"), "RS")


def test_it_leads_to_where_the_host_is_unless_told(world: World) -> None:
    mobility = world.mobility(receiving_country=None, receiving_city=None)

    assert (mobility.receiving_country, mobility.receiving_city) == ("FR", None)


def test_a_record_without_dates_is_a_draft(world: World) -> None:
    mobility = world.mobility(start_date=None, end_date=None)

    assert (mobility.mobility_duration_days, mobility.record_status) == (None, RecordStatus.DRAFT)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"project": "NONE"}, "/project"),
        ({"participant_id": new_id()}, "/participant_id"),
        ({"activity_id": new_id()}, "/activity_id"),
        ({"receiving_id": new_id()}, "/receiving_organisation_id"),
        ({"intermediary_id": new_id()}, "/intermediary_organisation_id"),
        ({"end_date": date(2027, 1, 31)}, "/end_date"),
    ],
)
def test_what_can_not_be_is_refused_by_name(world: World, changes: dict[str, Any], pointer: str) -> None:
    participant = world.participant()

    with pytest.raises(InvalidInput) as refusal:
        world.do(mobilities.create_mobility, replace(world.mobility_input(participant.id), **changes))

    assert [finding.pointer for finding in refusal.value.findings] == [pointer]


def test_a_partner_nominates_nobody_of_another_country(world: World) -> None:
    ana = world.participant()

    with pytest.raises(InvalidInput):
        as_member(world, "albanian_partner", mobilities.create_mobility, world.mobility_input(ana.id))


def test_a_school_nominates_nobody(world: World) -> None:
    ana = world.participant()

    with pytest.raises(Forbidden):
        as_member(world, "school", mobilities.create_mobility, world.mobility_input(ana.id))


def test_a_confirmed_application_is_judged_with_what_it_says(world: World) -> None:
    wanted = {"graduation_date": date(2020, 6, 1), "isced_f": "9999"}
    call = world.call()
    application = world.application(call, **wanted)
    world.do(decisions.decide_eligibility, application.id, eligible=True, reason=None)
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    place = {"destination_id": call.destinations[0].id, "confirm_by": None}
    world.do(decisions.select_application, application.id, **place)

    world.do(decisions.confirm_application, application.id, participant_id=None)

    mobility = listed(world).items[0]
    assert (mobility.violations, mobility.mobility_duration_days) == (["R11"], 21)
    assert edited(world, mobility, recent_graduate=True).violations == ["R08", "R11"]


# ── editing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_is_one_version_and_one_event(world: World) -> None:
    mobility = world.mobility()

    edited(world, mobility, funded_travel_days=3)

    assert events_of(world, mobility)[1:] == [("mobility.updated", 2, "nominated")]
    assert read(world, mobility).violations == ["R03"]


def test_an_edit_that_changes_nothing_is_none(world: World) -> None:
    mobility = world.mobility()

    edited(world, mobility)

    assert [kind for kind, _, _ in events_of(world, mobility)] == ["mobility.nominated"]


def test_a_record_can_fall_back_and_recover(world: World) -> None:
    mobility = world.mobility()

    fallen = edited(world, mobility, end_date=date(2027, 2, 2)).record_status
    recovered = edited(world, mobility, end_date=date(2027, 2, 12)).record_status

    assert (fallen, recovered) == (RecordStatus.DRAFT, RecordStatus.COMPLETE)


def test_the_host_may_be_set_once(world: World) -> None:
    mobility = world.mobility(receiving_id=None)

    edited(world, mobility, receiving_id=world.organisation("host"))

    with pytest.raises(InvalidInput) as refusal:
        edited(world, mobility, receiving_id=world.organisation("partner"))
    assert [(f.pointer, f.code) for f in refusal.value.findings] == [("/receiving_organisation_id", "fixed")]


@pytest.mark.parametrize(("name", "value"), [("project", "OTHER"), ("participant_id", new_id())])
def test_whose_it_is_never_changes(world: World, name: str, value: object) -> None:
    mobility = world.mobility()

    with pytest.raises(InvalidInput) as refusal:
        edited(world, mobility, **{name: value})

    assert [(f.pointer, f.code) for f in refusal.value.findings] == [(f"/{name}", "fixed")]


def test_a_cancelled_one_is_not_edited(world: World) -> None:
    mobility = world.mobility()
    world.do(mobilities.cancel_mobility, mobility.id)

    with pytest.raises(Conflict):
        edited(world, mobility, comments="Too late.")


def test_two_stays_of_one_person_at_once_break_the_rule_on_both_records(world: World) -> None:
    ana = world.participant()
    first, second = world.mobility(ana), world.mobility(ana)

    assert [read(world, mobility).violations for mobility in (first, second)] == [["R09"], ["R09"]]
    assert events_of(world, first)[1:] == [("mobility.updated", 2, "nominated")]


@pytest.mark.parametrize(
    "leave",
    [
        lambda world, mobility: world.do(mobilities.cancel_mobility, mobility.id),
        lambda world, mobility: edited(world, mobility, start_date=MARCH[0], end_date=MARCH[1]),
        deleted,
    ],
    ids=["cancelled", "moved", "deleted"],
)
def test_when_one_of_the_two_leaves_the_other_is_sound_again(world: World, leave: Any) -> None:
    ana = world.participant()
    first, second = world.mobility(ana), world.mobility(ana)

    leave(world, second)

    assert read(world, first).violations == []


# ── the life ──────────────────────────────────────────────────────────────────────────────────────────────────────

STEPS = [
    ("confirm_mobility", "mobility.confirmed", MobilityState.CONFIRMED),
    ("start_mobility", "mobility.started", MobilityState.LIVE),
    ("complete_mobility", "mobility.completed", MobilityState.COMPLETED),
    ("recognise_mobility", "mobility.recognised", MobilityState.RECOGNISED),
]


def test_each_step_is_one_event(world: World) -> None:
    mobility = world.mobility()

    for verb, _, _ in STEPS:
        world.do(getattr(mobilities, verb), mobility.id)

    told = [(event, version, str(state)) for version, (_, event, state) in enumerate(STEPS, start=2)]
    assert events_of(world, mobility)[1:] == told


def test_a_cancellation_is_one_event(world: World) -> None:
    mobility = world.mobility()

    world.do(mobilities.cancel_mobility, mobility.id)

    assert events_of(world, mobility)[1:] == [("mobility.cancelled", 2, "cancelled")]


@pytest.mark.parametrize("with_cause", [True, False])
def test_a_termination_says_whether_there_was_cause(world: World, *, with_cause: bool) -> None:
    mobility = world.live(world.mobility())

    world.do(mobilities.terminate_mobility, mobility.id, with_cause=with_cause)

    assert read(world, mobility).with_cause is with_cause
    assert events_of(world, mobility)[-1] == ("mobility.terminated", 4, "terminated")


def test_a_host_notes_arrival_and_outcome(world: World) -> None:
    mobility = world.mobility()
    world.do(mobilities.confirm_mobility, mobility.id)

    for verb in (mobilities.start_mobility, mobilities.complete_mobility):
        as_member(world, "host", verb, mobility.id)

    assert read(world, mobility).state is MobilityState.COMPLETED


@pytest.mark.parametrize("verb", ["confirm_mobility", "cancel_mobility", "recognise_mobility"])
def test_a_host_decides_nothing_else(world: World, verb: str) -> None:
    mobility = world.mobility()

    with pytest.raises(Forbidden):
        as_member(world, "host", getattr(mobilities, verb), mobility.id)


def test_who_does_not_see_it_can_not_step_it(world: World) -> None:
    mobility = world.mobility()

    with pytest.raises(NotFound):
        as_member(world, "albanian_partner", mobilities.confirm_mobility, mobility.id)


# ── deleting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deleted_one_is_nowhere(world: World) -> None:
    mobility = world.mobility()

    deleted(world, mobility)

    assert found(world) == []
    with pytest.raises(NotFound):
        read(world, mobility)


def test_a_deletion_is_told_as_a_cancellation(world: World) -> None:
    mobility = world.mobility()

    deleted(world, mobility)

    assert events_of(world, mobility)[1:] == [("mobility.cancelled", 2, "cancelled")]


def test_what_is_under_way_is_not_deleted(world: World) -> None:
    mobility = world.live(world.mobility())

    with pytest.raises(StateConflict):
        deleted(world, mobility)

    assert found(world) == [mobility.id]


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


FITTING: list[dict[str, Any]] = [
    {"project": "TEST"},
    {"activity": ActivityCode.SHORT_TERM_LEARNER},
    {"state": MobilityState.NOMINATED},
    {"sending_country": "RS"},
    {"receiving_country": "FR"},
    {"record_status": RecordStatus.COMPLETE},
]
OTHERS: list[dict[str, Any]] = [
    {"project": "NONE"},
    {"activity": ActivityCode.COURSE},
    {"state": MobilityState.LIVE},
    {"sending_organisation_id": new_id()},
    {"receiving_organisation_id": new_id()},
    {"sending_country": "AL"},
    {"receiving_country": "IT"},
    {"record_status": RecordStatus.DRAFT},
    {"participant_id": new_id()},
]


def test_a_list_is_narrowed_by_each_filter(world: World) -> None:
    world.mobility()

    assert [wanted for wanted in FITTING + OTHERS if found(world, **wanted)] == FITTING


def test_a_list_is_narrowed_by_its_organisations_and_person(world: World) -> None:
    mobility = world.mobility()
    ends = {"sending_organisation_id": mobility.sending_id, "receiving_organisation_id": mobility.receiving_id}

    assert found(world, **ends, participant_id=mobility.participant_id) == [mobility.id]


@pytest.mark.parametrize("sort", ["start_date", "-start_date", "created_at", "updated_at"])
def test_a_list_pages_through_everything_once(world: World, sort: str) -> None:
    made = {world.mobility(start_date=day and date(2027, 2, day)).id for day in (None, 1, 2)}

    first = listed(world, page=PageRequest(limit=2, sort=sort))
    second = listed(world, page=PageRequest(limit=2, sort=sort, cursor=first.next_cursor))

    assert [len(first.items), len(second.items)] == [2, 1]
    assert {mobility.id for mobility in (*first.items, *second.items)} == made


@pytest.mark.parametrize("cursor", ["x", "x.1", "x.-1", "x.٣", "x." + "9" * 17])
def test_a_foreign_cursor_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        listed(world, page=PageRequest(cursor=cursor))

    assert [(f.pointer, f.code) for f in refusal.value.findings] == [("/cursor", "not_a_cursor")]


# ── what changed since ────────────────────────────────────────────────────────────────────────────────────────────


def test_all_pages_of_a_reading_carry_the_first_ones_instant(world: World, clock: Clock) -> None:
    world.mobility(), world.mobility()
    first = listed(world, page=PageRequest(limit=1))

    clock.move(minutes=5)
    second = listed(world, page=PageRequest(limit=1, cursor=first.next_cursor))

    assert (first.as_of, second.as_of) == (clock.now - timedelta(minutes=5) - LONGEST_WRITE, first.as_of)


def test_what_did_not_change_is_not_listed_again(world: World, clock: Clock) -> None:
    world.mobility()
    clock.move(minutes=5)

    as_of = listed(world).as_of

    assert found(world, modified_since=as_of) == []


def test_a_write_that_began_before_a_reading_and_ended_after_it_is_not_missed(world: World, clock: Clock) -> None:
    mobility = world.mobility()
    clock.move(minutes=5)
    begun = clock.now
    with transaction(world.database) as session:
        held = mobilities.lock_mobility(session, mobility.id, by=OPERATOR)
        wanted = replace(mobilities.as_input(held, "TEST"), comments="Late.")
        mobilities.edit_mobility(session, held, wanted, by=OPERATOR, at=begun)
        clock.move(seconds=8)
        reader = listed(world, modified_since=begun - timedelta(minutes=1))
        read_at = clock.now

    assert reader.items == []
    assert found(world, modified_since=reader.as_of) == [mobility.id]
    # Had it been told the instant of its reading, it would have passed the change by.
    assert found(world, modified_since=read_at) == []


def test_a_deleted_one_is_a_tombstone_for_those_who_ask_what_changed(world: World, clock: Clock) -> None:
    mobility, as_of = world.mobility(), listed(world).as_of
    clock.move(minutes=5)

    deleted(world, mobility)

    changed = listed(world, modified_since=as_of).items
    assert [(m.id, mobilities.is_gone(m, MobilityFilter())) for m in changed] == [(mobility.id, True)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"state": MobilityState.NOMINATED},
        {"record_status": RecordStatus.COMPLETE},
        {"receiving_country": "FR"},
        {"activity": ActivityCode.SHORT_TERM_LEARNER},
    ],
)
def test_one_that_left_the_filter_is_gone_from_that_list(world: World, clock: Clock, wanted: dict[str, Any]) -> None:
    mobility, as_of = world.mobility(), listed(world, **wanted).as_of
    clock.move(minutes=5)
    course = world.activity(ActivityCode.COURSE)
    edited(world, mobility, activity_id=course, receiving_country="IT", role=MobilityRole.ACCOMPANYING)
    world.do(mobilities.confirm_mobility, mobility.id)

    changed = listed(world, **wanted, modified_since=as_of).items

    assert [(m.id, mobilities.is_gone(m, MobilityFilter(**wanted))) for m in changed] == [(mobility.id, True)]


def test_one_that_still_fits_is_not_gone(world: World, clock: Clock) -> None:
    mobility, as_of = world.mobility(), listed(world).as_of
    clock.move(minutes=5)
    edited(world, mobility, comments="Still here.")
    wanted = {"state": MobilityState.NOMINATED, "participant_id": mobility.participant_id}

    changed = listed(world, **wanted, modified_since=as_of).items

    assert [mobilities.is_gone(m, MobilityFilter(**wanted)) for m in changed] == [False]


def test_a_reader_who_loops_ends_up_with_what_is_there(world: World, clock: Clock) -> None:
    kept: dict[object, int] = {}
    since, made = None, [world.mobility() for _ in range(3)]
    changes: list[Callable[[], object]] = [
        lambda: edited(world, made[0], comments="One."),
        lambda: deleted(world, made[1]),
        lambda: made.append(world.mobility()),
        lambda: edited(world, made[2], comments="Two."),
    ]
    for change in [lambda: None, *changes]:
        change()
        page = listed(world, modified_since=since)
        for mobility in page.items:
            kept[mobility.id] = mobility.version
            if mobilities.is_gone(mobility, MobilityFilter()):
                del kept[mobility.id]
        since = page.as_of
        clock.move(seconds=20)

    assert kept == {mobility.id: mobility.version for mobility in listed(world).items}
