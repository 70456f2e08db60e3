"""The calls of the demonstration project: some open on any day, each as its rules want it."""

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.data.files import DEMO, REFERENCE, by_key, holders, is_within, limits_of, stays, texts

CALLS = [pytest.param(call, id=call["slug"]) for call in DEMO["calls"]]
LANGUAGES = {
    "AL": {"en", "sq"},
    "BA": {"en", "bs"},
    "XK": {"en", "sq", "sr-Latn"},
    "ME": {"en", "cnr"},
    "MK": {"en", "mk"},
    "RS": {"en", "sr-Cyrl", "sr-Latn"},
}


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
