"""What may change about the form of an open call, and that good answers stay good."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Finding
from domain.languages import CATALOGUES
from domain.services.form_changes import compatible_change
from domain.services.forms import (
    check_answers,
)
from tests.domain.services.form_fields import FORM, JSON, a_choice, a_field, schema_of

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


def test_every_code_of_a_change_has_its_sentence():
    codes = {"field_removed", "type_changed", "newly_required", "limit_lowered", "choice_removed", "dates_narrowed"}

    assert codes <= CATALOGUES["en"].keys()


# --- the verdict ----------------------------------------------------------------------------------------------------

NAMES = ["a", "constructor"]
days = st.dates(date(2024, 2, 25), date(2024, 3, 5)).map(date.isoformat)
texts = st.text("ab", min_size=1, max_size=4) | st.text(" é\n\x00\u2028😀", max_size=4)
lengths = st.fixed_dictionaries({"max_length": st.integers(1, 4)})
choices = st.lists(st.sampled_from("abcd"), min_size=1, unique=True).map(
    lambda values: {"choices": a_choice(*values)["choices"]}
)
OWN = {
    "text": lengths,
    "long_text": lengths,
    "choice": choices,
    "date": st.fixed_dictionaries({}, optional={"min_date": days, "max_date": days}),
    "yes_no": st.just({}),
}
LIKELY = {"text": texts, "long_text": texts, "choice": st.sampled_from("abcd"), "date": days, "yes_no": st.booleans()}


@st.composite
def fields_of(draw, name, of):
    return a_field(name, of, required=draw(st.booleans())) | draw(OWN[of])


@st.composite
def forms(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(OWN)), min_size=1, max_size=len(NAMES)))
    return [draw(fields_of(name, of)) for name, of in zip(NAMES, kinds, strict=False)]


@st.composite
def answers_to(draw, form):
    likely = {field["name"]: LIKELY[field["type"]] for field in form}
    return draw(st.fixed_dictionaries(likely) | st.fixed_dictionaries({}, optional=likely))


@st.composite
def changes_of(draw, form):
    kept = [draw(st.just(field) | fields_of(field["name"], field["type"])) for field in form]
    return [*kept, *draw(st.just([]) | st.lists(fields_of("more", "text"), max_size=1))]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_verdict_is_that_of_the_schema_that_readers_see(data):
    form = data.draw(forms())
    answers = data.draw(answers_to(form) | st.dictionaries(st.sampled_from(NAMES), JSON) | JSON)

    assert (check_answers(form, answers) == []) == Draft202012Validator(schema_of(form)).is_valid(answers)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_answers_survive_a_compatible_change(data):
    old = data.draw(forms())
    new = data.draw(changes_of(old).filter(lambda new: not compatible_change(old, new)))
    answers = data.draw(answers_to(old).filter(lambda answers: not check_answers(old, answers)))

    assert check_answers(new, answers) == []
