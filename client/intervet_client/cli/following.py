"""Events, for programs that read them line by line."""

from pathlib import Path

import typer

from intervet_client.cli.output import json_lines
from intervet_client.client import Client
from intervet_client.following import Position, follow


def events(
    is_followed: bool = typer.Option(False, "--follow", help="Go on with what is still to come, until Ctrl-C."),
    types: str | None = typer.Option(None, metavar="TYPES", help="Only these, as in application.*,call.published"),
    project: str | None = typer.Option(None, metavar="PROJECT", help="Only of this project, by its code."),
    country: str | None = typer.Option(None, metavar="COUNTRY", help="Only of this country."),
    position: Path = typer.Option(
        Path("intervet-events.position"),
        metavar="FILE",
        help="Where it is kept which event came last, so that a restart goes on there.",
    ),
    every: float = typer.Option(5.0, min=1.0, metavar="SECONDS", help="Seconds between two questions."),
) -> None:
    """Print events, one JSON object a line, oldest first.

    A restart goes on after the last one printed. An event that was being printed when the program was killed is
    printed once more: its `id` tells.
    """
    client = Client.from_settings()
    filters = {"types": types, "project": project, "country": country}
    kept = Position(position, client, filters)
    for event in follow(client, kept, filters, every=every if is_followed else None):
        json_lines([event])
