"""Consents over HTTP: answered later and taken back, by one's own link, on the page, and by officers."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.my_pages import STRINGS
from domain.languages import CATALOGUES
from domain.models.applications import Application, SubmittedVia
from domain.models.consents import ASKED_BY_CALLS, Consent
from domain.models.mobilities import Mobility
from domain.policies import PUBLIC
from domain.services import applications, calls, decisions, mobilities
from tests.api.test_my_pages import said
from tests.domain.services.decision_steps import act
from tests.world import World

AGREES = {"purpose": "newsletter", "granted": True, "text_version": "1", "lang": "sq"}
WITHDRAWN = {"purpose": "newsletter"}


@pytest.fixture
def application(world: World) -> Application:
    """Ana's, who agreed to everything that the call asks for."""
    return world.application(world.call(consent_purposes=list(ASKED_BY_CALLS)), consents=world.agreed(*ASKED_BY_CALLS))


@pytest.fixture
def mine(world: World, application: Application) -> str:
    """The address of her page."""
    return f"/my/{world.secret(application)}"


def test_one_takes_back_what_one_agreed_to(mine: str, client: FlaskClient) -> None:
    answer = client.post(f"/v1{mine}/consent-withdrawals", json=WITHDRAWN)

    ended = {one["purpose"]: one["withdrawn_at"] for one in answer.json["consents"]}
    assert (answer.status_code, ended) == (200, dict.fromkeys(ASKED_BY_CALLS) | {"newsletter": "2026-11-22T09:00:00Z"})


def test_one_agrees_later_by_ones_link(mine: str, client: FlaskClient, world: World) -> None:
    client.post(f"/v1{mine}/consent-withdrawals", json=WITHDRAWN)

    answer = client.post(f"/v1{mine}/consents", json=AGREES)

    (last,) = world.read(select(Consent).where(Consent.withdrawn_at.is_(None), Consent.purpose == "newsletter"))
    assert (answer.status_code, last.source, last.given_by, last.lang) == (200, "link", "applicant", "sq")
    assert world.recorded()[-2:] == ["consent.withdrawn", "consent.given"]


def test_what_is_not_agreed_to_can_not_be_taken_back(mine: str, client: FlaskClient) -> None:
    client.post(f"/v1{mine}/consent-withdrawals", json=WITHDRAWN)

    answer = client.post(f"/v1{mine}/consent-withdrawals", json=WITHDRAWN)

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_an_officer_records_it_on_the_applicants_word(application: Application, as_: Any) -> None:
    address = f"/v1/applications/{application.id}"

    withdrawn = as_("partner").post(f"{address}/consent-withdrawals", json=WITHDRAWN)
    given = as_("partner").post(f"{address}/consents", json={**AGREES, "attested": True})

    answers = [one for one in given.json["consents"] if one["purpose"] == "newsletter"]
    assert (withdrawn.status_code, given.status_code) == (200, 200)
    assert [(one["given_by"], one["source"], one["withdrawn_at"] is None) for one in answers] == [
        ("applicant", "api", False),
        ("school", "api", True),
    ]


def test_a_copy_is_told_to_nobody(world: World, client: FlaskClient, application: Application) -> None:
    wanted = world.application_input(consents=world.agreed(*ASKED_BY_CALLS))
    copy = world.do(applications.submit_application, str(application.call_id), wanted, by=PUBLIC, via=SubmittedVia.API)

    client.post(f"/v1/my/{world.secret(copy)}/consent-withdrawals", json=WITHDRAWN)

    assert "consent.withdrawn" not in world.recorded()


# ── by role ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def confirmed(world: World) -> Application:
    """One that was confirmed, with a stay in Lyon whose host knows the name."""
    asked = ("processing", "sharing_with_hosts")
    call = world.call(consent_purposes=asked)
    application = act(world, "eligible", world.application(call, consents=world.agreed(*asked)))
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    (place,) = call.destinations
    world.do(decisions.select_application, application.id, destination_id=place.id, confirm_by=None)
    world.do(decisions.confirm_application, application.id, participant_id=None)
    world.do(mobilities.confirm_mobility, world.read(select(Mobility.id))[0])
    return application


ROLES = ("coordinator", "partner", "host", "agency")


def names(as_: Callable[..., Any], world: World) -> dict[str, bool]:
    """Who is shown the name in the mobility, in the list and in both files."""
    (stay,) = world.read(select(Mobility.id))
    paths = (f"/v1/mobilities/{stay}", "/v1/mobilities", "/v1/mobilities.ndjson", "/v1/mobilities.csv")
    shown = {role: {"Petrovi" in as_(role).get(path).text for path in paths} for role in ROLES}
    assert all(len(one) == 1 for one in shown.values()), shown
    return {role: one.pop() for role, one in shown.items()}


def test_hosts_are_shown_no_name_once_consent_is_taken_back(
    confirmed: Application, world: World, client: FlaskClient, as_: Any
) -> None:
    before = names(as_, world)

    client.post(f"/v1/my/{world.secret(confirmed)}/consent-withdrawals", json={"purpose": "sharing_with_hosts"})

    assert before == {"coordinator": True, "partner": True, "host": True, "agency": False}
    assert names(as_, world) == before | {"host": False}


def test_a_host_that_asks_whether_anything_changed_is_told_so(
    confirmed: Application, world: World, client: FlaskClient, as_: Any
) -> None:
    (stay,) = world.read(select(Mobility.id))
    tag = as_("host").get(f"/v1/mobilities/{stay}").headers["ETag"]

    client.post(f"/v1/my/{world.secret(confirmed)}/consent-withdrawals", json={"purpose": "sharing_with_hosts"})

    again = as_("host").get(f"/v1/mobilities/{stay}", headers={"If-None-Match": tag})
    assert (again.status_code, again.json["participant"]) == (200, None)


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_the_page_says_what_was_agreed_to_and_what_taking_it_back_means(
    mine: str, client: FlaskClient, lang: str
) -> None:
    text, words = said(client.get(f"{mine}?lang={lang}").text), STRINGS[lang]

    for purpose in ASKED_BY_CALLS:
        assert f"{words[f'purpose_{purpose}']}: {words['granted']}" in text
        assert words[f"without_{purpose}"] in text


def test_a_button_takes_a_consent_back_and_leads_back_to_the_page(mine: str, client: FlaskClient) -> None:
    answer = client.post(f"{mine}/consent-withdrawals/newsletter?lang=en")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{mine}?lang=en")
    text = said(client.get(answer.headers["Location"]).text)
    assert "News about other calls: taken back" in text
    assert STRINGS["en"]["without_newsletter"] not in text


def test_opening_the_buttons_address_takes_nothing_back(mine: str, client: FlaskClient, world: World) -> None:
    client.get(f"{mine}/consent-withdrawals/newsletter")

    assert "consent.withdrawn" not in world.recorded()


def test_another_sites_page_takes_nothing_back(mine: str, client: FlaskClient, world: World) -> None:
    answer = client.post(f"{mine}/consent-withdrawals/newsletter", headers={"Origin": "https://elsewhere.example"})

    assert (answer.status_code, "consent.withdrawn" in world.recorded()) == (403, False)


def test_what_the_page_can_not_do_any_more_it_says(mine: str, client: FlaskClient) -> None:
    client.post(f"{mine}/consent-withdrawals/newsletter")

    answer = client.post(f"{mine}/consent-withdrawals/newsletter?lang=en", follow_redirects=True)

    assert CATALOGUES["en"]["state_conflict"] in said(answer.text)
