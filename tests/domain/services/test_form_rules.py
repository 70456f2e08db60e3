"""A form checked when it is written."""

import pytest
from hypothesis import given, settings

from domain.errors import Finding
from domain.languages import CATALOGUES
from domain.services.form_rules import MAX_CHOICES, MAX_FIELDS, check_form
from tests.domain.services.form_fields import ENGLISH, FORM, JSON, LYON, TURIN, a_choice, a_field, several, when

NOT_A_TAG = "not_a_language_tag"


@pytest.mark.parametrize(
    "fields",
    [
        [],
        FORM,
        [a_field("a" * 60, required=False, help={"en": "Line one\nline two", "sr-Cyrl": "Помоћ"})],
        [a_field(f"q{number}") for number in range(MAX_FIELDS)],
        [a_choice(*map(str, range(MAX_CHOICES)))],
        [a_field(of="text", max_length=1000), a_field("b", "long_text", max_length=20000)],
        [a_field("a", "date", min_date="2024-02-29", max_date="2024-02-29")],
        [a_field("a", "date", max_date="2026-01-01"), a_field("b", "date", min_date="2026-01-01")],
    ],
)
def test_a_good_form_has_no_findings(fields):
    assert check_form(fields) == []


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({}, "", "wrong_type"),
        ([a_field(f"q{number}") for number in range(MAX_FIELDS + 1)], "", "too_many"),
        (["why"], "/0", "wrong_type"),
        ([{"name": "why", "label": ENGLISH}], "/0/type", "required"),
        ([a_field(of="colour")], "/0/type", "not_a_choice"),
        ([a_field(of=["text"])], "/0/type", "not_a_choice"),
        ([{"type": "text", "label": ENGLISH}], "/0/name", "required"),
        ([a_field(3)], "/0/name", "wrong_type"),
        ([a_field("Why")], "/0/name", "not_a_name"),
        ([a_field("1st")], "/0/name", "not_a_name"),
        ([a_field("a" * 61)], "/0/name", "not_a_name"),
        ([a_field("why\n")], "/0/name", "not_a_name"),
        ([a_field("a"), a_field("b"), a_field("a")], "/2/name", "duplicate_name"),
        ([a_field(requird=True)], "/0/requird", "unknown_field"),
        ([a_field(**{"a/b~c": 1})], "/0/a~1b~0c", "unknown_field"),
        ([a_field(required="yes")], "/0/required", "wrong_type"),
        ([a_field(label="Why?")], "/0/label", "wrong_type"),
        ([a_field(label={})], "/0/label", "too_few"),
        ([a_field(label={"en": ""})], "/0/label/en", "too_short"),
        ([a_field(label={"en": "x" * 301})], "/0/label/en", "too_long"),
        ([a_field(label={"en": "\x00"})], "/0/label/en", "control_character"),
        ([a_field(label={"e n": "x"})], "/0/label/e n", NOT_A_TAG),
        ([a_field(label={f"en-x-{number}": "x" for number in range(31)})], "/0/label", "too_many"),
        ([a_field(help={"en": "x" * 2001})], "/0/help/en", "too_long"),
        ([a_field(help={"en_GB": "x"})], "/0/help/en_GB", NOT_A_TAG),
        ([a_field(max_length=0)], "/0/max_length", "out_of_range"),
        ([a_field(max_length=1001)], "/0/max_length", "out_of_range"),
        ([a_field(max_length=True)], "/0/max_length", "wrong_type"),
        ([a_field(max_length=1.5)], "/0/max_length", "wrong_type"),
        ([a_field(of="long_text", max_length=20001)], "/0/max_length", "out_of_range"),
        ([a_field(of="date", max_length=5)], "/0/max_length", "not_for_this_type"),
        ([a_field(choices=[])], "/0/choices", "not_for_this_type"),
        ([a_field(of="yes_no", min_date="2026-01-01")], "/0/min_date", "not_for_this_type"),
        ([a_field(of="choice")], "/0/choices", "required"),
        ([a_choice()], "/0/choices", "too_few"),
        ([a_choice(*map(str, range(MAX_CHOICES + 1)))], "/0/choices", "too_many"),
        ([a_choice("a", "b", "a")], "/0/choices/2/value", "duplicate_choice"),
        ([a_choice("")], "/0/choices/0/value", "too_short"),
        ([a_choice("a" * 61)], "/0/choices/0/value", "too_long"),
        ([a_choice("a\nb")], "/0/choices/0/value", "not_one_line"),
        ([a_field(of="choice", choices=[{"value": "a"}])], "/0/choices/0/label", "required"),
        ([a_field(of="choice", choices=[{"value": "a", "label": {"?": "x"}}])], "/0/choices/0/label/?", NOT_A_TAG),
        ([a_field(of="date", min_date="2026-02-29")], "/0/min_date", "not_a_date"),
        ([a_field(of="date", min_date="1899-12-31")], "/0/min_date", "too_early"),
        ([a_field(of="date", max_date="2101-01-01")], "/0/max_date", "too_late"),
        ([a_field(of="date", min_date="2026-02-02", max_date="2026-02-01")], "/0/min_date", "dates_reversed"),
    ],
)  # fmt: skip
def test_a_bad_form_is_told_where_and_what(fields, pointer, code):
    assert [(finding.pointer, finding.code) for finding in check_form(fields)] == [(pointer, code)]


def test_every_fault_of_a_form_is_told_below_its_own_address():
    findings = check_form([a_field("A"), a_field("b", required=1), a_field("c", max_length=9999)], root="/form")

    assert findings == [
        Finding("/form/0/name", "not_a_name"),
        Finding("/form/1/required", "wrong_type", {"expected": "boolean"}),
        Finding("/form/2/max_length", "out_of_range", {"minimum": 1, "maximum": 1000}),
    ]


@settings(deadline=None)
@given(JSON)
def test_whatever_is_sent_as_a_form_is_answered(anything):
    assert isinstance(check_form([anything]), list)


# --- the options of each type ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    [
        several("a", "b", min_choices=1, max_choices=2),
        several("a", "b", max_choices=1),
        a_field(of="number"),
        a_field(of="number", minimum=3, maximum=3.0),
        a_field(of="number", decimals=True, minimum=-0.5, maximum=19.99),
        a_field(of="file"),
        a_field(of="file", max_files=5, accept=["pdf", "docx", "odt", "jpg", "png"]),
        a_field(of="language_level"),
        a_field(of="language_level", tag="sr-Latn"),
        a_field(of="organisation", organisations=[LYON, TURIN], not_listed=True),
        a_field(of="destinations"),
        a_field(of="destinations", max_destinations=3, required=True),
    ],
)
def test_a_good_question_of_each_type_has_no_findings(field):
    assert check_form([field]) == []


@pytest.mark.parametrize(
    ("field", "pointer", "code"),
    [
        (a_field("constructor"), "/0/name", "reserved_name"),
        (a_field(of="several"), "/0/choices", "required"),
        (several("a", "a"), "/0/choices/1/value", "duplicate_choice"),
        (several("a", "b", min_choices=0), "/0/min_choices", "out_of_range"),
        (several("a", "b", min_choices=3), "/0/min_choices", "limits_reversed"),
        (several("a", "b", min_choices=2, max_choices=1), "/0/min_choices", "limits_reversed"),
        (a_choice("a", min_choices=1), "/0/min_choices", "not_for_this_type"),
        (a_field(of="number", minimum=2, maximum=1), "/0/minimum", "limits_reversed"),
        (a_field(of="number", minimum=0.5), "/0/minimum", "wrong_type"),
        (a_field(of="number", maximum="9"), "/0/maximum", "wrong_type"),
        (a_field(of="number", maximum=1e400), "/0/maximum", "out_of_range"),
        (a_field(of="number", decimals=1), "/0/decimals", "wrong_type"),
        (a_field(of="file", max_files=6), "/0/max_files", "out_of_range"),
        (a_field(of="file", accept=[]), "/0/accept", "too_few"),
        (a_field(of="file", accept=["exe"]), "/0/accept/0", "not_a_choice"),
        (a_field(of="file", accept=["pdf", "pdf"]), "/0/accept", "repeated"),
        (a_field(of="language_level", tag="it_IT"), "/0/tag", NOT_A_TAG),
        (a_field(of="organisation"), "/0/organisations", "required"),
        (a_field(of="organisation", organisations=["school"]), "/0/organisations/0", "not_an_id"),
        (a_field(of="organisation", organisations=[LYON, LYON]), "/0/organisations", "repeated"),
        (a_field(of="destinations", max_destinations=0), "/0/max_destinations", "out_of_range"),
        (a_field(of="destinations", choices=[]), "/0/choices", "not_for_this_type"),
    ],
)
def test_a_bad_option_is_told_where_and_what(field, pointer, code):
    assert told([field]) == [(pointer, code)]


def told(fields):
    return [(finding.pointer, finding.code) for finding in check_form(fields)]


# --- when a question is asked ---------------------------------------------------------------------------------------

EARLIER = [
    a_field("driver", "yes_no"),
    a_choice("a", "b"),
    several("a", "b"),
    a_field("italian", "language_level", tag="it"),
    a_field("best", "language_level"),
    a_field("school", "organisation", organisations=[LYON]),
    a_field("nickname"),
]


@pytest.mark.parametrize(
    ("question", "test"),
    [
        ("driver", {"equals": False}),
        ("when", {"one_of": ["a", "b"]}),
        ("which", {"equals": "b"}),
        ("italian", {"one_of": ["B2", "C1"]}),
        ("school", {"equals": LYON}),
        ("nickname", {"is_answered": True}),
        ("best", {"is_answered": False}),
    ],
)
def test_a_question_may_wait_for_an_earlier_answer(question, test):
    assert check_form([*EARLIER, a_field(**when(question, **test))]) == []


@pytest.mark.parametrize(
    ("question", "test", "place", "code"),
    [
        ("driver", {}, "", "one_test"),
        ("driver", {"equals": True, "is_answered": True}, "", "one_test"),
        ("drivr", {"is_answered": True}, "/question", "not_an_earlier_question"),
        ("why", {"is_answered": True}, "/question", "not_an_earlier_question"),
        ("later", {"is_answered": True}, "/question", "not_an_earlier_question"),
        ("driver", {"equals": "true"}, "/equals", "not_a_choice"),
        ("driver", {"equals": 1}, "/equals", "wrong_type"),
        ("driver", {"is_answered": "yes"}, "/is_answered", "wrong_type"),
        ("driver", {"equal": True}, "/equal", "unknown_field"),
        ("when", {"equals": "c"}, "/equals", "not_a_choice"),
        ("when", {"equals": True}, "/equals", "not_a_choice"),
        ("when", {"one_of": []}, "/one_of", "too_few"),
        ("when", {"one_of": ["a", "c"]}, "/one_of", "not_a_choice"),
        ("school", {"equals": TURIN}, "/equals", "not_a_choice"),
        ("nickname", {"equals": "x"}, "/equals", "only_is_answered"),
        ("best", {"equals": "B2"}, "/equals", "only_is_answered"),
    ],
)
def test_a_condition_that_can_not_be_is_told_where_and_what(question, test, place, code):
    fields = [*EARLIER, a_field(**when(question, **test)), a_field("later")]

    assert told(fields) == [(f"/{len(EARLIER)}/shown_when{place}", code)]


def test_every_code_of_a_form_has_its_sentence():
    codes = {"reserved_name", "limits_reversed", "one_test", "not_an_earlier_question", "only_is_answered"}

    assert codes <= CATALOGUES["en"].keys()
