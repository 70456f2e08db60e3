"""Decisions on applications and the applicants' answers, on both engines."""

import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.db import new_id
from domain.errors import Busy, Conflict, NoPlaceLeft, StateConflict
from domain.models.applications import Application
from domain.models.calls import Call, Destination
from domain.models.events import Event
from domain.models.mobilities import Mobility, MobilityState
from domain.models.participants import Participant
from domain.policies import OPERATOR
from domain.services import calls, decisions
from domain.services.destinations import DestinationInput
from domain.transaction import connect, transaction
from tests.domain.services.decision_steps import (
    FOREVER,
    VERBS,
    WAY_TO,
    WIDE,
    E,
    S,
    act,
    brought_to,
    select_for,
)
from tests.participations import put_applications
from tests.world import World

LYON = DestinationInput(country="FR", city="Lyon", places=1)
WIEN = DestinationInput(country="AT", city="Wien")
STEPS = {
    (S.SUBMITTED, "eligible"): (S.ELIGIBLE, E.APPLICATION_ELIGIBLE),
    (S.SUBMITTED, "ineligible"): (S.INELIGIBLE, E.APPLICATION_INELIGIBLE),
    (S.SUBMITTED, "return"): (S.RETURNED, E.APPLICATION_RETURNED),
    (S.SUBMITTED, "withdraw"): (S.WITHDRAWN, E.APPLICATION_WITHDRAWN),
    (S.RETURNED, "finish"): (S.SUBMITTED, E.APPLICATION_SUBMITTED),
    (S.RETURNED, "withdraw"): (S.WITHDRAWN, E.APPLICATION_WITHDRAWN),
    (S.ELIGIBLE, "select"): (S.SELECTED, E.APPLICATION_SELECTED),
    (S.ELIGIBLE, "reserve"): (S.RESERVE, E.APPLICATION_RESERVED),
    (S.ELIGIBLE, "reject"): (S.REJECTED, E.APPLICATION_REJECTED),
    (S.ELIGIBLE, "withdraw"): (S.WITHDRAWN, E.APPLICATION_WITHDRAWN),
    (S.RESERVE, "promote"): (S.SELECTED, E.APPLICATION_PROMOTED),
    (S.RESERVE, "withdraw"): (S.WITHDRAWN, E.APPLICATION_WITHDRAWN),
    (S.SELECTED, "confirm"): (S.CONFIRMED, E.MOBILITY_NOMINATED),
    (S.SELECTED, "decline"): (S.DECLINED, E.APPLICATION_DECLINED),
    (S.SELECTED, "withdraw"): (S.WITHDRAWN, E.APPLICATION_WITHDRAWN),
}
ALIKE = {S.INELIGIBLE, S.REJECTED, S.DECLINED}  # as final as `withdrawn`, and reached by the same table


def left(world: World) -> int:
    return world.read(select(Call))[0].places_left


# ── each step ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_step_of_an_application_is_an_event(world: World) -> None:
    for (state, verb), (after, event) in STEPS.items():
        application = act(world, verb, brought_to(world, state))

        assert (application.state, world.recorded()[-1]) == (after, event), (state, verb)


def test_every_other_step_is_refused_and_leaves_nothing(world: World) -> None:
    for state in sorted(set(WAY_TO) - ALIKE):
        application = brought_to(world, state)
        before = (world.recorded(), application.version)

        for verb in VERBS.keys() - {verb for known, verb in STEPS if known is state}:
            with pytest.raises(Conflict):
                act(world, verb, application)
        version = world.read(select(Application.version).where(Application.id == application.id))
        assert (world.recorded(), version) == (before[0], [before[1]])


def test_the_refusal_of_a_step_names_those_that_would_work(world: World) -> None:
    with pytest.raises(StateConflict) as caught:
        act(world, "confirm", brought_to(world, S.ELIGIBLE))

    assert caught.value.values == {"state": "eligible", "possible": ["rejected", "reserve", "selected", "withdrawn"]}


def test_nobody_is_selected_before_the_selection_begins(world: World) -> None:
    application = world.eligible(world.call(**WIDE))

    for verb in ("select", "reserve", "promote", "reject"):
        with pytest.raises(Conflict, match="begin its selection"):
            act(world, verb, application)


def test_each_event_carries_the_version_that_its_step_made(world: World) -> None:
    application = brought_to(world, S.CONFIRMED)

    told = world.read(select(Event.resource_version).where(Event.resource_id == application.id).order_by(Event.id))

    assert (told, application.version) == ([1, 2, 3, application.version], world.read(select(Application.version))[0])


# ── places ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_selected_and_confirmed_take_a_place_and_whoever_goes_frees_it(world: World) -> None:
    for verb in ("decline", "withdraw"):
        (application,) = world.selection("Ana", places=1, destinations=(LYON,))
        chosen = world.do(select_for, application, "Lyon")
        taken = (chosen.call.places_left, chosen.call.destinations[0].places_left)
        gone = act(world, verb, chosen)

        assert (taken, gone.call.places_left, gone.call.destinations[0].places_left) == ((0, 0), 1, 1)


def test_a_confirmed_place_stays_taken(world: World) -> None:
    brought_to(world, S.CONFIRMED, places=1)

    assert left(world) == 0


def test_no_more_are_selected_than_the_call_has_places(world: World) -> None:
    ana, mia = world.selection("Ana", "Mia", places=1, destinations=(WIEN,))
    world.do(select_for, ana, "Wien")

    with pytest.raises(NoPlaceLeft, match="All 1 places of this call"):
        world.do(select_for, mia, "Wien")

    assert world.read(select(Application.state).order_by(Application.id)) == [S.SELECTED, S.ELIGIBLE]


def test_no_more_are_selected_than_the_destination_has_places(world: World) -> None:
    ana, mia = world.selection("Ana", "Mia", destinations=(LYON, WIEN))
    world.do(select_for, ana, "Lyon")

    with pytest.raises(NoPlaceLeft, match="All 1 places in Lyon"):
        world.do(select_for, mia, "Lyon")

    assert world.do(select_for, mia, "Wien").state is S.SELECTED


def test_nobody_is_promoted_while_all_places_are_taken(world: World) -> None:
    ana, mia = world.selection("Ana", "Mia", places=1, destinations=())
    act(world, "reserve", mia)
    act(world, "select", ana)

    with pytest.raises(NoPlaceLeft):
        act(world, "promote", mia)

    act(world, "decline", ana)
    assert act(world, "promote", mia).state is S.SELECTED


def test_of_fifty_who_offer_the_last_place_at_once_one_wins(world: World) -> None:
    call = world.call(places=50, destinations=(LYON,))
    ids = put_applications(world, call, [S.ELIGIBLE] * 50)
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    database = connect(world.database.writer.url.render_as_string(hide_password=False), pool_size=50)
    start, outcomes = threading.Barrier(50), []

    def offer(application_id: UUID) -> None:
        start.wait()
        outcomes.append(offered(application_id))

    def offered(application_id: UUID) -> str:
        wanted = {"destination_id": call.destinations[0].id, "confirm_by": None}
        while True:  # as a client would: a busy database says when to come back
            try:
                with transaction(database) as session:
                    options = {**wanted, "by": OPERATOR, "at": world.clock()}
                    return decisions.select_application(session, application_id, **options).state
            except Busy:
                time.sleep(0.1)
            except NoPlaceLeft as refusal:
                return refusal.code

    threads = [threading.Thread(target=offer, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()

    assert sorted(outcomes) == ["no_place_left"] * 49 + ["selected"]
    assert world.read(select(Destination.taken)) == [1]


# ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────────


OFFERS = [
    ({}, [("/destination_id", "required")]),
    ({"destination_id": UUID(int=1)}, [("/destination_id", "not_found")]),
    ({"destination": "Lyon", "confirm_by": datetime(2026, 11, 22, 9, tzinfo=UTC)}, [("/confirm_by", "not_later")]),
]


def test_an_offer_that_can_not_be_is_refused(world: World) -> None:
    (application,) = world.selection("Ana", destinations=(LYON,))

    assert [(offer, world.refused(select_for, application, **offer)) for offer, _ in OFFERS] == OFFERS


def test_the_reserve_list_is_promoted_in_its_order(world: World) -> None:
    ana, mia = world.selection("Ana", "Mia", **WIDE)
    world.do(decisions.reserve_application, mia.id, rank=1)
    world.do(decisions.reserve_application, ana.id, rank=2)

    with pytest.raises(Conflict, match=f"{mia.reference} stands before"):
        act(world, "promote", ana)

    assert [act(world, "promote", mia).state, act(world, "promote", ana).state] == [S.SELECTED, S.SELECTED]


def test_a_rank_is_given_once(world: World) -> None:
    ana, mia = world.selection("Ana", "Mia", **WIDE)
    world.do(decisions.reserve_application, ana.id, rank=1)

    with pytest.raises(Conflict, match="Rank 1 of this call's reserve list is taken"):
        world.do(decisions.reserve_application, mia.id, rank=1)


def test_one_in_reserve_is_promoted_and_not_selected_past_those_before(world: World) -> None:
    application = brought_to(world, S.RESERVE)

    with pytest.raises(Conflict, match="promote it"):
        act(world, "select", application)


# ── confirmation ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_confirming_makes_a_participant_and_a_mobility(world: World) -> None:
    (application,) = world.selection("Ana")
    confirmed = act(world, "confirm", world.do(select_for, application, "Lyon"))

    ((person,), (mobility,)) = world.read(select(Participant)), world.read(select(Mobility))
    assert (confirmed.participant_id, mobility.participant_id, mobility.application_id) == (
        person.id,
        person.id,
        application.id,
    )
    assert (person.given_names, person.family_name, person.email, person.country) == (
        "Ana",
        "Petrović",
        "ana@example.org",
        "RS",
    )
    (place,) = application.call.destinations
    assert (mobility.state, mobility.receiving_id, mobility.receiving_country, mobility.start_date) == (
        MobilityState.NOMINATED,
        place.host_id,
        "FR",
        place.starts_on,
    )


def test_confirming_is_told_of_the_application_and_of_the_mobility(world: World) -> None:
    brought_to(world, S.CONFIRMED)

    assert world.recorded()[-2:] == [E.APPLICATION_CONFIRMED, E.MOBILITY_NOMINATED]


def test_a_known_participant_gets_the_mobility(world: World) -> None:
    application, ana = brought_to(world, S.SELECTED), world.participant()

    world.do(decisions.confirm_application, application.id, participant_id=ana.id)

    assert (world.read(select(Participant.id)), world.read(select(Mobility.participant_id))) == ([ana.id], [ana.id])


def test_an_unknown_participant_is_refused_and_nothing_is_confirmed(world: World) -> None:
    application = brought_to(world, S.SELECTED)

    found = world.refused(decisions.confirm_application, application.id, participant_id=new_id())

    assert found == [("/participant_id", "not_found")]
    assert world.read(select(Application.state)) == [S.SELECTED]


def test_a_place_is_confirmed_until_confirm_by(world: World) -> None:
    application = brought_to(world, S.SELECTED)

    with pytest.raises(Conflict, match="until 2027-01-10T00:00:00Z"):
        act(world, "confirm", application, at=FOREVER)

    assert act(world, "confirm", application, at=FOREVER - timedelta(microseconds=1)).state is S.CONFIRMED


def test_nobody_confirms_a_place_of_a_cancelled_call(world: World) -> None:
    application = brought_to(world, S.SELECTED)
    world.do(calls.cancel_call, str(application.call_id))

    with pytest.raises(Conflict, match="cancelled"):
        act(world, "confirm", application)

    assert act(world, "withdraw", application).state is S.WITHDRAWN


# ── expiry ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_place_that_was_not_confirmed_expires_and_is_free_again(world: World) -> None:
    brought_to(world, S.SELECTED)

    expired = [
        world.do(lambda session, by, at: decisions.expire_applications(session, at=at, limit=10), at=at)
        for at in (FOREVER - timedelta(microseconds=1), FOREVER, FOREVER)
    ]

    assert (expired, left(world)) == ([0, 1, 0], 100)
    assert (world.read(select(Application.state)), world.recorded()[-1]) == ([S.EXPIRED], E.APPLICATION_EXPIRED)
