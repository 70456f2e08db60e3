"""The columns that a sheet of applications to a call may have: their names, their labels, and how each is read."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intervet_client import cells, choices, labels
from intervet_client.shapes import PARENTAL, Call, Schema

PERSON: Mapping[str, cells.Reader] = {
    "given_names": cells.text,
    "family_name": cells.text,
    "email": cells.email,
    "birth_date": cells.day,
    "country": cells.country,
    "gender": cells.gender,
    "nationality": cells.country,
    "phone": cells.phone,
}
GUARDIAN: Mapping[str, cells.Reader] = {
    "given_names": cells.text,
    "family_name": cells.text,
    "email": cells.email,
    "phone": cells.phone,
    "relation": cells.text,
}
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # which nobody types
REQUIRED = ("given_names", "family_name", "email", "birth_date", "country")
BESIDE: Mapping[str, cells.Reader] = {
    "languages": cells.skills,
    "lang": cells.text,
    "isced_f": cells.isced,
    "eqf_level": cells.whole_number,
    "graduation_date": cells.day,
    "sending_organisation_id": cells.text,
}


@dataclass(frozen=True)
class Column:
    """A column: where its value goes in an application (JSON Pointer), and what it may be called."""

    name: str
    pointer: str
    read: cells.Reader
    required: bool = False
    called: frozenset[str] = frozenset()  # folded
    title: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


def columns_of(call: Call, forms: Mapping[str, Schema], *, lang: str | None = None) -> list[Column]:
    """All columns for a call, from its form in each language, titled in `lang`."""
    return [*_person(lang), *_guardian(lang), *_beside(call, lang), *_consents(call, lang), *_questions(forms)]


def by_name(columns: Iterable[Column]) -> dict[str, Column | None]:
    """Columns by everything that they are called, folded; None where two are called the same."""
    columns = list(columns)
    found: dict[str, Column | None] = {}
    for column in columns:
        for name in column.called | {labels.fold(column.name.rpartition(".")[2])}:
            found[name] = None if name in found and found[name] is not column else column
    # A full name is always its own column's, whatever another's label says.
    return found | {labels.fold(column.name): column for column in columns}


def _person(lang: str | None) -> Iterator[Column]:
    called = labels.words("columns")
    for name, read in PERSON.items():
        yield Column(name, f"/person/{name}", read, name in REQUIRED, called[name], labels.label("columns", name, lang))


def _guardian(lang: str | None) -> Iterator[Column]:
    called = labels.words("columns")
    for part, read in GUARDIAN.items():
        name = f"guardian_{part}"
        yield Column(name, f"/guardian/{part}", read, False, called[name], labels.label("columns", name, lang))


def _beside(call: Call, lang: str | None) -> Iterator[Column]:
    called = labels.words("columns")
    for name, read in BESIDE.items():
        yield Column(name, f"/{name}", read, False, called[name], labels.label("columns", name, lang))
    if call["destinations"]:
        yield Column(
            "preferences",
            "/preferences",
            choices.several_of(_destinations(call), [each["city"] for each in call["destinations"]]),
            called=called["preferences"],
            title=labels.label("columns", "preferences", lang),
            choices={each["id"]: each["city"] for each in call["destinations"]},
        )


def _destinations(call: Call) -> dict[str, str | None]:
    """Ids of destinations by id, city, and city with country; a city that stands twice leads to none."""
    known: dict[str, str | None] = {}
    for each in call["destinations"]:
        for name in (each["city"], f"{each['city']}, {each['country']}", f"{each['city']} ({each['country']})"):
            _add(known, name, each["id"])
        known[labels.fold(each["id"])] = each["id"]
    return known


def _consents(call: Call, lang: str | None) -> Iterator[Column]:
    called = labels.words("purposes")
    for purpose in (*call["consent_purposes"], PARENTAL):
        names = called.get(purpose, frozenset()) | {labels.fold(purpose)}
        yield Column(
            f"consents.{purpose}",
            f"/consents/{purpose}",
            cells.yes_no,
            purpose == "processing",
            names,
            labels.label("purposes", purpose, lang),
        )


def _questions(forms: Mapping[str, Schema]) -> Iterator[Column]:
    first, *_ = forms.values()
    for name, schema in first["properties"].items():
        versions = [form["properties"][name] for form in forms.values()]
        called = frozenset(labels.fold(version.get("title", name)) for version in versions)
        yield Column(
            f"answers.{name}",
            f"/answers/{name}",
            _answer_reader(versions),
            name in first.get("required", ()),
            called,
            schema.get("title", name),
            _titles(schema),
        )


def _answer_reader(versions: Sequence[Schema]) -> cells.Reader:
    """How the answer to a question is read, from its schema in each language."""
    schema = versions[0]
    if "not_listed" in schema.get("properties", {}):
        return choices.listed_or_named(_choices(versions))
    if {"tag", "cefr"} <= schema.get("properties", {}).keys():
        return cells.skill
    if titles := _titles(schema):
        made = choices.several_of if schema.get("type") == "array" else choices.one_of
        return made(_choices(versions), shown(titles))
    if schema.get("type") == "string" and schema.get("format") == "date":
        return cells.day
    return READERS.get(str(schema.get("type")), cells.as_json)


READERS: Mapping[str, cells.Reader] = {
    "string": cells.text,
    "boolean": cells.yes_no,
    "integer": cells.whole_number,
    "number": cells.number,
    "array": cells.parts,
}


def choice_schemas(schema: Schema) -> list[dict[str, Any]]:
    """The choices of a question, each with its `const` and where it has one its `title`."""
    items = schema.get("items", {}) if schema.get("type") == "array" else schema.get("then", schema)
    if "enum" in items:
        return [{"const": value} for value in items["enum"]]
    return [each for each in items.get("oneOf", items.get("anyOf", ())) if "const" in each]


def shown(choices: Mapping[str, str]) -> list[str]:
    """Choices as they are told to people: what to write, and what it means where that is something else."""
    return [
        title if value == title or ID.fullmatch(value) else f"{value} ({title})" for value, title in choices.items()
    ]


def _titles(schema: Schema) -> dict[str, str]:
    return {str(each["const"]): str(each.get("title", each["const"])) for each in choice_schemas(schema)}


def _choices(versions: Sequence[Schema]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for each in (each for version in versions for each in choice_schemas(version)):
        _add(known, str(each.get("title", each["const"])), each["const"])
    # A value is always its own choice, whatever another's label says.
    return known | {labels.fold(str(each["const"])): each["const"] for each in choice_schemas(versions[0])}


def _add(known: dict[str, Any], name: str, value: Any) -> None:
    folded = labels.fold(name)
    known[folded] = value if known.get(folded, value) == value else None
