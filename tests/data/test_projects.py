"""What holds for both projects: keys that lead somewhere, texts in the right languages and scripts."""

import re
from collections import Counter
from typing import Any

import pytest

from domain.models.activities import ActivityCode, Profile, Unit
from domain.models.organisations import OrganisationType, Role
from domain.models.projects import ActionType, ProjectState
from tests.data.files import PROJECTS, by_key, read, texts


@pytest.mark.parametrize("project", PROJECTS)
def test_no_figure_stands_without_a_source(project: Any) -> None:
    assert [f for f in project["targets"] + project["reported_figures"] if not f["source"].strip()] == []


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("rows", ["organisations", "activities", "calls"])
def test_keys_are_unique(project: Any, rows: str) -> None:
    assert [key for key, times in Counter(row["key"] for row in project[rows]).items() if times > 1] == []


@pytest.mark.parametrize("project", PROJECTS)
def test_every_organisation_named_is_in_the_file(project: Any) -> None:
    named = {project["project"]["coordinator"]}
    named |= {row.get("parent") for row in project["organisations"]}
    named |= {key for row in project["activities"] for key in (row.get("organiser"), *row["hosts"])}
    named |= {row.get(key) for row in project["calls"] for key in ("owner", "organiser")}
    named |= {place["host"] for row in project["calls"] for place in row["destinations"]}

    assert named - {None} - by_key(project["organisations"]).keys() == set()


@pytest.mark.parametrize("project", PROJECTS)
def test_every_activity_named_is_in_the_file(project: Any) -> None:
    named = {row["activity"] for row in project["calls"] + project["synthetic_participations"]}
    codes = {code for target in project["targets"] for code in target["activities"]}

    assert named - by_key(project["activities"]).keys() == set()
    assert codes - {row["code"] for row in project["activities"]} == set()


@pytest.mark.parametrize("project", PROJECTS)
def test_every_activity_is_in_the_rule_set(project: Any) -> None:
    rules = read(f"rule_sets/{project['project']['rule_set'].lower()}.json")

    assert rules["code"] == project["project"]["rule_set"]
    assert {row["code"] for row in project["activities"]} - rules["activities"].keys() == set()


@pytest.mark.parametrize("project", PROJECTS)
def test_words_from_closed_lists_are_known(project: Any) -> None:
    organisations, activities = project["organisations"], project["activities"]

    assert {row["type"] for row in organisations} - set(OrganisationType) == set()
    assert {role for row in organisations for role in row["roles"]} - set(Role) == set()
    assert {row["code"] for row in activities} - set(ActivityCode) == set()
    assert {row["profile"] for row in activities} - set(Profile) == set()
    assert {row["unit"] for row in project["targets"] + project["reported_figures"]} - set(Unit) == set()
    assert {project["project"]["state"]} - set(ProjectState) == set()
    assert {project["project"]["action_type"]} - set(ActionType) == set()


@pytest.mark.parametrize("project", PROJECTS)
def test_titles_are_in_every_language_of_the_project(project: Any) -> None:
    titles = [project["project"]["title"], *(row["title"] for row in project["activities"])]

    assert {tuple(title) for title in titles} == {tuple(project["project"]["languages"])}


@pytest.mark.parametrize("project", PROJECTS)
def test_every_text_has_english_and_no_text_is_empty(project: Any) -> None:
    assert [text for text in texts(project) if "en" not in text or not all(map(str.strip, text.values()))] == []


NAMES_IN_LATIN_LETTERS = r"Erasmus\+|Europass|InterVET|Incoma|MCAST|[ABC][12]"


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("language", ["mk", "sr-Cyrl"])
def test_cyrillic_texts_hold_no_latin_letters_but_names(project: Any, language: str) -> None:
    written = [text[language] for text in texts(project) if language in text]
    latin = [re.findall(r"[A-Za-z\u00c0-\u024f]+", re.sub(NAMES_IN_LATIN_LETTERS, "", text)) for text in written]

    assert written != []
    assert [letters for letters in latin if letters] == []


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("language", ["en", "sq", "sr-Latn", "bs", "cnr"])
def test_latin_texts_hold_no_cyrillic_letters(project: Any, language: str) -> None:
    written = [text[language] for text in texts(project) if language in text]

    assert written != []
    assert [text for text in written if re.search(r"[\u0400-\u04ff]", text)] == []


PAIRS = "аa бb вv гg дd ђđ еe жž зz иi јj кk лl љlj мm нn њnj оo пp рr сs тt ћć уu фf хh цc чč џdž шš"
SMALL = {pair[0]: pair[1:] for pair in PAIRS.split()}
LATIN_FOR = str.maketrans(SMALL | {letter.upper(): latin.capitalize() for letter, latin in SMALL.items()})


@pytest.mark.parametrize("project", PROJECTS)
def test_both_scripts_of_serbian_say_the_same(project: Any) -> None:
    both = [text for text in texts(project) if "sr-Cyrl" in text]

    assert [text["sr-Latn"] for text in both] == [text["sr-Cyrl"].translate(LATIN_FOR) for text in both]
