"""Rows sent, each exactly once: the key is made of what the row says, and the outcome is kept before the next one."""

from collections.abc import Iterator
from dataclasses import replace

from intervet_client.client import Client
from intervet_client.errors import DuplicateApplication, InvalidInput, Problem
from intervet_client.intake import Prepared, Reading
from intervet_client.results import Outcome, Results


def apply_rows(client: Client, call_id: str, reading: Reading, results: Results) -> Iterator[Outcome]:
    """Send every row that is in order and hasn't been taken in yet, and tell what became of each.

    What the server says of one row is that row's outcome; what it says of all (closed, not permitted, not answering)
    is raised, and what was sent until then is kept. Run again, it goes on where it was.
    """
    for row in reading.rows:
        known = results.known.get(row.key)
        if known and known.stands and row.same_as is None:
            results.known[row.key] = outcome = replace(known, row=str(row.row))  # Rows may have moved since.
        else:
            outcome = _of(row) or _sent(client, call_id, row)
            if row.same_as is None:
                results.write(outcome)
        yield outcome


def _of(row: Prepared) -> Outcome | None:
    """The outcome of a row that isn't to be sent at all."""
    if row.same_as is not None:
        return Outcome(str(row.row), row.name, "repeated", error=f"The same as row {row.same_as}.", key=row.key)
    if row.findings:
        first = row.findings[0]
        details = "; ".join(f"{each.cell} {each.column}: {each.detail}" for each in row.findings)
        return Outcome(str(row.row), row.name, "rejected", cell=first.cell, error=details, key=row.key)
    return None


def _sent(client: Client, call_id: str, row: Prepared) -> Outcome:
    try:
        receipt = client.apply(call_id, row.body, key=row.key)
    except DuplicateApplication as error:
        return Outcome(str(row.row), row.name, "already", error.reference, error=error.detail, key=row.key)
    except InvalidInput as error:
        return _refused(row, error)
    return Outcome(
        str(row.row),
        row.name,
        "added",
        receipt["reference"],
        receipt["state"],
        receipt.get("my_url", ""),
        receipt["id"],
        key=row.key,
    )


def _refused(row: Prepared, error: Problem) -> Outcome:
    found = [row.places.finding(_of_sheet(each.pointer, row), each.code, each.detail) for each in error.errors]
    details = "; ".join(f"{each.cell} {each.column}: {each.detail}" for each in found) or error.detail
    cell = found[0].cell if found else row.places.where
    return Outcome(str(row.row), row.name, "rejected", cell=cell, error=details, key=row.key)


def _of_sheet(pointer: str, row: Prepared) -> str:
    """The pointer as the sheet's columns have it: consents stand there by purpose, not by number."""
    parts = pointer.split("/")
    if parts[1:2] == ["consents"] and len(parts) > 2 and parts[2].isdigit():
        return f"/consents/{row.body['consents'][int(parts[2])]['purpose']}"
    return pointer
