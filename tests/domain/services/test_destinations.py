"""The destinations of a call, matched by id, on both engines."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.models.calls import Call, Destination
from domain.policies import OPERATOR, Principal
from domain.services import calls, decisions
from domain.services.destinations import DestinationInput
from tests.world import World

LYON = DestinationInput(country="FR", city="Lyon", places=2)
WIEN = DestinationInput(country="AT", city="Wien")
PORTO = DestinationInput(country="PT", city="Porto", places=1)


def edit(session: Session, call: Call, wanted: Sequence[DestinationInput], *, by: Principal, at: datetime) -> Call:
    held = calls.lock_call(session, str(call.id), by=OPERATOR)
    return calls.edit_call(session, held, replace(calls.as_input(held, "TEST"), destinations=wanted), by=by, at=at)


def ids(call: Call) -> dict[str, Any]:
    return {place.city: place.id for place in call.destinations}


def test_what_is_named_is_changed_what_is_new_is_added_and_the_rest_goes(world: World) -> None:
    call = world.call(destinations=(LYON, WIEN))
    lyon = ids(call)["Lyon"]

    edited = world.do(edit, call, [PORTO, replace(LYON, id=lyon, city="Villeurbanne", places=3)])

    assert [(place.city, place.places) for place in edited.destinations] == [("Porto", 1), ("Villeurbanne", 3)]
    assert ids(edited)["Villeurbanne"] == lyon


def test_the_same_destinations_in_another_order_are_a_change_and_in_the_same_one_are_none(world: World) -> None:
    call = world.call(destinations=(LYON, WIEN))
    standing = [replace(LYON, id=ids(call)["Lyon"]), replace(WIEN, id=ids(call)["Wien"])]

    same, turned = world.do(edit, call, standing), world.do(edit, call, standing[::-1])

    assert (same.version, turned.version) == (call.version, call.version + 1)
    assert [place.city for place in world.do(edit, call, standing[::-1]).destinations] == ["Wien", "Lyon"]


REFUSED: dict[str, tuple[Callable[[Any], Sequence[DestinationInput]], list[tuple[str, str]]]] = {
    "an unknown id": (
        lambda known: [replace(LYON, id=known["Lyon"]), replace(PORTO, id=new_id())],
        [("/destinations/1/id", "not_found")],
    ),
    "the same id twice": (
        lambda known: [replace(LYON, id=known["Lyon"]), replace(PORTO, id=known["Lyon"])],
        [("/destinations/1/id", "repeated")],
    ),
    "fewer places than are taken": (
        lambda known: [replace(LYON, id=known["Lyon"], places=0)],
        [("/destinations/0/places", "fewer_than_taken")],
    ),
    "one with places taken dropped": (lambda known: [WIEN], [("/destinations", "in_use")]),
}


def test_destinations_that_would_strand_somebody_are_refused(world: World) -> None:
    call = world.call(destinations=(LYON,))
    world.do(lambda session, **_: session.execute(update(Destination).values(taken=1)))

    found = {name: world.refused(edit, call, wanted(ids(call))) for name, (wanted, _) in REFUSED.items()}

    assert found == {name: findings for name, (_, findings) in REFUSED.items()}


def test_a_destination_that_somebody_was_once_selected_for_stays(world: World) -> None:
    (application,) = world.selection("Ana", destinations=(LYON, WIEN))
    places = ids(application.call)
    world.do(decisions.select_application, application.id, destination_id=places["Lyon"], confirm_by=None)
    world.do(decisions.decline_application, application.id)

    assert world.refused(edit, application.call, [replace(WIEN, id=places["Wien"])]) == [("/destinations", "in_use")]
    assert len(world.do(edit, application.call, [replace(LYON, id=places["Lyon"])]).destinations) == 1
