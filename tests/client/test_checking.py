"""Applications held against the contract and a form: the verdict of the server, in words for whoever has the sheet."""

from typing import Any, cast

import pytest
import yaml

from domain.services.form_schemas import json_schema
from domain.services.forms import check_answers
from intervet_client import Call
from intervet_client.checking import Check
from intervet_client.intake import Intake
from tests.e2e.running import ROOT

FORM = [
    {"name": "reason", "type": "text", "label": {"en": "Why?"}, "required": True, "max_length": 5},
    {"name": "story", "type": "long_text", "label": {"en": "Your story"}},
    {
        "name": "until",
        "type": "date",
        "label": {"en": "Until"},
        "min_date": "2026-02-01",
        "max_date": "2026-12-31",
    },
    {"name": "first", "type": "yes_no", "label": {"en": "First?"}},
    {
        "name": "level",
        "type": "choice",
        "label": {"en": "Level"},
        "choices": [{"value": "a", "label": {"en": "Low"}}, {"value": "b", "label": {"en": "High"}}],
    },
]
SCHEMA = json_schema(FORM, lang="en", version=1, id="https://intervet.example/v1/calls/1/form")
CALL = cast(
    Call,
    {
        "id": "1",
        "destinations": [],
        "consent_purposes": ["processing"],
        "consents": [{"purpose": "processing", "text_version": "1", "text": {"en": "…", "sr-Cyrl": "…"}}],
        "eligible_countries": ["AL", "RS"],
    },
)
PERSON = {
    "given_names": "Ana",
    "family_name": "P",
    "email": "ana@example.org",
    "birth_date": "2008-03-08",
    "country": "RS",
}
CONSENT = {"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}


@pytest.fixture(scope="module")
def check() -> Check:
    """The rules of a call with that form, by the contract that is committed."""
    return Check(CALL, SCHEMA, yaml.safe_load((ROOT / "openapi.yaml").read_text()))


ANSWERS: list[dict[str, Any]] = [
    {"reason": "why"},
    {},
    {"reason": ""},
    {"reason": "\u00a0"},
    {"reason": "longer"},
    {"reason": "a\nb"},
    {"reason": 5},
    {"reason": None},
    {"reason": "why", "other": 1},
    {"reason": "why", "story": "a\nb\x07"},
    {"reason": "why", "until": "2026-01-31"},
    {"reason": "why", "until": "2027-01-01"},
    {"reason": "why", "until": "2026-02-30"},
    {"reason": "why", "until": "soon"},
    {"reason": "why", "first": "yes"},
    {"reason": "why", "level": "c"},
    {"reason": "why", "level": "Low"},
    {"reason": "why", "until": "2026-05-05", "first": False, "level": "b", "story": "a\nb"},
]


@pytest.mark.parametrize("answers", ANSWERS, ids=str)
def test_the_verdict_is_that_of_the_server_with_its_codes(check: Check, answers: dict[str, Any]) -> None:
    found = check.wrong({"person": PERSON, "answers": answers, "consents": [CONSENT]})

    expected = {(finding.pointer, finding.code) for finding in check_answers(FORM, answers)}
    # The server has two codes where our reader does the same for both.
    same = {"not_one_line": "control_character"}
    assert {(pointer, code) for pointer, code, _ in found} == {(at, same.get(code, code)) for at, code in expected}
    assert all(detail.endswith((".", "a, b", "YYYY-MM-DD.")) for _, _, detail in found)


ODD: list[Any] = [None, 5, "x", [], [1], {}, {"a": {}}, True, [[]], [{"purpose": []}]]


@pytest.mark.parametrize(
    "name", ["person", "answers", "consents", "preferences", "languages", "lang", "eqf_level", "guardian"]
)
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_whatever_stands_in_ndjson_is_refused_and_breaks_nothing(check: Check, name: str, odd: Any) -> None:
    good = {"person": PERSON, "answers": {"reason": "why"}, "consents": [CONSENT]}
    fits = {"preferences": [[]], "languages": [[]], "lang": ["x"], "eqf_level": [None, 5], "guardian": [None]}

    found = check.wrong(good | {name: odd})

    assert bool(found) == (odd not in fits.get(name, []) or odd is True)


def test_a_name_that_two_columns_share_is_asked_to_be_told_apart() -> None:
    twice = [{**FORM[0], "name": "one"}, {**FORM[0], "name": "two"}]
    form = json_schema(twice, lang="en", version=1, id="https://intervet.example")

    intake = Intake(CALL, {"en": form}, {"components": {"schemas": {"ApplicationWrite": {}}}})

    assert intake._unknown("Why?") == (
        "ambiguous_column",
        "This may be answers.one or answers.two: write the one that is meant.",
    )


@pytest.mark.parametrize(("lang", "codes"), [("en", []), ("sr-Latn", []), ("sq", ["no_text_in_language"])])
def test_a_consent_is_to_a_text_that_there_is(check: Check, lang: str, codes: list[str]) -> None:
    consents = [CONSENT | {"lang": lang}]

    found = check.wrong({"person": PERSON, "answers": {"reason": "why"}, "consents": consents})

    assert [code for _, code, _ in found] == codes


FILES = {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f-]{36}"}}


@pytest.mark.parametrize(
    ("answers", "found"),
    [({}, ("/answers/cv", "required")), ({"cv": ["a name"]}, ("/answers/cv/0", "wrong_format"))],
)
def test_documents_that_a_sheet_cannot_hold_are_told_so(answers: dict[str, Any], found: tuple[str, str]) -> None:
    form = {"type": "object", "properties": {"cv": FILES}, "required": ["cv"]}
    check = Check(CALL, form, {"components": {"schemas": {"ApplicationWrite": {}}}})

    ((pointer, code, detail),) = check.wrong({"person": PERSON, "answers": answers, "consents": [CONSENT]})

    assert (pointer, code) == found
    assert ("no sheet can hold" in detail) == (not answers)
