"""A project as a workbook: its sheets as the plain values of the format intervet-project/1 (data/README.md)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.formats.xlsx import BadWorkbook, Cell, Row, read_sheets

FORMAT = "intervet-project/1"
LISTS = ("organisations", "activities", "targets", "reported_figures", "calls")
SHEETS = ("project", *LISTS, "destinations", "form", "choices")
# Cells say less than JSON: a year may be meant as a number or as text, and "9" may be a list of one.
NUMBERS = {"call_year", "planned", "places", "grace_minutes", "max_length"}
NUMBERS |= {"schedule.opens_in_days", "schedule.closes_in_days", "schedule.starts_in_days"}
TRUTHS = {"synthetic", "assumed", "public_intake", "required"}
SEVERAL = {"languages", "roles", "hosts", "activities", "eligible_countries", "consent_purposes"}
SAID = {"true": True, "yes": True, "false": False, "no": False}


def read_project(content: bytes) -> dict[str, Any]:
    """The plain values of a project's workbook. Raises BadWorkbook; what the values may be is for others to say."""
    sheets = read_sheets(content)
    unknown = sheets.keys() - set(SHEETS)
    if unknown:
        raise BadWorkbook(f"There is a sheet {min(unknown)}; the sheets are {', '.join(SHEETS)}.")
    project = _values(sheets.get("project", []))
    if len(project) != 1:
        raise BadWorkbook("The sheet project must have one row, below the names of its columns.")
    lists = {name: _values(sheets.get(name, [])) for name in LISTS}
    for figure in lists["reported_figures"]:
        figure.setdefault("scope", {})
    for name in ("destinations", "form"):
        _hang(lists["calls"], _values(sheets.get(name, [])), name)
    _hang_choices(lists["calls"], _values(sheets.get("choices", [])))
    return {"format": FORMAT, "project": project[0], **lists}


def _values(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [_value(row) for row in rows]


def _value(row: Row) -> dict[str, Any]:
    """One row, `title.en` and `title.sq` together as one map."""
    value: dict[str, Any] = {}
    for column, cell in row.items():
        name, _, part = column.partition(".")
        plain = _plain(column, cell, zone=str(row.get("timezone", "")))
        if part:
            value.setdefault(name, {})[part] = plain
        else:
            value[name] = plain
    return value


def _plain(column: str, cell: Cell, *, zone: str) -> Any:
    if column in NUMBERS:
        return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    if column in TRUTHS:
        return SAID.get(cell.lower(), cell) if isinstance(cell, str) else cell
    text = _text(cell, zone=zone)
    return [part.strip() for part in text.split(",") if part.strip()] if column in SEVERAL else text


def _text(cell: Cell, *, zone: str) -> str:
    if isinstance(cell, datetime):
        midnight = not (cell.hour or cell.minute or cell.second)
        return cell.date().isoformat() if midnight and not zone else _instant(cell, zone=zone)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    # Exports write this mark before what a spreadsheet would take for a formula.
    text = str(cell)
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text


def _instant(cell: datetime, *, zone: str) -> str:
    try:
        local = cell.replace(tzinfo=ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadWorkbook(f"The zone {zone or '(none)'} in the column timezone is not known.") from error
    return local.astimezone(UTC).isoformat()


def _hang(calls: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]], name: str) -> None:
    """Put each row with the call that it names."""
    by_key = {call.get("key"): call for call in calls}
    for row in rows:
        _found(by_key, row.pop("call", None), name).setdefault(name, []).append(row)


def _hang_choices(calls: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> None:
    questions = {(call.get("key"), each.get("name")): each for call in calls for each in call.get("form", [])}
    for row in rows:
        key = (row.pop("call", None), row.pop("question", None))
        _found(questions, key, "choices").setdefault("choices", []).append(row)


def _found(things: Mapping[Any, dict[str, Any]], key: Any, sheet: str) -> dict[str, Any]:
    if key not in things:
        raise BadWorkbook(f"Sheet {sheet}: there is nothing called {key} for this row to belong to.")
    return things[key]
