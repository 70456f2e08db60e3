"""One text in two scripts, and folded to what a search compares."""

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.languages import fold, to_cyrillic, to_latin

LATIN_LETTERS = st.text("abcčćdđefghijklmnoprsštuvzžABCČĆDĐEFGHIJKLMNOPRSŠTUVZŽ ,.")


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Љубав", "Ljubav"),
        ("ЉУБАВ", "LJUBAV"),
        ("КОЊ", "KONJ"),
        ("КОЊ-А", "KONJ-A"),
        ("Њ. Џ. Петровић", "Nj. Dž. Petrović"),
        ("Чича Ђорђе", "Čiča Đorđe"),
        ("Ѓорѓи Ќосе ѕвезда", "Gjorgji Kjose dzvezda"),
        ("Г\u0301орг\u0301и", "Gjorgji"),
        ("С\u0301утра и З\u0301еница", "Śutra i Źenica"),
        ("сѐ и ѝ", "sè i ì"),
        ("Erasmus+ и {name}: https://example.org/љ", "Erasmus+ i {name}: https://example.org/lj"),
        ("Łódź, Žabljak", "Łódź, Žabljak"),
    ],
)
def test_cyrillic_becomes_latin(cyrillic, latin):
    assert to_latin(cyrillic) == latin


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Ljubav, NJEGOŠ i Džon", "Љубав, ЊЕГОШ и Џон"),
        ("ǈubav ǆep", "Љубав џеп"),
        ("c\u030covek", "човек"),
        ("śutra", "с\u0301утра"),
        ("Injekcija i konjugacija", "Инјекција и конјугација"),
        ("NADŽIVETI podžanr", "НАДЖИВЕТИ поджанр"),
        ("Tanjug i vanjezički anjon", "Танјуг и ванјезички анјон"),
        ("nadžak, budžet i inženjer", "наџак, буџет и инжењер"),
        ("i/ili 2026. godine (VI razred)", "и/или 2026. године (VI разред)"),
    ],
)
def test_serbian_latin_becomes_cyrillic(latin, cyrillic):
    assert to_cyrillic(latin) == cyrillic


@pytest.mark.parametrize(
    "kept",
    [
        "Erasmus+",
        "Erasmus",
        "Europass",
        "https://example.org/prijava?a=b",
        "www.example.org/prijava",
        "intervet.eu",
        "ana.petrovic@skola.rs",
        "e-mail",
        "{closes_at}",
        "InterVET",
        "KA122",
        "XIX",
        "Qwerty",
        "München",
    ],
)
def test_what_is_not_serbian_stays_latin(kept):
    assert to_cyrillic(f"Program {kept}, i") == f"Програм {kept}, и"


def test_the_target_of_a_link_stays_and_its_words_do_not():
    assert to_cyrillic("[prijavi se](https://example.org/a)") == "[пријави се](https://example.org/a)"


@settings(deadline=None)
@given(LATIN_LETTERS)
def test_what_became_cyrillic_becomes_the_same_latin_again(text):
    assert to_latin(to_cyrillic(text)).casefold() == text.casefold()


# --- searching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Žabljak", "zabljak"),
        ("zabljak", "zabljak"),
        ("Жабљак", "zabljak"),
        ("ЏЕП Džep ǅep", "dzep dzep dzep"),
        ("Ђорђе Đorđe", "dorde dorde"),
        ("Ѓорѓи Gjorgji", "gjorgji gjorgji"),
        ("Ќосе Kjose", "kjose kjose"),
        ("С\u0301утра Śutra", "sutra sutra"),
        ("Straße STRASSE", "strasse strasse"),
        ("Łódź, İstanbul, Għawdex", "lodz, istanbul, ghawdex"),
        ("Prishtinë përtej", "prishtine pertej"),
        ("Ta’ Qali, l'estate", "ta' qali, l'estate"),
        ("  a\t\u00a0b\n", "a b"),
        ("so\u00adft", "soft"),
        ("Йогурт", "iogurt"),
    ],
)
def test_texts_fold_to_what_is_searched(written, folded):
    assert fold(written) == folded


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text("абвгдђежзијклљмнњопрстћуфхцчџшАБВЂЉЊЏШ "))
def test_both_scripts_fold_to_the_same(text):
    assert fold(text) == fold(to_latin(text)) == fold(normalize("NFD", to_latin(text)))
