"""How commands answer: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.table import Table
from rich.text import Text

NARROWEST = 100  # columns, where nobody says how wide the screen is: a pipe, a file

console = Console(soft_wrap=False, highlight=False)
told = Console(stderr=True, highlight=False)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below headings."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        made.add_column(heading, overflow="fold", no_wrap=index == 0)  # The first one is what people copy.
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))  # as Text, brackets are brackets
    screen = console if console.is_terminal else Console(width=max(console.width, NARROWEST), highlight=False)
    screen.print(made)


def json_lines(items: Iterable[Any]) -> None:
    """Print each item as a line of JSON."""
    for item in items:
        sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def local(instant: str | None, zone: str) -> str:
    """An instant as the clocks of its zone show it."""
    if not instant:
        return "not set"
    found = datetime.fromisoformat(instant)
    try:
        return f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
    except ZoneInfoNotFoundError:  # a system without time zones
        return f"{found:%Y-%m-%d %H:%M} UTC"
