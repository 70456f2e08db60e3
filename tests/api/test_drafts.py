"""Drafts, edits and corrections over HTTP: by the applicant's link, and by tokens."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.models.applications import Application
from tests.api.test_applications import ANA, changed
from tests.api.test_my import programs
from tests.domain.services.decision_steps import S, in_open_call
from tests.world import World

HALF = {"draft": True, "person": {"given_names": "Ana", "country": "RS"}, "lang": "sq"}


@pytest.fixture
def draft(world: World, client: FlaskClient) -> str:
    """The address of a draft that Ana has begun."""
    answer = client.post(f"/v1/calls/{world.call().id}/applications", json=HALF)
    assert (answer.status_code, answer.json["state"]) == (201, "draft"), answer.json
    return programs(answer.json["my_url"])


@pytest.fixture
def returned(world: World) -> str:
    """The address of an application that was returned."""
    return f"/v1/my/{world.secret(in_open_call(world, S.RETURNED))}"


def test_an_applicant_sees_what_a_draft_lacks(draft: str, client: FlaskClient) -> None:
    shown = client.get(f"{draft}?lang=en").json

    assert shown["missing"] == ["family_name", "email", "birth_date", "motivation", "processing"]
    assert (shown["state"], shown["actions"], shown["person"]["email"]) == ("draft", ["submission"], None)
    assert shown["editable_until"] == shown["call"]["closes_at"]
    assert shown["next_step"].startswith("Fill in what is missing and submit it before 21 December 2026")


def test_an_applicant_finishes_a_draft_step_by_step(draft: str, client: FlaskClient, world: World) -> None:
    for part in ("person", "answers", "consents"):
        edited = client.patch(draft, json={part: ANA[part]})
        assert edited.status_code == 200, edited.json

    answer = client.post(f"{draft}/submission?lang=en")

    assert (answer.status_code, answer.json["state"], answer.json["missing"]) == (200, "submitted", [])
    assert world.recorded()[-1] == "application.submitted"


def test_what_is_missing_is_named_when_it_is_submitted(draft: str, client: FlaskClient) -> None:
    answer = client.post(f"{draft}/submission")

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "/person/family_name",
        "/person/email",
        "/person/birth_date",
        "/answers/motivation",
        "/consents",
    }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (HALF | {"person": {"email": "nowhere"}}, "/person/email"),
        (HALF | {"answers": {"nothing": 1}}, "/answers/nothing"),
        (HALF | {"draft": "yes"}, "/draft"),
        (changed(ANA, "/person/family_name", None), "/person/family_name"),
    ],
)
def test_what_is_wrong_is_refused_by_name(world: World, client: FlaskClient, body: Any, pointer: str) -> None:
    answer = client.post(f"/v1/calls/{world.call().id}/applications", json=body)

    assert (answer.status_code, pointer in {error["pointer"] for error in answer.json["errors"]}) == (422, True)


def test_a_patch_changes_what_it_names_and_removes_what_it_makes_null(returned: str, client: FlaskClient) -> None:
    for patch in ({"person": {"phone": "+381 11 222 222"}, "lang": "mk"}, {"person": {"phone": None}}):
        answer = client.patch(returned, json=patch, headers={"Content-Type": "application/merge-patch+json"})

    assert (answer.json["person"]["phone"], answer.json["lang"], answer.json["state"]) == (None, "mk", "returned")


def test_a_stale_copy_changes_nothing(returned: str, client: FlaskClient) -> None:
    tag = client.get(returned).headers["ETag"]
    answers = [client.patch(returned, json={"lang": lang}, headers={"If-Match": tag}) for lang in ("mk", "bs")]

    assert [answer.status_code for answer in answers] == [200, 412]
    assert client.get(returned).json["lang"] == "mk"


def test_an_applicant_corrects_what_was_returned(returned: str, client: FlaskClient, world: World) -> None:
    shown = client.get(returned).json
    client.patch(returned, json={"answers": {"motivation": "More."}})
    answer = client.post(f"{returned}/submission")

    assert (shown["reason"], shown["actions"]) == ("Look again", ["submission", "withdrawal"])
    assert (answer.json["state"], answer.json["reason"]) == ("submitted", None)
    assert world.recorded()[-3:] == ["application.returned", "application.updated", "application.submitted"]


def test_an_officer_returns_an_application(world: World, as_: Any) -> None:
    application = in_open_call(world, S.SUBMITTED)

    answer = as_("partner").post(f"/v1/applications/{application.id}/return", json={"reason": "Sign it."})

    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (200, "returned", "Sign it.")
    assert answer.json["correct_by"] == "2026-12-21T09:00:00Z"


def test_a_reason_is_needed(world: World, as_: Any) -> None:
    application = in_open_call(world, S.SUBMITTED)

    answer = as_("partner").post(f"/v1/applications/{application.id}/return", json={})

    assert [error["pointer"] for error in answer.json["errors"]] == ["/reason"]


def test_a_school_keeps_a_draft_and_submits_it(world: World, as_: Any) -> None:
    school, body = as_("school"), ANA | {"draft": True}
    made = school.post(f"/v1/calls/{world.call().id}/applications", json=body).json
    address = f"/v1/applications/{made['id']}"

    edited = school.patch(address, json={"person": {"phone": "+381 11 222 222"}})
    sent = school.post(f"{address}/submission")

    assert (edited.json["state"], sent.json["state"]) == ("draft", "submitted")
    assert as_("albanian_school").patch(address, json={}).status_code == 404


def test_a_sheet_has_drafts_where_they_are_asked_for(world: World, client: FlaskClient, draft: str, as_: Any) -> None:
    call_id = world.read(select(Application.call_id))[0]
    address = f"/v1/calls/{call_id}/applications.csv?lang=en"

    sheets = [as_("coordinator").get(address + more).text for more in ("", "&state=draft")]

    assert ["draft" in sheet for sheet in sheets] == [False, True]
