"""A form shown as JSON Schema, which means the same wherever it is read."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.services.form_patterns import DATE, ID, LINE, LINES, NAME, NOT_BLANK, TAG, date_schema
from domain.services.forms import (
    form_texts,
)
from tests.domain.services.form_fields import ENGLISH, FORM, a_choice, a_field, schema_of

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


@pytest.mark.parametrize("pattern", [NAME, LINE, LINES, NOT_BLANK, DATE, ID, TAG, SPRING["pattern"]])
def test_a_pattern_has_nothing_that_python_and_ecmascript_read_differently(pattern):
    assert re.search(r"\\[dDwWbBAZzpP]|\(\?[^:=!]|\$|\\s(?!\\S)", pattern) is None


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
