"""Rows sent, each exactly once: the key is made of what the row says, and the outcome is kept before the next one."""

from collections.abc import Iterator
from dataclasses import replace

from intervet_client.client import Client
from intervet_client.errors import DuplicateApplication, InvalidInput
from intervet_client.findings import Finding
from intervet_client.prepared import Prepared, Reading
from intervet_client.results import Outcome, Results


def apply_rows(client: Client, call_id: str, reading: Reading, results: Results) -> Iterator[Outcome]:
    """Send every row that is in order and hasn't been taken in yet, and tell what became of each.

    What the server says of one row is that row's outcome; what it says of all (closed, not permitted, not answering)
    is raised, and what was sent until then is kept. Run again, it goes on where it was.
    """
    for row in reading.rows:
        blank = Outcome(str(row.row), row.name, "rejected", call=call_id, key=row.key)
        known = results.known.get(row.key)
        if row.same_as is not None:
            outcome = replace(blank, outcome="repeated", error=f"The same as row {row.same_as}.")
        elif known and known.stands:
            results.known[row.key] = outcome = replace(known, row=blank.row)  # Rows may have moved since.
        else:
            outcome = _rejected(blank, row.findings) if row.findings else _sent(client, row, blank)
            results.write(outcome)
        yield outcome


def _sent(client: Client, row: Prepared, blank: Outcome) -> Outcome:
    try:
        receipt = client.apply(blank.call, row.body, key=row.key)
    except DuplicateApplication as error:
        return replace(blank, outcome="already", reference=error.reference, error=error.detail)
    except InvalidInput as error:
        pointers = [_of_sheet(each.pointer, row) for each in error.errors]
        found = zip(pointers, error.errors, strict=True)
        findings = [row.places.finding(pointer, each.code, each.detail) for pointer, each in found]
        return _rejected(blank, findings) if findings else replace(blank, cell=row.places.where, error=error.detail)
    return replace(
        blank,
        outcome="added",
        reference=receipt["reference"],
        state=receipt["state"],
        my_url=receipt.get("my_url", ""),
        application_id=receipt["id"],
    )


def _rejected(blank: Outcome, findings: tuple[Finding, ...] | list[Finding]) -> Outcome:
    details = "; ".join(f"{each.cell} {each.column}: {each.detail}" for each in findings)
    return replace(blank, cell=findings[0].cell, error=details)


def _of_sheet(pointer: str, row: Prepared) -> str:
    """The pointer as the sheet's columns have it: consents stand there by purpose, not by number."""
    parts = pointer.split("/")
    if parts[1:2] == ["consents"] and len(parts) > 2 and parts[2].isdigit():
        return f"/consents/{row.body['consents'][int(parts[2])]['purpose']}"
    return "/guardian/given_names" if pointer == "/guardian" else pointer
