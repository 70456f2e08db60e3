"""A form, its fields and good answers to it."""

from hypothesis import strategies as st

from domain.services.form_schemas import json_schema

ENGLISH = {"en": "Why?"}
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


def several(*values, **more):
    return a_choice(*values) | {"name": "which", "type": "several"} | more


def when(question, **test):
    return {"shown_when": {"question": question, **test}}


LYON, TURIN, SKOPJE = (f"0193a000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))


def places(*ids, **more):
    """A question for destinations as it is asked: with those of the call."""
    return a_field("where", "destinations", choices=[{"value": one, "label": {"en": one[-1]}} for one in ids], **more)


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
