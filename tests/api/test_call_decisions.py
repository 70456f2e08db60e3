"""Decisions on many applications at once, over HTTP: as JSON, and as the sheet that was filled in."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from api.app import create_app
from domain.config import Config
from domain.models.applications import Application, ApplicationState
from domain.models.events import EventType
from domain.models.tokens import Scope
from domain.transaction import Database
from integrations.formats import csv
from integrations.formats.workbooks import MIMETYPE
from tests.api.test_applications import at_once
from tests.conftest import Clock
from tests.house import told
from tests.integrations.formats.workbooks import workbook
from tests.world import World

S = ApplicationState
LATIN = "Renditja e dhënë sipas përvojës"


def states(world: World) -> list[ApplicationState]:
    return world.read(select(Application.state).order_by(Application.id))


def filled_in(content: bytes, *rows: Mapping[str, Any]) -> bytes:
    """The workbook with values in the cells of its rows, by the titles of the columns."""
    book = load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    for number, row in enumerate(rows, 2):
        for title, value in row.items():
            sheet.cell(number, titles.index(title) + 1).value = value
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def sheet_of(caller: Any, application: Application, lang: str = "en") -> bytes:
    content: bytes = caller.get(f"/v1/calls/{application.call_id}/applications.xlsx?lang={lang}").data
    return content


def send(caller: Any, application: Application, content: bytes, kind: str = MIMETYPE, query: str = "") -> Any:
    return caller.post(f"/v1/calls/{application.call_id}/decisions{query}", data=content, content_type=kind)


def cells(answer: Any) -> list[tuple[str, str, str]]:
    assert answer.status_code == 422, answer.json
    return [(error["pointer"], error["code"], error.get("cell", "")) for error in answer.json["errors"]]


SELECTED = {"Decision": "selected", "Destination": "Lyon (FR)"}


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sheet_comes_back_filled_in(world: World, as_: Any) -> None:
    ana, iva, mia, _ = world.selection("Ana", "Iva", "Mia", "Eva")
    partner = as_("partner")
    content = filled_in(
        sheet_of(partner, ana),
        SELECTED,
        {"Decision": "reserve", "Rank": 1},
        {"Decision": "rejected", "Reason": "Late."},
    )

    answer = send(partner, ana, content)

    assert (answer.status_code, answer.json["dry_run"]) == (200, False)
    assert [(one["reference"], one["state"], one["rank"], one["reason"]) for one in answer.json["decisions"]] == [
        (ana.reference, "selected", None, None),
        (iva.reference, "reserve", 1, None),
        (mia.reference, "rejected", None, "Late."),
    ]
    assert states(world) == [S.SELECTED, S.RESERVE, S.REJECTED, S.ELIGIBLE]


@pytest.mark.parametrize(
    ("lang", "row"),
    [
        ("sq", {"Vendimi": "i përzgjedhur", "Destinacioni": "Lyon (FR)"}),
        ("mk", {"Одлука": "избрана", "Дестинација": "Lyon (FR)"}),
        ("sr-Latn", {"Odluka": "IZABRANA", "Destinacija": "lyon (fr)"}),
        ("bs", {"Odluka": "odabrana", "Destinacija": "Lyon (FR)"}),
        ("cnr", {"Odluka": "selected", "Destinacija": "Lyon (FR)"}),
    ],
)
def test_every_language_is_understood(world: World, as_: Any, lang: str, row: dict[str, str]) -> None:
    (ana,) = world.selection("Ana")
    partner = as_("partner")

    answer = send(partner, ana, filled_in(sheet_of(partner, ana, lang), row))

    assert (answer.status_code, states(world)) == (200, [S.SELECTED]), answer.json


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8", ","), ("cp1250", ";"), ("utf-16", "\t")])
def test_csv_comes_back_as_a_spreadsheet_writes_it(world: World, as_: Any, encoding: str, separator: str) -> None:
    (ana,) = world.selection("Ana")
    header = ["Referenca", "Versioni", "Vendimi", "Destinacioni", "Arsyeja"]
    row = [ana.reference, "2", "i përzgjedhur", "Lyon (FR)", LATIN]
    text = "\r\n".join(separator.join(line) for line in (header, row))

    answer = send(as_("partner"), ana, text.encode(encoding), "text/csv")

    assert (answer.status_code, answer.json["decisions"][0]["reason"]) == (200, LATIN)


def test_our_own_csv_comes_back_and_what_looks_like_a_formula_is_as_it_was(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    partner = as_("partner")
    ours = partner.get(f"/v1/calls/{ana.call_id}/applications.csv").data
    header, row = csv.read(ours)
    values = dict(zip(header, row, strict=True)) | {**SELECTED, "Reason": "=SUM(A1)"}

    answer = send(partner, ana, csv.BOM + csv.write([header, [*values.values()]]), "text/csv")

    assert answer.json["decisions"][0]["reason"] == "=SUM(A1)"


def test_a_form_carries_the_file_as_well(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    partner = as_("partner")
    content = filled_in(sheet_of(partner, ana), SELECTED)

    form = {"file": (BytesIO(content), "decisions.xlsx")}
    answer = partner.post(f"/v1/calls/{ana.call_id}/decisions", data=form, content_type="multipart/form-data")

    assert (answer.status_code, states(world)) == (200, [S.SELECTED])


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({}, ("/file", "required")),
        ({"file": "text"}, ("/file", "required")),
        ({"file": [b"a", b"b"]}, ("/file", "repeated")),
        ({"sheet": [b"a"]}, ("/sheet", "unknown_field")),
    ],
)
def test_a_form_without_just_one_file_is_refused(world: World, as_: Any, form: Any, found: tuple[str, str]) -> None:
    address = f"/v1/calls/{world.call().id}/decisions"

    sent = {
        name: [(BytesIO(one), "a.csv") for one in value] if isinstance(value, list) else value
        for name, value in form.items()
    }
    answer = as_("partner").post(address, data=sent, content_type="multipart/form-data")

    assert told(answer) == (422, [found])


def test_every_refusal_names_its_cell_and_nothing_is_done(world: World, as_: Any) -> None:
    applications = world.selection("Ana", "Iva", "Mia", "Eva", "Lea", "Una", "Ema", "Zoe")
    partner, ana = as_("partner"), applications[0]
    wrong = [
        SELECTED,
        {"Decision": "maybe"},
        {"Decision": "reserve", "Rank": 1.5},
        {"Decision": "selected", "Destination": "Paris"},
        {"Rank": 3},
        {"Decision": "rejected", "Version": 1},
        {"Decision": "rejected", "Reference": "A-0000-0000"},
        {"Decision": "rejected", "Reference": None},
    ]

    answer = send(partner, ana, filled_in(sheet_of(partner, ana), *wrong))

    assert cells(answer) == [
        ("/rows/3/decision", "not_a_choice", "U3"),
        ("/rows/4/rank", "wrong_type", "V4"),
        ("/rows/6/decision", "required", "U6"),
        ("/rows/9/application_id", "required", "A9"),
    ]
    again = send(partner, ana, filled_in(sheet_of(partner, ana), SELECTED, {}, {}, *wrong[3:4], {}, *wrong[5:7]))
    assert cells(again) == [
        ("/rows/5/destination_id", "not_a_choice", "W5"),
        ("/rows/7/version", "changed_since", "C7"),
        ("/rows/8/reference", "not_found", "A8"),
    ]
    assert states(world) == [S.ELIGIBLE] * 8


BAD: list[tuple[bytes, str, str]] = [
    (b"Reference,Version\nA-1,2\n", "no_column", ""),
    (b"Version,Decision\n2,selected\n", "no_column", ""),
    (b"Reference,Version,Decision,Odluka\nA-1,2,selected,\n", "repeated", "D1"),
    (b"Reference,Version,Decision\nA-1,2,\n", "too_few", ""),
    (b"Reference,Version,Decision\n", "too_few", ""),
    (b"Reference,Version,Decision\nA-1,2,selected,Lyon\n", "not_a_table", ""),
    (b'"Reference', "not_a_table", ""),
    (b"PK\x03\x04", "not_a_table", ""),
    (b"\xff\xfea", "not_a_table", ""),
    (b"Reference,Version,Decision\n" + b"A-1,2,rejected\n" * 1001, "too_many", ""),
]


@pytest.mark.parametrize(("content", "code", "cell"), BAD)
def test_a_file_that_is_no_sheet_of_ours_is_refused(
    world: World, as_: Any, content: bytes, code: str, cell: str
) -> None:
    (ana,) = world.selection("Ana")

    answer = send(as_("partner"), ana, content, "text/csv")

    assert [(found[1], found[2]) for found in cells(answer)] == [(code, cell)]


def test_a_file_says_in_the_readers_language_what_it_lacks(world: World, as_: Any) -> None:
    answer = as_("partner").post(
        f"/v1/calls/{world.call().id}/decisions",
        data=workbook({"s": [["Referenca", "Versioni"], ["A-1", 1]]}),
        content_type=MIMETYPE,
        headers={"Accept-Language": "sq"},
    )

    assert answer.json["errors"][0]["detail"].startswith("Nuk ka kolonë “Vendimi”.")


def test_columns_may_stand_in_any_order_with_notes_among_them(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    rows = [["Note", "Decision", "Version", "Reference"], ["good", "Rejected", "2", ana.reference.lower()]]

    answer = send(as_("partner"), ana, workbook({"mine": rows}))

    assert (answer.status_code, states(world)) == (200, [S.REJECTED]), answer.json


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def body(application: Application, **values: Any) -> dict[str, Any]:
    one = {"application_id": str(application.id), "version": application.version, "decision": "rejected", **values}
    return {"decisions": [one]}


def test_scripts_decide_in_json(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    place = str(ana.call.destinations[0].id)
    address = f"/v1/calls/{ana.call_id}/decisions?confirm_by=2027-01-25T16:00:00Z"

    answer = as_("partner").post(address, json=body(ana, decision="selected", destination_id=place))

    (one,) = answer.json["decisions"]
    assert (answer.status_code, one["before"], one["state"], one["destination_id"], one["version"]) == (
        200,
        "eligible",
        "selected",
        place,
        3,
    )
    assert as_("partner").get(f"/v1/applications/{ana.id}").json["confirm_by"] == "2027-01-25T16:00:00Z"


WRONG_BODIES = [
    ({"decision": "confirmed"}, "/decisions/0/decision", "not_a_choice"),
    ({"application_id": None}, "/decisions/0/application_id", "required"),
    ({"rank": 0}, "/decisions/0/rank", "out_of_range"),
    ({"version": "2"}, "/decisions/0/version", "wrong_type"),
    ({"version": 1}, "/decisions/0/version", "changed_since"),
    ({"note": "x"}, "/decisions/0/note", "unknown_field"),
    ({"reason": "x" * 2001}, "/decisions/0/reason", "too_long"),
]


@pytest.mark.parametrize(("values", "pointer", "code"), WRONG_BODIES)
def test_what_is_wrong_in_json_is_named_by_its_pointer(
    world: World, as_: Any, values: dict[str, Any], pointer: str, code: str
) -> None:
    (ana,) = world.selection("Ana")

    answer = as_("partner").post(f"/v1/calls/{ana.call_id}/decisions", json=body(ana, **values))

    assert cells(answer) == [(pointer, code, "")]


def test_a_deadline_in_the_past_is_named_where_it_stands(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")

    answer = as_("partner").post(f"/v1/calls/{ana.call_id}/decisions?confirm_by=2026-01-01T00:00:00Z", json=body(ana))

    assert [(one["pointer"], one["code"], one["in"]) for one in answer.json["errors"]] == [
        ("/confirm_by", "not_later", "query")
    ]


# ── both ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_answers_what_the_run_then_answers_and_does_nothing(world: World, as_: Any) -> None:
    ana, _ = world.selection("Ana", "Iva")
    partner, before = as_("partner"), world.recorded()
    content = filled_in(sheet_of(partner, ana), SELECTED, {"Decision": "reserve", "Rank": "1"})

    foreseen = send(partner, ana, content, query="?dry_run=1")
    untouched = (states(world), world.recorded())
    done = send(partner, ana, content)

    assert (foreseen.status_code, foreseen.json["dry_run"], untouched) == (200, True, ([S.ELIGIBLE] * 2, before))
    assert foreseen.json | {"dry_run": False} == done.json


def test_a_file_sent_again_with_its_key_is_answered_as_before(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    partner = as_("partner")
    content, key = filled_in(sheet_of(partner, ana), SELECTED), {"Idempotency-Key": "once"}
    address = f"/v1/calls/{ana.call_id}/decisions"

    first, again = (partner.post(address, data=content, content_type=MIMETYPE, headers=key) for _ in range(2))
    without = send(partner, ana, content)

    assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
    assert cells(without) == [("/rows/2/version", "changed_since", "C2")]


def test_of_officers_who_decide_at_once_one_is_told_that_it_was_decided(
    world: World, config: Config, database: Database, clock: Clock
) -> None:
    ana, iva = world.selection("Ana", "Iva")
    app, address = create_app(config, clock=clock, database=database), f"/v1/calls/{ana.call_id}/decisions"
    headers = {"Authorization": f"Bearer {world.token('partner')}"}
    wanted = {"decisions": body(ana)["decisions"] + body(iva)["decisions"]}

    statuses = at_once(4, lambda: app.test_client().post(address, json=wanted, headers=headers).status_code)

    assert (sorted(statuses), states(world)) == ([200, 422, 422, 422], [S.REJECTED] * 2)
    assert world.recorded().count(EventType.APPLICATION_REJECTED) == 2


def test_two_hundred_decisions_are_one_request(world: World, as_: Any) -> None:
    many = world.selection(*(f"Ana {number}" for number in range(200)), places=150, destinations=())
    partner = as_("partner")
    rows = [{"Decision": "selected"}] * 150 + [{"Decision": "reserve", "Rank": rank} for rank in range(1, 51)]

    answer = send(partner, many[0], filled_in(sheet_of(partner, many[0]), *rows))

    assert (answer.status_code, len(answer.json["decisions"])) == (200, 200)
    assert states(world) == [S.SELECTED] * 150 + [S.RESERVE] * 50
    assert len([kind for kind in world.recorded() if kind in ("application.selected", "application.reserved")]) == 200


def test_a_file_may_be_larger_than_a_body_of_json(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    large = (
        f"Reference,Version,Decision,Note\n{ana.reference},2,rejected,{'x' * 30_000}\n" + f",,,{'y' * 30_000}\n" * 20
    )

    assert send(as_("partner"), ana, large.encode(), "text/csv").status_code == 200


@pytest.mark.parametrize(
    ("kind", "size", "status"),
    [("application/json", 256 * 1024, 413), ("text/csv", 12 * 1024 * 1024, 413), ("application/pdf", 10, 415)],
)
def test_what_is_too_large_or_of_another_kind_is_refused(
    world: World, as_: Any, kind: str, size: int, status: int
) -> None:
    address = f"/v1/calls/{world.call().id}/decisions"

    assert as_("partner").post(address, data=b" " * size, content_type=kind).status_code == status


def test_a_stranger_is_refused_before_a_large_body_is_read(world: World, client: Any, as_: Any) -> None:
    address, junk = f"/v1/calls/{world.call().id}/decisions", {"data": b"PK\x03\x04", "content_type": MIMETYPE}
    reading = as_("partner", scopes=frozenset({Scope.APPLICATIONS_READ}))

    statuses = [
        client.post(address, **junk).status_code,
        client.post(address, headers={"Authorization": "Bearer ivt_nobody"}, **junk).status_code,
        reading.post(address, **junk).status_code,
    ]

    assert statuses == [401, 401, 403]


def test_no_person_is_named_in_what_is_answered(world: World, as_: Any) -> None:
    (ana,) = world.selection("Ana")
    partner = as_("partner")

    answer = send(partner, ana, filled_in(sheet_of(partner, ana), SELECTED), query="?dry_run=1")

    assert [word for word in ("Ana", "Petrović", "ana@") if word in answer.text] == []
