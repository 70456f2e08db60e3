"""A minor's guardian over HTTP: what their link shows, the answer by a button, and who is shown who they are."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.my_pages import STRINGS
from domain.languages import CATALOGUES
from domain.models.applications import Application
from domain.models.consents import Consent
from domain.models.links import LinkKind
from domain.models.tokens import Scope
from domain.services.consent_texts import STANDARD
from tests.api.test_applications import ANA
from tests.api.test_my_pages import said
from tests.world import GUARDIAN, World

AGREES = {"purpose": "parental_consent", "granted": True, "text_version": "1", "lang": "sq"}
PAGE_AGREES = "consents/parental_consent/agree?lang=en&text_version=1&read=en"
CHILD = {**ANA, "person": {**ANA["person"], "birth_date": "2010-03-08"}, "lang": "en"}


@pytest.fixture
def minor(world: World) -> Application:
    """Ana's, who is sixteen."""
    return world.minor(world.call())


@pytest.fixture
def theirs(world: World, minor: Application) -> str:
    """The address of the guardian's page."""
    return f"/my/{world.secret(minor, LinkKind.GUARDIAN)}"


@pytest.fixture
def mine(world: World, minor: Application) -> str:
    """The address of Ana's page."""
    return f"/my/{world.secret(minor)}"


def test_a_minor_applies_with_a_guardian_and_is_not_told_the_guardians_link(world: World, client: FlaskClient) -> None:
    call = world.call()

    without = client.post(f"/v1/calls/{call.id}/applications", json=CHILD)
    answer = client.post(f"/v1/calls/{call.id}/applications", json={**CHILD, "guardian": GUARDIAN})

    (application,) = world.read(select(Application))
    assert (without.status_code, without.json["errors"][0]["pointer"]) == (422, "/guardian")
    assert (answer.status_code, application.guardian) == (201, GUARDIAN)
    assert answer.json["my_url"].endswith(world.secret(application))
    assert world.secret(application, LinkKind.GUARDIAN) not in answer.text


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [(frozenset(Scope), GUARDIAN), (frozenset(Scope) - {Scope.SENSITIVE_READ}, None)],
    ids=["sensitive", "without"],
)
def test_guardians_are_shown_to_who_may_see_them(minor: Application, as_: Any, scopes: Any, shown: Any) -> None:
    answer = as_("partner", scopes=scopes).get(f"/v1/applications/{minor.id}")

    assert (answer.json["guardian"], answer.json["missing"]) == (shown, ["guardian_consent"])


def test_a_guardian_reads_what_they_are_asked_and_not_what_the_applicant_wrote(
    theirs: str, client: FlaskClient
) -> None:
    shown = client.get(f"/v1{theirs}").json

    assert (shown["role"], shown["applicant"], shown["actions"]) == ("guardian", "Ana Petrović", [])
    assert [(one["purpose"], one["text"]) for one in shown["asked"]] == [
        ("parental_consent", STANDARD["parental_consent"]["en"])  # type: ignore[index]
    ]
    assert {shown[name] for name in ("person", "answers", "reason", "rank", "meaning", "next_step")} == {None}
    assert "I want to learn." not in client.get(f"/v1{theirs}").text


def test_the_applicant_sees_that_the_guardian_is_waited_for(mine: str, client: FlaskClient) -> None:
    shown = client.get(f"/v1{mine}").json

    assert (shown["waiting_for_guardian"], shown["guardian"]) == (True, GUARDIAN)
    assert shown["next_step"] == CATALOGUES["en"]["my_next_guardian"]


def test_a_guardian_consents_by_their_link(theirs: str, mine: str, client: FlaskClient) -> None:
    answer = client.post(f"/v1{theirs}/consents", json=AGREES)

    assert (answer.status_code, answer.json["asked"]) == (200, [])
    assert client.get(f"/v1{mine}").json["waiting_for_guardian"] is False


def test_opening_the_link_consents_to_nothing(theirs: str, client: FlaskClient, world: World) -> None:
    before = (world.read(select(Application.version)), world.recorded())

    for path in (theirs, f"/v1{theirs}", f"{theirs}/{PAGE_AGREES}"):
        client.get(path)

    assert (world.read(select(Application.version)), world.recorded()) == before


@pytest.mark.parametrize("step", ["confirmation", "decline", "withdrawal"])
def test_a_guardian_takes_no_step_for_the_applicant(theirs: str, client: FlaskClient, step: str) -> None:
    assert client.post(f"/v1{theirs}/{step}").status_code == 403


def test_a_guardian_reads_what_the_applicant_agreed_to(theirs: str, mine: str, client: FlaskClient) -> None:
    first = STANDARD["processing"]["en"].split("\n\n")[0]  # type: ignore[index]

    assert (first in said(client.get(theirs).text), first in said(client.get(mine).text)) == (True, False)


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_the_page_asks_in_every_language(theirs: str, client: FlaskClient, lang: str) -> None:
    text, words = said(client.get(f"{theirs}?lang={lang}").text), STRINGS[lang]

    intro = words["guardian_intro"].replace("{applicant}", "Ana Petrović")
    for sentence in (words["guardian_title"], intro, words["purpose_parental_consent"], words["refuse"]):
        assert sentence in text


def test_a_guardian_agrees_by_a_button(theirs: str, client: FlaskClient, world: World) -> None:
    answer = client.post(f"{theirs}/{PAGE_AGREES}", headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})

    (kept,) = world.read(select(Consent).where(Consent.purpose == "parental_consent"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{theirs}?lang=en")
    assert (kept.granted, kept.given_by, kept.source, kept.text_version, kept.lang) == (
        True,
        "guardian",
        "link",
        "1",
        "en",
    )
    assert "Consent of the parent or guardian: given" in said(client.get(theirs).text)


def test_a_guardian_refuses_by_a_button_and_may_agree_later(theirs: str, client: FlaskClient) -> None:
    client.post(f"{theirs}/{PAGE_AGREES.replace('agree', 'refuse')}")

    text = said(client.get(theirs).text)
    assert "Consent of the parent or guardian: refused" in text
    assert STRINGS["en"]["agree"] in text


def test_a_text_that_stands_no_more_is_not_agreed_to(theirs: str, client: FlaskClient, world: World) -> None:
    address = PAGE_AGREES.replace("text_version=1", "text_version=7")

    answer = client.post(f"{theirs}/{address}", follow_redirects=True)

    assert CATALOGUES["en"]["precondition_failed"] in said(answer.text)
    assert "consent.given" not in world.recorded()


@pytest.mark.parametrize("path", ["consents/parental_consent/perhaps", "consents/parental_consent"])
def test_nothing_else_is_an_answer(theirs: str, client: FlaskClient, path: str) -> None:
    assert client.post(f"{theirs}/{path}").status_code == 404


def test_another_sites_page_answers_for_nobody(theirs: str, client: FlaskClient, world: World) -> None:
    answer = client.post(f"{theirs}/{PAGE_AGREES}", headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, "consent.given" in world.recorded()) == (403, False)


def test_an_officer_is_refused_by_name_before_the_guardian_agrees(minor: Application, as_: Any, clock: Any) -> None:
    partner, address = as_("partner"), f"/v1/applications/{minor.id}"
    partner.post(f"{address}/eligibility", json={"outcome": "eligible"})
    clock.move(days=30)
    partner.post(f"/v1/calls/{minor.call_id}/selection")
    (place,) = minor.call.destinations

    early = partner.post(f"{address}/selection", json={"destination_id": str(place.id)})
    partner.post(f"{address}/consents", json={**AGREES, "attested": True})
    now = partner.post(f"{address}/selection", json={"destination_id": str(place.id)})

    assert (early.status_code, early.json["code"]) == (409, "guardian_consent_needed")
    assert (now.status_code, now.json["state"], now.json["missing"]) == (200, "selected", [])


def test_an_officer_makes_the_guardians_link_to_hand_it_over(
    minor: Application, as_: Any, client: FlaskClient, theirs: str
) -> None:
    answer = as_("partner").post(f"/v1/applications/{minor.id}/link-revocation", json={"whose": "guardian"})

    address = answer.json["my_url"].removeprefix("http://localhost")
    assert (client.get(theirs).status_code, client.get(f"/v1{address}").json["role"]) == (404, "guardian")


def test_a_call_does_not_ask_applicants_for_parental_consent(world: World, as_: Any) -> None:
    draft = world.draft()

    answer = as_("partner").patch(f"/v1/calls/{draft.id}", json={"consent_purposes": ["parental_consent"]})

    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/consent_purposes/0", "not_a_choice")]


# ── drafts, edits, erasure ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/export"), ("post", "/erasure"), ("post", "/submission"), ("patch", "")]
)
def test_what_is_the_applicants_alone_is_closed_to_the_guardian(
    theirs: str, client: FlaskClient, world: World, method: str, path: str
) -> None:
    sent = {"json": {"lang": "en"}} if method == "patch" else {}

    answer = getattr(client, method)(f"/v1{theirs}{path}", **sent)

    assert (answer.status_code, world.recorded()[-1]) == (403, "application.submitted")


@pytest.mark.parametrize("path", ["/edit", "/edit?lang=en"])
def test_the_guardian_edits_nothing_on_the_page(theirs: str, client: FlaskClient, path: str) -> None:
    assert client.get(f"{theirs}{path}").status_code == 403
    assert client.post(f"{theirs}/erasure").status_code == 403


def test_a_minors_draft_is_finished_once_it_names_a_guardian(world: World, client: FlaskClient) -> None:
    made = client.post(f"/v1/calls/{world.call().id}/applications", json={**CHILD, "draft": True}).json
    address = made["my_url"].replace("http://localhost/my/", "/v1/my/")

    early = client.post(f"{address}/submission")
    client.patch(address, json={"guardian": GUARDIAN})
    now = client.post(f"{address}/submission")

    (application,) = world.read(select(Application))
    assert ([one["pointer"] for one in early.json["errors"]], now.json["state"]) == (["/guardian"], "submitted")
    assert client.get(f"/v1/my/{world.secret(application, LinkKind.GUARDIAN)}").json["role"] == "guardian"


def test_another_guardian_does_not_take_the_place_of_the_one_who_was_asked(mine: str, client: FlaskClient) -> None:
    answer = client.patch(f"/v1{mine}", json={"guardian": {**GUARDIAN, "email": "ana@example.org"}})

    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/guardian", "fixed")]


def test_an_edit_leaves_consents_and_guardian_as_they_are(theirs: str, mine: str, client: FlaskClient) -> None:
    client.post(f"/v1{theirs}/consents", json=AGREES)

    answer = client.patch(f"/v1{mine}", json={"answers": {"motivation": "To cook."}})

    assert (answer.status_code, answer.json["guardian"], answer.json["waiting_for_guardian"]) == (200, GUARDIAN, False)


def test_who_is_erased_takes_the_guardian_along(mine: str, theirs: str, client: FlaskClient, world: World) -> None:
    client.post(f"/v1{mine}/erasure")

    assert (world.read(select(Application.guardian)), client.get(f"/v1{theirs}").status_code) == ([None], 404)
