"""Examples of the contract do what they show: each is sent as it stands, but for ids, which nobody can know."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.models.consents import ASKED_BY_CALLS
from domain.models.organisations import Membership
from domain.services import decisions
from tests.contract.contract import Contract
from tests.world import World

SOME_ID = "01938f6e-5c00-7000-8000-000000000001"
THEIRS = "INTERVET-DEMO"  # the project of which examples speak
# Endpoints and what they are sent have tests of their own, and so have many decisions or applications at once.
ELSEWHERE = {
    "Decisions",
    "EndpointWrite",
    "EndpointPatch",
    "ImportWrite",
    "PingWrite",
    "Resume",
    "RecoveryWrite",
    "Rotation",
    "TokenWrite",
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract of the code as it stands."""
    return Contract.of_the_code()


@pytest.fixture
def coordinator(as_: Any) -> Any:
    """Who may do most things."""
    return as_("coordinator")


def texts(node: Any) -> Iterator[str]:
    """Every text in a value."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    yield from (node,) if isinstance(node, str) else (text for inner in inside for text in texts(inner))


def shown(contract: Contract, name: str, /, **ids: object) -> Any:
    """The example called `name`, with the tests' project and the ids that it is sent with."""
    value = contract.document["components"]["examples"][name]["value"]
    return json.loads(json.dumps(value).replace(THEIRS, "TEST")) | {key: str(one) for key, one in ids.items()}


def test_no_example_is_left_open(contract: Contract) -> None:
    examples = contract.document["components"]["examples"]

    assert [name for name, one in examples.items() if "…" in texts(one["value"])] == []


def test_an_application_as_shown_is_taken_in_by_the_call_as_shown(
    world: World, coordinator: Any, contract: Contract, clock: Any
) -> None:
    world.project()
    call = coordinator.post("/v1/calls", json=shown(contract, "CallWrite", activity_id=world.activity())).json
    coordinator.post(f"/v1/calls/{call['id']}/publication")
    clock.move(days=20)

    answer = coordinator.client.post(f"/v1/calls/{call['slug']}/applications", json=shown(contract, "ApplicationWrite"))

    assert (answer.status_code, answer.json.get("state")) == (201, "submitted"), answer.json


def _acquaintance(world: World) -> UUID:
    """An organisation that the coordinator knows from another project."""
    world.other_project("coordinator", "stranger")
    return world.organisation("stranger")


def _membership(world: World, name: str) -> UUID:
    (found,) = world.read(select(Membership.id).where(Membership.organisation_id == world.organisation(name)))
    return found  # type: ignore[no-any-return]


Sent = Callable[[World], tuple[str, dict[str, object]]]
MADE: dict[str, Sent] = {
    "ProjectWrite": lambda world: ("/v1/projects", {}),
    "NewActivity": lambda world: ("/v1/activities", {}),
    "NewOrganisation": lambda world: ("/v1/organisations", {}),
    "MembershipWrite": lambda world: ("/v1/projects/TEST/memberships", {"organisation_id": _acquaintance(world)}),
    "TargetWrite": lambda world: ("/v1/projects/TEST/targets", {}),
    "ReportedFigureWrite": lambda world: ("/v1/projects/TEST/reported-figures", {}),
    "CallWrite": lambda world: ("/v1/calls", {"activity_id": world.activity()}),
    "NewParticipant": lambda world: (
        "/v1/participants", {"sending_organisation_id": world.organisation("albanian_school")}),
    "MobilityWrite": lambda world: (
        "/v1/mobilities", {"participant_id": world.participant().id, "activity_id": world.activity()}),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_a_thing_is_made_as_shown(world: World, coordinator: Any, contract: Contract, name: str) -> None:
    world.project()
    path, ids = MADE[name](world)

    answer = coordinator.post(path, json=shown(contract, name, **ids))

    assert answer.status_code == 201, answer.json


CHANGED: dict[str, Callable[[World], str]] = {
    "ApplicationEditPatch": lambda world: f"/v1/applications/{world.application(world.call()).id}",
    "ActivityPatch": lambda world: f"/v1/activities/{world.activity()}",
    "CallPatch": lambda world: f"/v1/calls/{world.call().id}",
    "MembershipPatch": lambda world: f"/v1/projects/TEST/memberships/{_membership(world, 'school')}",
    "MobilityPatch": lambda world: f"/v1/mobilities/{world.mobility().id}",
    "OrganisationPatch": lambda world: f"/v1/organisations/{world.organisation('school')}",
    "ParticipantPatch": lambda world: f"/v1/participants/{world.participant().id}",
    "ProjectPatch": lambda world: f"/v1/projects/{world.project_code()}",
    "ReportedFigurePatch": lambda world: f"/v1/projects/{world.project_code()}/reported-figures",
    "TargetPatch": lambda world: f"/v1/projects/{world.project_code()}/targets",
}
BELOW = {"ReportedFigurePatch": "ReportedFigureWrite", "TargetPatch": "TargetWrite"}  # made first, at the address


@pytest.mark.parametrize("name", CHANGED)
def test_a_thing_is_changed_as_shown_and_in_that_alone(
    world: World, coordinator: Any, contract: Contract, name: str
) -> None:
    address, patch = CHANGED[name](world), shown(contract, name)
    if name in BELOW:
        address += f"/{coordinator.post(address, json=shown(contract, BELOW[name])).json['id']}"

    answer = coordinator.patch(address, json=patch)

    assert (answer.status_code, {key: covers(answer.json.get(key), wish) for key, wish in patch.items()}) == (
        200,
        dict.fromkeys(patch, True),
    ), answer.json


def covers(standing: Any, wish: Any) -> bool:
    """Whether what stands is what was wished; of a map, each part that was sent."""
    if isinstance(wish, dict):
        return all(standing.get(key) == value for key, value in wish.items())
    return bool(standing == wish)


Step = Callable[[World], tuple[str, dict[str, object]]]


def _sharing(world: World) -> Any:
    """An application of somebody who agreed to everything."""
    return world.application(world.call(consent_purposes=list(ASKED_BY_CALLS)), consents=world.agreed(*ASKED_BY_CALLS))


def _application(world: World) -> Any:
    (application,) = world.selection("Ana")
    return application


def _selected(world: World) -> Any:
    application = _application(world)
    (place,) = application.call.destinations
    options = {"destination_id": place.id, "confirm_by": None}
    return world.do(decisions.select_application, application.id, **options)


def _offer(world: World) -> tuple[str, dict[str, object]]:
    application = _application(world)
    return f"/v1/applications/{application.id}/selection", {"destination_id": application.call.destinations[0].id}


STEPS: dict[str, Step] = {
    "Consent": lambda world: (f"/v1/applications/{world.application(world.call()).id}/consents", {}),
    "ConsentWithdrawal": lambda world: (f"/v1/applications/{_sharing(world).id}/consent-withdrawals", {}),
    "LinkRevocation": lambda world: (f"/v1/applications/{world.application(world.call()).id}/link-revocation", {}),
    "Eligibility": lambda world: (f"/v1/applications/{world.application(world.call()).id}/eligibility", {}),
    "Offer": _offer,
    "Return": lambda world: (f"/v1/applications/{world.application(world.call()).id}/return", {}),
    "Reservation": lambda world: (f"/v1/applications/{_application(world).id}/reservation", {}),
    "Rejection": lambda world: (f"/v1/applications/{_application(world).id}/rejection", {}),
    "Confirmation": lambda world: (f"/v1/applications/{_selected(world).id}/confirmation", {}),
    "Extension": lambda world: (f"/v1/calls/{world.call().id}/extension", {}),
    "Termination": lambda world: (f"/v1/mobilities/{world.live(world.mobility()).id}/termination", {}),
    "Merge": lambda world: (
        f"/v1/participants/{world.participant('Ana').id}/merges",
        {"participant_id": world.participant('Bojan').id}),
    "Nothing": lambda world: (f"/v1/calls/{world.draft().id}/publication", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_taken_as_shown(world: World, coordinator: Any, contract: Contract, name: str) -> None:
    path, ids = STEPS[name](world)

    answer = coordinator.post(path, json=shown(contract, name, **ids))

    assert answer.status_code == 200, answer.json


def test_a_text_to_agree_to_is_written_as_shown(world: World, coordinator: Any, contract: Contract) -> None:
    world.project()
    wanted = shown(contract, "ConsentTextWrite")

    answer = coordinator.put("/v1/projects/TEST/consent-texts/processing", json=wanted)

    assert (answer.status_code, answer.json.get("text")) == (200, wanted["text"]), answer.json


def test_words_of_a_calls_own_are_taken_as_shown(world: World, coordinator: Any, contract: Contract) -> None:
    wording = shown(contract, "WordingWrite")

    answer = coordinator.put(f"/v1/calls/{world.call().id}/messages/selected", json=wording)

    assert (answer.status_code, {part: answer.json.get(part) for part in wording}) == (200, wording)


def test_links_are_asked_for_as_shown(world: World, client: Any, contract: Contract) -> None:
    wanted = shown(contract, "LinkRequest")

    assert client.post(f"/v1/calls/{world.call().id}/link-requests", json=wanted).status_code == 202


def test_every_body_that_is_sent_is_tried_here_or_elsewhere(contract: Contract) -> None:
    bodies = [operation.get("requestBody", {}) for operation in contract.operations.values()]
    media = [one for body in bodies for one in body.get("content", {}).values()]

    named = {name for one in media for name in one.get("examples", {})}

    assert named - ELSEWHERE == {
        *MADE,
        *CHANGED,
        *STEPS,
        "ApplicationWrite",
        "ConsentTextWrite",
        "LinkRequest",
        "WordingWrite",
    }


def test_the_statistics_that_are_shown_add_up(contract: Contract) -> None:
    report = shown(contract, "Statistics")
    compared = [*report["rows"], *report["totals"].values()]

    percents = {round(100 * one["participations"] / one["planned"], 2) for one in compared if one.get("percent")}

    assert percents == {one["percent"] for one in compared if one.get("percent")}
    assert sum(row["participations"] for row in report["rows"]) == report["totals"]["all"]["participations"]
