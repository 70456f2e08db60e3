"""Every sentence of ours, in every language that we speak."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from domain.errors import DomainError
from domain.languages import CATALOGUES

ROOT = Path(__file__).parents[2]
CYRILLIC = ["mk", "sr-Cyrl"]

# What stays Latin in a Cyrillic sentence: codes, names of standards, and examples of what is to be typed.
LATIN = re.compile(
    r"Settings, Camera, Formats, Most Compatible|\b(AL|ASCII|Authorization|HEIC|JPEG|PDF|iPhone|"
    r"BCP|Basic|Bearer|CSV|E(10012345)?|Europe/Skopje|ISCED-F|Idempotency-Key|OID|PIC|UUID|XK|XLSX|[ABC][12]|EQF|YYYY-MM-DD|bs|cnr|en|it|mk|sq|sr-(Latn|Cyrl))\b"
    r"|2026-03-29T12:00:00Z|/v1/event-types|https://(example\.org(/path)?)?|hooks\.example\.org"
)


def placeholders(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def codes_in(source):
    """The codes that a source file gives to what it refuses."""
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        position = {"Finding": 1, "refuse": 1, "Coded": 0, "AddressRefused": 0}.get(name, len(call.args))
        given = call.args[position : position + 1] + [word.value for word in call.keywords if word.arg == "code"]
        parts = [part for argument in given for part in ast.walk(argument) if isinstance(part, ast.Constant)]
        yield from (part.value for part in parts if isinstance(part.value, str))


def test_the_languages_are_those_of_the_region_and_english():
    assert CATALOGUES.keys() == {"en", "sq", "mk", "sr-Cyrl", "sr-Latn", "bs", "cnr"}


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_language_has_every_sentence(lang):
    assert CATALOGUES[lang].keys() == CATALOGUES["en"].keys()


@pytest.mark.parametrize("lang", CATALOGUES)
def test_no_sentence_is_empty(lang):
    assert [key for key, sentence in CATALOGUES[lang].items() if not sentence.strip()] == []


@pytest.mark.parametrize("lang", CATALOGUES)
def test_a_sentence_has_the_same_placeholders_in_every_language(lang):
    expected = {key: placeholders(sentence) for key, sentence in CATALOGUES["en"].items()}

    assert {key: placeholders(sentence) for key, sentence in CATALOGUES[lang].items()} == expected


@pytest.mark.parametrize("lang", CYRILLIC)
def test_cyrillic_sentences_have_no_stray_latin_letters(lang):
    words = {key: LATIN.sub("", re.sub(r"\{\w+\}", "", sentence)) for key, sentence in CATALOGUES[lang].items()}

    assert {key: word for key, word in words.items() if re.search("[A-Za-z]", word)} == {}


@pytest.mark.parametrize("lang", sorted(CATALOGUES.keys() - set(CYRILLIC)))
def test_latin_sentences_have_no_stray_cyrillic_letters(lang):
    assert [sentence for sentence in CATALOGUES[lang].values() if re.search("[\u0400-\u04ff]", sentence)] == []


def test_each_language_has_letters_of_its_own():
    macedonian, serbian = "".join(CATALOGUES["mk"].values()), "".join(CATALOGUES["sr-Cyrl"].values())

    assert (set("ђћ") & set(macedonian), set("ѓќѕ") & set(serbian)) == (set(), set())


@pytest.mark.parametrize("lang", sorted(CATALOGUES.keys() - {"en"}))
def test_no_sentence_is_left_in_english(lang):
    assert [key for key, sentence in CATALOGUES[lang].items() if sentence == CATALOGUES["en"][key]] == []


def test_every_code_that_the_house_gives_has_its_sentence():
    rooms = [path for room in ("api", "domain", "integrations", "schemas") for path in (ROOT / room).rglob("*.py")]
    given = {(code, path.name) for path in rooms for code in codes_in(path.read_text(encoding="utf-8"))}

    assert sorted(pair for pair in given if pair[0] not in CATALOGUES["en"]) == []


def test_every_reason_to_say_no_has_its_sentence():
    reasons = [DomainError, *DomainError.__subclasses__()]
    reasons += [narrower for reason in reasons[1:] for narrower in reason.__subclasses__()]

    assert sorted(reason.code for reason in reasons if reason.code not in CATALOGUES["en"]) == []
