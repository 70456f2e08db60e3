"""Who decides on an application, and who answers for the applicant."""

import pytest

from domain.errors import Forbidden, NotFound
from domain.models.applications import ApplicationState
from domain.models.tokens import Scope
from domain.policies import Principal
from domain.services import calls
from tests.domain.services.decision_steps import WAY_TO, WIDE, S, act
from tests.world import World

DECIDES = {
    "coordinator": "done",
    "partner": "done",
    "school": "Forbidden",
    "albanian_partner": "NotFound",
    "albanian_school": "NotFound",
    "host": "NotFound",
    "agency": "NotFound",
    "network": "NotFound",
    "stranger": "NotFound",
}


def outcome(world: World, verb: str, state: ApplicationState, by: Principal) -> str:
    application = world.application(world.call(**WIDE), sending_organisation_id=world.organisation("school"))
    world.do(calls.begin_selection, str(application.call_id), at=application.call.closes_at)
    for step in WAY_TO[state]:
        act(world, step, application)
    try:
        act(world, verb, application, by=by)
    except (Forbidden, NotFound) as refusal:
        return type(refusal).__name__
    return "done"


def test_the_coordinator_and_the_partner_decide_and_nobody_else(world: World) -> None:
    assert {name: outcome(world, "eligible", S.SUBMITTED, world.principal(name)) for name in DECIDES} == DECIDES


def test_the_school_that_sent_it_answers_for_the_applicant(world: World) -> None:
    school = world.principal("school")

    done = {verb: outcome(world, verb, S.SELECTED, school) for verb in ("confirm", "decline", "withdraw")}

    assert done == {"confirm": "done", "decline": "done", "withdraw": "done"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("coordinator", "done"), ("partner", "done"), ("albanian_partner", "NotFound"), ("host", "NotFound")],
)
def test_those_who_decide_answer_for_the_applicant_as_well(world: World, name: str, expected: str) -> None:
    assert outcome(world, "confirm", S.SELECTED, world.principal(name)) == expected


@pytest.mark.parametrize(
    ("name", "verb", "scope"),
    [("coordinator", "eligible", Scope.APPLICATIONS_DECIDE), ("school", "withdraw", Scope.APPLICATIONS_SUBMIT)],
)
def test_a_token_without_the_scope_is_refused(world: World, name: str, verb: str, scope: Scope) -> None:
    by = world.principal(name, scopes=frozenset(Scope) - {scope})

    assert outcome(world, verb, S.SUBMITTED, by) == "Forbidden"


def test_a_token_for_another_project_decides_nothing_here(world: World) -> None:
    code = world.other_project("stranger", "partner")

    assert outcome(world, "eligible", S.SUBMITTED, world.principal("partner", project=code)) == "NotFound"
