"""What the commands show: to people as tables, to programs as JSON, and files that are whole or not there."""

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from intervet_client import BadFile, exporting
from intervet_client.results import path_for
from tests.client.school import CALL, INTERVET, School, pupils


def test_open_calls_are_listed_in_the_language_asked_for(school: School) -> None:
    done = school.run("calls", "--country", "rs", "--lang", "sr-Latn")

    heading, first, *_ = done.stdout.splitlines()
    assert heading.split() == ["call", "title", "for", "closes", "places", "left"]
    assert first.startswith(f"{CALL}  Četiri nedelje")


def test_calls_are_told_to_programs_a_line_each(school: School) -> None:
    done = school.run("calls", "--json", "--status", "all")

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert CALL in [call["slug"] for call in found]
    assert len({call["status"] for call in found}) > 1


def test_where_no_call_is_open_it_says_how_to_see_others(school: School) -> None:
    assert "--status all" in school.run("calls", "--country", "FR").stdout


def test_a_form_is_shown_as_the_columns_of_a_sheet(school: School) -> None:
    shown = school.run("form", CALL, "--lang", "sq").stdout

    assert "given_names                   Emri" in shown
    assert "answers.english_level" in shown
    assert "basic" in shown


def test_a_form_is_given_to_programs_as_the_server_gives_it(school: School) -> None:
    done = school.run("form", CALL, "--json")

    assert json.loads(done.stdout) == school.client.form(CALL)


@pytest.mark.parametrize("words", [("form", "no-such-call"), ("check", "none.csv", "--call", "no-such-call")])
def test_a_call_that_there_is_not_is_said_with_what_to_do(school: School, words: tuple[str, ...]) -> None:
    done = school.run(*words)

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("intervet: ")
    assert "`intervet calls` lists what is open" in done.stderr


def test_the_states_of_a_file_are_those_of_now(school: School) -> None:
    file = school.file(pupils(2, "Стање"))
    school.run("apply", file, "--call", CALL)
    withdrawn = school.outcomes(file)[0].application_id
    school.running.post(f"/v1/applications/{withdrawn}/withdrawal", school.token, json={})

    shown = [json.loads(line) for line in school.run("status", file, "--json").stdout.splitlines()]

    assert [(row["row"], row["name"], row["state"]) for row in shown] == [
        ("2", "Ана 0 Стање", "withdrawn"),
        ("3", "Ана 1 Стање", "submitted"),
    ]


def test_a_call_that_is_not_open_is_told_before_anything_is_sent(school: School) -> None:
    scheduled = next(school.client.calls(status="scheduled"))

    said = school.run("check", school.file(pupils(1, "Рано")), "--call", scheduled["slug"]).stdout

    assert "The call is scheduled now: it opens 20" in said


def test_states_are_counted_below_the_table(school: School) -> None:
    school.run("apply", school.file(pupils(2, "Бројање")), "--call", CALL)

    shown = school.run("status", "--call", CALL, "--state", "submitted").stdout

    assert shown.splitlines()[0].split() == ["reference", "state", "submitted"]
    assert shown.splitlines()[-1].endswith(" submitted")


def test_without_a_token_a_file_s_states_are_read_by_the_links(school: School) -> None:
    school.token = None
    file = school.file(pupils(2, "Линк"))
    school.run("apply", file, "--call", CALL)
    first = school.outcomes(file)[0].my_url.replace("/my/", "/v1/my/")
    school.running.post(f"{first}/withdrawal", json={})

    shown = [json.loads(line) for line in school.run("status", file, "--json").stdout.splitlines()]

    assert [row["state"] for row in shown] == ["withdrawn", "submitted"]


@pytest.mark.parametrize(
    ("words", "said"), [((), "Only a token may list applications"), (("none.csv",), "`intervet apply 'none.csv'")]
)
def test_a_status_that_cannot_be_told_says_why(school: School, words: tuple[str, ...], said: str) -> None:
    school.token = None

    done = school.run("status", *words)

    assert done.returncode == 3
    assert said in done.stderr


def exported(path: Path) -> list[list[object]]:
    """The rows of an exported table."""
    if path.suffix == ".csv":
        return [list(row) for row in csv.reader(path.read_text("utf-8-sig").splitlines())]
    return [list(row) for row in load_workbook(path).active.iter_rows(values_only=True)]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_applications_are_exported_as_a_table(school: School, suffix: str) -> None:
    rows = pupils(1, "Извоз", motivation="=1+1", phone="060 1234")
    school.run("apply", school.file(rows), "--call", CALL)
    file = school.folder / f"applications{suffix}"

    done = school.run("export", "applications", file, "--call", CALL)

    header, *found = exported(file)
    (mine,) = [dict(zip(header, row, strict=True)) for row in found if "Извоз" in row]
    assert (done.returncode, len(found)) == (0, len(school.references()))
    assert mine["answers.motivation"] == ("'=1+1" if suffix == ".csv" else "=1+1")
    assert (mine["person.phone"], mine["state"]) == ("060 1234", "submitted")


def test_a_text_that_looks_like_a_formula_is_a_text_in_a_workbook(tmp_path: Path) -> None:
    exporting.export([{"text": "=1+1", "bell": "a\x07"}], tmp_path / "x.xlsx")

    sheet = load_workbook(tmp_path / "x.xlsx").active
    assert (sheet["A2"].data_type, sheet["A2"].value, sheet["B2"].value) == ("s", "=1+1", "a\ufffd")


def test_mobilities_are_exported_as_the_server_gives_them(school: School) -> None:
    file = school.folder / "mobilities.ndjson"

    done = school.run("export", "mobilities", file)

    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert done.stdout.startswith(f"{len(found)} mobilities: ")
    assert found == list(school.client.mobilities())


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    def records() -> object:
        yield {"a": 1}
        raise BadFile("the end")

    with pytest.raises(BadFile):
        exporting.export(records(), tmp_path / "x.csv")  # type: ignore[arg-type]

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"neither \.csv, \.ndjson nor \.xlsx"):
        exporting.export([], tmp_path / "x.pdf")


def test_whoever_closes_the_pipe_hears_no_complaint(school: School) -> None:
    piped = school.shell(f"'{INTERVET}' calls --json --status all | head -n 1")

    assert (piped.stdout.count("\n"), piped.stderr) == (1, "")


def test_the_results_of_another_file_are_not_written_over(school: School) -> None:
    file = school.file(pupils(1, "Туђе"))
    path_for(file).write_text("somebody's own\n")

    done = school.run("apply", file, "--call", CALL)

    assert (done.returncode, path_for(file).read_text()) == (3, "somebody's own\n")
    assert "move it away" in done.stderr


def test_help_fits_a_screen_and_names_every_command(school: School) -> None:
    shown = school.run("--help").stdout

    commands = ("login", "logout", "calls", "form", "check", "apply", "status", "export", "events", "webhooks")
    assert [name for name in commands if f"\n  {name} " not in shown] == []
    assert len(shown.splitlines()) < 40
