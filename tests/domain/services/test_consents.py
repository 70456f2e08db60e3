"""What people agree to when they apply: to a text that stands, in a language that it has, on whose word."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.models.applications import SubmittedVia
from domain.models.calls import Call
from domain.models.consents import Consent, ConsentText, Purpose
from domain.models.projects import Project
from domain.policies import OPERATOR, PUBLIC
from domain.services import applications, consent_texts
from domain.services.consents import ConsentInput
from tests.conftest import Clock
from tests.world import World

GRANTED = ConsentInput(purpose="processing", granted=True, text_version="1", lang="en")
PHOTOGRAPHS = replace(GRANTED, purpose="photographs")


@pytest.fixture
def call(world: World) -> Call:
    """A call that asks for two consents."""
    return world.call(consent_purposes=["processing", "photographs"])


def apply(world: World, call: Call, *consents: ConsentInput, **options: Any) -> Any:
    wanted = world.application_input(consents=consents)
    return world.do(applications.submit_application, str(call.id), wanted, via=SubmittedVia.API, **options)


def refused(world: World, call: Call, *consents: ConsentInput, by: Any = PUBLIC, **options: Any) -> Any:
    wanted = world.application_input(consents=consents)
    via = SubmittedVia.API
    return world.refused(applications.submit_application, str(call.id), wanted, via=via, by=by, **options)


def write(world: World, **text: str) -> None:
    """Replace the text for processing."""

    def attempt(session: Any, **options: Any) -> None:
        project = session.get_one(Project, world.project())
        consent_texts.write_text(session, project, "processing", text, **options)

    world.do(attempt)


@pytest.mark.parametrize(
    ("consents", "found"),
    [
        ((), [("/consents", "consent_needed")]),
        ((PHOTOGRAPHS,), [("/consents", "consent_needed")]),
        ((replace(GRANTED, granted=False),), [("/consents/0/granted", "consent_needed")]),
        ((GRANTED, GRANTED), [("/consents/1/purpose", "repeated")]),
        ((GRANTED, replace(GRANTED, purpose="ads")), [("/consents/1/purpose", "not_a_choice")]),
        ((GRANTED, replace(GRANTED, purpose="newsletter")), [("/consents/1/purpose", "not_a_choice")]),
        ((replace(GRANTED, text_version="2026-09"),), [("/consents/0/text_version", "outdated_text")]),
        ((replace(GRANTED, text_version="2"),), [("/consents/0/text_version", "outdated_text")]),
        ((replace(GRANTED, text_version="01"),), [("/consents/0/text_version", "outdated_text")]),
        ((replace(GRANTED, lang="it"),), [("/consents/0/lang", "no_text_in_language")]),
        ((GRANTED, replace(PHOTOGRAPHS, granted=False, lang="it")), [("/consents/1/lang", "no_text_in_language")]),
        ((replace(GRANTED, attested=True),), [("/consents/0/attested", "attested_without_token")]),
    ],
)
def test_what_is_wrong_with_a_consent_is_named(world: World, call: Call, consents: Any, found: Any) -> None:
    assert refused(world, call, *consents) == found


@pytest.mark.parametrize("lang", ["en", "sq", "mk", "sr-Cyrl", "sr-Latn", "bs", "cnr", "SR-latn"])
def test_the_standard_text_is_agreed_to_in_every_language_of_the_project(world: World, call: Call, lang: str) -> None:
    apply(world, call, replace(GRANTED, lang=lang), by=PUBLIC)

    assert world.read(select(Consent.lang)) == [lang]


def test_what_was_agreed_to_is_kept_with_text_language_time_and_source(world: World, call: Call) -> None:
    apply(world, call, GRANTED, replace(PHOTOGRAPHS, granted=False, lang="sq"), by=PUBLIC)

    kept = world.read(select(Consent).order_by(Consent.purpose.desc()))
    assert [(c.purpose, c.granted, c.text_version, c.lang, c.given_at, c.source, c.given_by) for c in kept] == [
        ("processing", True, "1", "en", world.clock(), "api", "applicant"),
        ("photographs", False, "1", "sq", world.clock(), "api", "applicant"),
    ]


def test_a_school_attests_what_it_has_on_paper(world: World, call: Call) -> None:
    apply(world, call, replace(GRANTED, attested=True), by=world.principal("school"))

    (kept,) = world.read(select(Consent))
    assert (kept.attested, kept.given_by) == (True, "school")


def test_the_standard_texts_are_written_down_once_somebody_agrees(world: World, call: Call) -> None:
    apply(world, call, GRANTED)
    wanted = world.application_input("Mia")
    world.do(applications.submit_application, str(call.id), wanted, via=SubmittedVia.API)

    texts = world.read(select(ConsentText).order_by(ConsentText.id))
    assert [(text.purpose, text.version, text.text) for text in texts] == [
        (purpose, 1, consent_texts.STANDARD[purpose]) for purpose in Purpose
    ]


def test_a_refused_application_writes_no_text_down(world: World, call: Call) -> None:
    refused(world, call, GRANTED, replace(PHOTOGRAPHS, lang="it"))

    assert world.read(select(ConsentText)) == []


def test_a_text_that_was_replaced_under_a_readers_eyes_is_taken_for_a_week(
    world: World, call: Call, clock: Clock
) -> None:
    write(world, en="I agree.")
    late = clock() + timedelta(days=7)

    found = refused(world, call, GRANTED, at=late)
    apply(world, call, GRANTED, by=OPERATOR, at=late - timedelta(seconds=1))

    assert found == [("/consents/0/text_version", "outdated_text")]


def test_only_the_languages_of_the_version_that_was_read_count(world: World, call: Call) -> None:
    write(world, en="I agree.")

    assert refused(world, call, replace(GRANTED, text_version="2", lang="sq")) == [
        ("/consents/0/lang", "no_text_in_language")
    ]
    apply(world, call, replace(GRANTED, text_version="1", lang="sq"), by=PUBLIC)
