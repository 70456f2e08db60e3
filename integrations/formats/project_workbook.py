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
NAMES = {"key", "name", "call", "question"}  # by which rows belong together
OWN_SHEETS = {"calls": ("destinations", "form"), "form": ("choices",)}
TEXTS = {"title", "summary", "description", "label"}
SAID = {"true": True, "yes": True, "false": False, "no": False}


class Values(dict[str, Any]):
    """What a row says, with the sheet and the row in which it stands."""

    def __init__(self, sheet: str, number: int) -> None:
        super().__init__()
        self.sheet = sheet
        self.number = number


def read_project(content: bytes) -> dict[str, Any]:
    """The plain values of a project's workbook, each row of it as Values. Raises BadWorkbook.

    What the values may be is for others to say; `where` tells them in which row and column it stands.
    """
    sheets = read_sheets(content)
    unknown = sheets.keys() - set(SHEETS)
    if unknown:
        raise BadWorkbook(f"There is a sheet {min(unknown)}; the sheets are {', '.join(SHEETS)}.")
    project = _values("project", sheets.get("project", []))
    if len(project) != 1:
        raise BadWorkbook("The sheet project must have one row, below the names of its columns.")
    lists = {name: _values(name, sheets.get(name, [])) for name in LISTS}
    for figure in lists["reported_figures"]:
        figure.setdefault("scope", {})
    for name in ("destinations", "form"):
        _hang(lists["calls"], _values(name, sheets.get(name, [])), name)
    _hang_choices(lists["calls"], _values("choices", sheets.get("choices", [])))
    return {"format": FORMAT, "project": project[0], **lists}


def is_workbook(project: object) -> bool:
    """Whether this project was read from a workbook, and not from JSON."""
    return isinstance(project, dict) and isinstance(project.get("project"), Values)


def where(project: Mapping[str, Any], pointer: str) -> str:
    """Where people find what a JSON Pointer into a workbook's project names: `organisations, row 3, column type`."""
    found: Any = project
    row: Values | None = None
    column: list[str] = []
    for step in pointer.split("/")[1:]:
        found = _inside(found, step)
        row, column = (found, []) if isinstance(found, Values) else (row, [*column, step])
    named = ".".join(step for step in column if not step.isdigit())
    if row is None:
        return f"sheet {named}"
    return f"{row.sheet}, row {row.number}" + (f", column {named}" if named else "")


def _inside(whole: Any, step: str) -> Any:
    if isinstance(whole, list):
        return whole[int(step)] if step.isdigit() and int(step) < len(whole) else None
    return whole.get(step) if isinstance(whole, dict) else None


def _values(sheet: str, rows: Sequence[Row]) -> list[Values]:
    return [_value(sheet, row) for row in rows]


def _value(sheet: str, row: Row) -> Values:
    """One row, `title.en` and `title.sq` together as one map."""
    _check_columns(sheet, row)
    value = Values(sheet, row.number)
    for column, cell in row.items():
        name, _, part = column.partition(".")
        plain = _plain(column, cell, zone=str(row.get("timezone", "")))
        if part:
            value.setdefault(name, {})[part] = plain
        else:
            value[name] = plain
    return value


def _check_columns(sheet: str, row: Row) -> None:
    """Refuse columns that contradict each other: of `title` beside `title.sq`, one would be lost."""
    here = f"{sheet}, row {row.number}"
    for column in row:
        whole, _, part = column.partition(".")
        if whole in OWN_SHEETS.get(sheet, ()):
            raise BadWorkbook(f"{here}: what the column {column} says has a sheet of its own, {whole}.")
        if part and whole in NAMES:
            raise BadWorkbook(f"{here}: the column {column} can't have parts; call it {whole}.")
        if part and whole in row:
            remedy = f"call the first {whole}.en" if whole in TEXTS else "take one of the two out"
            raise BadWorkbook(f"{here}: the columns {whole} and {column} can't stand side by side; {remedy}.")


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


def _hang(calls: Sequence[Values], rows: Sequence[Values], name: str) -> None:
    """Put each row with the call that it names."""
    by_key = {call.get("key"): call for call in calls}
    for row in rows:
        _found(by_key, row.pop("call", None), row).setdefault(name, []).append(row)


def _hang_choices(calls: Sequence[Values], rows: Sequence[Values]) -> None:
    questions = {(call.get("key"), each.get("name")): each for call in calls for each in call.get("form", [])}
    for row in rows:
        key = (row.pop("call", None), row.pop("question", None))
        _found(questions, key, row).setdefault("choices", []).append(row)


def _found(things: Mapping[Any, Values], key: str | tuple[str, str] | None, row: Values) -> Values:
    if key not in things:
        called = " and ".join(map(str, key)) if isinstance(key, tuple) else key
        raise BadWorkbook(f"{row.sheet}, row {row.number}: there is nothing called {called} for it to belong to.")
    return things[key]
