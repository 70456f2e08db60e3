"""From a file to applications to a call: each row read, checked, and given its key."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from intervet_client import labels
from intervet_client.cells import BadCell
from intervet_client.checking import Check
from intervet_client.client import Client, key_of
from intervet_client.columns import Column, by_name, columns_of
from intervet_client.errors import BadFile
from intervet_client.findings import Finding, Places
from intervet_client.prepared import NOTHING_IN_COMMON, Common, Prepared, Reading, apart, body_of, name_of
from intervet_client.shapes import PARENTAL, Body, Call, Schema
from intervet_client.sheets import Line, Row, Sheet, read_lines, read_sheet

NOT_OURS = "#"  # A column whose header begins so is somebody's own.


class Intake:
    """A call as something that files of applications are for."""

    def __init__(self, call: Call, forms: Mapping[str, Schema], contract: Schema) -> None:
        self.call = call
        self.columns = columns_of(call, forms)
        self._by_name = by_name(self.columns)
        self._texts = {asked["purpose"]: asked["text_version"] for asked in call["consents"]}
        self._check = Check(call, next(iter(forms.values())), contract)

    @classmethod
    def of(cls, client: Client, call: str) -> "Intake":
        """What the server says of a call, by its id or slug, in every language."""
        found = client.call(call)
        # Each text in every language, and that which the guardians of minors are asked.
        asked = client.call(found["id"], lang="*")["consents"]
        found["consents"] = [*asked, client.consent_text(found["project_id"], PARENTAL, lang="*")]
        forms = {lang: client.form(found["id"], lang=lang) for lang in labels.LANGUAGES}
        return cls(found, forms, client.contract())

    def read(self, path: Path, common: Common = NOTHING_IN_COMMON) -> Reading:
        """Read and check a file; nothing is sent. Raises BadFile for one that can't be read at all."""
        for name in common.values:
            if self._by_name.get(labels.fold(name)) is None:
                raise BadFile(f"There is no column {name} for this call.\nNext: `intervet form` lists the columns.")
        header: list[Finding] = []
        if path.suffix.lower() in (".ndjson", ".jsonl"):
            rows = [self._from_line(line, common) for line in read_lines(path)]
        else:
            sheet = read_sheet(path, lambda name: labels.fold(name) in self._by_name)
            columns, header = self._columns(sheet)
            header += self._lacking(columns.values(), common)
            rows = [self._from_row(sheet, columns, row, common) for row in sheet.rows]
        if not rows:
            raise BadFile(f"There are no applications in {path.name}.\nNext: write one a row, below the header.")
        return Reading(tuple(header), tuple(apart(rows)))

    def _columns(self, sheet: Sheet) -> tuple[dict[int, Column], list[Finding]]:
        """The sheet's columns, and what is wrong with its header."""
        columns: dict[int, Column] = {}
        wrong: list[Finding] = []
        for index, name in enumerate(sheet.header):
            if name.startswith(NOT_OURS) or not (name or any(index in row.cells for row in sheet.rows)):
                continue
            column = self._by_name.get(labels.fold(name))
            if column is None:
                wrong.append(Finding(1, sheet.address(1, index), name, *self._unknown(name)))
            elif column in columns.values():
                wrong.append(
                    Finding(1, sheet.address(1, index), name, "repeated", f"{column.name} has a column already.")
                )
            else:
                columns[index] = column
        return columns, wrong

    def _lacking(self, columns: Iterable[Column], common: Common) -> Iterator[Finding]:
        """The columns that every application needs and the sheet doesn't have."""
        names = {column.name for column in columns}
        for column in self.columns:
            if column.required and column.name not in names and self._common(column, common) is None:
                detail = f"No column is for this ({column.title}); if it is the same for all, say --set {column.name}=…"
                yield Finding(1, "row 1", column.name, "missing_column", detail)

    def _unknown(self, name: str) -> tuple[str, str]:
        folded = labels.fold(name)
        if not folded:
            return "unknown_column", "There are values in this column, but its header is empty: name it."
        if folded in self._by_name:
            several = [each.name for each in self.columns if folded in each.called]
            return "ambiguous_column", f"This may be {' or '.join(several)}: write the one that is meant."
        near = get_close_matches(folded, self._by_name, n=1)
        column = self._by_name[near[0]] if near else None
        hint = f"Is it {column.name}? " if column else ""
        return "unknown_column", f"{hint}`intervet form` lists the columns; begin the header with # to leave it out."

    def _from_row(self, sheet: Sheet, columns: Mapping[int, Column], row: Row, common: Common) -> Prepared:
        cells = {column.name: row.cells[index] for index, column in columns.items() if index in row.cells}
        places = Places(
            row.number,
            f"row {row.number}",
            {column.pointer: sheet.address(row.number, index) for index, column in columns.items()},
            {column.pointer: column.name for column in self.columns}
            | {column.pointer: sheet.header[index] for index, column in columns.items()},
        )
        return self._prepared(cells, places, common)

    def _from_line(self, line: Line, common: Common) -> Prepared:
        where = f"line {line.number}"
        if "person" in line.content:  # as the API takes it
            places = Places(line.number, where, {}, {})
            return self._checked(line.content, places, [])
        cells: dict[str, Any] = {}
        wrong = []
        for name, value in line.content.items():
            column = self._by_name.get(labels.fold(name))
            if column is None and value is not None:
                wrong.append(Finding(line.number, f"{where} {name}", name, *self._unknown(name)))
            elif column is not None and value not in (None, ""):
                cells[column.name] = value
        names = {column.pointer: column.name for column in self.columns}
        places = Places(line.number, where, {pointer: f"{where} {name}" for pointer, name in names.items()}, names)
        return self._prepared(cells, places, common, wrong)

    def _prepared(
        self, cells: Mapping[str, Any], places: Places, common: Common, wrong: list[Finding] | None = None
    ) -> Prepared:
        """An application from the cells of a row, by column."""
        values: dict[str, Any] = {}
        findings = list(wrong or ())
        for column in self.columns:
            raw = cells.get(column.name, self._common(column, common))
            if raw is None:
                continue
            try:
                values[column.name] = raw if isinstance(raw, (list, dict)) else column.read(raw)
            except BadCell as error:
                findings.append(places.finding(column.pointer, error.code, error.detail))
        return self._checked(body_of(values, common, self._texts), places, findings)

    def _common(self, column: Column, common: Common) -> str | None:
        return next(
            (value for name, value in common.values.items() if self._by_name.get(labels.fold(name)) is column), None
        )

    def _checked(self, body: Body, places: Places, findings: list[Finding]) -> Prepared:
        told = {(finding.cell, finding.column) for finding in findings}
        for pointer, code, detail in self._check.wrong(body):
            finding = places.finding(pointer, code, detail)
            if (finding.cell, finding.column) not in told:
                findings.append(finding)
        key = key_of(self.call["id"], body)
        return Prepared(places.row, name_of(body), body, key, tuple(findings), places)
