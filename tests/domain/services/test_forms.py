"""A form checked when it is written, and held against answers."""

import pytest
from hypothesis import given, settings

from domain.errors import Finding
from domain.languages import CATALOGUES
from domain.services.forms import (
    CODES,
    MAX_CHOICES,
    MAX_FIELDS,
    MAX_FINDINGS,
    PATTERN_CODES,
    check_answers,
    check_form,
)
from tests.domain.services.form_fields import ANSWERS, ENGLISH, FORM, JSON, a_choice, a_field

NOT_A_TAG = "not_a_language_tag"


# --- the form itself ------------------------------------------------------------------------------------------------


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
        ([a_field(of="number")], "/0/type", "not_a_choice"),
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


# --- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        ANSWERS,
        ANSWERS | {"nickname": "", "driver": True},
        ANSWERS | {"why": "😀" * 20},
        ANSWERS | {"nickname": "O'Брајан-Çelik <b> =1+1"},
        ANSWERS | {"from_day": "2026-03-15"},
        ANSWERS | {"from_day": "2026-09-30"},
        {"why": "x", "when": "autumn"},
    ],
)
def test_good_answers_have_no_findings(answers):
    assert check_answers(FORM, answers) == []


@pytest.mark.parametrize(
    ("name", "answer", "code", "values"),
    [
        ("why", "x" * 21, "too_long", {"limit": 20}),
        ("why", "", "required", {}),
        ("why", " \n\u00a0\u200b", "required", {}),
        ("why", "a\x00", "control_character", {}),
        ("why", "a\x7f", "control_character", {}),
        ("why", "\ud800", "control_character", {}),
        ("why", None, "wrong_type", {"expected": "string"}),
        ("why", ["a"], "wrong_type", {"expected": "string"}),
        ("nickname", "a\nb", "not_one_line", {}),
        ("nickname", "a\n", "not_one_line", {}),
        ("nickname", "a\u2028b", "not_one_line", {}),
        ("when", "winter", "not_a_choice", {"choices": "spring, autumn"}),
        ("when", 1, "wrong_type", {"expected": "string"}),
        ("from_day", "2026-02-29", "not_a_date", {}),
        ("from_day", "2026-05-01\n", "not_a_date", {}),
        ("from_day", "2026-5-1", "not_a_date", {}),
        ("from_day", "٢٠٢٦-٠٥-٠١", "not_a_date", {}),
        ("from_day", "", "not_a_date", {}),
        ("from_day", 20260501, "wrong_type", {"expected": "string"}),
        ("from_day", "2026-03-14", "too_early", {"minimum": "2026-03-15"}),
        ("from_day", "2026-10-01", "too_late", {"maximum": "2026-09-30"}),
        ("driver", "true", "wrong_type", {"expected": "boolean"}),
        ("driver", 1, "wrong_type", {"expected": "boolean"}),
        ("why2", "x", "unknown_field", {"name": "why2"}),
    ],
)
def test_a_bad_answer_is_told_where_and_what(name, answer, code, values):
    assert check_answers(FORM, ANSWERS | {name: answer}) == [Finding(f"/answers/{name}", code, values)]


@pytest.mark.parametrize("answers", [None, [], "x", 1, True])
def test_answers_that_are_no_object_are_told_so(answers):
    assert check_answers(FORM, answers) == [Finding("/answers", "wrong_type", {"expected": "object"})]


def test_findings_come_in_the_order_of_the_form():
    findings = check_answers(FORM, {"a/b": 1, "driver": 0, "nickname": 0})

    assert [finding.pointer for finding in findings] == [
        "/answers/why",
        "/answers/nickname",
        "/answers/when",
        "/answers/driver",
        "/answers/a~1b",
    ]


def test_a_flood_of_unknown_answers_gets_a_bounded_reply():
    assert len(check_answers([], {f"q{number}": 0 for number in range(10_000)})) == MAX_FINDINGS


def test_a_long_list_of_choices_is_not_spelled_out():
    (finding,) = check_answers([a_choice(*"abcdefghijklm")], {"when": "z"})

    assert finding.values == {"choices": "a, b, c, d, e, f, g, h, i, j, …"}


def test_a_changed_form_is_checked_by_its_new_rules():
    old, new = [a_field(max_length=5)], [a_field(max_length=6)]

    assert [check_answers(form, {"why": "123456"}) for form in (old, new, old)] == [
        [Finding("/answers/why", "too_long", {"limit": 5})],
        [],
        [Finding("/answers/why", "too_long", {"limit": 5})],
    ]


def test_every_code_has_its_sentence():
    assert {*CODES.values(), *PATTERN_CODES.values()} <= CATALOGUES["en"].keys()
