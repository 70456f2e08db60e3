"""A row of a table as an application: its cells read and put where they belong, and what is wrong with which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Finding
from domain.languages import LAST_RESORT, choose, written_in
from domain.models.calls import Call
from domain.models.consents import INDISPENSABLE
from domain.services.consent_texts import asked_by, asked_of_guardians
from domain.services.import_cells import BadCell
from domain.services.import_columns import ANSWER, CONSENT, GUARDIAN, PREFERENCE, ImportColumn

Values = Mapping[str, Any]  # by the names of columns


@dataclass(frozen=True)
class RowReading:
    """What a row says: the body of an application, and where its parts come from."""

    body: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # the name of the column, by pointer

    def told_by_column(self, findings: Iterable[Finding]) -> list[Finding]:
        """The first finding of each column, by its name; of the row as a whole where there is none."""
        told: dict[str, Finding] = {}
        for found in findings:
            column = self._column(found.pointer)
            told.setdefault(column, Finding(column, found.code, found.values))
        return [*told.values()]

    def _column(self, pointer: str) -> str:
        steps = pointer.split("/")
        tried = ("/".join(steps[:length]) for length in range(len(steps), 1, -1))
        known = next((self.places[place] for place in tried if place in self.places), "")
        # A question that no cell can answer (a document) is named, though there is no column.
        return known or (steps[2] if pointer.startswith(ANSWER) else "")


def read_row(call: Call, columns: Mapping[str, ImportColumn], cells: Mapping[str, Any], *, lang: str) -> RowReading:
    """The application that a row's cells, by the titles of their columns, make."""
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for title, column in columns.items():
        if cells.get(title) in (None, "", []):
            continue
        try:
            values[column.name] = column.read(cells[title])
        except BadCell as bad:
            findings.append(Finding(column.name, bad.code, bad.values))
    places = {column.pointer: column.name for column in columns.values()}
    return _assembled(call, values, places, findings, lang=lang)


def _assembled(call: Call, values: Values, places: dict[str, str], findings: list[Finding], *, lang: str) -> RowReading:
    person, guardian, answers, rest = ({} for _ in range(4))  # type: dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]
    consents, preferences = [], []
    for pointer, name in sorted(places.items()):
        if name not in values:
            continue
        field_name = pointer.rpartition("/")[2]
        if pointer.startswith("/person/"):
            person[field_name] = values[name]
        elif pointer.startswith(GUARDIAN):
            guardian[field_name] = values[name]
        elif pointer.startswith(ANSWER):
            answers[field_name] = values[name]
        elif name.startswith(CONSENT):
            consents.append((field_name, name))
        elif name.startswith(PREFERENCE):
            preferences.append(name)
        else:
            rest[field_name] = values[name]
    spoken = rest.get("lang", lang)
    body = {
        **rest,
        "lang": spoken,
        "person": person,
        "guardian": guardian or None,
        "answers": answers,
        "preferences": [values[name] for name in preferences],
        "consents": [_consent(call, purpose, granted=values[name], lang=spoken) for purpose, name in consents],
    }
    places = {
        **places,
        "/consents": CONSENT + INDISPENSABLE,
        "/guardian": "guardian_given_names",
        **{f"/consents/{index}": name for index, (_, name) in enumerate(consents)},
        **{f"/preferences/{index}": name for index, name in enumerate(preferences)},
    }
    return RowReading(body, findings, places)


def _consent(call: Call, purpose: str, *, granted: bool, lang: str) -> dict[str, Any]:
    """A consent that whoever sends the table has on paper: to the text as it stands, in the nearest language."""
    asked = next(asked for asked in (*asked_by(call), *asked_of_guardians(call)) if asked.purpose == purpose)
    read_in = choose(written_in(asked.text), (lang,)) or LAST_RESORT
    return {
        "purpose": purpose,
        "granted": granted,
        "text_version": asked.text_version,
        "lang": read_in,
        "attested": True,
    }
