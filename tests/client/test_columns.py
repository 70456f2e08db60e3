"""A cell under a question of each type, from the schema that the server serves to the answer that it takes."""

from typing import Any, cast

import pytest

from intervet_client import Call
from intervet_client.cells import BadCell
from intervet_client.columns import Column, by_name, columns_of, shown

CALL = cast(Call, {"id": "1", "destinations": [], "consent_purposes": [], "consents": [], "eligible_countries": ["RS"]})
CHOICES = {"en": ("Kitchen", "Office"), "sq": ("Kuzhina", "Zyra")}
SCHOOLS = {"en": ("A school", "Another school"), "sq": ("Një shkollë", "Shkollë tjetër")}
LEVEL = {"type": "string", "enum": ["A1", "A2", "B1"]}


def one_of(words: tuple[str, str]) -> dict[str, Any]:
    """Two choices with their labels."""
    return {"oneOf": [{"const": value, "title": word} for value, word in zip(("k", "o"), words, strict=True)]}


def question(lang: str, kind: str) -> dict[str, Any]:
    """A question of a kind as it is served in a language."""
    words = one_of(CHOICES[lang])
    return {
        "choice": {"type": "string", **words},
        "several": {"type": "array", "items": {"type": "string", **words}},
        "integer": {"type": "integer", "minimum": 0},
        "number": {"type": "number"},
        "level": LEVEL,
        "language": {"type": "object", "properties": {"tag": {"type": "string"}, "cefr": LEVEL}},
        "school": {
            "type": ["string", "object"],
            "if": {"type": "string"},
            "then": one_of(SCHOOLS[lang]),
            "properties": {"not_listed": {"type": "string"}},
        },
        "files": {"type": "array", "items": {"type": "string", "pattern": "x"}},
    }[kind] | {"title": f"{kind} in {lang}"}


def column(kind: str) -> Column:
    """The column of a question of that kind."""
    forms = {lang: {"properties": {"q": question(lang, kind)}, "required": ["q"]} for lang in CHOICES}
    found = by_name(columns_of(CALL, forms))["answers q"]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "raw", "answer"),
    [
        ("choice", "k", "k"),
        ("choice", "KUZHINA", "k"),
        ("several", "Kitchen; Zyra", ["k", "o"]),
        ("several", "k, o", ["k", "o"]),
        ("integer", "12", 12),
        ("number", "2,5", 2.5),
        ("level", "a2", "A2"),
        ("language", "it: b1", {"tag": "it", "cefr": "B1"}),
        ("school", "Një shkollë", "k"),
        ("school", "o", "o"),
        ("school", "Gymnasium Elsewhere", {"not_listed": "Gymnasium Elsewhere"}),
        ("files", "id1; id2", ["id1", "id2"]),
    ],
)
def test_a_cell_becomes_an_answer(kind: str, raw: str, answer: Any) -> None:
    assert column(kind).read(raw) == answer


@pytest.mark.parametrize(
    ("kind", "raw", "said"),
    [
        ("choice", "garden", "'garden' is none of: k (Kitchen), o (Office)"),
        ("several", "k; garden", "'garden' is none of: k (Kitchen), o (Office)"),
        ("integer", "2.5", "2.5 is no whole number."),
        ("level", "C9", "'C9' is none of: A1, A2, B1"),
        ("language", "Italian", "'Italian': write a language with its level, as in: it B1; en A2"),
        ("school", "Anothr school", "'Anothr school' is not on the list; is it o?"),
    ],
)
def test_a_cell_that_is_no_answer_is_refused(kind: str, raw: str, said: str) -> None:
    with pytest.raises(BadCell) as caught:
        column(kind).read(raw)

    assert caught.value.detail == said


def test_a_question_is_known_by_its_name_and_by_its_labels() -> None:
    forms = {lang: {"properties": {"q": question(lang, "choice")}} for lang in CHOICES}

    names = by_name(columns_of(CALL, forms))

    assert {name for name, found in names.items() if found and found.name == "answers.q"} == {
        "q",
        "answers q",
        "choice in en",
        "choice in sq",
    }


def test_what_has_an_id_is_shown_by_its_name() -> None:
    assert shown({"01938f6e-5c00-7000-8000-000000000001": "A school", "k": "Kitchen", "A1": "A1"}) == [
        "A school",
        "k (Kitchen)",
        "A1",
    ]
