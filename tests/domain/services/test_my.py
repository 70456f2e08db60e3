"""What an applicant sees of their own application, and may do to it."""

from datetime import timedelta

import pytest

from domain.errors import Conflict
from domain.languages import CATALOGUES
from domain.models.applications import Application, ApplicationState
from domain.policies import PUBLIC
from domain.services import applications, calls, my
from domain.services.my import Action
from domain.transaction import reading
from tests.domain.services.decision_steps import WAY_TO, WIDE, S, brought_to
from tests.world import World

CONFIRM, DECLINE = Action.CONFIRMATION, Action.DECLINE
SUBMIT, WITHDRAW = Action.SUBMISSION, Action.WITHDRAWAL
MAY: dict[ApplicationState, list[Action]] = {
    S.DRAFT: [],
    S.SUBMITTED: [WITHDRAW],
    S.RETURNED: [SUBMIT, WITHDRAW],
    S.ELIGIBLE: [WITHDRAW],
    S.INELIGIBLE: [],
    S.SELECTED: [CONFIRM, DECLINE, WITHDRAW],
    S.RESERVE: [WITHDRAW],
    S.REJECTED: [],
    S.CONFIRMED: [],
    S.DECLINED: [],
    S.WITHDRAWN: [],
}


def read(world: World, application: Application) -> Application:
    with reading(world.database) as session:
        return my.my_application(session, by=world.applicant(application))


def done(world: World, application: Application, action: Action) -> bool:
    try:
        world.do(my.take_step, action, by=world.applicant(application))
    except Conflict:
        return False
    return True


@pytest.mark.parametrize("state", list(WAY_TO))
def test_what_is_listed_works_and_what_is_not_is_refused(world: World, state: ApplicationState) -> None:
    found = []
    for action in Action:
        application = brought_to(world, state)
        listed = my.actions(read(world, application), at=world.clock())
        found.append((action in listed, done(world, application, action)))

    assert found == [(action in MAY[state], action in MAY[state]) for action in Action]


def test_a_place_that_was_not_confirmed_in_time_can_not_be_confirmed(world: World) -> None:
    application = brought_to(world, S.SELECTED)
    application.confirm_by = world.clock()

    before = my.actions(application, at=world.clock() - timedelta(seconds=1))

    assert (CONFIRM in before, CONFIRM in my.actions(application, at=world.clock())) == (True, False)


def test_a_place_in_a_call_that_was_called_off_can_not_be_confirmed(world: World) -> None:
    application = brought_to(world, S.SELECTED)
    world.do(calls.cancel_call, str(application.call_id))

    assert my.actions(read(world, application), at=world.clock()) == [DECLINE, WITHDRAW]


def history(world: World, application: Application) -> list[ApplicationState]:
    with reading(world.database) as session:
        return [moment.state for moment in my.history(session, session.get_one(Application, application.id))]


def test_the_history_has_each_step(world: World) -> None:
    assert history(world, brought_to(world, S.CONFIRMED)) == [S.SUBMITTED, S.ELIGIBLE, S.SELECTED, S.CONFIRMED]


def test_a_copy_is_withdrawn_alone_and_told_to_nobody(world: World) -> None:
    call, wanted = world.call(**WIDE), world.application_input()
    first, copy = (
        world.do(applications.submit_application, str(call.id), wanted, via="api", by=PUBLIC) for _ in range(2)
    )
    before = world.recorded()

    world.do(my.take_step, WITHDRAW, by=world.applicant(copy))

    assert (read(world, first).state, read(world, copy).state) == (S.SUBMITTED, S.WITHDRAWN)
    assert (history(world, copy), world.recorded()) == ([S.SUBMITTED, S.WITHDRAWN], before)


def test_every_state_has_its_sentences() -> None:
    wanted = {f"my_{kind}_{state}" for kind in ("state", "meaning", "next") for state in ApplicationState}

    assert wanted - CATALOGUES["en"].keys() == set()
