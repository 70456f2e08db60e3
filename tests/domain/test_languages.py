"""Which language a reader gets, and sentences and dates in it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langcodes import Language

from domain.languages import (
    LANGUAGES,
    MAX_HEADER_LENGTH,
    MAX_WANTED,
    Rendered,
    _comparable,
    choose,
    choose_for_record,
    format_instant,
    is_language_tag,
    localise,
    message,
    parse_accept_language,
    render,
    sentence_language,
    written_in,
)

ALL = " ".join(LANGUAGES)

# wanted, available, what its reader gets
CHOICES = [
    # as it was written
    ("en", "en sq", "en"),
    ("cnr", "sr-Latn cnr", "cnr"),
    ("SR-latn", "sr-Cyrl sr-Latn", "sr-Latn"),
    ("mt", ALL, "mt"),
    # with a country
    ("sq-XK", "en sq", "sq"),
    ("mk-MK", "en mk", "mk"),
    ("en-US", "mk en", "en"),
    ("en", "mk en-GB", "en-GB"),
    ("it-CH", ALL, "it"),
    # Serbian, in whichever script
    ("sr", "en sr-Latn sr-Cyrl", "sr-Cyrl"),
    ("sr-RS", "en sr-Latn sr-Cyrl", "sr-Cyrl"),
    ("sr-RS", "en sr-Latn", "sr-Latn"),
    ("sr-Latn-RS", "sr-Cyrl sr-Latn", "sr-Latn"),
    ("sr-Latn", "en sr-Cyrl", "sr-Cyrl"),
    ("sr-Cyrl", "en sr-Latn", "sr-Latn"),
    ("sr-BA", "bs sr-Cyrl", "sr-Cyrl"),
    # Montenegrin, however it is called
    ("sr-ME", "sr-Cyrl sr-Latn cnr", "cnr"),
    ("sr-Latn-ME", "bs sr-Latn cnr", "cnr"),
    ("sr-ME", "en sr-Latn bs", "sr-Latn"),
    ("cnr-ME", "en cnr", "cnr"),
    ("cnr-Cyrl", "en cnr", "cnr"),
    # the chain
    ("cnr", "en hr bs sr-Latn", "sr-Latn"),
    ("cnr", "en hr bs", "bs"),
    ("cnr", "en hr", "hr"),
    ("cnr", "it en", "en"),
    ("cnr", "bs sr-Cyrl", "sr-Cyrl"),
    # neighbours
    ("hr", "en bs", "bs"),
    ("hr-HR", "en sr-Latn", "sr-Latn"),
    ("hr", "en sr-Cyrl", "sr-Cyrl"),
    ("sh", "en sr-Latn bs", "sr-Latn"),
    ("sh", "en cnr", "cnr"),
    ("bs", "en cnr sr-Latn", "cnr"),
    ("bs", "en sr-Cyrl", "sr-Cyrl"),
    ("bs-Cyrl", "en bs", "bs"),
    ("bs-Cyrl", "bs sr-Cyrl", "sr-Cyrl"),
    ("sr", "en bs", "bs"),
    ("sr-Cyrl", "en cnr", "cnr"),
    ("als", "en sq", "sq"),
    ("aln", "en sq", "sq"),
    ("mk-Latn", "en mk", "mk"),
    # no prefixes: sl is not slk, mk not mkh, sr not srn, en not enm
    ("slk", "en sl", "en"),
    ("srn", "en sr-Latn", "en"),
    ("mkh", "en mk", "en"),
    # strangers
    ("sq", "mk en", "en"),
    ("de", "mk sr-Latn en", "en"),
    ("de", "mk it", "mk"),
    ("qaa-Qaaa-x-own", "it qaa", "qaa"),
    ("nonsense!", "mk", "mk"),
    # one after the other
    ("de sq", "en sq", "sq"),
    ("bg mk", "en mk", "mk"),
    ("cnr en", "en bs", "bs"),
    ("", "mk en", "en"),
]


@pytest.mark.parametrize(("wanted", "available", "expected"), CHOICES)
def test_a_reader_gets_the_nearest_language(wanted, available, expected):
    assert choose(available.split(), wanted.split()) == expected


def test_nothing_to_choose_from_is_none():
    assert choose([], ["en"]) is None


@settings(deadline=None)
@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=5), st.lists(st.sampled_from(LANGUAGES)))
def test_the_choice_is_always_among_the_available(odd, wanted, available):
    assert choose([*available, odd], wanted) in {*available, odd}


def test_strangers_tags_do_not_fill_the_memory_of_langcodes():
    choose(["en", "sq"], ["sr-Latn-XA"])
    before = len(Language._PARSE_CACHE)

    for number in range(500):
        choose(["en", "sq"], [f"sr-Latn-{number:03}", f"en-x-{number}", f"q{number:03}x-Latn"])

    assert len(Language._PARSE_CACHE) == before


@pytest.mark.parametrize(
    ("tag", "comparable"),
    [
        ("sr-latn-me", "sr-Latn-ME"),
        ("sr-Latn-ekavsk", "sr-Latn"),
        ("sr-Arab-DE", "sr"),
        ("zh-TW", "zh-TW"),
        ("en-AU", "en"),
        ("cnr", "cnr"),
        ("qaa-XK", "?qaa"),
        ("not a tag", "?not a tag"),
    ],
)
def test_only_what_decides_is_compared(tag, comparable):
    assert _comparable(tag) == comparable


@pytest.mark.parametrize(
    "tag", [*LANGUAGES, "cnr-Latn-ME", "sr-Latn-ekavsk", "zh-yue", "de-1996", "es-419", "en-u-ca-iso8601", "x-own"]
)
def test_a_tag_is_well_formed(tag):
    assert is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "*",
        "en_GB",
        "en-",
        "-en",
        "en--GB",
        "sr Latn",
        "сr",
        "sr-Latn\n",
        "en-x",
        "\u212aen",
        "en" + "-abcde" * 8,
    ],
)
def test_a_tag_is_malformed(tag):
    assert not is_language_tag(tag)


# --- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted", "rendered"),
    [
        ({"en": "call", "sq": "thirrje"}, ["sq"], Rendered("thirrje", "sq")),
        ({"en": "call", "sq": ""}, ["sq"], Rendered("call", "en")),
        ({"en": "call", "sr-Cyrl": "позив"}, ["sr-Latn"], Rendered("poziv", "sr-Latn")),
        ({"en": "call", "sr-Cyrl": "позив"}, ["cnr"], Rendered("poziv", "sr-Latn")),
        ({"en": "call", "sr-Cyrl": "позив"}, ["hr"], Rendered("poziv", "sr-Latn")),
        ({"en": "call", "sr": "позив"}, ["sr-Latn"], Rendered("poziv", "sr-Latn")),
        ({"en": "call", "sr": "poziv"}, ["sr-Latn"], Rendered("poziv", "sr-Latn")),
        ({"en": "call", "sr-Cyrl": "позив"}, ["sr-RS"], Rendered("позив", "sr-Cyrl")),
        ({"en": "call", "sr-Latn": "poziv"}, ["sr-Cyrl"], Rendered("позив", "sr-Cyrl")),
        ({"en": "call", "sr-Latn": "poziv"}, ["sr-RS"], Rendered("poziv", "sr-Latn")),
        ({"sr-Cyrl": "позив", "sr-Latn": "POZIV"}, ["sr-Latn"], Rendered("POZIV", "sr-Latn")),
        ({"sr-Cyrl": "позив"}, ["de"], Rendered("позив", "sr-Cyrl")),
        ({"mk": "повик"}, ["mk-Latn"], Rendered("повик", "mk")),
        ({}, ["mk"], Rendered("", "mk")),
        ({"en": ""}, ["sr-ME"], Rendered("", "cnr")),
    ],
)
def test_a_text_is_rendered_for_its_reader(text, wanted, rendered):
    assert render(text, wanted) == rendered


TITLE = {"en": "Call", "mk": "Повик", "sr-Cyrl": "Позив"}


@pytest.mark.parametrize(
    ("texts", "wanted", "lang"),
    [
        ([TITLE, {"en": "x"}], ["mk"], "mk"),
        ([TITLE, {"sq": "x"}], ["sq"], "en"),
        ([{}, {"en": ""}, TITLE], ["mk"], "mk"),
        ([TITLE], ["sr-Latn", "mk"], "sr-Latn"),
        ([], ["sq"], "sq"),
    ],
)
def test_the_first_text_decides_the_language_of_a_record(texts, wanted, lang):
    assert choose_for_record(texts, wanted) == lang


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ({"en": "Yes", "sq": "Po"}, ["en", "sq"]),
        ({"en": "Yes", "sq": ""}, ["en"]),
        ({"sr-Cyrl": "Да"}, ["sr-Cyrl", "sr-Latn"]),
        ({"sr-Latn": "Da"}, ["sr-Latn", "sr-Cyrl"]),
        ({"sr-Latn": "Da", "sr-Cyrl": "Да"}, ["sr-Latn", "sr-Cyrl"]),
        ({}, []),
    ],
)
def test_a_text_is_written_in_its_languages_and_in_the_other_script(text, languages):
    assert written_in(text) == languages


@pytest.mark.parametrize(
    ("text", "localised"),
    [(TITLE, "Poziv"), ({"en": "x", "bs": "y"}, "y"), ({"en": "x", "mk": "y"}, "x"), ({"mk": "y"}, "y"), ({}, "")],
)
def test_a_text_without_the_records_language_falls_back_by_itself(text, localised):
    assert localise(text, "sr-Latn") == localised


# --- Accept-Language ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        (None, ()),
        ("", ()),
        ("sr-RS,sr;q=0.9,en-US;q=0.8,en;q=0.7", ("sr-RS", "sr", "en-US", "en")),
        ("en;q=0.5, sq", ("sq", "en")),
        ("en;q=0.5, sq;q=0.5", ("en", "sq")),
        ("mk ; Q = 1.000 , cnr;q=0.001", ("mk", "cnr")),
        ("sq, sq;q=0.1", ("sq",)),
        ("en;q=0, sq;q=0.000, mk", ("mk",)),
        ("*, sq;q=0.3", ("sq",)),
        ("en;q=2, sq;q=-1, mk;q=nan, bs;q=1.001, hr;q=٠, it;level=1, cnr", ("cnr",)),
        (",,;;q=1,en_GB,<script>,e\x00n, \u212ao", ()),
    ],
)
def test_a_header_is_read_by_weight_and_junk_is_skipped(header, tags):
    assert parse_accept_language(header) == tags


@pytest.mark.parametrize(("lang", "tags"), [("cnr", ("cnr", "en", "sq")), ("sq", ("sq", "en")), ("*", ("en", "sq"))])
def test_the_parameter_comes_before_the_header(lang, tags):
    assert parse_accept_language("en,sq;q=0.1", lang=lang) == tags


def test_a_header_gives_a_bounded_number_of_tags():
    header = ",".join(f"en-x-{number}" for number in range(100))

    assert len(parse_accept_language(header, lang="sq")) == MAX_WANTED


def test_an_endless_header_is_cut_between_tags():
    header = "sq," + " " * (MAX_HEADER_LENGTH - 6) + "sr-Latn"

    assert parse_accept_language(header) == ("sq",)


@settings(deadline=None)
@given(st.text())
def test_every_header_is_answered_with_tags(header):
    assert all(is_language_tag(tag) for tag in parse_accept_language(header))


# --- dates and sentences --------------------------------------------------------------------------------------------

SUMMER = datetime(2026, 3, 29, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", "29 March 2026, 17:05 (UTC+2)"),
        ("sq", "29 mars 2026, 17:05 (UTC+2)"),
        ("mk", "29 март 2026\u202fг., 17:05 (UTC+2)"),
        ("sr-Cyrl", "29. март 2026. 17:05 (UTC+2)"),
        ("sr-Latn", "29. mart 2026. 17:05 (UTC+2)"),
        ("bs", "29. mart 2026. 17:05 (UTC+2)"),
        ("cnr", "29. mart 2026. 17:05 (UTC+2)"),
        ("it", "29 marzo 2026, 17:05 (UTC+2)"),
        ("sr-ME", "29. mart 2026. 17:05 (UTC+2)"),
        ("ja", "29 March 2026, 17:05 (UTC+2)"),
    ],
)
def test_an_instant_is_shown_as_its_reader_writes_it(lang, shown):
    assert format_instant(SUMMER, timezone="Europe/Podgorica", lang=lang) == shown


@pytest.mark.parametrize(
    ("at", "timezone", "shown"),
    [
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "Europe/Skopje", "29 March 2026, 01:59 (UTC+1)"),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), "Europe/Skopje", "29 March 2026, 03:00 (UTC+2)"),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), "Europe/Skopje", "25 October 2026, 02:00 (UTC+1)"),
        (datetime(2026, 1, 1, 0, tzinfo=UTC), "Asia/Kolkata", "1 January 2026, 05:30 (UTC+5:30)"),
        (datetime(2026, 1, 1, 0, tzinfo=UTC), "America/New_York", "31 December 2025, 19:00 (UTC-5)"),
    ],
)
def test_an_instant_is_shown_in_its_zone(at, timezone, shown):
    assert format_instant(at, timezone=timezone, lang="en") == shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_instant_can_be_shown_in_every_language(lang):
    assert "17:05 (UTC+2)" in format_instant(SUMMER, timezone="Europe/Podgorica", lang=lang)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "The text is too long. Most characters allowed: 5."),
        ("sr-Latn", "Tekst je predugačak. Najveći dozvoljeni broj znakova: 5."),
        ("hr", "Tekst je predug. Najveći dozvoljeni broj znakova: 5."),
        ("sr-ME", "Tekst je predugačak. Najveći dozvoljeni broj znakova: 5."),
        ("it", "The text is too long. Most characters allowed: 5."),
    ],
)
def test_a_sentence_comes_in_the_nearest_language(lang, sentence):
    assert message("too_long", lang, limit=5) == sentence


def test_a_sentence_takes_no_instructions_from_its_values():
    assert (
        message("too_early", "en", minimum="{0.__class__} {x}")
        == "Too early. The earliest date allowed is {0.__class__} {x}."
    )


def test_a_missing_value_leaves_a_hole():
    assert message("too_early", "en") == "Too early. The earliest date allowed is …."


@pytest.mark.parametrize(("wanted", "lang"), [(["de", "sq"], "sq"), (["sr-ME"], "cnr"), (["it"], "en"), ([], "en")])
def test_sentences_have_a_language_of_their_own(wanted, lang):
    assert sentence_language(wanted) == lang
