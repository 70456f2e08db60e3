"""A form held against answers."""

import pytest

from domain.errors import Finding
from domain.languages import CATALOGUES
from domain.services.form_findings import CODES, MAX_FINDINGS, PATTERN_CODES
from domain.services.forms import FileQuestion, check_answers, file_questions, unanswered
from tests.domain.services.form_fields import (
    ANSWERS,
    FORM,
    LYON,
    SKOPJE,
    TURIN,
    a_choice,
    a_field,
    places,
    several,
    when,
)


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


# --- answers by type ------------------------------------------------------------------------------------------------


OPEN_LIST = a_field(of="organisation", organisations=[LYON], not_listed=True)
GOOD = [
    (several("a", "b", "c"), [], ["a"], ["c", "a", "b"]),
    (several("a", "b", "c", min_choices=2, max_choices=2), ["a", "b"]),
    (a_field(of="number"), 0, -3, 7.0, 10**12),
    (a_field(of="number", decimals=True, minimum=0, maximum=19.99), 0, 0.1, 19.99),
    (a_field(of="file"), [], [LYON]),
    (a_field(of="file", max_files=2, accept=["pdf"]), [LYON, TURIN]),
    (a_field(of="language_level", tag="it"), "A1", "C2"),
    (a_field(of="language_level"), {"tag": "sr-Latn-RS", "cefr": "B2"}),
    (a_field(of="organisation", organisations=[LYON, TURIN]), LYON, TURIN),
    (OPEN_LIST, LYON, {"not_listed": "ШКОЛА “Ч”"}),
    (places(LYON, TURIN), [], [TURIN], [TURIN, LYON]),
    (places(LYON, TURIN, required=True, max_destinations=1), [TURIN]),
    (places(), []),
]


@pytest.mark.parametrize(("field", "answer"), [(field, answer) for field, *good in GOOD for answer in good])
def test_a_good_answer_of_each_type_has_no_findings(field, answer):
    assert check_answers([field], {field["name"]: answer}) == []


CEFR = {"choices": "A1, A2, B1, B2, C1, C2"}
BAD = [
    (several("a", "b"), ["a", "c"], "/1", "not_a_choice", {"choices": "a, b"}),
    (several("a", "b"), ["a", "a"], "", "repeated", {}),
    (several("a", "b"), "a", "", "wrong_type", {"expected": "array"}),
    (several("a", "b", required=True), [], "", "too_few", {"limit": 1}),
    (several("a", "b", "c", min_choices=2), ["a"], "", "too_few", {"limit": 2}),
    (several("a", "b", "c", max_choices=1), ["a", "b"], "", "too_many", {"limit": 1}),
    (a_field(of="number"), 1.5, "", "wrong_type", {"expected": "integer"}),
    (a_field(of="number"), "1", "", "wrong_type", {"expected": "integer"}),
    (a_field(of="number"), True, "", "wrong_type", {"expected": "integer"}),
    (a_field(of="number", minimum=1, maximum=3), 4, "", "out_of_range", {"minimum": 1, "maximum": 3}),
    (a_field(of="number", decimals=True), 1e300, "", "out_of_range", {"minimum": -(10**12), "maximum": 10**12}),
    (a_field(of="file"), [LYON, TURIN], "", "too_many", {"limit": 1}),
    (a_field(of="file", required=True), [], "", "too_few", {"limit": 1}),
    (a_field(of="file"), ["cv.pdf"], "/0", "not_an_id", {}),
    (a_field(of="file", max_files=2), [LYON, LYON], "", "repeated", {}),
    (a_field(of="language_level", tag="it"), "C3", "", "not_a_choice", CEFR),
    (a_field(of="language_level", tag="it"), {"tag": "it", "cefr": "B1"}, "", "wrong_type", {"expected": "string"}),
    (a_field(of="language_level"), {"tag": "it", "cefr": "b1"}, "/cefr", "not_a_choice", CEFR),
    (a_field(of="language_level"), {"tag": "it!", "cefr": "B1"}, "/tag", "not_a_language_tag", {"tag": "it!"}),
    (a_field(of="language_level"), {"cefr": "B1"}, "/tag", "required", {}),
    (a_field(of="organisation", organisations=[LYON]), TURIN, "", "not_a_choice", {"choices": LYON}),
    (a_field(of="organisation", organisations=[LYON]), {"not_listed": "x"}, "", "wrong_type", {"expected": "string"}),
    (OPEN_LIST, 1, "", "wrong_type", {"expected": "string, object"}),
    (OPEN_LIST, {"not_listed": " "}, "/not_listed", "required", {}),
    (OPEN_LIST, {}, "/not_listed", "required", {}),
    (places(LYON, TURIN), [LYON, LYON], "", "repeated", {}),
    (places(LYON, TURIN), [SKOPJE], "/0", "not_a_choice", {"choices": f"{LYON}, {TURIN}"}),
    (places(LYON, TURIN, max_destinations=1), [LYON, TURIN], "", "too_many", {"limit": 1}),
    (places(required=True), [LYON], "", "too_many", {"limit": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "answer", "place", "code", "values"), BAD)
def test_a_bad_answer_of_each_type_is_told_where_and_what(field, answer, place, code, values):
    found = check_answers([field], {field["name"]: answer})

    assert found == [Finding(f"/answers/{field['name']}{place}", code, values)]


def test_what_is_still_to_be_answered_is_named_once():
    fields = [a_field(required=True), several("a", required=True), OPEN_LIST | {"name": "school"}, a_field("more")]

    assert unanswered(fields, {"which": [], "school": {}, "more": 1}) == ["why", "which", "school"]


def test_documents_that_are_asked_for_are_told_with_their_kinds():
    fields = [a_field("cv", "file", required=True, accept=["pdf"]), a_field(), a_field("more", "file", max_files=5)]

    assert file_questions(fields) == [
        FileQuestion("cv", required=True, max_files=1, accept=["pdf"]),
        FileQuestion("more", required=False, max_files=5, accept=["pdf", "docx", "odt", "jpg", "png"]),
    ]


# --- questions that are asked only sometimes ------------------------------------------------------------------------

NOT_ASKED = [("/answers/more", "not_asked")]
MISSING = [("/answers/more", "required")]
SCHOOLS = a_field("school", "organisation", organisations=[LYON, TURIN], not_listed=True)


@pytest.mark.parametrize(
    ("asked", "test", "yes", "no"),
    [
        (a_field("q", "yes_no"), {"equals": True}, [True], [False, None]),
        (a_field("q", "yes_no"), {"one_of": [True, False]}, [True, False], [None]),
        (a_choice("a", "b", "c") | {"name": "q"}, {"one_of": ["a", "b"]}, ["a", "b"], ["c", None]),
        (several("a", "b", "c") | {"name": "q"}, {"equals": "a"}, [["a"], ["b", "a"]], [["b"], [], None]),
        (several("a", "b", "c") | {"name": "q"}, {"one_of": ["a", "b"]}, [["b", "c"]], [["c"], None]),
        (a_field("q", "language_level", tag="it"), {"one_of": ["C1", "C2"]}, ["C1"], ["A1", None]),
        (SCHOOLS | {"name": "q"}, {"equals": TURIN}, [TURIN], [LYON, {"not_listed": TURIN}, None]),
        (SCHOOLS | {"name": "q"}, {"is_answered": True}, [LYON, {"not_listed": "x"}], [None]),
        (a_field("q"), {"is_answered": True}, ["x"], ["", " \u00a0", None]),
        (a_field("q"), {"is_answered": False}, ["", None], ["x"]),
        (a_field("q", "number"), {"is_answered": True}, [0], [None]),
        (a_field("q", "file"), {"is_answered": True}, [[LYON]], [[], None]),
        (places(LYON) | {"name": "q"}, {"is_answered": False}, [[], None], [[LYON]]),
    ],
)  # fmt: skip
def test_a_question_is_asked_where_an_earlier_answer_says_so(asked, test, yes, no):
    form = [asked, a_field("more", required=True, **when("q", **test))]
    given = {True: [without(q=answer) for answer in yes], False: [without(q=answer) for answer in no]}

    assert [codes(form, one) for one in given[True]] == [MISSING] * len(yes)
    assert [codes(form, one | {"more": "x"}) for one in given[True]] == [[]] * len(yes)
    assert [codes(form, one) for one in given[False]] == [[]] * len(no)
    assert [codes(form, one | {"more": "x"}) for one in given[False]] == [NOT_ASKED] * len(no)


def without(**given):
    """The answers that there are."""
    return {name: answer for name, answer in given.items() if answer is not None}


def codes(form, answers):
    return [(finding.pointer, finding.code) for finding in check_answers(form, answers)]


CHAIN = [
    a_field("driver", "yes_no"),
    a_choice("car", "bus", required=True) | {"name": "vehicle"} | when("driver", equals=True),
    a_field("plate", required=True, **when("vehicle", equals="car")),
]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, []),
        ({"driver": False}, []),
        ({"driver": True}, [("/answers/vehicle", "required")]),
        ({"driver": True, "vehicle": "bus"}, []),
        ({"driver": True, "vehicle": "car"}, [("/answers/plate", "required")]),
        ({"driver": True, "vehicle": "car", "plate": "AA 1"}, []),
        ({"driver": False, "vehicle": "bus"}, [("/answers/vehicle", "not_asked")]),
        ({"plate": "AA 1"}, [("/answers/plate", "not_asked")]),
        ({"driver": False, "plate": 7}, [("/answers/plate", "not_asked")]),
    ],
)
def test_a_chain_of_conditions_is_followed(answers, found):
    assert codes(CHAIN, answers) == found
