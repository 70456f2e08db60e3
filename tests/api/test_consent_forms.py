"""The printable form: the same texts and versions as the call shows, in the language asked for."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from api.consent_forms import STRINGS
from domain.languages import CATALOGUES, to_latin
from domain.models.calls import Call
from domain.models.consents import ASKED_BY_CALLS, Purpose
from domain.services.consent_texts import STANDARD
from tests.world import World


@pytest.fixture
def call(world: World) -> Call:
    """A call that asks for everything."""
    return world.call(consent_purposes=list(ASKED_BY_CALLS))


def test_it_holds_every_text_with_the_version_and_language_to_send(call: Call, client: FlaskClient) -> None:
    answer = client.get(f"/v1/calls/{call.slug}/consent-form?lang=sq")

    assert (answer.status_code, answer.mimetype, answer.headers["Content-Language"]) == (200, "text/html", "sq")
    for purpose in Purpose:
        assert STANDARD[purpose]["sq"].split("\n\n")[0] in answer.text
        assert f"Teksti {purpose}, versioni 1, sq" in answer.text


def test_it_asks_only_what_the_call_asks(world: World, client: FlaskClient) -> None:
    text = client.get(f"/v1/calls/{world.call().id}/consent-form?lang=en").text

    shown = [purpose for purpose in Purpose if f"Text {purpose}," in text]
    assert shown == ["processing", "parental_consent"]


def test_a_projects_own_text_stands_there_as_text(call: Call, client: FlaskClient, as_: Any) -> None:
    address = "/v1/projects/TEST/consent-texts/newsletter"
    as_("coordinator").put(address, json={"text": {"en": "<b>I agree</b> to news."}})

    text = client.get(f"/v1/calls/{call.id}/consent-form?lang=sq").text

    assert "&lt;b&gt;I agree&lt;/b&gt; to news." in text
    assert "Teksti newsletter, versioni 2, en" in text


def test_serbian_comes_in_either_script(call: Call, client: FlaskClient) -> None:
    text = client.get(f"/v1/calls/{call.id}/consent-form?lang=sr-Latn").text

    assert to_latin(STANDARD[Purpose.PARENTAL_CONSENT]["sr-Cyrl"]).split("\n\n")[0] in text


def test_a_draft_is_printed_for_nobody_else(world: World, client: FlaskClient) -> None:
    assert client.get(f"/v1/calls/{world.draft().id}/consent-form").status_code == 404


def test_it_loads_nothing_but_its_own_style(call: Call, client: FlaskClient) -> None:
    answer = client.get(f"/v1/calls/{call.id}/consent-form")

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    with client.get("/my/assets/consent_form.css") as style:
        assert style.text.startswith("@page")


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_no_word_of_it_is_missing_or_left_in_english(lang: str) -> None:
    alike = [name for name, text in STRINGS[lang].items() if not text or (text == STRINGS["en"][name] and lang != "en")]

    assert (STRINGS[lang].keys(), alike) == (STRINGS["en"].keys(), [])
