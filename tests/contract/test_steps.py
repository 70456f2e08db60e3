"""Steps are what the contract says of them: each is taken over HTTP, from every state that it is said to take."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import select

from api.openapi_steps import STEPS, Step
from domain.models.applications import Application, ApplicationState
from domain.models.calls import Call, CallState
from domain.models.events import EventType
from domain.models.mobilities import Mobility, MobilityState
from domain.models.organisations import Organisation
from domain.models.projects import Project, ProjectState
from domain.policies import OPERATOR
from domain.services import mobilities, projects
from domain.services.consents import ConsentInput
from domain.transaction import transaction
from tests.contract.contract import Contract
from tests.domain.services.call_steps import call_in
from tests.domain.services.decision_steps import brought_to, in_open_call
from tests.world import PROJECT, World

MODELS: tuple[Any, ...] = (Project, Call, Application, Mobility)
# What the operations say of themselves: endpoints have another table, messages are moved by the mailer.
ELSEWHERE = {"documents", "webhooks", "deliveries", "imports", "messages", "recoveries"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract of the code as it stands."""
    return Contract.of_the_code()


# ── things in each state ──────────────────────────────────────────────────────────────────────────────────────────


CONFIRM, START, COMPLETE, RECOGNISE = (
    mobilities.confirm_mobility,
    mobilities.start_mobility,
    mobilities.complete_mobility,
    mobilities.recognise_mobility,
)


def terminate(session: Any, mobility_id: Any, **who: Any) -> Mobility:
    return mobilities.terminate_mobility(session, mobility_id, with_cause=True, **who)


WAY_TO: Mapping[MobilityState, Sequence[Callable[..., Any]]] = {
    MobilityState.NOMINATED: (),
    MobilityState.CONFIRMED: (CONFIRM,),
    MobilityState.LIVE: (CONFIRM, START),
    MobilityState.COMPLETED: (CONFIRM, START, COMPLETE),
    MobilityState.RECOGNISED: (CONFIRM, START, COMPLETE, RECOGNISE),
    MobilityState.TERMINATED: (CONFIRM, START, terminate),
}


def project_in(world: World, state: ProjectState) -> str:
    """The code of a project of the coordinator's."""
    coordinator_id = world.organisation("coordinator")
    with transaction(world.database) as session:
        who: dict[str, Any] = {"by": OPERATOR, "at": world.clock()}
        founder, wanted = session.get_one(Organisation, coordinator_id), replace(PROJECT, code="LIFE")
        projects.create_project(session, wanted, coordinator=founder, **who)
        for step in list(ProjectState)[1 : list(ProjectState).index(state) + 1]:
            projects.advance_project(session, "LIFE", step, **who)
    return "LIFE"


def mobility_in(world: World, state: MobilityState) -> Mobility:
    """A mobility to Lyon."""
    mobility = world.mobility()
    for verb in WAY_TO[state]:
        mobility = world.do(verb, mobility.id)
    return mobility


def named(world: World, application: Application) -> dict[str, Any]:
    """An application's id, and the secret of its applicant's link."""
    return {"application_id": application.id, "secret": world.secret(application)}


def asked(world: World, *, agreed: bool) -> Application:
    """An application to a call that asks whether to write, answered already or not."""
    call = world.call(consent_purposes=["processing", "newsletter"])
    purposes = ["processing", *(["newsletter"] if agreed else [])]
    return world.application(call, consents=[ConsentInput(one, True, "1", "en") for one in purposes])


BROUGHT: dict[type[StrEnum], Callable[..., dict[str, Any]]] = {
    ProjectState: lambda world, state: {"code": project_in(world, state)},
    CallState: lambda world, state: {"id_or_slug": call_in(world, state).id},
    ApplicationState: lambda world, state: named(world, brought_to(world, state)),
    MobilityState: lambda world, state: {"mobility_id": mobility_in(world, state).id},
}


# Done while the call is open.
OF_APPLICANTS = ("editApplication", "editMyApplication", "finishApplication", "submitMyApplication")


def arranged(world: World, before: StrEnum | None, operation: str) -> dict[str, Any]:
    """What stands in the operation's address."""
    if operation in OF_APPLICANTS:
        return named(world, in_open_call(world, ApplicationState(before)))
    if before is not None:
        return BROUGHT[type(before)](world, before)
    if operation.endswith("Consent"):
        return named(world, asked(world, agreed=operation.startswith("withdraw")))
    if operation == "mergeParticipant":
        survivor, other = world.participant("Ana"), world.participant("Anna")
        world.mobility(other)
        return {"participant_id": survivor.id, "other": other.id}
    if operation in ("eraseApplication", "eraseMe"):
        return named(world, brought_to(world, ApplicationState.REJECTED))
    return {"id_or_slug": world.call().id} if operation in ("copyCall", "submitApplication") else {}


# ── what is sent ──────────────────────────────────────────────────────────────────────────────────────────────────

PERSON = {"given_names": "Ana", "family_name": "Petrović", "email": "ana@example.org", "birth_date": "2005-03-08"}
AGREED = {"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}
BODIES: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "createProject": lambda world, _: {
        "code": "NEW", "title": {"en": "New"}, "action_type": "KA121-VET", "rule_set": "KA1-VET-2021",
        "starts_on": "2026-01-01", "ends_on": "2028-12-31", "languages": ["en"]},
    "createCall": lambda world, _: {
        "project": "TEST", "activity_id": str(world.activity()), "title": {"en": "Stay"},
        "eligible_countries": ["RS"], "places": 1, "timezone": "Europe/Belgrade"},
    "createMobility": lambda world, _: {
        "project": "TEST", "participant_id": str(world.participant().id), "activity_id": str(world.activity())},
    "submitApplication": lambda world, _: {
        "person": {**PERSON, "country": "RS"}, "answers": {"motivation": "I want to."},
        "consents": [AGREED]},
    "editCall": lambda world, _: {"places": 60},
    "editMobility": lambda world, _: {"workplace": "Hôtel"},
    "extendCall": lambda world, _: {"closes_at": "2027-06-01T00:00:00Z"},
    "decideApplicationEligibility": lambda world, _: {"outcome": "eligible"},
    "editApplication": lambda world, _: {"person": {"phone": "+381 11 222 222"}},
    "editMyApplication": lambda world, _: {"person": {"phone": "+381 11 222 222"}},
    "returnApplication": lambda world, _: {"reason": "Look again"},
    "reserveApplication": lambda world, _: {"rank": 1},
    "terminateMobility": lambda world, _: {"with_cause": True},
    "giveApplicationConsent": lambda world, _: {**AGREED, "purpose": "newsletter"},
    "giveMyConsent": lambda world, _: {**AGREED, "purpose": "newsletter"},
    "withdrawApplicationConsent": lambda world, _: {"purpose": "newsletter"},
    "withdrawMyConsent": lambda world, _: {"purpose": "newsletter"},
    "mergeParticipant": lambda world, parts: {"participant_id": str(parts["other"])},
}  # fmt: skip


def taken(contract: Contract, caller: Any, world: World, operation: str, parts: dict[str, Any]) -> Any:
    """The answer to the operation."""
    (place,) = [place for place, one in contract.operations.items() if one["operationId"] == operation]
    body = BODIES.get(operation, lambda *_: {})(world, parts)
    path, method = place
    return getattr(caller, method)(path.format(**parts), json=None if method == "delete" else body)


def cases() -> Iterator[Any]:
    """Each operation of the table from each state that it is said to take."""
    for operation, step in STEPS.items():
        for before in step.before or (None,):
            yield pytest.param(operation, before, id=f"{operation}, {before or 'new'}")


# An edit of a draft, and a selection of what has yet to be shown, are told to nobody.
UNTOLD = {
    ("editCall", CallState.DRAFT),
    ("editApplication", ApplicationState.DRAFT),
    ("editMyApplication", ApplicationState.DRAFT),
}


@pytest.mark.parametrize(("operation", "before"), list(cases()))
def test_a_step_leads_where_the_contract_says_and_is_told_as_it_says(
    contract: Contract, world: World, as_: Any, operation: str, before: StrEnum | None
) -> None:
    step, caller = STEPS[operation], as_("coordinator")
    parts = arranged(world, before, operation)
    if operation == "beginCallSelection":
        world.clock.move(days=60)  # type: ignore[attr-defined]
    known = len(world.recorded())

    answer = taken(contract, caller, world, operation, parts)

    assert answer.status_code in (200, 201, 204), answer.json
    assert world.recorded()[known:] == told(step, operation, before)
    assert answer.status_code == 204 or not step.after or answer.json["state"] == step.after[0]


def told(step: Step, operation: str, before: StrEnum | None) -> list[EventType]:
    """The events that the contract promises; of two outcomes, those of the first."""
    if (operation, before) in UNTOLD:
        return []
    return list(step.told[:1] if len(step.after) == len(step.told) else step.told)


def test_the_other_outcome_is_told_as_the_contract_says(world: World, as_: Any) -> None:
    step, application = STEPS["decideApplicationEligibility"], brought_to(world, ApplicationState.SUBMITTED)

    answer = as_("coordinator").post(f"/v1/applications/{application.id}/eligibility", json={"outcome": "ineligible"})

    assert (answer.json["state"], world.recorded()[-1]) == (step.after[1], step.told[1])


def test_a_deleted_mobility_is_called_off(world: World, as_: Any) -> None:
    mobility = world.mobility()

    as_("coordinator").delete(f"/v1/mobilities/{mobility.id}")

    assert world.read(select(Mobility.state)) == list(STEPS["deleteMobility"].after)


# ── the table against the models ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_step_of_a_life_is_in_the_contract_with_all_that_lead_there(model: Any) -> None:
    steps = {(before, after) for before, afters in model.TRANSITIONS.items() for after in afters}
    said = {(before, after) for step in STEPS.values() for before in step.before for after in step.after}

    kind = type(next(iter(model.TRANSITIONS)))  # Texts of two enumerations may be equal.
    mine = {pair for pair in said if isinstance(pair[0], kind) and pair[0] is not pair[1]}
    # The clock alone lets an offer expire.
    assert mine == {pair for pair in steps if pair[1] != "expired"}


def test_every_operation_that_takes_a_step_is_in_the_table(contract: Contract) -> None:
    steps = {
        operation["operationId"]
        for operation in contract.operations.values()
        if "Told as" in operation["description"] or "No event tells" in operation["description"]
    }

    assert steps == STEPS.keys()


def test_what_moves_something_by_a_post_says_how(contract: Contract) -> None:
    moving = [
        operation["operationId"]
        for (path, method), operation in contract.operations.items()
        if method == "post" and "}/" in path and not ELSEWHERE.intersection(operation["tags"])
    ]

    # Below a project, members, targets and figures are made: they have no states. Of many decisions each is a step.
    assert {name for name in moving if name not in STEPS} == {
        "createMembership",
        "createReportedFigure",
        "createTarget",
        "decideApplications",
        "replaceApplicationLink",
    }


def test_a_412_stands_where_if_match_is_taken_and_nowhere_else(contract: Contract) -> None:
    for place, operation in contract.operations.items():
        takes = "If-Match" in {contract.resolved(one)["name"] for one in operation["parameters"]}
        assert ("412" in operation["responses"]) is takes, place


@pytest.mark.parametrize("noun", ["memberships", "mobilities", "reported-figures", "targets"])
def test_a_stale_delete_is_refused_where_the_contract_says_so(world: World, as_: Any, noun: str) -> None:
    coordinator, address = as_("coordinator"), deletable(world, as_("coordinator"), noun)

    answer = coordinator.delete(address, headers={"If-Match": '"99"'})

    assert answer.status_code == 412, answer.json


def deletable(world: World, coordinator: Any, noun: str) -> str:
    """The address of something that may be deleted."""
    if noun == "mobilities":
        return f"/v1/mobilities/{world.mobility().id}"
    world.organisation("school")
    bodies = {
        "targets": {"activities": ["short_term_learner"], "planned": 3},
        "reported-figures": {"measure": "participants", "value": "3", "unit": "person", "source": "News", "scope": {}},
    }
    below = f"/v1/projects/{world.project_code()}/{noun}"
    if noun in bodies:
        return f"{below}/{coordinator.post(below, json=bodies[noun]).json['id']}"
    return f"{below}/{coordinator.get(below).json['items'][0]['id']}"


def test_who_may_do_it_is_told_where_a_scope_does_not_say_it(contract: Contract) -> None:
    said = {
        operation["operationId"]
        for (_, method), operation in contract.operations.items()
        if method != "get" and "x-scope" not in operation and "`applications:submit`" in operation["description"]
    }

    assert said == {
        "submitApplication",
        "confirmApplication",
        "declineApplication",
        "withdrawApplication",
        "uploadApplicationDocument",
        "giveApplicationConsent",
        "withdrawApplicationConsent",
    }
