"""What may change about the form of an open call, and that good answers stay good."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Finding
from domain.languages import CATALOGUES
from domain.services.form_changes import compatible_change
from domain.services.form_rules import check_form
from domain.services.forms import check_answers
from tests import generated_forms
from tests.domain.services.form_fields import (
    FORM,
    JSON,
    LYON,
    SKOPJE,
    TURIN,
    a_choice,
    a_field,
    places,
    schema_of,
    several,
    when,
)

# --- changing it while the call is open -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "new",
    [
        FORM,
        FORM[::-1],
        [*FORM, a_field("more")],
        [FORM[0] | {"required": False, "max_length": 21, "label": {"sq": "Pse?"}}, *FORM[1:]],
        [*FORM[:2], a_choice("autumn", "winter", "spring"), *FORM[3:]],
        [*FORM[:3], a_field("from_day", "date"), FORM[4]],
    ],
)
def test_a_form_may_ask_for_more_or_allow_more(new):
    assert compatible_change(FORM, new) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (a_field("a"), a_field("b"), Finding("", "field_removed", {"name": "a"})),
        (a_field(), a_field(of="long_text"), Finding("/0/type", "type_changed", {"name": "why"})),
        (a_field(), a_field(required=True), Finding("/0/required", "newly_required", {"name": "why"})),
        (a_field(max_length=9), a_field(max_length=8), Finding("/0/max_length", "limit_lowered", {"limit": 9})),
        (a_field(max_length=301), a_field(), Finding("/0/max_length", "limit_lowered", {"limit": 301})),
        (a_choice("a", "b"), a_choice("b", "c"), Finding("/0/choices", "choice_removed", {"value": "a"})),
    ],
)
def test_a_change_that_would_make_answers_invalid_is_refused(old, new, finding):
    assert compatible_change([old], [new]) == [finding]


def test_a_new_field_of_an_open_call_is_optional():
    assert compatible_change([], [a_field(required=True)], root="/form") == [
        Finding("/form/0/required", "newly_required", {"name": "why"})
    ]


def test_the_dates_of_an_open_call_only_widen():
    old = a_field("day", "date", min_date="2026-01-01", max_date="2026-12-31")
    new = a_field("day", "date", min_date="2026-01-02", max_date="2026-12-30")
    period = {"minimum": "2026-01-01", "maximum": "2026-12-31"}

    assert compatible_change([old], [new]) == [
        Finding("/0/min_date", "dates_narrowed", period),
        Finding("/0/max_date", "dates_narrowed", period),
    ]


def number(**more):
    return a_field(of="number", **more)


def a_file(*kinds):
    return a_field(of="file", accept=list(kinds))


SCHOOLS = a_field("school", "organisation", organisations=[LYON, TURIN])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (several("a", "b", required=True), several("b", "a", "c")),
        (several("a", "b", min_choices=2, max_choices=2), several("a", "b", min_choices=1)),
        (a_field(of="number", minimum=1, maximum=2), a_field(of="number", decimals=True, maximum=3)),
        (a_field(of="file", max_files=1, accept=["pdf"]), a_field(of="file", max_files=2)),
        (a_field(of="file", required=True), a_field(of="file", accept=["png", "jpg", "odt", "docx", "pdf"])),
        (a_field(of="language_level", tag="it"), a_field(of="language_level", tag="it", help={"en": "Honestly."})),
        (SCHOOLS, SCHOOLS | {"organisations": [SKOPJE, TURIN, LYON], "not_listed": True}),
        (a_field(of="destinations", max_destinations=2), a_field(of="destinations", max_destinations=3)),
    ],
)
def test_a_question_of_each_type_may_allow_more(old, new):
    assert compatible_change([old], [new]) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (several("a", "b"), several("b", "c"), Finding("/0/choices", "choice_removed", {"value": "a"})),
        (several("a", "b"), several("a", "b", min_choices=1), Finding("/0/min_choices", "limit_raised", {"limit": 0})),
        (several("a", "b"), several("a", "b", max_choices=1), Finding("/0/max_choices", "limit_lowered", {"limit": 2})),
        (several("a"), several("a", required=True), Finding("/0/required", "newly_required", {"name": "which"})),
        (number(decimals=True), number(), Finding("/0/decimals", "fixed")),
        (number(minimum=1), number(minimum=2), Finding("/0/minimum", "limit_raised", {"limit": 1})),
        (number(), number(maximum=8), Finding("/0/maximum", "limit_lowered", {"limit": 10**12})),
        (a_field(of="file", max_files=2), a_field(of="file"), Finding("/0/max_files", "limit_lowered", {"limit": 2})),
        (a_file("pdf", "odt"), a_file("pdf"), Finding("/0/accept", "choice_removed", {"value": "odt"})),
        (a_field(of="language_level", tag="it"), a_field(of="language_level", tag="fr"), Finding("/0/tag", "fixed")),
        (a_field(of="language_level", tag="it"), a_field(of="language_level"), Finding("/0/tag", "fixed")),
        (SCHOOLS, SCHOOLS | {"organisations": [TURIN]}, Finding("/0/organisations", "choice_removed", {"value": LYON})),
        (SCHOOLS | {"not_listed": True}, SCHOOLS, Finding("/0/not_listed", "fixed")),
        (places(), places(max_destinations=1), Finding("/0/max_destinations", "limit_lowered", {"limit": 100})),
    ],
)  # fmt: skip
def test_a_question_of_each_type_may_not_allow_less(old, new, finding):
    assert compatible_change([old], [new]) == [finding]


# --- when a question is asked ---------------------------------------------------------------------------------------

SEASON = a_choice("spring", "autumn")
OPEN = [SEASON, a_field()]


def waiting(*values, **more):
    """A form whose last question waits for one of these seasons."""
    return [SEASON, a_field(**when("when", one_of=list(values)), **more)]


LONGER = a_choice("spring", "autumn", "winter")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (waiting("spring"), waiting("spring")),
        (waiting("spring", required=True), waiting("spring")),
        (waiting("spring"), OPEN),
        (waiting("spring"), waiting("autumn", "spring")),
        ([SEASON], waiting("spring")),
        (waiting("spring", required=True), [LONGER, waiting("spring", "winter", required=True)[1]]),
        ([SEASON], [LONGER, a_field(required=True, **when("when", equals="winter"))]),
        ([], [a_field("driver", "yes_no"), a_field(required=True, **when("driver", equals=True))]),
        ([], [a_field("driver", "yes_no"), a_field(required=True, **when("driver", is_answered=True))]),
    ],
)
def test_a_question_may_be_asked_of_more_who_need_not_answer_it(old, new):
    assert compatible_change(old, new) == []


CHANGED = [("/1/shown_when", "condition_changed")]
NEWLY_REQUIRED = [("/1/required", "newly_required")]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (OPEN, waiting("spring", "autumn"), CHANGED),
        (waiting("spring", "autumn"), waiting("spring"), CHANGED),
        (waiting("spring", required=True), [SEASON, a_field(required=True)], CHANGED),
        (waiting("spring", required=True), waiting("spring", "autumn", required=True), CHANGED),
        (waiting("spring"), [SEASON, a_field(**when("when", is_answered=False))], CHANGED),
        (waiting("spring"), waiting("spring", required=True), NEWLY_REQUIRED),
        ([SEASON], waiting("spring", required=True), NEWLY_REQUIRED),
        ([SEASON], [SEASON, a_field(required=True, **when("when", is_answered=True))], NEWLY_REQUIRED),
        ([], [SEASON, a_field(required=True, **when("when", is_answered=False))], NEWLY_REQUIRED),
    ],
)  # fmt: skip
def test_a_condition_that_would_make_answers_invalid_is_refused(old, new, found):
    assert [(one.pointer, one.code) for one in compatible_change(old, new)] == found


def test_every_code_of_a_change_has_its_sentence():
    told = {"field_removed", "type_changed", "newly_required", "choice_removed", "dates_narrowed", "condition_changed"}

    assert told | {"limit_lowered", "limit_raised", "fixed"} <= CATALOGUES["en"].keys()


# --- the verdict ----------------------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32).map(Random)


@settings(deadline=None, max_examples=200)
@given(seeds, st.dictionaries(st.sampled_from(generated_forms.NAMES), JSON) | JSON)
def test_the_verdict_is_that_of_the_schema_that_readers_see(dice, anything):
    form = generated_forms.form(dice)
    validator = Draft202012Validator(schema_of(form))

    for answers in (anything, generated_forms.answers(dice, form)):
        assert (check_answers(form, answers) == []) == validator.is_valid(answers)


@settings(deadline=None, max_examples=600)
@given(seeds)
def test_answers_survive_a_compatible_change(dice):
    old = generated_forms.form(dice, most=4)
    new = generated_forms.changed(dice, old)
    answers = generated_forms.fitting(dice, old)

    refused = check_form(generated_forms.as_edited(new)) or compatible_change(old, new) or check_answers(old, answers)
    assert refused or check_answers(new, answers) == []
