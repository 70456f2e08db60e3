"""Where applications stand."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import typer

from intervet_client import results
from intervet_client.cli.output import console, json_lines, table
from intervet_client.client import Client
from intervet_client.errors import BadFile, BadSettings, NotFound
from intervet_client.results import Outcome


def status(
    file: Path | None = typer.Argument(
        None, metavar="FILE", help="A file that was applied, or its results file. Without: all that you see."
    ),
    call: str | None = typer.Option(None, metavar="CALL", help="Only applications to this call."),
    state: str | None = typer.Option(
        None, metavar="STATE", help="Only those in this state: submitted, eligible, selected …"
    ),
    as_json: bool = typer.Option(False, "--json", help="One application a line, as JSON."),
) -> None:
    """Show where applications stand now: those of a file, or those that you may see."""
    client = Client.from_settings()
    if file is None and not client.has_token:
        raise BadSettings("Only a token may list applications.\nNext: `intervet login`, or name a file.")
    call_id = client.call(call)["id"] if call else None
    rows = _of_server(client, call_id, state) if file is None else _of_file(client, file, call_id)
    wanted = [row for row in rows if state in (None, row["state"])]
    if as_json:
        return json_lines(wanted)
    if not wanted:
        return console.print("There are none.")
    table(list(wanted[0]), ([*row.values()] for row in wanted))
    counted = Counter(str(row["state"]) for row in wanted)
    return console.print("\n" + ", ".join(f"{count} {name}" for name, count in counted.most_common()), markup=False)


def _of_server(client: Client, call_id: str | None, state: str | None) -> Iterator[dict[str, str]]:
    for found in client.applications(call_id=call_id, state=state):
        yield {"reference": found["reference"], "state": found["state"], "submitted": str(found["submitted_at"])}


def _of_file(client: Client, file: Path, call_id: str | None) -> Iterator[dict[str, str]]:
    """The rows of a results file, each with the state that its application has now."""
    path = results.path_for(file)
    if not path.exists():
        raise BadFile(f"There is no {path}.\nNext: `intervet apply '{file}' --call CALL` writes it.")
    latest = {outcome.key: outcome for outcome in results.read(path)}.values()
    wanted = [outcome for outcome in latest if call_id in (None, outcome.call)]
    find = _states if client.has_token else _states_by_link
    now = find(client, [outcome for outcome in wanted if outcome.stands])
    for outcome in wanted:
        state = now.get(outcome.reference, "not visible to you") if outcome.stands else outcome.outcome
        yield {"row": outcome.row, "name": outcome.name, "reference": outcome.reference, "state": state}


def _states(client: Client, outcomes: list[Outcome]) -> dict[str, str]:
    """The state of each by its reference: all of a call's are read at once, two hundred a request."""
    wanted = {outcome.reference for outcome in outcomes}
    calls = dict.fromkeys(outcome.call for outcome in outcomes)
    found = (each for call_id in calls for each in client.applications(call_id=call_id))
    return {each["reference"]: each["state"] for each in found if each["reference"] in wanted}


def _states_by_link(client: Client, outcomes: list[Outcome]) -> dict[str, str]:
    """The state of each by its reference, read as its applicant does; a link that was revoked shows none."""
    found = {}
    for outcome in (outcome for outcome in outcomes if outcome.my_url):
        with suppress(NotFound):
            found[outcome.reference] = client.my_application(outcome.my_url)["state"]
    return found
