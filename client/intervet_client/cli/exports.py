"""Lists as files."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from intervet_client import exporting
from intervet_client.cli.output import console
from intervet_client.client import Client


class Noun(StrEnum):
    """What can be exported."""

    APPLICATIONS = "applications"
    MOBILITIES = "mobilities"


def export(
    noun: Noun = typer.Argument(metavar="WHAT", help="applications or mobilities."),
    file: Path = typer.Argument(metavar="FILE", help="Where to: a name that ends in .csv, .xlsx or .ndjson."),
    call: str | None = typer.Option(None, metavar="CALL", help="Applications to this call."),
    project: str | None = typer.Option(None, metavar="PROJECT", help="Mobilities of this project, by its code."),
    state: str | None = typer.Option(None, metavar="STATE", help="Those in this state."),
    since: str | None = typer.Option(None, metavar="INSTANT", help="Those changed since, as in 2026-11-01T00:00:00Z."),
) -> None:
    """Write applications or mobilities that you may see into a file."""
    if (call and noun is Noun.MOBILITIES) or (project and noun is Noun.APPLICATIONS):
        raise typer.BadParameter("--call is for applications, --project for mobilities.")
    client = Client.from_settings()
    filters: dict[str, Any] = {"state": state, "modified_since": since}
    if noun is Noun.APPLICATIONS:
        found = client.applications(call_id=client.call(call)["id"] if call else None, **filters)
        count = exporting.export(found, file)
    else:
        count = exporting.export(client.mobilities(project=project, **filters), file)
    console.print(f"{count} {noun}: {file}", markup=False, soft_wrap=True)
