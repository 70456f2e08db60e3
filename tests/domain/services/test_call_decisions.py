"""Many decisions at once: all or none, by the steps that each would take alone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.db import new_id
from domain.errors import NotFound
from domain.models.applications import Application, ApplicationState, SubmittedVia
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.policies import PUBLIC
from domain.services import calls, decisions
from domain.services.applications import submit_application
from domain.services.call_decisions import DecisionInput, Outcome, decide_applications, foresee_decisions
from domain.services.destinations import DestinationInput
from tests.domain.services.decision_steps import FOREVER
from tests.world import World

S, E = ApplicationState, EventType
LYON, BOLOGNA = DestinationInput(country="FR", city="Lyon", places=1), DestinationInput(country="IT", city="Bologna")


def on(application: Application, decision: Outcome, **more: Any) -> DecisionInput:
    return DecisionInput(application.version, decision, application.id, **more)


def decide(world: World, call: Any, *wanted: DecisionInput, verb: Any = decide_applications, **options: Any) -> Any:
    return world.do(verb, str(call), wanted, **{"confirm_by": None, **options})


def refused(world: World, call: Any, *wanted: DecisionInput, **options: Any) -> list[tuple[str, str]]:
    return world.refused(decide_applications, str(call), wanted, **{"confirm_by": None, **options})


def states(world: World) -> list[ApplicationState]:
    return world.read(select(Application.state).order_by(Application.id))


def test_each_decision_is_taken_and_told(world: World) -> None:
    ana, iva, mia = world.selection("Ana", "Iva", "Mia", destinations=(LYON, BOLOGNA))
    place = ana.call.destinations[0].id

    found = decide(
        world,
        ana.call_id,
        on(ana, Outcome.SELECTED, destination_id=place),
        on(iva, Outcome.RESERVE, rank=1),
        on(mia, Outcome.REJECTED, reason="No place is left."),
        confirm_by=FOREVER,
    )

    assert [(one.reference, one.before, one.state, one.rank, one.destination_id, one.reason) for one in found] == [
        (ana.reference, S.ELIGIBLE, S.SELECTED, None, place, None),
        (iva.reference, S.ELIGIBLE, S.RESERVE, 1, None, None),
        (mia.reference, S.ELIGIBLE, S.REJECTED, None, None, "No place is left."),
    ]
    assert world.recorded()[-3:] == [E.APPLICATION_SELECTED, E.APPLICATION_RESERVED, E.APPLICATION_REJECTED]
    assert world.read(select(Application.confirm_by).where(Application.id == ana.id)) == [FOREVER]


def test_eligibility_is_decided_while_the_call_is_open(world: World) -> None:
    call = world.call()
    ana, iva = world.application(call, "Ana"), world.application(call, "Iva")

    decide(world, call.id, on(ana, Outcome.ELIGIBLE), on(iva, Outcome.INELIGIBLE, reason="Too young."))

    assert (states(world), world.recorded()[-2:]) == (
        [S.ELIGIBLE, S.INELIGIBLE],
        [E.APPLICATION_ELIGIBLE, E.APPLICATION_INELIGIBLE],
    )


def test_each_event_carries_the_version_that_was_answered(world: World) -> None:
    (ana,) = world.selection("Ana")
    place = ana.call.destinations[0].id

    (one,) = decide(world, ana.call_id, on(ana, Outcome.SELECTED, destination_id=place, reason="First."))

    told = world.read(select(Event.resource_version).where(Event.resource_id == ana.id).order_by(Event.id.desc()))[0]
    assert (one.version, told, world.read(select(Application.version))) == (3, 3, [3])


def test_names_are_as_good_as_ids(world: World) -> None:
    (ana,) = world.selection("Ana", destinations=(LYON, BOLOGNA))

    named = DecisionInput(ana.version, Outcome.SELECTED, reference=ana.reference, destination=" bologna (it)")
    (one,) = decide(world, ana.call_id, named)

    assert one.destination_id == ana.call.destinations[1].id


def test_one_refusal_keeps_all_from_being_taken_and_every_one_is_named(world: World) -> None:
    ana, iva, mia = world.selection("Ana", "Iva", "Mia")
    place, before = ana.call.destinations[0].id, world.recorded()

    found = refused(
        world,
        ana.call_id,
        on(ana, Outcome.SELECTED, destination_id=place),
        on(iva, Outcome.RESERVE),
        on(mia, Outcome.SELECTED),
    )

    assert found == [("/decisions/1/rank", "required"), ("/decisions/2/destination_id", "required")]
    assert (states(world), world.recorded(), world.read(select(Call.taken))) == ([S.ELIGIBLE] * 3, before, [0])


def test_an_application_that_changed_since_is_named(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva")
    world.do(decisions.withdraw_application, iva.id)

    found = refused(world, ana.call_id, on(ana, Outcome.REJECTED), on(iva, Outcome.REJECTED))

    assert (found, states(world)) == ([("/decisions/1/version", "changed_since")], [S.ELIGIBLE, S.WITHDRAWN])


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "rank without reserve": ({"decision": Outcome.REJECTED, "rank": 1}, "/rank", "not_for_this_decision"),
    "destination without an offer": (
        {"decision": Outcome.REJECTED, "destination": "Lyon (FR)"}, "/destination_id", "not_for_this_decision"),
    "unknown destination": (
        {"decision": Outcome.SELECTED, "destination": "Paris (FR)"}, "/destination_id", "not_a_choice"),
    "somebody else's destination": (
        {"decision": Outcome.SELECTED, "destination_id": new_id()}, "/destination_id", "not_found"),
    "no step": ({"decision": Outcome.ELIGIBLE}, "/decision", "state_conflict"),
    "nobody": ({"decision": Outcome.REJECTED, "application_id": new_id()}, "/application_id", "not_found"),
    "no reference": (
        {"decision": Outcome.REJECTED, "application_id": None, "reference": "A-0000-0000"}, "/reference", "not_found"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_names_its_field(world: World, case: str) -> None:
    (ana,) = world.selection("Ana")
    values, field, code = WRONG[case]

    wanted = DecisionInput(**{"version": ana.version, "application_id": ana.id, **values})

    assert refused(world, ana.call_id, wanted) == [(f"/decisions/0{field}", code)]


def test_an_application_is_decided_on_once(world: World) -> None:
    (ana,) = world.selection("Ana")
    again = DecisionInput(ana.version, Outcome.REJECTED, reference=ana.reference)

    assert refused(world, ana.call_id, on(ana, Outcome.REJECTED), again) == [("/decisions/1/reference", "repeated")]


def test_an_application_to_another_call_and_a_copy_are_not_found(world: World) -> None:
    call, options = world.call(), {"by": PUBLIC, "via": SubmittedVia.API}
    world.application(call)
    copy = world.do(submit_application, str(call.id), world.application_input(), **options)
    other = world.application(world.call(title={"en": "Another"}))

    found = refused(world, call.id, *(on(one, Outcome.ELIGIBLE) for one in (copy, other)))

    assert found == [(f"/decisions/{index}/application_id", "not_found") for index in (0, 1)]


def test_places_are_given_to_the_first_and_the_next_is_told_so(world: World) -> None:
    ana, iva, mia = world.selection("Ana", "Iva", "Mia", places=2, destinations=(LYON, BOLOGNA))
    lyon, bologna = (place.id for place in ana.call.destinations)

    there = refused(world, ana.call_id, *(on(one, Outcome.SELECTED, destination_id=lyon) for one in (ana, iva)))
    anywhere = refused(
        world, ana.call_id, *(on(one, Outcome.SELECTED, destination_id=bologna) for one in (ana, iva, mia))
    )

    assert (there, anywhere) == (
        [("/decisions/1/decision", "no_place_left")],
        [("/decisions/2/decision", "no_place_left")],
    )


def test_a_rank_is_given_once(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva")

    found = refused(world, ana.call_id, *(on(one, Outcome.RESERVE, rank=1) for one in (ana, iva)))

    assert found == [("/decisions/1/rank", "rank_taken")]


def test_those_on_the_reserve_list_move_up_in_its_order_whatever_the_order_of_rows(world: World) -> None:
    ana, iva, mia = world.selection("Ana", "Iva", "Mia", places=2, destinations=())
    second = world.do(decisions.reserve_application, ana.id, rank=2)
    first = world.do(decisions.reserve_application, iva.id, rank=1)

    found = decide(
        world, ana.call_id, on(mia, Outcome.RESERVE, rank=1), on(second, Outcome.SELECTED), on(first, Outcome.SELECTED)
    )

    assert [one.state for one in found] == [S.RESERVE, S.SELECTED, S.SELECTED]
    assert world.recorded()[-3:] == [E.APPLICATION_PROMOTED, E.APPLICATION_PROMOTED, E.APPLICATION_RESERVED]


def test_who_is_next_on_the_reserve_list_is_not_passed_over(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva", destinations=())
    world.do(decisions.reserve_application, ana.id, rank=1)
    second = world.do(decisions.reserve_application, iva.id, rank=2)

    assert refused(world, ana.call_id, on(second, Outcome.SELECTED)) == [("/decisions/0/decision", "out_of_turn")]


def test_nobody_is_selected_before_the_selection_begins(world: World) -> None:
    application = world.eligible(world.call())

    found = refused(world, application.call_id, on(application, Outcome.REJECTED))

    assert found == [("/decisions/0/decision", "selection_not_begun")]


def test_offers_can_not_end_in_the_past(world: World) -> None:
    (ana,) = world.selection("Ana")

    past = world.clock() - timedelta(seconds=1)

    assert refused(world, ana.call_id, on(ana, Outcome.REJECTED), confirm_by=past) == [("/confirm_by", "not_later")]


def test_what_is_foreseen_is_what_then_happens(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva", destinations=())
    wanted, before = [on(ana, Outcome.SELECTED), on(iva, Outcome.RESERVE, rank=1)], world.recorded()

    foreseen = decide(world, ana.call_id, *wanted, verb=foresee_decisions)
    untouched = (states(world), world.recorded(), world.read(select(Call.taken)))

    assert untouched == ([S.ELIGIBLE] * 2, before, [0])
    assert foreseen == decide(world, ana.call_id, *wanted)


def test_what_would_be_refused_is_foreseen_in_the_same_words(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva", places=1, destinations=())
    wanted = [on(ana, Outcome.SELECTED), on(iva, Outcome.SELECTED)]

    foreseen = world.refused(foresee_decisions, str(ana.call_id), wanted, confirm_by=None)

    assert foreseen == refused(world, ana.call_id, *wanted) == [("/decisions/1/decision", "no_place_left")]


@pytest.mark.parametrize(
    ("name", "found"),
    [("school", "forbidden"), ("albanian_partner", "not_found"), ("host", "not_found")],
)
def test_who_may_not_decide_on_one_decides_on_none(world: World, name: str, found: str) -> None:
    call = world.call()
    ana = world.application(call, sending_organisation_id=world.organisation("school"))

    ((_, code),) = refused(world, call.id, on(ana, Outcome.ELIGIBLE), by=world.principal(name))

    assert (code, states(world)) == (found, [S.SUBMITTED])


def test_a_call_that_can_not_be_seen_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        decide(world, new_id(), DecisionInput(1, Outcome.ELIGIBLE, new_id()))


def test_many_take_few_statements_each(world: World, count_queries: Any) -> None:
    many = world.selection(*(f"Ana{number}" for number in range(12)), places=100, destinations=())
    ranked = [on(one, Outcome.RESERVE, rank=rank) for rank, one in enumerate(many, 1)]

    counts = [
        count_queries(lambda some=some: decide(world, many[0].call_id, *some)) for some in (ranked[:4], ranked[4:])
    ]

    assert (counts[1] - counts[0]) / 4 <= 4
    assert world.read(select(func.count(Application.rank))) == [12]


def test_the_call_may_be_decided_already(world: World) -> None:
    ana, iva = world.selection("Ana", "Iva", destinations=())
    world.do(calls.decide_call, str(ana.call_id))

    assert [one.state for one in decide(world, ana.call_id, on(ana, Outcome.SELECTED), on(iva, Outcome.REJECTED))] == [
        S.SELECTED,
        S.REJECTED,
    ]
