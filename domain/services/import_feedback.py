"""What became of an import's rows, in words: with the cell that each error is about, and as the file that goes back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.languages import format_instant, message
from domain.models.imports import Import, ImportRow
from domain.services.imports import NOTE, TOLD
from domain.services.sheet_words import column_title

Cells = list[Any]


@dataclass(frozen=True)
class RowError:
    """One thing against a row: the column as the file has it and the cell, where there are such; a code, a sentence."""

    column: str | None
    cell: str | None
    code: str
    detail: str


def row_errors(found: Import, row: ImportRow, lang: str) -> list[RowError]:
    """What is against a row, in the language nearest to `lang`."""
    headings = {heading["name"]: heading for heading in found.headings if heading["name"]}
    return [_error(headings, row.number, each, lang) for each in row.findings]


def titles(found: Import, lang: str) -> list[str]:
    """What the columns of the file that goes back are called: its own ones, and two of ours."""
    return [*(heading["title"] for heading in found.headings), *(f"{NOTE} {column_title(name, lang)}" for name in TOLD)]


def feedback(found: Import, rows: Iterable[ImportRow], lang: str) -> Iterator[Cells]:
    """The rows of the file that goes back: their cells as they came, what became of them, what is to be mended."""
    for row in rows:
        cells = [_as_cell(row.cells.get(heading["title"])) for heading in found.headings]
        outcome = message(f"outcome_{row.outcome}", lang) if row.outcome else None
        yield [*cells, outcome, "\n".join(_line(error) for error in row_errors(found, row, lang)) or None]


def _error(headings: Mapping[str, Mapping[str, Any]], number: int, each: Mapping[str, Any], lang: str) -> RowError:
    heading = headings.get(each["column"])
    # A column that the file lacks is named as we call it.
    column = heading["title"] if heading else each["column"] or None
    cell = f"{heading['letter']}{number}" if heading and heading["letter"] else None
    values = _figures(each["values"], lang)
    return RowError(column, cell, each["code"], message(each["code"], lang, **{"name": column or "", **values}))


def _figures(values: Mapping[str, Any], lang: str) -> dict[str, str | int]:
    zone = str(values.get("timezone", "UTC"))
    shown = {
        name: format_instant(datetime.fromisoformat(value), timezone=zone, lang=lang) if name.endswith("_at") else value
        for name, value in values.items()
    }
    return {name: value if isinstance(value, int) else str(value) for name, value in shown.items()}


def _line(error: RowError) -> str:
    place = " ".join(filter(None, [error.cell, error.column]))
    return f"{place}: {error.detail}" if place else error.detail


def _as_cell(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list) else value
