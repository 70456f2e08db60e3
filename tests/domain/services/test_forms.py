import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Finding
from domain.languages import CATALOGUES
from domain.services.forms import (
    CODES,
    DATE,
    LINE,
    LINES,
    MAX_CHOICES,
    MAX_FIELDS,
    MAX_FINDINGS,
    NAME,
    NOT_BLANK,
    PATTERN_CODES,
    check_answers,
    check_form,
    compatible_change,
    date_schema,
    form_texts,
    json_schema,
)

ENGLISH = {"en": "Why?"}
NOT_A_TAG = "not_a_language_tag"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def a_field(name="why", of="text", **more):
    return {"name": name, "type": of, "label": ENGLISH} | more


def a_choice(*values, **more):
    return a_field(
        "when", "choice", choices=[{"value": value, "label": {"en": f"({value})"}} for value in values], **more
    )


FORM = [
    a_field("why", "long_text", required=True, max_length=20),
    a_field("nickname"),
    a_choice("spring", "autumn", required=True),
    a_field("from_day", "date", min_date="2026-03-15", max_date="2026-09-30"),
    a_field("driver", "yes_no"),
]
ANSWERS = {"why": "To learn.\nA lot.", "when": "spring", "from_day": "2026-05-01", "driver": False}


def schema_of(fields, lang="en"):
    return json_schema(fields, lang=lang, version=3, id="https://example.org/v1/calls/1/form")


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


# --- as JSON Schema -------------------------------------------------------------------------------------------------


def test_a_form_is_shown_as_json_schema_in_the_readers_language():
    label = {"en": "Season", "sr-Cyrl": "Сезона"}
    choices = [{"value": "a", "label": {"en": "Autumn", "sr-Cyrl": "Јесен"}}]
    fields = [a_field("when", "choice", label=label, help={"en": "One of them"}, choices=choices, required=True)]

    assert schema_of(fields, lang="sr-Latn") == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.org/v1/calls/1/form",
        "x-form-version": 3,
        "type": "object",
        "properties": {
            "when": {
                "title": "Sezona",
                "description": "One of them",
                "type": "string",
                "oneOf": [{"const": "a", "title": "Jesen"}],
            }
        },
        "required": ["when"],
        "additionalProperties": False,
    }


ONE_LINE = {"type": "string", "maxLength": 300, "pattern": LINE}


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (a_field(), ONE_LINE),
        (a_field(of="long_text", max_length=7), {"type": "string", "maxLength": 7, "pattern": LINES}),
        (a_field(required=True), ONE_LINE | {"allOf": [{"pattern": NOT_BLANK}]}),
        (a_field(of="yes_no"), {"type": "boolean"}),
        (a_field(of="date"), date_schema("1900-01-01", "2100-12-31")),
        (a_field(of="date", min_date="2026-01-31"), date_schema("2026-01-31", "2100-12-31")),
    ],
)
def test_a_question_is_shown_by_its_type(field, schema):
    assert schema_of([field])["properties"]["why"] == {"title": "Why?"} | schema


def test_what_is_shown_is_json_schema_2020_12():
    Draft202012Validator.check_schema(schema_of(FORM))


def test_the_texts_of_a_form_begin_with_the_first_label():
    fields = [a_field(label={"sq": "a"}, help={"sq": "b"}), a_choice("c")]

    assert form_texts(fields) == [{"sq": "a"}, {"sq": "b"}, ENGLISH, {"en": "(c)"}]


SPRING = date_schema("2026-03-15", "2026-06-15")["allOf"][0]


@pytest.mark.parametrize("pattern", [NAME, LINE, LINES, NOT_BLANK, DATE, SPRING["pattern"]])
def test_a_pattern_has_nothing_that_python_and_ecmascript_read_differently(pattern):
    assert re.search(r"\\[dDwWbBAZzpP]|\(\?[^:=!]|\$|\\s(?!\\S)", pattern) is None


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


# --- dates ----------------------------------------------------------------------------------------------------------

DAYS = [
    f"{year}-{month:02}-{day:02}" for year in (1900, 2000, 2024, 2026, 2100) for month in range(14) for day in range(33)
]


def exists(day):
    try:
        return bool(date.fromisoformat(day))
    except ValueError:
        return False


def test_the_pattern_of_a_date_knows_the_calendar():
    assert [day for day in DAYS if bool(re.search(DATE, day)) != exists(day)] == []


def test_the_pattern_of_a_date_knows_every_leap_year():
    days = [f"{year:04}-02-29" for year in range(1, 10_000)]

    assert [day for day in days if bool(re.search(DATE, day)) != exists(day)] == []


@settings(deadline=None)
@given(st.dates(), st.dates(), st.dates())
def test_the_patterns_of_bounds_compare_dates(earliest, day, latest):
    schema = date_schema(earliest.isoformat(), latest.isoformat())

    assert Draft202012Validator(schema).is_valid(day.isoformat()) == (earliest <= day <= latest)


@pytest.mark.parametrize("bound", ["2026-09-30", "1999-12-31", "2000-01-01", "2024-02-29", "9999-12-31"])
def test_the_patterns_of_bounds_are_right_to_the_day(bound):
    near = [date.fromisoformat(bound) - timedelta(days=days) for days in range(400)]
    days = [day.isoformat() for day in near]
    later, earlier = (
        Draft202012Validator(date_schema(*both)) for both in ((bound, "9999-12-31"), ("0001-01-01", bound))
    )

    assert [later.is_valid(day) for day in days] == [day >= bound for day in days]
    assert [earlier.is_valid(day) for day in days] == [day <= bound for day in days]


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
