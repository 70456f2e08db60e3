"""Imports over HTTP: the template, the file in all shapes in which it comes, its results, the file that goes back."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.imports import Import
from domain.models.tokens import Scope
from domain.services import import_work
from domain.transaction import transaction
from integrations.formats.csv import write
from integrations.import_rows import load_application
from tests.house import told
from tests.world import World

ROW: dict[str, Any] = {
    "Given names": "Ana",
    "Family name": "Petrović",
    "E-mail": "ana@example.org",
    "Birth date": "2005-03-08",
    "Country": "Serbia",
    "Why do you want to go?": "I want to learn.",
    "Consent: processing": "yes",
}

MINOR = {
    "Birth date": "2010-03-08",
    "Guardian: given names": "Vesna",
    "Guardian: family name": "Petrović",
    "Guardian: e-mail": "vesna@example.org",
    "Guardian: telephone": "0607654321",
    "Guardian: relation": "mother",
    "Consent: parent or guardian": "yes",
}


def csv_of(*rows: Mapping[str, Any]) -> bytes:
    return write([list(rows[0]), *([*row.values()] for row in rows)])


def xlsx_of(*rows: Mapping[str, Any]) -> bytes:
    return _saved([list(rows[0]), *([*row.values()] for row in rows)])


def _saved(rows: Sequence[Sequence[Any]]) -> bytes:
    book, saved = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(saved)
    return saved.getvalue()


def call_of(world: World) -> Call:
    """The one call of the test."""
    known = world.read(select(Call))
    return known[0] if known else world.call()


def send(caller: Any, world: World, content: bytes, **fields: str) -> Any:
    form = {"file": (BytesIO(content), "pupils.csv"), "call": str(call_of(world).id), **fields}
    headers = {"Idempotency-Key": str(uuid4())}
    return caller.post("/v1/imports", data=form, content_type="multipart/form-data", headers=headers)


def work(world: World) -> None:
    worked = 1
    while worked:
        with transaction(world.database) as session:
            worked = import_work.go_on(session, load=load_application, at=world.clock())


def results(caller: Any, answer: Any, query: str = "") -> list[Any]:
    """What became of each row: its number, its outcome, and the cell and code of each error."""
    assert answer.status_code == 202, answer.json
    rows = caller.get(f"/v1/imports/{answer.json['id']}/rows{query}").json["items"]
    return [(row["number"], row["outcome"], [(one["cell"], one["code"]) for one in row["errors"]]) for row in rows]


def imported(caller: Any, world: World, content: bytes, **fields: str) -> list[Any]:
    answer = send(caller, world, content, **fields)
    work(world)
    return results(caller, answer)


def test_a_file_becomes_applications(world: World, as_: Any) -> None:
    school = as_("school")

    answer = send(school, world, csv_of(ROW, ROW | {"Given names": "Iva"}, ROW | {"E-mail": "nobody"}))
    address = f"/v1/imports/{answer.json['id']}"
    before = school.get(address).json
    work(world)
    after = school.get(address).json

    assert (answer.status_code, before["state"], before["total"]) == (202, "pending", 3)
    assert [after[name] for name in ("state", "done", "added", "unchanged", "rejected")] == ["done", 3, 2, 0, 1]
    assert results(school, answer) == [(2, "added", []), (3, "added", []), (4, "rejected", [("C4", "not_an_email")])]
    assert results(school, answer, "?outcome=rejected") == [(4, "rejected", [("C4", "not_an_email")])]
    assert [one["id"] for one in school.get("/v1/imports").json["items"]] == [answer.json["id"]]


def test_the_template_comes_back_filled_in(world: World, as_: Any) -> None:
    school, call = as_("school"), call_of(world)
    book = load_workbook(BytesIO(school.get(f"/v1/calls/{call.slug}/form.xlsx?lang=sr-Cyrl").data))
    sheet, explained = book.worksheets[0], book.worksheets[1]
    titles = [cell.value for cell in sheet[1]]
    values = dict(zip(titles, [None] * len(titles), strict=True))
    filled = {"Име": "Ана", "Презиме": "Петровић", "Датум рођења": "8.3.2005.", "Земља": "Србија"}
    filled |= {"Телефон": "0601234567", "Први избор": "Lyon (FR)", titles[titles.index("Језик порука") + 2]: "Да учим."}
    for title, value in (values | filled | _mail(titles)).items():
        sheet.cell(2, titles.index(title) + 1).value = value
    saved = BytesIO()
    book.save(saved)

    rows = imported(school, world, saved.getvalue(), lang="sr-Cyrl")

    (one,) = world.read(select(Application))
    assert rows == [(2, "added", [])]
    assert (one.given_names, one.phone, one.preferences) == ("Ана", "0601234567", [str(call.destinations[0].id)])
    assert (one.answers, one.lang, one.consents[0].granted) == ({"motivation": "Да учим."}, "sr-Cyrl", True)
    assert explained["A1"].value == "Колона"
    assert len(list(explained.rows)) == len(titles) + 1


def _mail(titles: Sequence[str]) -> dict[str, str]:
    mail = next(
        title for title in titles if "пошт" in title.lower() or "mail" in title.lower() or "мејл" in title.lower()
    )
    consent = next(title for title in titles if title.startswith("Сагласност"))
    return {mail: "ana@example.org", consent: "да"}


def test_a_template_has_lists_in_all_its_rows_and_text_stays_text(world: World, as_: Any) -> None:
    content = as_("school").get(f"/v1/calls/{call_of(world).slug}/form.xlsx?lang=en").data

    sheet = load_workbook(BytesIO(content)).worksheets[0]

    titles = [cell.value for cell in sheet[1]]
    lists = {str(one.sqref).split(":")[1] for one in sheet.data_validations.dataValidation}
    phone = sheet.column_dimensions["ABCDEFGHIJKLMNOP"[titles.index("Telephone")]]
    assert titles[:4] == ["Given names", "Family name", "E-mail", "Birth date"]
    assert {place.lstrip("ABCDEFGHIJKLMNOPQRSTUV") for place in lists} == {"10001"}
    assert phone.number_format == "@"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"Birth date": 38419}, []),  # the number that a spreadsheet keeps for 8 March 2005
        ({"Birth date": "05/06/2005"}, [("D2", "ambiguous_date")]),
        ({"Birth date": "31.2.2005"}, [("D2", "not_a_date")]),
        ({"Country": "RS"}, []),
        ({"Country": "Atlantis"}, [("E2", "not_a_choice")]),
        ({"Consent: processing": True}, []),
        ({"Consent: processing": "maybe"}, [("G2", "not_yes_or_no")]),
        ({"Telephone": 601234567}, [("H2", "number_for_text")]),
        ({"Telephone": "0601234567"}, []),
        ({"Why do you want to go?": 7}, []),
        ({"Why do you want to go?": "#REF!"}, [("F2", "formula_error")]),
        ({"Why do you want to go?": None}, [("F2", "required")]),
        ({"First choice": "Paris"}, [("H2", "not_a_choice")]),
        ({"EQF level": "4,5"}, [("H2", "wrong_type")]),
        ({"Given names": "x" * 201}, [("A2", "too_long")]),
        (MINOR, []),
        ({"Birth date": "2010-03-08"}, [(None, "required")]),
        (MINOR | dict.fromkeys(MINOR.keys() - {"Birth date"}), [("H2", "required")]),
        (MINOR | {"Guardian: family name": None}, [("I2", "required")]),
        (MINOR | {"Guardian: e-mail": "nobody"}, [("J2", "not_an_email")]),
        (MINOR | {"Guardian: telephone": 601234567}, [("K2", "number_for_text")]),
        (MINOR | {"Guardian: relation": "x" * 61}, [("L2", "too_long")]),
        (MINOR | {"Consent: parent or guardian": "maybe"}, [("M2", "not_yes_or_no")]),
    ],
)
def test_a_cell_is_understood_or_refused_by_its_address(
    world: World, as_: Any, row: dict[str, Any], found: Any
) -> None:
    rows = imported(as_("school"), world, xlsx_of(ROW | row))

    assert rows == [(2, "rejected" if found else "added", found)]


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8-sig", ","), ("utf-16", "\t"), ("cp1250", ";"), ("cp1251", ";")]
)
def test_csv_is_read_as_spreadsheets_write_it(world: World, as_: Any, encoding: str, separator: str) -> None:
    name = "Петровић" if encoding == "cp1251" else "Đoković"
    row = ROW | {"Family name": name, "Country": "Србија" if encoding == "cp1251" else "Srbija"}
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in line) for line in (row, row.values()))

    rows = imported(as_("school"), world, text.encode(encoding))

    assert (rows, world.read(select(Application.family_name))) == ([(2, "added", [])], [name])


def test_ndjson_and_json_carry_the_same_rows(world: World, as_: Any) -> None:
    school, call = as_("school"), str(call_of(world).id)
    line = b'{"given_names": "%s", "family_name": "P", "email": "a@example.org", "birth_date": "2005-03-08", '
    line += b'"country": "RS", "motivation": "Why?", "consent_processing": true}\n'
    row = {"given_names": "Mia", "family_name": "P", "email": "m@example.org", "birth_date": "2005-03-08"}
    row |= {"country": "RS", "motivation": 1, "consent_processing": "no"}

    lines = imported(school, world, line % b"Ana" + line % b"Iva")
    answer = school.post("/v1/imports", json={"call": call, "rows": [row]})
    work(world)

    assert lines == [(1, "added", []), (2, "added", [])]
    assert results(school, answer) == [(1, "rejected", [(None, "consent_needed")])]


BAD: list[tuple[bytes, list[tuple[str, str]], str]] = [
    (b"", [("/rows", "too_few")], ""),
    (b"Given names,E-mail\nAna,a@example.org\n", [("/rows/1", "no_column")] * 3, "There is no column"),
    (csv_of({**ROW, "Shoes": "42"}), [("/rows/1", "unknown_column")], "H1"),
    (csv_of({**ROW, "Ime": "Ana"}), [("/rows/1/given_names", "repeated")], "H1"),
    (b'"Given names', [("/file", "not_a_table")], "line"),
    (b'{"given_names": "Ana"}\n{"given_names":', [("/file", "not_a_table")], "Line 2"),
    (b'{"given_names": {"a": 1}}\n', [("/file", "not_a_table")], "Line 1"),
    (b'{"given_names": "Ana", "given_names": "Iva"}\n', [("/file", "not_a_table")], "Line 1"),
    (csv_of({**ROW, "Given names": "A\x00na"}), [("/rows/2", "control_character")], "A2"),
    (csv_of({**ROW, "# \x00": "note"}), [("/rows/1", "control_character")], "H1"),
    (
        b'{"given_names": "Ana", "family_name": ["\\u0000"], "email": "a", "birth_date": "b", "country": "c"}\n',
        [("/rows/1", "control_character")],
        "",
    ),
    (xlsx_of({**ROW, "Given names": "=CONCATENATE(1,2)"}), [("/file", "not_a_table")], "A2"),
]


@pytest.mark.parametrize(("content", "found", "said"), BAD)
def test_a_file_that_cannot_be_is_refused_as_a_whole(
    world: World, as_: Any, content: bytes, found: list[tuple[str, str]], said: str
) -> None:
    answer = send(as_("school"), world, content)

    assert told(answer) == (422, found)
    assert said in str(answer.json)
    assert world.read(select(Import)) == []


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"call": "nowhere"}, ("/call", "not_found")),
        ({"dry_run": "y"}, ("/dry_run", "not_a_choice")),
        ({"lang": "!"}, ("/lang", "not_a_language_tag")),
        ({"update": "1"}, ("/update", "unknown_field")),
    ],
)
def test_a_field_of_the_form_is_refused_by_name(world: World, as_: Any, fields: Any, found: Any) -> None:
    assert told(send(as_("school"), world, csv_of(ROW), **fields)) == (422, [found])


def test_the_feedback_is_mended_and_sent_again(world: World, as_: Any) -> None:
    school = as_("school")
    first = send(school, world, csv_of(ROW, ROW | {"Given names": "Iva", "E-mail": "nobody"}))
    work(world)

    book = load_workbook(BytesIO(school.get(f"/v1/imports/{first.json['id']}/feedback?lang=en").data))
    lines = [list(line) for line in book.active.iter_rows(values_only=True)]
    book.active["C3"] = "iva@example.org"
    saved = BytesIO()
    book.save(saved)

    assert lines[0][-2:] == ["# Result", "# Errors"]
    assert [line[-2:] for line in lines[1:]] == [
        ["added", None],
        ["rejected", "C3 E-mail: This is not an e-mail address."],
    ]
    assert imported(school, world, saved.getvalue()) == [(2, "unchanged", []), (3, "added", [])]


def test_what_looks_like_a_formula_comes_and_goes_as_text(world: World, as_: Any) -> None:
    school, name, why = as_("school"), "=HYPERLINK(1)", "@SUM(A1:A9)"
    answer = send(school, world, csv_of(ROW | {"Given names": name, "Why do you want to go?": why}))
    work(world)

    (one,) = world.read(select(Application))
    content = school.get(f"/v1/imports/{answer.json['id']}/feedback").data
    cells = load_workbook(BytesIO(content)).active[2]

    assert (one.given_names, one.answers) == (name, {"motivation": why})
    assert [(cell.value, cell.data_type) for cell in cells if cell.value in (name, why)] == [(name, "s"), (why, "s")]


def test_a_dry_run_says_so_and_leaves_nothing(world: World, as_: Any) -> None:
    rows = imported(as_("school"), world, csv_of(ROW), dry_run="1")

    assert (rows, world.read(select(Application))) == ([(2, "added", [])], [])


def test_the_same_form_sent_again_is_one_import(world: World, as_: Any) -> None:
    school, key, call = as_("school"), {"Idempotency-Key": str(uuid4())}, call_of(world)

    answers = [
        school.post("/v1/imports", data=form, content_type=f"multipart/form-data; boundary={mark}", headers=key)
        for mark in ("one-mark", "another-mark")
        for form in (_form(mark, call),)
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json["id"] == answers[1].json["id"]


def _form(mark: str, call: Call) -> bytes:
    field, file = f'name="call"\r\n\r\n{call.id}', f'name="file"; filename="a.csv"\r\n\r\n{csv_of(ROW).decode()}'
    parts = (f"--{mark}\r\nContent-Disposition: form-data; {part}\r\n" for part in (field, file))
    return f"{''.join(parts)}--{mark}--\r\n".encode()


def test_forty_pupils_with_one_address_from_one_school_come_in(world: World, as_: Any) -> None:
    pupils = [ROW | {"Given names": f"Pupil {number}", "E-mail": "school@example.org"} for number in range(40)]

    rows = imported(as_("school"), world, csv_of(*pupils))

    assert [outcome for _, outcome, _ in rows] == ["added"] * 40


def test_the_feedback_needs_the_scope_for_persons(world: World, as_: Any) -> None:
    answer = send(as_("school"), world, csv_of(ROW))
    blind = as_("school", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    assert blind.get(f"/v1/imports/{answer.json['id']}/feedback").status_code == 403
    assert blind.get(f"/v1/imports/{answer.json['id']}/rows").status_code == 200


def test_an_import_is_cancelled_once(world: World, as_: Any) -> None:
    school = as_("school")
    address = f"/v1/imports/{send(school, world, csv_of(ROW)).json['id']}"

    answers = [school.post(f"{address}/cancellation") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert as_("partner").get(address).status_code == 404


def test_what_is_too_large_or_of_another_kind_is_refused(world: World, as_: Any) -> None:
    school = as_("school")

    large = school.post("/v1/imports", data=b"x" * (12 * 1024 * 1024), content_type="multipart/form-data; boundary=x")
    kind = school.post("/v1/imports", data=csv_of(ROW), content_type="text/csv")

    assert (large.status_code, kind.status_code) == (413, 415)
