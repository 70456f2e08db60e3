"""A call's own words for messages: taken, refused by name, and said in place of ours."""

from typing import Any

import pytest

from domain.errors import Forbidden
from domain.models.calls import Call
from domain.models.messages import MessageKind
from domain.services import calls, message_contents, message_words
from domain.services.message_words import OURS, Wording
from domain.transaction import reading
from integrations.mail.render import said, words
from tests.deliveries import CONFIG
from tests.world import World

SELECTED = MessageKind.SELECTED


def set_words(world: World, call: Call, wording: Wording, **options: Any) -> Any:
    return world.do(message_words.set_wording, call, SELECTED, wording, **options)


def subject_for(world: World, call: Call, lang: str) -> str:
    with reading(world.database) as session:
        call = session.get_one(Call, call.id)
        contents = message_contents.sample(session, call, SELECTED, wanted=(lang,), config=CONFIG, at=world.clock())
    return said(contents).subject


def ours(lang: str) -> str:
    return words(SELECTED, lang, {"reference": "A-7K3M-9QXZ"}).subject


def test_own_words_stand_in_place_of_ours_in_their_language_alone(world: World) -> None:
    call = world.call()
    set_words(world, call, Wording({"en": "You made it, {name}"}, {}))

    assert [subject_for(world, call, lang) for lang in ("en", "sq")] == ["You made it, Ana Petrović", ours("sq")]


def test_serbian_in_latin_letters_is_derived_from_own_words_too(world: World) -> None:
    call = world.call()
    set_words(world, call, Wording({"sr-Cyrl": "Идете, {name}"}, {}))

    assert subject_for(world, call, "sr-Latn") == "Idete, Ana Petrović"


def test_a_language_that_we_do_not_write_is_written_whole(world: World) -> None:
    call = world.call()
    set_words(world, call, Wording({"it": "C'è posto, {name}"}, {"it": "Complimenti!"}))

    assert subject_for(world, call, "it") == "C'è posto, Ana Petrović"


def test_no_words_at_all_bring_ours_back(world: World) -> None:
    call = world.call()
    set_words(world, call, Wording({"en": "You made it"}, {}))
    set_words(world, call, OURS)

    assert subject_for(world, call, "en") == ours("en")


@pytest.mark.parametrize(
    ("subject", "body", "findings"),
    [
        ({"en": "Hello {nmae}"}, {}, [("/subject/en", "unknown_placeholder")]),
        ({}, {"en": "{rank}"}, [("/body/en", "unknown_placeholder")]),
        ({}, {"en": "{name.__class__}"}, [("/body/en", "unknown_placeholder")]),
        ({}, {"en": "{name!r:>9}{0}"}, [("/body/en", "unknown_placeholder")] * 2),
        ({}, {"en": "{{name}}"}, [("/body/en", "stray_brace")]),
        ({}, {"en": "name}"}, [("/body/en", "stray_brace")]),
        ({"it": "Buongiorno"}, {}, [("/body/it", "required")]),
        ({}, {"it": "Buongiorno"}, [("/subject/it", "required")]),
    ],
)
def test_what_can_not_be_filled_in_is_refused_where_it_stands(
    world: World, subject: Any, body: Any, findings: Any
) -> None:
    call = world.call()

    assert world.refused(message_words.set_wording, call, SELECTED, Wording(subject, body)) == findings


def test_only_who_manages_the_call_puts_words_into_its_mouth(world: World) -> None:
    call = world.call()

    for name in ("school", "host", "albanian_partner"):
        with pytest.raises(Forbidden):
            set_words(world, call, OURS, by=world.principal(name))
    assert set_words(world, call, OURS, by=world.principal("partner")) == OURS


def test_a_copy_of_the_call_speaks_as_it_does(world: World) -> None:
    call = world.call()
    set_words(world, call, Wording({"en": "You made it"}, {}))

    copy = world.do(calls.copy_call, str(call.id))

    assert subject_for(world, copy, "en") == "You made it"
