"""The page behind an applicant's link: its words, its headers, what it says when the link opens nothing."""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.my_pages import STRINGS
from domain.languages import CATALOGUES
from tests.api.test_applications import ANA
from tests.api.test_my import NOBODYS
from tests.domain.services.decision_steps import WAY_TO, brought_to
from tests.world import World


@pytest.fixture
def page(world: World, client: FlaskClient) -> str:
    """The address of the page of an application that Ana has just sent in, written to in Albanian."""
    call = world.call(form=[*world.call_input().form, *QUESTIONS])
    wanted: dict[str, Any] = {**ANA, "lang": "sq", "answers": {**ANA["answers"], **ANSWERS}}
    answer = client.post(f"/v1/calls/{call.id}/applications", json=wanted)
    return str(answer.json["my_url"]).removeprefix("http://localhost")


QUESTIONS = [
    {"name": "diet", "type": "choice", "label": {"en": "Food", "sq": "Ushqimi"}, "choices": [
        {"value": "v", "label": {"en": "No meat", "sq": "Pa mish"}}]},
    {"name": "swims", "type": "yes_no", "label": {"en": "Can you swim?", "sq": "A notoni?"}},
    {"name": "from", "type": "date", "label": {"en": "From", "sq": "Nga"}},
]  # fmt: skip
ANSWERS = {"diet": "v", "swims": True, "from": "2027-02-01"}


def said(page: str) -> str:
    """What stands on a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.partition('<main id="main" tabindex="-1">')[2])).split())


def test_an_applicant_sees_where_they_stand_in_their_language(page: str, client: FlaskClient) -> None:
    answer = client.get(page, headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.mimetype, answer.headers["Content-Language"]) == (200, "text/html", "sq")
    for sentence in (
        "E dorëzuar Aplikimi juaj u pranua për shqyrtim. Çfarë vjen më pas Ai do të kontrollohet.",
        "Afati 21 dhjetor 2026, 10:00 (UTC+1)",
        "Emri Ana Mbiemri Petrović",
        "Data e lindjes 8 mars 2005 Vendi Serbi",
        "Ushqimi Pa mish A notoni? Po Nga 1 shkurt 2027",
        "Përpunimi i të dhënave tuaja dhënë",
    ):
        assert sentence in said(answer.text)


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_it_speaks_every_language_of_ours(page: str, client: FlaskClient, lang: str) -> None:
    text = said(client.get(f"{page}?lang={lang}").text)

    assert STRINGS[lang]["title"] in text
    assert CATALOGUES[lang]["my_next_submitted"] in text


@pytest.mark.parametrize("state", list(WAY_TO))
def test_every_state_is_shown(world: World, client: FlaskClient, state: str) -> None:
    answer = client.get(f"/my/{world.secret(brought_to(world, state))}")

    assert CATALOGUES["en"][f"my_meaning_{state}"] in said(answer.text)


def test_what_an_applicant_wrote_is_text_and_nothing_else(world: World, client: FlaskClient) -> None:
    bad = {"answers": {"motivation": "<script>alert(1)</script>"}}
    answer = client.post(f"/v1/calls/{world.call().id}/applications", json={**ANA, **bad})

    page = client.get(answer.json["my_url"].removeprefix("http://localhost"))

    assert ("<script>" in page.text, "&lt;script&gt;alert(1)" in page.text) == (False, True)


def test_the_page_is_for_the_applicant_alone(page: str, client: FlaskClient) -> None:
    headers = client.get(page).headers

    assert (headers["Cache-Control"], headers["Referrer-Policy"], headers["X-Robots-Tag"]) == (
        "private, no-store",
        "no-referrer",
        "noindex",
    )
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")


def test_a_link_that_opens_nothing_says_so_in_words(world: World, client: FlaskClient) -> None:
    answer = client.get(f"/my/{NOBODYS}?utm_source=mail", headers={"Accept-Language": "mk"})

    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert said(answer.text) == f"{STRINGS['mk']['not_found']} {STRINGS['mk']['not_found_text']}"


@pytest.mark.parametrize("lang", sorted(STRINGS.keys() - {"en"}))
def test_no_text_is_missing_or_left_in_english(lang: str) -> None:
    alike = [name for name, text in STRINGS[lang].items() if not text or text == STRINGS["en"][name]]

    assert (STRINGS[lang].keys(), set(alike) - {"email"}) == (STRINGS["en"].keys(), set())


# ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_button_does_what_it_says_and_leads_back_to_the_page(page: str, client: FlaskClient, world: World) -> None:
    answer = client.post(f"{page}/withdrawal?lang=en", headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?lang=en")
    assert "The application was withdrawn." in said(client.get(answer.headers["Location"]).text)
    assert world.recorded()[-1] == "application.withdrawn"


def test_what_is_not_possible_any_more_is_said_on_the_page(page: str, client: FlaskClient) -> None:
    answer = client.post(f"{page}/confirmation", follow_redirects=True)

    assert (answer.status_code, CATALOGUES["sq"]["state_conflict"] in said(answer.text)) == (200, True)


def test_a_sentence_that_somebody_puts_into_the_address_is_not_shown(page: str, client: FlaskClient) -> None:
    assert 'role="alert"' not in client.get(f"{page}?problem=internal").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
    ],
)
def test_what_another_sites_page_sends_is_refused(
    page: str, client: FlaskClient, world: World, headers: dict[str, str]
) -> None:
    answer = client.post(f"{page}/withdrawal", headers=headers)

    assert (answer.status_code, world.recorded()[-1]) == (403, "application.submitted")


@pytest.mark.parametrize(("path", "status"), [("/erase-everything", 404), ("/withdrawal/x", 404)])
def test_nothing_else_can_be_done(page: str, client: FlaskClient, path: str, status: int) -> None:
    assert client.post(page + path).status_code == status
