"""Rule sets and code lists say what their sources say."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from babel import Locale

from tests.data.files import DATA, is_within, read


def test_the_same_spring_is_legal_under_one_rule_set_and_not_under_the_other() -> None:
    spring = date(2022, 2, 1), date(2022, 4, 30)
    names = ("vet-pilot-2019", "ka1-vet-2021")
    limits = {name: read(f"rule_sets/{name}.json")["activities"]["long_term_learner"] for name in names}

    assert {name: is_within(limit, *spring) for name, limit in limits.items()} == {
        "vet-pilot-2019": True,
        "ka1-vet-2021": False,
    }


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("short_term_learner", (10, 89)),
        ("long_term_learner", (90, 365)),
        ("group_mobility", (2, 30)),
        ("job_shadowing", (2, 60)),
        ("teaching_assignment", (2, 365)),
        ("course", (2, 30)),
        ("skills_competition", (1, 10)),
        ("invited_expert", (2, 60)),
        ("hosting_teacher_in_training", (10, 365)),
    ],
)
def test_key_action_1_counts_in_days(code: str, days: tuple[int, int]) -> None:
    limits = read("rule_sets/ka1-vet-2021.json")["activities"][code]

    assert limits == {"min_days": days[0], "max_days": days[1]}


@pytest.mark.parametrize(
    ("code", "limits"),
    [
        ("short_term_learner", {"min_days": 14, "max_months_exclusive": 3}),
        ("long_term_learner", {"min_months": 3, "max_months": 12}),
        ("job_shadowing", {"min_days": 2, "max_days": 60}),
        ("teaching_assignment", {"min_days": 2, "max_days": 365}),
        ("course", {"min_days": 2, "max_days": 30}),
        ("summer_school", {}),
        ("thematic_team", {}),
        ("teacher_week", {}),
        ("training_course", {}),
        ("outreach_event", {}),
    ],
)
def test_the_pilot_counts_learners_in_months(code: str, limits: dict[str, int]) -> None:
    assert read("rule_sets/vet-pilot-2019.json")["activities"][code] == limits


@pytest.mark.parametrize("path", sorted(DATA.glob("*_*/*.json")), ids=lambda path: path.stem)
def test_rule_sets_and_code_lists_carry_code_title_and_source(path: Path) -> None:
    file = json.loads(path.read_text(encoding="utf-8"))

    assert file["code"].lower() == path.stem
    assert "" not in (file["title"]["en"], file["source"])


def test_babels_countries_less_ours_to_leave_out_are_iso_3166_and_kosovo() -> None:
    file = read("code_lists/countries.json")
    territories = {code for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code))}

    assert set(file["not_countries"]) - territories == set()
    assert len(territories - set(file["not_countries"]) - file["added"].keys()) == 249
    assert file["added"].keys() == {"XK"}


def test_isced_f_has_all_its_fields_each_below_a_broader_one() -> None:
    codes = read("code_lists/isced_f.json")["codes"]

    assert Counter(map(len, codes)) == {2: 11, 3: 29, 4: 80}
    assert {code[:-1] for code in codes if len(code) > 2} - codes.keys() == set()


def test_eqf_has_eight_levels() -> None:
    assert list(read("code_lists/eqf.json")["codes"]) == ["1", "2", "3", "4", "5", "6", "7", "8"]
