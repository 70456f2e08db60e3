"""The command `intervet`: what it is made of, and how it ends."""

import signal
import sys

import typer

from intervet_client.cli import access, applying, calls, exports, following, hooks, statuses
from intervet_client.errors import IntervetError

STOPPED = 3  # The command could not do its work; 1 is for findings, 2 for a command that is wrong.
INTERRUPTED = 130  # as shells have it for Ctrl-C

app = typer.Typer(
    help="Send applications from a spreadsheet, each exactly once; follow their states, exports and events.\n\n"
    "Begin with `intervet login`, then `intervet calls`. For a spreadsheet: `intervet form CALL`, "
    "`intervet check FILE --call CALL`, `intervet apply FILE --call CALL`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("login")(access.login)
app.command("logout")(access.logout)
app.command("calls")(calls.list_calls)
app.command("form")(calls.show_form)
app.command("check")(applying.check)
app.command("apply")(applying.apply)
app.command("status")(statuses.status)
app.command("export")(exports.export)
app.command("events")(following.events)
app.add_typer(hooks.app, name="webhooks")


def main() -> None:
    """Run the command, and end with a sentence where it can't go on."""
    signal.signal(signal.SIGINT, _stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter shows a question mark
    try:
        app()
    except IntervetError as error:
        print(f"intervet: {error}", file=sys.stderr)
        sys.exit(STOPPED)


def _stop(*_: object) -> None:
    print("intervet: stopped. Run the same command again to go on.", file=sys.stderr)
    sys.exit(INTERRUPTED)
