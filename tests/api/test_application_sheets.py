"""Sheets of a call's applications over HTTP."""

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook

from domain.models.tokens import Scope
from tests.world import World

ALL = frozenset(Scope)


def of_csv(answer: Any) -> list[dict[str, str]]:
    """The rows by the titles of their columns."""
    return list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_a_workbook_is_there_to_be_filled_in(world: World, as_: Any) -> None:
    call = world.call()
    world.application(call)

    answer = as_("partner").get(f"/v1/calls/{call.slug}/applications.xlsx?lang=sq")

    sheet = load_workbook(BytesIO(answer.data)).worksheets[0]
    assert (answer.status_code, answer.headers["Content-Language"], answer.headers["Cache-Control"]) == (
        200,
        "sq",
        "private, no-store",
    )
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{call.slug}.xlsx"'
    assert [cell.value for cell in sheet[1]][-4:] == ["Vendimi", "Renditja", "Destinacioni", "Arsyeja"]
    assert (sheet["B2"].value, sheet["J2"].value, sheet.freeze_panes) == ("i dorëzuar", None, "C2")


def test_csv_has_the_same_cells_as_text(world: World, as_: Any) -> None:
    call = world.call()
    application = world.application(call, answers={"motivation": "=HYPERLINK(1)"})

    answer = as_("partner").get(f"/v1/calls/{call.id}/applications.csv")

    (row,) = of_csv(answer)
    assert answer.data[:3] == b"\xef\xbb\xbf"
    assert (row["Reference"], row["Late"], row["Received"]) == (
        application.reference,
        "false",
        "2026-11-22 10:00:00+01:00",
    )
    assert (row["Why do you want to go?"], row["Birth date"], row["Decision"]) == ("'=HYPERLINK(1)", "2005-03-08", "")


def test_the_mark_of_the_encoding_can_be_left_out(world: World, as_: Any) -> None:
    answer = as_("partner").get(f"/v1/calls/{world.call().id}/applications.csv?bom=0")

    assert answer.text.startswith("Reference,State,Version")


@pytest.mark.parametrize("lang", ["en", "*"])
def test_all_languages_at_once_are_none_for_a_sheet(world: World, as_: Any, lang: str) -> None:
    answer = as_("partner").get(f"/v1/calls/{world.call().id}/applications.csv?bom=0&lang={lang}")

    assert (answer.headers["Content-Language"], answer.text[:9]) == ("en", "Reference")


def test_rows_are_filtered_as_the_list_is(world: World, as_: Any) -> None:
    call = world.call()
    world.eligible(call, "Ana")
    world.application(call, "Iva")

    answer = as_("partner").get(f"/v1/calls/{call.id}/applications.csv?state=eligible")

    assert [row["Given names"] for row in of_csv(answer)] == ["Ana"]


def test_persons_are_there_for_those_with_the_scope_alone(world: World, as_: Any) -> None:
    call = world.call()
    world.application(call)

    answer = as_("partner", scopes=ALL - {Scope.PERSONAL_READ}).get(f"/v1/calls/{call.id}/applications.csv")

    assert (answer.status_code, len(of_csv(answer))) == (200, 1)
    assert [word for word in ("Ana", "ana@", "2005-03-08", "I want to learn") if word in answer.text] == []


@pytest.mark.parametrize("missing", [Scope.EXPORTS_READ, Scope.APPLICATIONS_READ])
def test_a_sheet_takes_two_scopes(world: World, as_: Any, missing: Scope) -> None:
    answer = as_("partner", scopes=ALL - {missing}).get(f"/v1/calls/{world.call().id}/applications.xlsx")

    assert (answer.status_code, answer.json["scope"]) == (403, missing)


def test_each_sees_the_rows_of_its_own(world: World, as_: Any) -> None:
    call = world.call()
    world.application(call, "Ana", sending_organisation_id=world.organisation("school"))
    world.application(call, "Iva")
    address = f"/v1/calls/{call.id}/applications.csv"

    seen = {name: len(of_csv(as_(name).get(address))) for name in ("coordinator", "partner", "school", "host")}

    assert seen == {"coordinator": 2, "partner": 2, "school": 1, "host": 0}


def test_a_call_that_can_not_be_seen_has_no_sheet(world: World, as_: Any) -> None:
    address = f"/v1/calls/{world.draft().id}/applications.xlsx"

    assert [as_(name).get(address).status_code for name in ("partner", "stranger")] == [200, 404]


def test_the_list_is_sorted_by_state_school_and_destination(world: World, as_: Any) -> None:
    ana, _ = world.selection("Ana", "Iva")
    partner = as_("partner")
    partner.post(f"/v1/applications/{ana.id}/selection", json={"destination_id": str(ana.call.destinations[0].id)})

    found = {
        sort: [one["person"]["given_names"] for one in partner.get(f"/v1/applications?sort={sort}").json["items"]]
        for sort in ("state", "-state", "destination", "-destination")
    }

    assert found == {
        "state": ["Iva", "Ana"],
        "-state": ["Ana", "Iva"],
        "destination": ["Iva", "Ana"],
        "-destination": ["Ana", "Iva"],
    }


@pytest.mark.parametrize("sort", ["sending_organisation", "-sending_organisation", "state", "destination"])
def test_pages_of_a_sorted_list_leave_nothing_out(world: World, as_: Any, sort: str) -> None:
    call, coordinator = world.call(), as_("coordinator")
    for name, school in (("Ana", "school"), ("Iva", "partner"), ("Mia", "school")):
        world.application(call, name, sending_organisation_id=world.organisation(school))

    schools, address = [], f"/v1/applications?limit=1&sort={sort}"
    while address:
        page = coordinator.get(address).json
        schools += [one["sending_organisation"] for one in page["items"]]
        address = page["next"]

    assert sorted(schools) == ["The partner", "The school", "The school"]
    assert "sending" not in sort or schools == sorted(schools, reverse=sort.startswith("-"))
