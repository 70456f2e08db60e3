"""Webhooks, from the receiver's side."""

import sys
from pathlib import Path

import typer

from intervet_client import sheets, webhooks
from intervet_client.cli.output import json_lines
from intervet_client.errors import BadFile
from intervet_client.settings import ENVIRONMENT

app = typer.Typer(help="Webhooks, from the receiver's side.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Webhooks, from the receiver's side."""


@app.command("verify")
def verify(
    body: Path = typer.Argument(metavar="BODY", help="The body as it arrived, byte for byte; - for standard input."),
    headers: Path = typer.Argument(metavar="HEADERS", help="The request's headers, a line each: `webhook-id: …`"),
    secret: Path | None = typer.Option(
        None,
        "--secret-file",
        metavar="FILE",
        help="A file with whsec_… or whpk_…; unless told, INTERVET_WEBHOOK_SECRET is read.",
    ),
    any_age: bool = typer.Option(False, "--any-age", help="For a message from a log: however old it is."),
) -> None:
    """Verify a message's signature, and print the message. Ends with 3 when it isn't the server's."""
    content = sys.stdin.buffer.read() if str(body) == "-" else sheets.read(body)
    tolerance = None if any_age else webhooks.TOLERANCE
    message = webhooks.verify(content, _headers(headers), _secret(secret), tolerance=tolerance)
    json_lines([message])


def _headers(file: Path) -> dict[str, str]:
    lines = sheets.read(file).decode("utf-8", "replace").splitlines()
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _secret(file: Path | None) -> str:
    if file is not None:
        return sheets.read(file).decode("ascii", "replace").strip()
    secret = ENVIRONMENT.get("INTERVET_WEBHOOK_SECRET")
    if not secret:
        raise BadFile("There is no secret.\nNext: set INTERVET_WEBHOOK_SECRET, or name a file by --secret-file.")
    return secret
