"""The reference project keeps its promises: the published numbers, and participations that bear them out."""

import json
from collections import Counter
from datetime import date
from math import gcd
from typing import Any

import pytest

from tests.data.files import REFERENCE, by_key, holders, is_within, limits_of, stays

BLOCKS = [pytest.param(block, id=block["activity"]) for block in REFERENCE["synthetic_participations"]]


def entry(shares: Any, stride: int, position: int) -> Any:
    """The share that participation `position` falls to, by the rule in data/README.md."""
    written_out = [share for share in shares for _ in range(share["weight"])]
    return written_out[position * stride % len(written_out)]


def participations(block: Any) -> list[Any]:
    lists = ("sending", "receiving", "period")
    return [{name: entry(**block[name], position=n) for name in lists} for n in range(block["count"])]


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
