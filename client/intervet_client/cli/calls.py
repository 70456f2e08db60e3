"""What is offered, and what is asked."""

import typer

from intervet_client.cli.output import console, json_lines, local, table
from intervet_client.client import Client
from intervet_client.columns import Column, columns_of, shown
from intervet_client.shapes import PARENTAL, Call, Schema

LANG = typer.Option(None, metavar="LANGUAGE", help="The language to read it in: en, sq, mk, sr-Latn, sr-Cyrl, bs, cnr.")


def list_calls(
    country: str | None = typer.Option(
        None, metavar="COUNTRY", help="Only calls open to applicants from this country, as in AL."
    ),
    lang: str | None = LANG,
    status: str = typer.Option(
        "open", metavar="STATUS", help="open, scheduled, closed, in_selection, decided, or all."
    ),
    as_json: bool = typer.Option(False, "--json", help="One call a line, as JSON."),
) -> None:
    """List calls, the open ones unless told otherwise."""
    wanted = None if status == "all" else status
    found = Client.from_settings().calls(status=wanted, country=country and country.upper(), lang=lang)
    if as_json:
        return json_lines(found)
    listed = sorted(found, key=lambda call: call["closes_at"] or "9999")
    if not listed:
        return console.print("There are none. `intervet calls --status all` lists every call.")
    headings = ("call", "title", "for", "closes", "places left")
    return table(headings, (_row(call) for call in listed))


def _row(call: Call) -> tuple[object, ...]:
    countries, left = ", ".join(call["eligible_countries"]), f"{call['places_left']} of {call['places']}"
    return call["slug"], call["title"], countries, local(call["closes_at"], call["timezone"]), left


def show_form(
    call: str = typer.Argument(
        metavar="CALL", help="The call: its name in the first column of `intervet calls`, or its id."
    ),
    lang: str | None = LANG,
    as_json: bool = typer.Option(False, "--json", help="The questions as JSON Schema, as the server gives it."),
) -> None:
    """Show what an application to a call is made of: the columns of a spreadsheet for it.

    A column may be headed by its name or by its label, in any language.
    """
    client = Client.from_settings()
    form = client.form(call, lang=lang)
    if as_json:
        return json_lines([form])
    found = client.call(call, lang=lang)
    console.print(f"{found['title']} (closes {local(found['closes_at'], found['timezone'])})\n", markup=False)
    rows = [
        (column.name, column.title, "yes" if column.required else "", _how(column, found, form))
        for column in columns_of(found, {"": form}, lang=lang)
    ]
    return table(("column", "label", "needed", "what to write"), rows)


WRITTEN = {
    "birth_date": "2008-05-17 or 17.05.2008",
    "graduation_date": "2026-06-30 or 30.06.2026",
    "gender": "1 male, 2 female, 9 not applicable; or the word",
    "nationality": "a country, as in AL",
    "phone": "with + or 0 before it, in a cell formatted as text",
    "guardian_given_names": "text; needed for whoever is under eighteen",
    "guardian_family_name": "text; needed for whoever is under eighteen",
    "guardian_email": "where they are sent the link by which they agree",
    "guardian_phone": "with + or 0 before it, in a cell formatted as text",
    "languages": "with level: it B1; en A2",
    "lang": "in which they are written to: sq",
    "isced_f": "as in 0715, in a cell formatted as text",
    "eqf_level": "1 to 8",
    "sending_organisation_id": "the school's id; your own unless told",
}
KINDS = {"boolean": "yes or no", "number": "a number", "integer": "a whole number", "array": "documents, by id"}


def _how(column: Column, call: Call, form: Schema) -> str:
    """What to write in a column's cells."""
    group, _, name = column.name.rpartition(".")
    if group == "answers":
        return _answer(column, form["properties"][name])
    if group == "consents":
        return "yes or no, as the guardian signed on paper" if name == PARENTAL else KINDS["boolean"]
    if name == "country":
        return " or ".join(call["eligible_countries"])
    if name == "preferences":
        return f"in order, with ; between: {'; '.join(column.choices.values())}"
    return WRITTEN.get(name, "text")


def _answer(column: Column, question: Schema) -> str:
    parts = question.get("properties", {})
    if column.choices:
        several = "several, with ; between: " if question.get("type") == "array" else ""
        return several + "; ".join(shown(column.choices)) + ("; or another name" if "not_listed" in parts else "")
    if "cefr" in parts:
        return "a language with its level: it B1"
    if question.get("format") == "date":
        return "a date: 2026-06-30 or 30.06.2026"
    longest = f"text, up to {question['maxLength']} characters" if "maxLength" in question else "text"
    return KINDS.get(str(question.get("type")), longest)
