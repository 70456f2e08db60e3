"""The data files keep their promises: the published numbers, keys that lead somewhere, texts in the right languages."""

import json
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from domain.models.activities import ActivityCode, Profile, Unit
from domain.models.organisations import OrganisationType, Role
from domain.models.projects import ActionType, ProjectState

DATA = Path(__file__).parents[2] / "data"


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


REFERENCE = read("projects/intervet-wb.json")
DEMO = read("projects/intervet-demo.json")
PROJECTS = [pytest.param(REFERENCE, id="INTERVET-WB"), pytest.param(DEMO, id="INTERVET-DEMO")]
CALLS = [pytest.param(call, id=call["slug"]) for call in DEMO["calls"]]
BLOCKS = [pytest.param(block, id=block["activity"]) for block in REFERENCE["synthetic_participations"]]
LANGUAGES = {
    "AL": {"en", "sq"},
    "BA": {"en", "bs"},
    "XK": {"en", "sq", "sr-Latn"},
    "ME": {"en", "cnr"},
    "MK": {"en", "mk"},
    "RS": {"en", "sr-Cyrl", "sr-Latn"},
}


def limits_of(project: Any, activity: str) -> Any:
    code = by_key(project["activities"])[activity]["code"]
    return read(f"rule_sets/{project['project']['rule_set'].lower()}.json")["activities"][code]


def by_key(rows: Any) -> Any:
    return {row["key"]: row for row in rows}


def holders(project: Any, role: str) -> set[str]:
    return {row["key"] for row in project["organisations"] if role in row["roles"]}


def entry(shares: Any, stride: int, position: int) -> Any:
    """The share that participation `position` falls to, by the rule in data/README.md."""
    written_out = [share for share in shares for _ in range(share["weight"])]
    return written_out[position * stride % len(written_out)]


def participations(block: Any) -> list[Any]:
    lists = ("sending", "receiving", "period")
    return [{name: entry(**block[name], position=n) for name in lists} for n in range(block["count"])]


def stays(rows: Any) -> list[tuple[date, date]]:
    return [(date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])) for row in rows]


def months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def is_within(limits: Any, starts_on: date, ends_on: date) -> bool:
    days, after = (ends_on - starts_on).days + 1, ends_on + timedelta(days=1)
    shortest = months_later(starts_on, limits.get("min_months", 0))
    longest = months_later(starts_on, limits.get("max_months", 1200))
    too_long = months_later(starts_on, limits.get("max_months_exclusive", 1200))
    in_days = limits.get("min_days", 1) <= days <= limits.get("max_days", days)
    return in_days and shortest <= after <= longest and after < too_long


def texts(node: Any) -> Iterator[dict[str, str]]:
    """Every map of texts for readers, wherever it stands in a file."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key in ("title", "summary", "description", "label", "help"):
            yield value
        elif isinstance(value, dict | list):
            yield from texts(value)


# The reference project


def test_every_published_participation_has_a_synthetic_one() -> None:
    counts = {block["activity"]: block["count"] for block in REFERENCE["synthetic_participations"]}

    assert counts == {
        "short_term_learner": 372,
        "long_term_learner": 54,
        "job_shadowing": 57,
        "summer_school": 42,
        "thematic_team": 85,
        "teacher_week": 24,
    }


def test_there_are_634_participations_in_all() -> None:
    assert sum(len(participations(block)) for block in REFERENCE["synthetic_participations"]) == 634


@pytest.mark.parametrize("block", BLOCKS)
def test_every_invented_participation_is_marked_synthetic(block: Any) -> None:
    assert block["synthetic"] is True


@pytest.mark.parametrize("name", ["sending", "receiving", "period"])
@pytest.mark.parametrize("block", BLOCKS)
def test_weights_come_out_exactly(block: Any, name: str) -> None:
    shares = block[name]["shares"]

    given = Counter(json.dumps(row[name]) for row in participations(block))

    assert given == {json.dumps(share): share["weight"] for share in shares}
    assert given.total() == block["count"]


@pytest.mark.parametrize("block", BLOCKS)
def test_strides_reach_every_entry(block: Any) -> None:
    assert {gcd(block[name]["stride"], block["count"]) for name in ("sending", "receiving", "period")} == {1}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_country_sends_to_every_host(block: Any) -> None:
    flows = {(row["sending"]["organisation"], row["receiving"]["organisation"]) for row in participations(block)}

    assert len(flows) == 6 * len(block["receiving"]["shares"])


@pytest.mark.parametrize("block", BLOCKS)
def test_participations_last_as_long_as_the_pilot_allows(block: Any) -> None:
    limits = limits_of(REFERENCE, block["activity"])

    assert [stay for stay in stays(block["period"]["shares"]) if not is_within(limits, *stay)] == []


@pytest.mark.parametrize("block", BLOCKS)
def test_participations_lie_within_the_project(block: Any) -> None:
    periods = stays(block["period"]["shares"])

    assert [p for p in periods if not date(2020, 1, 1) <= p[0] <= p[1] <= date(2023, 10, 31)] == []


@pytest.mark.parametrize("block", BLOCKS)
def test_participations_go_from_national_partners_to_hosts_of_the_activity(block: Any) -> None:
    activity = by_key(REFERENCE["activities"])[block["activity"]]

    assert {s["organisation"] for s in block["sending"]["shares"]} == holders(REFERENCE, "national_partner")
    assert {s["organisation"] for s in block["receiving"]["shares"]} == set(activity["hosts"])
    assert set(activity["hosts"]) - holders(REFERENCE, "receiving") == set()


@pytest.mark.parametrize("block", BLOCKS)
def test_participations_lead_to_the_destinations_of_the_activity(block: Any) -> None:
    organisations = by_key(REFERENCE["organisations"])
    places = [(share["country"], share["city"]) for share in block["receiving"]["shares"]]
    activity = by_key(REFERENCE["activities"])[block["activity"]]

    assert sorted(places) == sorted((place["country"], place["city"]) for place in activity["destinations"])
    assert [c for c, _ in places] == [organisations[s["organisation"]]["country"] for s in block["receiving"]["shares"]]


def test_targets_are_the_published_ones() -> None:
    targets = [("+".join(t["activities"]), t["country"], t["planned"]) for t in REFERENCE["targets"]]

    assert targets == [
        ("short_term_learner", None, 360),
        ("long_term_learner", None, 56),
        ("job_shadowing", None, 54),
        ("summer_school", None, 36),
        ("thematic_team", None, 72),
        ("short_term_learner+long_term_learner", "AL", 93),
        ("job_shadowing", "AL", 9),
        ("summer_school", "AL", 6),
        ("thematic_team", "AL", 12),
    ]


def test_the_reports_figures_are_taken_for_persons_and_say_so() -> None:
    figures = [f for f in REFERENCE["reported_figures"] if "profile" in f["scope"]]

    assert [(f["scope"]["profile"], f["value"], f["unit"], f["assumed"]) for f in figures] == [
        ("learner", "426", "person", True),
        ("staff", "165", "person", True),
    ]


def test_every_published_date_and_sum_stands_beside_the_others() -> None:
    figures = [(f["measure"], f["value"], f["unit"]) for f in REFERENCE["reported_figures"] if not f["scope"]]

    assert figures == [
        ("starts_on", "2020-01", "date"),
        ("starts_on", "2019-12", "date"),
        ("ends_on", "2023-10", "date"),
        ("ends_on", "2023-06", "date"),
        ("value", "199820776.00", "EUR"),
        ("eu_contribution", "199820776.00", "EUR"),
    ]


def test_participations_are_reported_as_published() -> None:
    figures = [f for f in REFERENCE["reported_figures"] if "activity" in f["scope"]]
    counts = {block["activity"]: str(block["count"]) for block in REFERENCE["synthetic_participations"]}

    assert {f["scope"]["activity"]: f["value"] for f in figures} == counts


def test_what_is_assumed_is_said_in_a_sentence() -> None:
    figures = REFERENCE["reported_figures"]

    assert [f for f in figures if f["assumed"] != f.get("assumption", "").endswith(".")] == []


# Both projects


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


# The calls of the demonstration project


def status(call: Any) -> str:
    """What the call shows on the day it is loaded, and so on any day."""
    if call["schedule"]["opens_in_days"] > 0:
        return "scheduled"
    return "open" if call["schedule"]["closes_in_days"] > 0 else "closed"


def test_the_demo_has_a_call_for_each_of_the_six_countries() -> None:
    assert {country for call in DEMO["calls"] for country in call["eligible_countries"]} == set(LANGUAGES)


def test_every_country_has_an_open_or_a_coming_call() -> None:
    takes = [call for call in DEMO["calls"] if status(call) != "closed"]

    assert {country for call in takes for country in call["eligible_countries"]} == set(LANGUAGES)


def test_some_calls_are_scheduled_some_open_and_some_closed() -> None:
    assert Counter(map(status, DEMO["calls"])) == {"scheduled": 3, "open": 6, "closed": 3}


def test_every_activity_of_the_demo_is_called_for() -> None:
    assert {call["activity"] for call in DEMO["calls"]} == by_key(DEMO["activities"]).keys()


@pytest.mark.parametrize("call", CALLS)
def test_a_call_opens_closes_and_leads_abroad_in_this_order(call: Any) -> None:
    moments = [call["schedule"][key] for key in ("opens_in_days", "closes_in_days", "starts_in_days")]

    assert min(later - earlier for earlier, later in pairwise(moments)) >= 14


@pytest.mark.parametrize("call", CALLS)
def test_no_call_changes_its_status_within_five_days(call: Any) -> None:
    assert min(abs(call["schedule"][key]) for key in ("opens_in_days", "closes_in_days")) > 5


@pytest.mark.parametrize("call", CALLS)
def test_dates_of_destinations_are_those_of_a_load_on_4_january_2027(call: Any) -> None:
    first = min(place["starts_on"] for place in call["destinations"])

    assert date.fromisoformat(first) - timedelta(days=call["schedule"]["starts_in_days"]) == date(2027, 1, 4)


@pytest.mark.parametrize("call", CALLS)
def test_stays_last_as_long_as_the_rule_set_allows(call: Any) -> None:
    limits = limits_of(DEMO, call["activity"])

    assert [stay for stay in stays(call["destinations"]) if not is_within(limits, *stay)] == []


@pytest.mark.parametrize("call", CALLS)
def test_places_of_the_destinations_add_up(call: Any) -> None:
    assert sum(place["places"] for place in call["destinations"]) == call["places"]


@pytest.mark.parametrize("call", CALLS)
def test_destinations_are_hosts_of_the_activity_where_they_are(call: Any) -> None:
    activity = by_key(DEMO["activities"])[call["activity"]]
    hosts, organisations = {place["host"] for place in call["destinations"]}, by_key(DEMO["organisations"])

    assert hosts - set(activity["hosts"]) == set()
    assert hosts - holders(DEMO, "receiving") == set()
    assert [p for p in call["destinations"] if p["country"] != organisations[p["host"]]["country"]] == []


@pytest.mark.parametrize("call", CALLS)
def test_a_call_belongs_to_the_national_partner_of_its_country(call: Any) -> None:
    owner = by_key(DEMO["organisations"])[call["owner"]]

    assert (call["eligible_countries"], owner["roles"]) == ([owner["country"]], ["national_partner"])


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_for_those_its_activity_is_for(call: Any) -> None:
    assert call["profile"] == by_key(DEMO["activities"])[call["activity"]]["profile"]


@pytest.mark.parametrize("call", CALLS)
def test_every_text_of_a_call_is_in_english_and_the_languages_of_its_country(call: Any) -> None:
    (country,) = call["eligible_countries"]

    assert {frozenset(text) for text in texts(call)} == {frozenset(LANGUAGES[country])}


@pytest.mark.parametrize("call", CALLS)
def test_descriptions_have_as_many_paragraphs_in_each_language(call: Any) -> None:
    assert {len(text.split("\n\n")) for text in call["description"].values()} == {3}


@pytest.mark.parametrize("call", CALLS)
def test_forms_ask_three_to_five_questions_of_known_types(call: Any) -> None:
    types = {field["type"] for field in call["form"]}

    assert 3 <= len({field["name"] for field in call["form"]}) == len(call["form"]) <= 5
    assert types - {"text", "long_text", "choice", "date", "yes_no"} == set()


@pytest.mark.parametrize("call", CALLS)
def test_choices_stand_where_there_is_something_to_choose_and_lengths_where_something_is_written(call: Any) -> None:
    form = call["form"]

    assert [f for f in form if (f["type"] == "choice") != (len(f.get("choices", [])) > 1)] == []
    assert [f for f in form if (f["type"] in ("text", "long_text")) != ("max_length" in f)] == []


def test_every_type_of_question_is_asked_somewhere() -> None:
    types = {field["type"] for call in DEMO["calls"] for field in call["form"]}

    assert types == {"text", "long_text", "choice", "date", "yes_no"}


@pytest.mark.parametrize("call", CALLS)
def test_addresses_and_zones_of_a_call_are_usable(call: Any) -> None:
    assert re.fullmatch(r"(?=.{3,80}$)[a-z0-9]+(-[a-z0-9]+)*", call["slug"])
    assert call["contact"] == f"mobility.{call['eligible_countries'][0].lower()}@example.org"
    assert ZoneInfo(call["timezone"]).key == call["timezone"]


def test_slugs_are_unique() -> None:
    assert len({call["slug"] for call in DEMO["calls"]}) == len(DEMO["calls"])


def test_the_demo_has_the_same_partners_as_the_reference_project_and_two_schools() -> None:
    partners = {(row["legal_name"], row["country"]) for row in REFERENCE["organisations"]}
    schools = [row for row in DEMO["organisations"] if (row["legal_name"], row["country"]) not in partners]

    assert len(DEMO["organisations"]) - len(schools) == len(partners) == 14
    assert [(row["country"], row["parent"], row["roles"]) for row in schools] == [
        ("RS", "pks", ["sending"]),
        ("AL", "alskills", ["sending"]),
    ]


# Rule sets and code lists


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
