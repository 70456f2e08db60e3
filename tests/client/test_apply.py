"""`intervet apply`: each row once, what became of it beside the input, and what to do where it can't be sent."""

import stat
from dataclasses import replace
from pathlib import Path

from intervet_client import Intake, apply_rows, results
from intervet_client.results import path_for
from tests.client.school import CALL, MINOR, School, pupils


def apply(school: School, file: Path, *words: str) -> tuple[int, str]:
    """The command's code, and all that it says."""
    done = school.run("apply", file, "--call", CALL, *words)
    return done.returncode, done.stdout + done.stderr


def told(school: School, file: Path) -> list[tuple[str, str, str]]:
    """Of each row its number, what became of it, and the cell that is named."""
    return [(one.row, one.outcome, one.cell) for one in school.outcomes(file)]


def test_forty_pupils_with_one_address_are_taken_in(school: School) -> None:
    file = school.file(pupils(40, "Четрдесет"))

    code, said = apply(school, file)

    outcomes = school.outcomes(file)
    assert (code, said.splitlines()[-1][:12]) == (0, "40 taken in.")
    assert {one.reference for one in outcomes} <= set(school.references())
    assert len({one.my_url for one in outcomes if one.my_url.startswith(school.running.base_url)}) == 40
    assert [(one.row, one.outcome, one.state) for one in outcomes] == [
        (str(number), "added", "submitted") for number in range(2, 42)
    ]


def test_run_again_it_sends_nothing(school: School) -> None:
    file = school.file(pupils(3, "Опет"))
    apply(school, file)
    before, written = school.references(), path_for(file).read_bytes()

    code, _ = apply(school, file)

    assert (code, school.references(), path_for(file).read_bytes()) == (0, before, written)


def test_without_its_results_it_gets_the_same_answers_again(school: School) -> None:
    file = school.file(pupils(3, "Изгубљен"))
    apply(school, file)
    before, written = school.references(), path_for(file).read_bytes()
    path_for(file).unlink()

    apply(school, file)

    assert (school.references(), path_for(file).read_bytes()) == (before, written)


def test_a_line_that_a_kill_left_half_written_is_asked_for_again(school: School) -> None:
    file = school.file(pupils(3, "Прекинут"))
    apply(school, file)
    before, written = school.references(), path_for(file).read_bytes()
    path_for(file).write_bytes(written[:-60])

    apply(school, file)

    assert (school.references(), path_for(file).read_bytes()) == (before, written)


def test_what_is_in_order_is_sent_and_the_rest_named_with_its_cell(school: School) -> None:
    rows = pupils(3, "Делимично")
    rows[1]["birth_date"] = "31.02.2008"
    file = school.file(rows)

    code, said = apply(school, file)

    assert code == 1
    assert told(school, file) == [("2", "added", ""), ("3", "rejected", "D3"), ("4", "added", "")]
    assert "There is no day 31.02.2008." in said
    assert "only those rows are sent" in said


def test_a_corrected_row_alone_is_sent(school: School) -> None:
    rows = pupils(3, "Исправљено")
    apply(school, school.file([rows[0], rows[1] | {"english_level": "much"}, rows[2]]))
    before = school.references()
    file = school.file(rows)

    code, _ = apply(school, file)

    assert (code, len(school.references())) == (0, len(before) + 1)
    assert [row[:2] for row in told(school, file)] == [("2", "added"), ("3", "added"), ("4", "added")]


def test_rows_that_moved_are_the_same_rows(school: School) -> None:
    rows = pupils(3, "Премештено")
    file = school.file(rows)
    apply(school, file)
    first = {one.name: one.reference for one in school.outcomes(file)}

    apply(school, school.file(rows[::-1]))

    assert [one.name for one in school.outcomes(file)] == ["Ана 2 Премештено", "Ана 1 Премештено", "Ана 0 Премештено"]
    assert {one.name: one.reference for one in school.outcomes(file)} == first


def test_who_applied_elsewhere_is_a_result_with_the_reference(school: School) -> None:
    rows = pupils(1, "Већ")
    apply(school, school.file(rows, "first.csv"))
    file = school.file([rows[0] | {"motivation": "Друго."}])

    code, said = apply(school, file)

    (first,), (second,) = school.outcomes(school.folder / "first.csv"), school.outcomes(file)
    assert (code, second.outcome, second.reference) == (0, "already", first.reference)
    assert "1 had applied already" in said


def test_the_same_row_twice_is_one_application(school: School) -> None:
    before = school.references()

    code, said = apply(school, school.file(pupils(1, "Двапут") * 2))

    assert (code, len(school.references())) == (0, len(before) + 1)
    assert "1 taken in, 1 the same as a row above." in said


def test_what_the_server_alone_can_know_is_named_with_its_cell(school: School) -> None:
    nobody = "01938f6e-5c00-7000-8000-000000000009"
    file = school.file(pupils(1, "Непознат", sending_organisation_id=nobody))

    code, _ = apply(school, file)

    assert (code, told(school, file)) == (1, [("2", "rejected", "K2")])


def test_consents_are_to_the_texts_that_the_call_shows_now(school: School) -> None:
    file = school.file(pupils(1, "Сагласност", lang="sr-Latn"))

    apply(school, file)

    (outcome,) = school.outcomes(file)
    (text,) = {asked["text_version"] for asked in school.client.call(CALL)["consents"]}
    consents = school.client.application(outcome.application_id)["consents"]
    assert {(each["text_version"], each["lang"], each["granted"]) for each in consents} == {(text, "sr-Latn", True)}


def test_minors_come_in_with_their_guardians_whose_paper_the_school_has(school: School) -> None:
    file = school.file(pupils(2, "Малолетно", **MINOR))

    code, _ = apply(school, file)

    made = school.client.application(school.outcomes(file)[0].application_id)
    consent = made["consents"][-1]
    assert (code, made["guardian"]["given_names"], made["missing"]) == (0, "Весна", [])
    assert (consent["purpose"], consent["given_by"], consent["source"]) == ("parental_consent", "school", "api")


def test_a_guardian_whom_the_server_alone_misses_is_named_with_its_cell(school: School, intake: Intake) -> None:
    nobody = {name: "" for name in MINOR if name.startswith("guardian_")}
    reading = intake.read(school.file(pupils(1, "Малолетно", **MINOR | nobody)))
    passed = replace(reading, rows=tuple(replace(row, findings=()) for row in reading.rows))

    (outcome,) = apply_rows(school.client, intake.call["id"], passed, results.Results(school.folder / "results.csv"))

    assert (outcome.outcome, outcome.cell) == ("rejected", "K2")


def test_a_column_that_is_not_known_stops_it_before_anything_is_sent(school: School) -> None:
    file = school.file(pupils(1, "Колона", motivatoin="Желим."))

    code, said = apply(school, file)

    assert (code, path_for(file).exists()) == (1, False)
    assert "K1" in said
    assert "Is it answers.motivation?" in said


def test_what_is_the_same_for_all_is_said_once(school: School) -> None:
    rows = [{name: value for name, value in row.items() if name != "country"} for row in pupils(2, "Заједничко")]

    code, _ = apply(school, school.file(rows), "--set", "country=RS")

    assert code == 0


def test_a_token_that_is_not_known_stops_it_with_what_to_do(school: School) -> None:
    file = school.file(pupils(1, "Непозван"))
    school.token = "ivt_" + "x" * 40

    code, said = apply(school, file)

    assert code == 3
    assert "intervet login" in said


def test_without_a_token_it_applies_as_the_public(school: School) -> None:
    file = school.file(pupils(2, "Јавност"))
    school.token = None

    code, _ = apply(school, file)

    assert (code, [row[1] for row in told(school, file)]) == (0, ["added", "added"])


def test_the_results_are_for_their_owner_alone(school: School) -> None:
    file = school.file(pupils(1, "Приватно"))

    apply(school, file)

    assert stat.S_IMODE(path_for(file).stat().st_mode) == 0o600


def test_a_second_run_at_the_same_time_is_told_to_wait(school: School) -> None:
    file = school.file(pupils(1, "Чекај"))
    with results.locked(path_for(file)):
        code, said = apply(school, file)

    assert code == 3
    assert "wait until it has ended" in said
