"""A spreadsheet checked, sent, and looked after."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from intervet_client import results, sending
from intervet_client.cli.output import console, json_lines, local, table, told
from intervet_client.client import Client
from intervet_client.errors import IntervetError
from intervet_client.findings import Finding
from intervet_client.intake import Intake
from intervet_client.prepared import Common, Reading
from intervet_client.results import Outcome, Results

CALL = typer.Option(
    ..., "--call", metavar="CALL", help="The call: its name in the first column of `intervet calls`, or its id."
)
FILE = typer.Argument(metavar="FILE", help="A spreadsheet (.xlsx, .csv) or .ndjson with one application a row.")
SET = typer.Option(
    None, "--set", metavar="COLUMN=VALUE", help="A value for all rows whose cell is empty, as in --set country=AL."
)
ATTESTED = typer.Option(False, "--attested", help="The school holds the consents on paper.")
TEXT_VERSION = typer.Option(
    None, metavar="VERSION", help="The version of the consents' texts that was read; the present one unless told."
)
FOUND = 1  # the command's exit code when something is to be corrected
MOST_SHOWN = 50


def check(
    file: Path = FILE,
    call: str = CALL,
    common: list[str] | None = SET,
    attested: bool = ATTESTED,
    text_version: str | None = TEXT_VERSION,
    as_json: bool = typer.Option(False, "--json", help="One finding a line, as JSON."),
) -> None:
    """Check a file of applications without sending anything: each finding with its cell."""
    intake = Intake.of(Client.from_settings(), call)
    reading = intake.read(file, _common(common, attested, text_version))
    if as_json:
        json_lines(vars(finding) for finding in reading.findings)
    else:
        _show(reading)
        _note(intake)
    if reading.findings:
        raise typer.Exit(FOUND)


def apply(
    file: Path = FILE,
    call: str = CALL,
    common: list[str] | None = SET,
    attested: bool = ATTESTED,
    text_version: str | None = TEXT_VERSION,
) -> None:
    """Send a file of applications, each exactly once.

    What is in order is sent, what isn't is named with its cell. What became of each row is written into a file beside
    it (FILE.results.csv). Stop it anywhere and run it again: it goes on where it was, and sends nothing twice. Correct
    a cell and run it again: only that row is sent.
    """
    client = Client.from_settings()
    intake = Intake.of(client, call)
    reading = intake.read(file, _common(common, attested, text_version))
    if reading.header:
        _show(reading)
        raise typer.Exit(FOUND)
    path = results.path_for(file)
    with results.locked(path):
        outcomes = _send(client, intake.call["id"], reading, path)
    _summarise(outcomes, path)
    if any(outcome.outcome == "rejected" for outcome in outcomes):
        raise typer.Exit(FOUND)


def _send(client: Client, call_id: str, reading: Reading, path: Path) -> list[Outcome]:
    kept = Results(path)
    outcomes: list[Outcome] = []
    try:
        with _progress() as bar:
            sent = sending.apply_rows(client, call_id, reading, kept)
            outcomes.extend(bar.track(sent, total=len(reading.rows)))
    except IntervetError as error:
        kept.close()
        stands = sum(outcome.stands for outcome in outcomes)
        raise IntervetError(
            f"{error}\nStopped: {stands} of {len(reading.rows)} applications are in; {path.name} lists them. "
            "Run the same command again to go on; nothing is sent twice by that."
        ) from error
    kept.finish([row.key for row in reading.rows])
    return outcomes


def _common(said: list[str] | None, attested: bool, text_version: str | None) -> Common:
    pairs = [each.partition("=") for each in said or ()]
    wrong = [name for name, equals, value in pairs if not (name and equals and value)]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r}: write --set COLUMN=VALUE, as in --set country=AL")
    return Common({name: value for name, _, value in pairs}, attested, text_version)


def _show(reading: Reading) -> None:
    """What is wrong, for people: the header first, since most of the rest comes from it."""
    found = reading.header or reading.findings
    if found:
        _findings(found)
    concerned = len({finding.row for row in reading.rows for finding in row.findings})
    if reading.header:
        console.print("\nNothing can be sent before the columns are right.")
    elif found:
        console.print(f"\n{concerned} of {len(reading.rows)} applications are to be corrected; the others can be sent.")
    else:
        console.print(f"All {len(reading.rows)} applications are in order. Send them with `intervet apply`.")


def _note(intake: Intake) -> None:
    """Say when the call doesn't take anything just now, however well the sheet is filled in."""
    call = intake.call
    if call["status"] != "open":
        opens, closes = local(call["opens_at"], call["timezone"]), local(call["closes_at"], call["timezone"])
        console.print(f"The call is {call['status']} now: it opens {opens} and closes {closes}.", soft_wrap=True)


def _findings(found: Iterable[Finding]) -> None:
    listed = list(found)
    rows = ((each.cell, each.column, each.detail) for each in listed[:MOST_SHOWN])
    table(("cell", "column", "what is wrong, and what to do"), rows)
    if len(listed) > MOST_SHOWN:
        console.print(f"… and {len(listed) - MOST_SHOWN} more; --json lists all.")


def _summarise(outcomes: list[Outcome], path: Path) -> None:
    counted = Counter(outcome.outcome for outcome in outcomes)
    rejected = [outcome for outcome in outcomes if outcome.outcome == "rejected"]
    if rejected:
        table(
            ("cell", "name", "what is wrong, and what to do"),
            ((r.cell, r.name, r.error) for r in rejected[:MOST_SHOWN]),
        )
        console.print()
    words = {
        "added": "taken in",
        "already": "had applied already",
        "repeated": "the same as a row above",
        "rejected": "to be corrected",
    }
    told_ = ", ".join(f"{counted[name]} {word}" for name, word in words.items() if counted[name])
    console.print(f"{told_}. Each row's reference and link: {path}", markup=False, soft_wrap=True)
    if rejected:
        console.print("Correct the cells and run the same command again: only those rows are sent.")


def _progress() -> Progress:
    columns = (TextColumn("applying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=told, transient=True, disable=not told.is_terminal)
