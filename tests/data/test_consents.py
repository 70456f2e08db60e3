"""The standard texts to agree to: one for each purpose, in every language of the region."""

import re

import pytest

from domain.languages import CATALOGUES, to_latin
from domain.models.consents import Purpose
from tests.data.files import read

LANGUAGES = sorted(CATALOGUES.keys() - {"sr-Latn"})


def text_of(purpose: Purpose) -> dict[str, str]:
    return read(f"consents/{purpose}.json")["text"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_has_a_text_in_every_language(purpose: Purpose) -> None:
    file = read(f"consents/{purpose}.json")

    assert (file["purpose"], file["version"], sorted(file["text"])) == (purpose, 1, LANGUAGES)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_text_has_the_same_parts_in_every_language(purpose: Purpose) -> None:
    parts = {lang: len(text.split("\n\n")) for lang, text in text_of(purpose).items()}

    assert parts == dict.fromkeys(parts, 2)


@pytest.mark.parametrize("purpose", Purpose)
def test_no_text_mixes_scripts(purpose: Purpose) -> None:
    for lang, text in text_of(purpose).items():
        strange = "[A-Za-z]" if lang in ("mk", "sr-Cyrl") else "[\u0400-\u04ff]"
        assert re.findall(strange, text) == [], lang


@pytest.mark.parametrize("purpose", Purpose)
def test_the_latin_of_a_serbian_text_has_no_cyrillic_left(purpose: Purpose) -> None:
    assert re.findall("[\u0400-\u04ff]", to_latin(text_of(purpose)["sr-Cyrl"])) == []
