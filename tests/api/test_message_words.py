"""A call's own words for messages over HTTP, and how they read."""

from typing import Any

import pytest

from domain.models.calls import Call
from tests.conftest import Caller
from tests.house import told
from tests.world import World

WORDS = {"subject": {"en": "You made it, {name}"}, "body": {"en": "Be quick.\n\nUntil {confirm_by}."}}


@pytest.fixture
def partner(as_: Any) -> Caller:
    """The Serbian partner, whose call it is."""
    return as_("partner")


@pytest.fixture
def call(world: World) -> Call:
    """A published call."""
    return world.call(contact="partner@example.org")


def test_without_own_words_ours_are_shown_to_begin_with(partner: Caller, call: Call) -> None:
    answer = partner.get(f"/v1/calls/{call.slug}/messages/selected").json

    assert (answer["subject"], answer["body"]) == ({}, {})
    assert sorted(answer["our_body"]) == ["bs", "cnr", "en", "mk", "sq", "sr-Cyrl"]
    assert {"name", "confirm_by"} <= set(answer["placeholders"])


def test_own_words_are_kept_and_shown(partner: Caller, call: Call) -> None:
    address = f"/v1/calls/{call.id}/messages/selected"

    put = partner.put(address, json=WORDS)

    assert (put.status_code, put.json) == (200, partner.get(address).json)
    assert {part: put.json[part] for part in WORDS} == WORDS


def test_a_preview_shows_own_words_filled_in(partner: Caller, call: Call) -> None:
    partner.put(f"/v1/calls/{call.id}/messages/selected", json=WORDS)

    assert partner.get(f"/v1/calls/{call.id}/messages/selected/preview?lang=en").json == {
        "kind": "selected",
        "lang": "en",
        "subject": "You made it, Ana Petrović",
        "body": "Be quick.\n\nUntil 29 November 2026, 10:00 (UTC+1).\n",
    }


def test_a_preview_comes_in_the_language_asked_for(partner: Caller, call: Call) -> None:
    preview = partner.get(f"/v1/calls/{call.id}/messages/submitted/preview?lang=sr-Latn").json

    assert (preview["lang"], preview["subject"]) == ("sr-Latn", "Primili smo Vašu prijavu A-7K3M-9QXZ")


def test_an_unknown_placeholder_is_refused_by_name(partner: Caller, call: Call) -> None:
    wrong = {"subject": {"en": "Hello {nmae}"}, "body": {}}

    answer = partner.put(f"/v1/calls/{call.id}/messages/selected", json=wrong)

    assert told(answer) == (422, [("/subject/en", "unknown_placeholder")])
    assert "{nmae}" not in answer.json["errors"][0]["detail"]
    assert "“nmae”" in answer.json["errors"][0]["detail"]


@pytest.mark.parametrize("name", ["", "/preview"])
def test_a_message_that_there_is_not_is_not_found(partner: Caller, call: Call, name: str) -> None:
    assert partner.get(f"/v1/calls/{call.id}/messages/birthday{name}").status_code == 404


def test_own_words_are_for_those_who_manage_the_call(as_: Any, call: Call) -> None:
    address = f"/v1/calls/{call.id}/messages/selected"
    answers = [
        as_(name).get(f"{address}{rest}").status_code for name in ("school", "host") for rest in ("", "/preview")
    ]

    assert answers == [403] * 4
