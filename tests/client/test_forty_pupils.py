"""docs/forty-pupils.md, executed from its first command to its last, and its Python after it."""

import re
import sys
from pathlib import Path

import pytest

from tests.client.school import School
from tests.e2e.running import ROOT, TOKEN

PAGE = (ROOT / "docs" / "forty-pupils.md").read_text()


def blocks(kind: str) -> str:
    """All of a kind."""
    return "\n".join(re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def done(beside: School, tmp_path_factory: pytest.TempPathFactory) -> tuple[School, str, set[str]]:
    """The page's commands done, what they said, and the applications that came of them."""
    school = School(beside.running, tmp_path_factory.mktemp("school"))
    before = set(school.references())
    script = blocks("sh").replace("http://127.0.0.1:8000", school.running.base_url)
    path = f"PATH={Path(sys.prefix) / 'bin'}:$PATH\n"
    told = school.shell("set -e\n" + path + script.replace("$(cat var/bootstrap_token)", TOKEN))
    assert told.returncode == 0, told.stdout + told.stderr
    return school, told.stdout, set(school.references()) - before


def test_forty_pupils_are_in_after_the_last_command_and_no_one_twice(done: tuple[School, str, set[str]]) -> None:
    school, said, made = done

    outcomes = school.outcomes(school.folder / "pupils.csv")
    assert [one.outcome for one in outcomes] == ["added"] * 40
    assert {one.reference for one in outcomes} == made
    assert "39 taken in, 1 to be corrected." in said


def test_in_python_they_are_the_same_applications(done: tuple[School, str, set[str]]) -> None:
    school, _, made = done

    again = school.run("-c", blocks("python"), executable=sys.executable)

    rows = [line.split() for line in again.stdout.splitlines()]
    assert [outcome for _, outcome, _ in rows] == ["added"] * 40
    assert {reference for _, _, reference in rows} == made


def test_what_the_page_shows_is_what_is_said(done: tuple[School, str, set[str]]) -> None:
    _, said, _ = done

    shown = PAGE.partition("```text\ncell")[2].partition("```")[0]
    assert [line for line in shown.splitlines()[1:] if line.strip() and line not in said] == []


def test_the_columns_of_the_results_are_explained(done: tuple[School, str, set[str]]) -> None:
    school, _, _ = done

    header = (school.folder / "pupils.csv.results.csv").read_text("utf-8-sig").splitlines()[0].split(",")
    assert [name for name in header if f"`{name}`" not in PAGE] == []
