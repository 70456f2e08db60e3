"""The data files as their tests read them."""

import json
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "data"


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


REFERENCE = read("projects/intervet-wb.json")
DEMO = read("projects/intervet-demo.json")
PROJECTS = [pytest.param(REFERENCE, id="INTERVET-WB"), pytest.param(DEMO, id="INTERVET-DEMO")]


def limits_of(project: Any, activity: str) -> Any:
    code = by_key(project["activities"])[activity]["code"]
    return read(f"rule_sets/{project['project']['rule_set'].lower()}.json")["activities"][code]


def by_key(rows: Any) -> Any:
    return {row["key"]: row for row in rows}


def holders(project: Any, role: str) -> set[str]:
    return {row["key"] for row in project["organisations"] if role in row["roles"]}


def stays(rows: Any) -> list[tuple[date, date]]:
    return [(date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])) for row in rows]


def months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def is_within(limits: Any, starts_on: date, ends_on: date) -> bool:
    days, after = (ends_on - starts_on).days + 1, ends_on + timedelta(days=1)
    shortest = months_later(starts_on, limits.get("min_months", 0))
    longest = months_later(starts_on, limits.get("max_months", 1200))
    too_long = months_later(starts_on, limits.get("max_months_exclusive", 1200))
    in_days = limits.get("min_days", 1) <= days <= limits.get("max_days", days)
    return in_days and shortest <= after <= longest and after < too_long


def texts(node: Any) -> Iterator[dict[str, str]]:
    """Every map of texts for readers, wherever it stands in a file."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key in ("title", "summary", "description", "label", "help"):
            yield value
        elif isinstance(value, dict | list):
            yield from texts(value)
