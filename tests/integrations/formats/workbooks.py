"""Workbooks for tests: sheets from rows, and a project's sheets from its JSON."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from openpyxl import Workbook

Rows = list[list[Any]]


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """A workbook with these sheets."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def as_workbook(project: Mapping[str, Any]) -> bytes:
    """A project in JSON, as a coordinator would have typed it into sheets."""
    calls = project["calls"]
    questions = [(call, question) for call in calls for question in call["form"]]
    return workbook(
        {
            "project": table([project["project"]]),
            **{name: table(project[name]) for name in ("organisations", "activities", "targets", "reported_figures")},
            "calls": table([without(call, "destinations", "form") for call in calls]),
            "destinations": table([{"call": call["key"], **place} for call in calls for place in call["destinations"]]),
            "form": table([{"call": call["key"], **without(question, "choices")} for call, question in questions]),
            "choices": table(
                [
                    {"call": call["key"], "question": question["name"], **choice}
                    for call, question in questions
                    for choice in question.get("choices", ())
                ]
            ),
        }
    )


def table(things: Iterable[Mapping[str, Any]]) -> Rows:
    """Rows below the names of all columns that any of them needs."""
    cells = [dict(flattened(thing)) for thing in things]
    columns = list(dict.fromkeys(name for row in cells for name in row))
    return [columns, *([row.get(name) for name in columns] for row in cells)]


def flattened(thing: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """A thing's cells: a map has a column for each of its parts, a list stands in one cell."""
    for name, value in thing.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{part}", text) for part, text in value.items())
        else:
            yield name, ", ".join(value) if isinstance(value, list) else value


def without(thing: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A thing less some of its fields."""
    return {name: value for name, value in thing.items() if name not in names}
