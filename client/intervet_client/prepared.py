"""Rows as applications: what is to be sent under which key, or what is wrong, and which rows are the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from intervet_client import labels
from intervet_client.findings import Finding, Places
from intervet_client.shapes import PARENTAL, Body


@dataclass(frozen=True)
class Common:
    """What holds for every row: values by column for cells that are empty, and where the consents come from."""

    values: Mapping[str, str] = field(default_factory=dict)
    attested: bool = False  # the school holds the consents on paper
    text_version: str | None = None  # of the consents that were read; the call's present ones unless told


NOTHING_IN_COMMON = Common()


@dataclass(frozen=True)
class Prepared:
    """A row as an application: what is to be sent under which key, or what is wrong with it."""

    row: int
    name: str
    body: Body
    key: str
    findings: tuple[Finding, ...]
    places: Places
    same_as: int | None = None  # the row above that says exactly the same


@dataclass(frozen=True)
class Reading:
    """A file read for a call. What is wrong with the header concerns all rows."""

    header: tuple[Finding, ...]
    rows: tuple[Prepared, ...]

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong."""
        return [*self.header, *(finding for row in self.rows for finding in row.findings)]


def body_of(values: Mapping[str, Any], common: Common, texts: Mapping[str, str]) -> Body:
    """An application as the API takes it. `texts` are the versions of the consents' texts by purpose."""
    body: Body = {"person": {}, "answers": {}}
    lang = values.get("lang", "en")
    for name, value in values.items():
        group, _, rest = name.rpartition(".")
        if group == "consents":
            version = common.text_version or texts[rest]
            given = {"purpose": rest, "granted": value, "text_version": version, "lang": lang}
            # A guardian's own is given by their link: what stands in a sheet is on paper.
            attested = rest == PARENTAL or (common.attested and value)
            body.setdefault("consents", []).append(given | ({"attested": True} if attested else {}))
        elif group == "answers":
            body["answers"][rest] = value
        elif name.startswith("guardian_"):
            body.setdefault("guardian", {})[name.removeprefix("guardian_")] = value
        else:
            (body if name in BESIDE_PERSON else body["person"])[name] = value
    return body


BESIDE_PERSON = (
    "preferences", "languages", "lang", "isced_f", "eqf_level", "graduation_date", "sending_organisation_id",
)  # fmt: skip


def name_of(body: Body) -> str:
    """The person's name, as far as it is there."""
    person = body.get("person")
    parts = (person.get("given_names"), person.get("family_name")) if isinstance(person, dict) else ()
    return " ".join(str(part) for part in parts if part)


def apart(rows: list[Prepared]) -> Iterator[Prepared]:
    """The rows, each that repeats one above marked, and each that is the same person otherwise refused."""
    keys: dict[str, int] = {}
    persons: dict[tuple[str, ...], int] = {}
    for row in rows:
        person = _identity(row.body)
        first = persons.setdefault(person, row.row) if all(person) else row.row
        same_as = keys.get(row.key)
        keys.setdefault(row.key, row.row)
        findings = row.findings
        if same_as is None and first != row.row:
            detail = f"The same person stands in row {first}, with other particulars; keep one of the two."
            findings += (row.places.finding("/person/family_name", "same_person", detail),)
        yield replace(row, findings=findings, same_as=same_as)


def _identity(body: Body) -> tuple[str, ...]:
    person = body.get("person")
    if not isinstance(person, dict):
        return ("",)
    names = ("email", "given_names", "family_name", "birth_date")
    return tuple(labels.fold(str(person.get(name) or "")) for name in names)
