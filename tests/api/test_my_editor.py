"""The page on which an applicant edits an application: what it shows, takes, refuses, and never loses."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.languages import CATALOGUES
from domain.models.applications import Application
from domain.services import applications
from tests.api.test_my_pages import said
from tests.domain.services.decision_steps import S, brought_to, in_open_call
from tests.world import World

QUESTIONS: list[dict[str, Any]] = [
    {"name": "motivation", "type": "long_text", "label": {"en": "Why?", "sq": "Pse?"}, "required": True},
    {"name": "diet", "type": "choice", "label": {"en": "Food"}, "choices": [
        {"value": "v", "label": {"en": "No meat"}}, {"value": "a", "label": {"en": "Anything"}}]},
    {"name": "work", "type": "several", "label": {"en": "Work"}, "choices": [
        {"value": "k", "label": {"en": "Kitchen"}}, {"value": "h", "label": {"en": "Hall"}}]},
    {"name": "swims", "type": "yes_no", "label": {"en": "Can you swim?"}},
    {"name": "age", "type": "number", "label": {"en": "Age"}},
    {"name": "from", "type": "date", "label": {"en": "From"}},
    {"name": "italian", "type": "language_level", "label": {"en": "Italian"}, "tag": "it"},
    {"name": "best", "type": "language_level", "label": {"en": "Best language"}},
]  # fmt: skip
FIELDS: dict[str, Any] = {
    "person.given_names": "Ana",
    "person.family_name": "Petrović",
    "person.email": "ana@example.org",
    "person.birth_date": "2005-03-08",
    "person.country": "RS",
    "answers.motivation": "Many\r\nreasons.",
    "answers.diet": "v",
    "answers.work": ["k", "h"],
    "answers.swims": "false",
    "answers.age": "18",
    "answers.from": "2027-02-01",
    "answers.italian": "B1",
}
ANSWERS = {"motivation": "Many\nreasons.", "diet": "v", "work": ["k", "h"], "swims": False, "age": 18,
           "from": "2027-02-01", "italian": "B1"}  # fmt: skip
AGREED = {"consents.processing": "1 en"}


@pytest.fixture
def draft(world: World) -> str:
    """The address of the editor of a draft with one answer that has no field there."""
    best = {"best": {"tag": "fr", "cefr": "A2"}}
    made = world.saved(world.call(form=QUESTIONS), answers=best, consents=())
    return f"/my/{world.secret(made)}/edit"


def standing(world: World) -> Any:
    (application,) = world.read(select(Application))
    return applications.as_input(application)


def save(client: FlaskClient, address: str, version: int = 1, **fields: Any) -> Any:
    return client.post(f"{address}?lang=en", data={"version": str(version), **fields})


def test_a_draft_is_filled_in_and_submitted_without_a_script(draft: str, client: FlaskClient, world: World) -> None:
    saved = save(client, draft, **FIELDS, **AGREED)
    sent = client.post(draft.replace("/edit", "/submission?lang=en"), follow_redirects=True)

    assert (saved.status_code, saved.headers["Location"]) == (303, draft.replace("/edit", "?lang=en"))
    assert standing(world).answers == ANSWERS | {"best": {"tag": "fr", "cefr": "A2"}}
    assert [(one.purpose, one.text_version, one.lang) for one in standing(world).consents] == [
        ("processing", "1", "en")
    ]
    assert "Your application has been received." in said(sent.text)


def test_what_stands_is_in_the_fields(draft: str, client: FlaskClient) -> None:
    save(client, draft, **FIELDS, **AGREED)

    page = client.get(draft).text

    for field in (
        'value="Petrović"',
        'rows="6" aria-required="true">\nMany\nreasons.</textarea>',
        'value="v" selected',
        'name="answers.work" value="k" checked',
        'value="false" selected',
        'value="18"',
        'name="consents.processing" value="1 en" checked',
    ):
        assert field in page


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    draft: str, client: FlaskClient, world: World
) -> None:
    wrong = FIELDS | {"person.email": "nowhere", "answers.age": "old", "answers.motivation": "<b>Long</b> story"}

    answer = save(client, draft, **wrong)

    assert answer.status_code == 422
    for said_ in (
        'id="person.email-wrong">' + CATALOGUES["en"]["not_an_email"],
        'value="nowhere" aria-describedby="person.email-wrong" aria-invalid="true"',
        "&lt;b&gt;Long&lt;/b&gt; story</textarea>",
        'value="old"',
    ):
        assert said_ in answer.text
    assert standing(world).person.email == "ana@example.org"


def test_wrong_answers_are_told_beside_theirs(draft: str, client: FlaskClient) -> None:
    answer = save(client, draft, **FIELDS | {"answers.age": "old", "answers.from": "soon"})

    assert 'id="answers.age-wrong"' in answer.text
    assert 'id="answers.from-wrong">' + CATALOGUES["en"]["not_a_date"] in answer.text


def test_what_is_emptied_is_no_answer(draft: str, client: FlaskClient, world: World) -> None:
    save(client, draft, **FIELDS)
    saved = save(client, draft, version=2, **FIELDS | {"answers.age": "", "person.phone": " "})

    assert (saved.status_code, "age" in standing(world).answers, standing(world).person.phone) == (303, False, None)


def test_who_saves_over_anothers_edit_is_shown_it_and_loses_nothing(draft: str, client: FlaskClient) -> None:
    save(client, draft, **FIELDS)

    late = save(client, draft, **FIELDS | {"person.given_names": "Anna"})
    again = save(client, draft, version=2, **FIELDS | {"person.given_names": "Anna"})

    assert (late.status_code, again.status_code) == (422, 303)
    assert "was changed in the meantime" in said(late.text)
    assert 'value="Anna"' in late.text


def test_what_was_sent_in_keeps_its_consents(world: World, client: FlaskClient) -> None:
    address = f"/my/{world.secret(in_open_call(world, S.RETURNED))}/edit"

    page = client.get(address).text
    saved = save(client, address, version=2, **{**FIELDS, "answers.motivation": "Better."})

    assert ("consents." in page, saved.status_code) == (False, 303)
    assert (standing(world).answers["motivation"], len(standing(world).consents)) == ("Better.", 1)


def test_a_returned_application_says_why_on_its_page(world: World, client: FlaskClient) -> None:
    page = said(client.get(f"/my/{world.secret(in_open_call(world, S.RETURNED))}").text)

    assert "Reason: Look again" in page
    assert "Edit the application" in page


def test_what_is_missing_is_said_on_the_page(draft: str, client: FlaskClient) -> None:
    page = client.post(draft.replace("/edit", "/submission?lang=en"), follow_redirects=True).text

    assert "Still missing: Why?, Processing of your data" in said(page)
    assert CATALOGUES["en"]["invalid_input"] in said(page)


@pytest.mark.parametrize("state", [S.ELIGIBLE, S.WITHDRAWN])
def test_what_can_not_be_edited_leads_back_to_the_page(world: World, client: FlaskClient, state: S) -> None:
    address = f"/my/{world.secret(brought_to(world, state))}"

    for answer in (client.get(f"{address}/edit"), save(client, f"{address}/edit", version=2, **FIELDS)):
        assert (answer.status_code, answer.headers["Location"].startswith(address + "?")) in [(303, True), (422, False)]
    assert "Edit the application" not in client.get(address).text


def test_another_sites_page_edits_nothing(draft: str, client: FlaskClient) -> None:
    answer = client.post(draft, data={"version": "1"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
