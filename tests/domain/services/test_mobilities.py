"""Mobilities through the services: nominated, edited, led through their life."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from domain.db import new_id
from domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StateConflict
from domain.models.events import Event
from domain.models.mobilities import Mobility, MobilityState, RecordStatus
from domain.policies import OPERATOR
from domain.services import calls, decisions, mobilities, tokens
from domain.transaction import reading, transaction
from tests.domain.services.changed_mobilities import deleted, edited, found, listed
from tests.world import World

MARCH = (date(2027, 3, 1), date(2027, 3, 21))


def events_of(world: World, mobility: Mobility) -> list[tuple[str, int, str]]:
    with reading(world.database) as session:
        query = select(Event).where(Event.resource_id == mobility.id).order_by(Event.id)
        return [(str(e.type), e.resource_version, e.resource_state) for e in session.scalars(query)]


def read(world: World, mobility: Mobility) -> Mobility:
    with reading(world.database) as session:
        return mobilities.get_mobility(session, mobility.id, by=OPERATOR)


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
    mobility = world.mobility()

    assert events_of(world, mobility) == [("mobility.nominated", 1, "nominated")]


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
