"""From a sheet to applications: whatever the columns are called, and what is wrong by its cell, with nothing sent."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from intervet_client import BadFile, Common, Intake, Reading
from tests.client.school import CALL, MINOR, PUPIL, School, pupils

HEADERS = {
    "names": list(PUPIL),
    "en": ["Given names", "Surname", "E-mail", "Date of birth", "Country", "Processing of data", "Sharing with hosts"],
    "sq": ["Emri", "Mbiemri", "E-mail", "Data e lindjes", "Shteti", "Përpunimi i të dhënave", "Ndarja me pritësit"],
    "mk": ["Имиња", "Презиме", "Е-маил", "Датум на раѓање", "Земја",
           "Обработка на податоци", "Споделување со домаќините"],
    "sr-Cyrl": ["Име", "Презиме", "Имејл", "Датум рођења", "Држава", "Обрада података", "Дељење са домаћинима"],
    "sr-Latn": ["Ime", "Prezime", "Imejl", "Datum rođenja", "Država", "Obrada podataka", "Deljenje sa domaćinima"],
    "bs": ["ime*", " PREZIME:", "e-pošta", "datum_rodjenja", "država", "obrada  podataka", "dijeljenje s domaćinima"],
}  # fmt: skip

GUARDIAN = list(MINOR.values())[1:]
NO_MORE = {"guardian_email": "", "guardian_phone": "", "guardian_relation": ""}
GUARDIANS = {
    "names": list(MINOR)[1:],
    "en": ["Guardian's given names", "Guardian's family name", "Guardian's e-mail", "Guardian's phone",
           "Guardian: relation", "Consent of the guardian"],
    "sq": ["Emri i kujdestarit", "Mbiemri i kujdestarit", "E-mail i kujdestarit", "Telefoni i kujdestarit",
           "Kujdestari: lidhja familjare", "Pëlqimi i kujdestarit"],
    "mk": ["Име на старателот", "Презиме на старателот", "Е-пошта на старателот", "Телефон на старателот",
           "Старател: сродство", "Согласност на старателот"],
    "sr-Cyrl": ["Име старатеља", "Презиме старатеља", "Имејл старатеља", "Телефон старатеља",
                "Старатељ: сродство", "Сагласност старатеља"],
    "sr-Latn": ["Ime staratelja", "Prezime staratelja", "Imejl staratelja", "Telefon staratelja",
                "Staratelj: srodstvo", "Saglasnost staratelja"],
    "bs": ["Staratelj: ime", "Staratelj: prezime", "Staratelj: e-mail adresa", "Staratelj: telefon",
           "Staratelj: srodstvo", "Saglasnost: roditelj ili staratelj"],
}  # fmt: skip


def cell_codes(reading: Reading) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    return [(finding.cell, finding.code) for finding in reading.findings]


def written(folder: Path, header: list[str], *rows: list[Any]) -> Path:
    """A CSV with that header."""
    with (folder / "pupils.csv").open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([header, *rows])
    return folder / "pupils.csv"


@pytest.mark.parametrize("lang", ["names", "en", "sq", "mk", "sr-Cyrl", "sr-Latn"])
def test_columns_are_known_by_name_or_label_in_every_language(school: School, intake: Intake, lang: str) -> None:
    questions = school.client.form(CALL, lang=lang if lang != "names" else None)["properties"]
    asked = ("occupation", "motivation", "english_level")
    header = [*HEADERS[lang][:7], *(asked if lang == "names" else (questions[name]["title"] for name in asked))]

    reading = intake.read(written(school.folder, header, list(PUPIL.values())))

    assert reading.findings == []
    assert reading.rows[0].body["answers"] == {name: PUPIL[name] for name in asked}


@pytest.mark.parametrize("lang", GUARDIANS)
def test_a_guardian_is_known_by_name_or_label_in_every_language(school: School, intake: Intake, lang: str) -> None:
    header = [*PUPIL, *GUARDIANS[lang]]

    reading = intake.read(
        written(school.folder, header, [*(PUPIL | {"birth_date": MINOR["birth_date"]}).values(), *GUARDIAN])
    )

    assert reading.findings == []
    (row,) = reading.rows
    assert [*row.body["guardian"].values()] == GUARDIAN[:5]
    assert row.body["consents"][-1] == {
        "purpose": "parental_consent", "granted": True, "text_version": "1", "lang": "en", "attested": True,
    }  # fmt: skip


def test_labels_are_known_in_whatever_case_and_with_the_usual_ornaments(school: School, intake: Intake) -> None:
    header = ["ime*", " PREZIME:", "e-pošta", "datum rodjenja", "država", "obrada  podataka", "#remark", ""]
    row = [*list(PUPIL.values())[:6], "of no concern", ""]

    reading = intake.read(written(school.folder, header, row))

    assert [code for code in cell_codes(reading) if code[0] != "row 1"] == [
        ("D1", "unknown_column"),
        *[("row 2", "required")] * 4,
    ]


def test_an_application_is_what_the_api_takes(school: School, intake: Intake) -> None:
    given = {
        "gender": "ж",
        "phone": "060 123456",
        "preferences": "Lyon; Bologna",
        "languages": "it B1",
        "lang": "sr-Latn",
        "isced_f": "0715",
        "eqf_level": "4",
        "graduation_date": "30.06.2026",
        "first_stay_abroad": "da",
        "english_level": "Malo (A1–A2)",
    }
    ids = {each["city"]: each["id"] for each in intake.call["destinations"]}

    (row,) = intake.read(school.file(pupils(1, **given)), Common(attested=True, text_version="2026-09")).rows

    consent = {"granted": True, "text_version": "2026-09", "lang": "sr-Latn", "attested": True}
    assert row.findings == ()
    assert row.body == {
        "person": {
            "given_names": "Ана 0",
            "family_name": "Петровић",
            "email": "skola@example.org",
            "birth_date": "2008-03-08",
            "country": "RS",
            "gender": "2",
            "phone": "060 123456",
        },
        "answers": {
            "occupation": "Кувар",
            "motivation": "Желим да учим.",
            "english_level": "basic",
            "first_stay_abroad": True,
        },
        "consents": [{"purpose": "processing"} | consent, {"purpose": "sharing_with_hosts"} | consent],
        "preferences": [ids["Lyon"], ids["Bologna"]],
        "languages": [{"tag": "it", "cefr": "B1"}],
        "lang": "sr-Latn",
        "isced_f": "0715",
        "eqf_level": 4,
        "graduation_date": "2026-06-30",
    }


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"given_names": ""}, ("A2", "required")),
        ({"family_name": "P" * 201}, ("B2", "too_long")),
        ({"email": "no address"}, ("C2", "wrong_format")),
        ({"birth_date": "31.02.2008"}, ("D2", "not_a_date")),
        ({"country": "AL"}, ("E2", "not_a_choice")),
        ({"processing": "ne"}, ("F2", "consent_needed")),
        ({"processing": ""}, ("F2", "consent_needed")),
        ({"processing": "perhaps"}, ("F2", "not_yes_or_no")),
        ({"occupation": ""}, ("H2", "required")),
        ({"occupation": "o" * 121}, ("H2", "too_long")),
        ({"occupation": "two\nlines"}, ("H2", "control_character")),
        ({"english_level": "much"}, ("J2", "not_a_choice")),
        ({"phone": "0-x"}, ("K2", "wrong_format")),
        ({"eqf_level": "9"}, ("K2", "out_of_range")),
        ({"languages": "it Z9"}, ("K2", "not_a_language_level")),
        ({"preferences": "Paris"}, ("K2", "not_a_choice")),
        ({"sending_organisation_id": "our school"}, ("K2", "wrong_format")),
        ({"birth_date": MINOR["birth_date"]}, ("row 2", "required")),
        (MINOR | {"guardian_given_names": "", "guardian_family_name": ""} | NO_MORE, ("K2", "required")),
        (MINOR | {"guardian_family_name": ""}, ("L2", "required")),
        (MINOR | {"guardian_email": "no address"}, ("M2", "wrong_format")),
        (MINOR | {"guardian_phone": "0-x"}, ("N2", "wrong_format")),
        (MINOR | {"guardian_relation": "m" * 61}, ("O2", "too_long")),
        (MINOR | {"parental_consent": "perhaps"}, ("P2", "not_yes_or_no")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_once_by_its_cell(
    school: School, intake: Intake, changes: dict[str, str], found: tuple[str, str]
) -> None:
    assert cell_codes(intake.read(school.file(pupils(1, **changes)))) == [found]


def test_what_the_check_lets_pass_the_server_takes(school: School, intake: Intake) -> None:
    (row,) = intake.read(school.file(pupils(1, "Прошао", phone="+381 (60) 123-456", eqf_level="8"))).rows

    assert school.client.apply(intake.call["id"], row.body)["state"] == "submitted"


def test_columns_that_are_not_known_doubled_or_missing_are_named(school: School, intake: Intake) -> None:
    header = [
        "given_names",
        "Surname",
        "surname",
        "email",
        "Datum",
        "country",
        "english_level",
        "motivation",
        "occupation",
    ]

    reading = intake.read(written(school.folder, header, ["x"] * 9))

    assert [(finding.cell, finding.code) for finding in reading.header] == [
        ("C1", "repeated"),
        ("E1", "unknown_column"),
        ("row 1", "missing_column"),
        ("row 1", "missing_column"),
    ]


def test_a_value_without_a_header_is_not_passed_over(school: School, intake: Intake) -> None:
    reading = intake.read(written(school.folder, list(PUPIL), [*PUPIL.values(), "lost"]))

    assert cell_codes(reading) == [("K1", "unknown_column")]


def test_what_is_said_for_all_must_be_a_column(school: School, intake: Intake) -> None:
    with pytest.raises(BadFile, match="There is no column contry"):
        intake.read(school.file(pupils(1)), Common({"contry": "RS"}))


def test_the_same_person_with_other_particulars_is_refused(school: School, intake: Intake) -> None:
    rows = pupils(1) + pupils(1, motivation="Друго.") + pupils(1)

    reading = intake.read(school.file(rows))

    assert cell_codes(reading) == [("B3", "same_person")]
    assert [row.same_as for row in reading.rows] == [None, None, 2]


def test_a_workbook_brings_dates_numbers_and_its_own_addresses(school: School, intake: Intake) -> None:
    book = Workbook()
    book.active.append([*PUPIL, "phone", "isced_f", "eqf_level"])
    book.active.append([*(PUPIL | {"birth_date": date(2008, 3, 8)}).values(), "060 1234", "0715", 4])
    book.active.append([*(PUPIL | {"given_names": "Iva", "birth_date": 39515}).values(), 601234, 715, 4.5])
    book.save(school.folder / "pupils.xlsx")

    reading = intake.read(school.folder / "pupils.xlsx")

    assert cell_codes(reading) == [
        ("K3", "leading_zero_lost"),
        ("L3", "leading_zero_lost"),
        ("M3", "not_a_whole_number"),
    ]
    assert [row.body["person"]["birth_date"] for row in reading.rows] == ["2008-03-08", "2008-03-08"]


def test_ndjson_brings_applications_as_the_api_takes_them_or_by_columns(school: School, intake: Intake) -> None:
    (row,) = intake.read(school.file(pupils(1))).rows
    lines = [row.body, PUPIL | {"given_names": "Iva", "first_stay_abroad": True}, PUPIL | {"birth_date": "x", "no": 1}]
    (school.folder / "pupils.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))

    reading = intake.read(school.folder / "pupils.ndjson")

    assert reading.rows[0].key == row.key
    assert cell_codes(reading) == [("line 3 no", "unknown_column"), ("line 3 birth_date", "not_a_date")]


def test_check_sends_nothing_and_names_the_cells(school: School) -> None:
    rows = pupils(3, "Провера")
    rows[1]["email"] = "none"
    before = school.references()

    done = school.run("check", school.file(rows), "--call", CALL)

    assert (done.returncode, school.references()) == (1, before)
    assert "C3    email" in done.stdout
    assert "1 of 3 applications are to be corrected; the others can be sent." in done.stdout


def test_check_tells_programs_in_json(school: School) -> None:
    done = school.run("check", school.file(pupils(1, "Провера", email="none")), "--call", CALL, "--json")

    (finding,) = map(json.loads, done.stdout.splitlines())
    assert (finding["row"], finding["cell"], finding["column"], finding["code"]) == (2, "C2", "email", "wrong_format")
