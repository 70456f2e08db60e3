"""Each rule of a mobility's record, as a table of what keeps it and what breaks it."""

from datetime import date
from typing import Any

import pytest

from domain.languages import CATALOGUES
from domain.models.activities import ActivityCode
from domain.models.mobilities import Mobility, MobilityRole
from domain.services.mobility_rules import RULES, Facts, duration_days, missing, record_status, violations

LONG, SHORT = ActivityCode.LONG_TERM_LEARNER, ActivityCode.SHORT_TERM_LEARNER
ACCOMPANYING = MobilityRole.ACCOMPANYING
FEBRUARY = {"start_date": date(2027, 2, 1), "end_date": date(2027, 2, 21)}
MARCH = (date(2027, 3, 1), date(2027, 3, 20))
LYON = {"receiving_country": "FR", "receiving_city": "Lyon", "host_country": "FR", "host_city": "Lyon"}


def facts(**known: Any) -> Facts:
    return Facts(**{"rule_set": "KA1-VET-2021", "activity": SHORT, **known})


def stay(start: str, end: str, **known: Any) -> Facts:
    return facts(start_date=date.fromisoformat(start), end_date=date.fromisoformat(end), **known)


KEPT = [
    ("R01", facts()),
    ("R01", stay("2027-02-01", "2027-02-10")),
    ("R01", stay("2027-02-01", "2027-04-30")),
    ("R01", stay("2027-02-01", "2027-05-01", interruption_days=1)),
    ("R01", stay("2027-02-01", "2027-05-01", activity=LONG)),
    ("R01", stay("2022-02-01", "2022-04-30", rule_set="VET-PILOT-2019", activity=LONG)),
    ("R01", stay("2022-02-01", "2022-04-29", rule_set="VET-PILOT-2019")),
    ("R01", stay("2022-02-01", "2022-02-01", rule_set="VET-PILOT-2019", activity=ActivityCode.SUMMER_SCHOOL)),
    ("R02", facts(interruption_days=3)),
    ("R02", facts(**FEBRUARY, interruption_days=20)),
    ("R03", facts(funded_travel_days=2)),
    ("R03", facts(funded_travel_days=6, green_travel=True)),
    ("R04", facts()),
    ("R04", facts(force_majeure=True, force_majeure_explanation="A flood.")),
    ("R05", facts()),
    ("R05", facts(**LYON)),
    ("R05", facts(**LYON | {"receiving_city": "lyon "})),
    ("R05", facts(**LYON | {"receiving_city": None})),
    ("R05", facts(**LYON | {"receiving_city": "Villeurbanne"}, comments="The workshop is there.")),
    ("R06", facts(fewer_opportunities=True)),
    ("R06", facts(role=ACCOMPANYING)),
    ("R07", facts(birth_date=date(2009, 2, 1))),
    ("R07", facts(**FEBRUARY, birth_date=date(2009, 2, 1))),
    ("R07", facts(start_date=date(2026, 3, 1), birth_date=date(2008, 2, 29))),
    ("R08", facts(**FEBRUARY, graduation_date=date(2020, 6, 1))),
    ("R08", facts(**FEBRUARY, recent_graduate=True)),
    ("R08", facts(**FEBRUARY, recent_graduate=True, graduation_date=date(2026, 2, 21))),
    ("R09", facts(**FEBRUARY)),
    ("R09", facts(**FEBRUARY, others=[MARCH])),
    ("R09", stay("2027-03-21", "2027-04-10", others=[MARCH])),
    ("R10", facts(sending_country="RS")),
    ("R10", facts(sending_country="RS", receiving_country="FR")),
    ("R11", facts()),
    *(
        ("R11", facts(isced_f=code))
        for code in ("07", "071", "0715", "0710", "0718", "0719", "078", "0788", "0799", "0900", "1000")
    ),
    ("R11", facts(eqf_level=8)),
    ("R12", facts(oids=[None], pics=[None])),
    ("R12", facts(oids=["E10012345"], pics=["912345678"])),
]
BROKEN = [
    ("R01", stay("2027-02-01", "2027-02-09")),
    ("R01", stay("2027-02-01", "2027-02-10", interruption_days=1)),
    ("R01", stay("2027-02-01", "2027-05-01")),
    ("R01", stay("2022-02-01", "2022-04-30", activity=LONG)),
    ("R01", stay("2022-02-01", "2022-04-30", rule_set="VET-PILOT-2019")),
    ("R01", stay("2022-02-01", "2022-04-29", rule_set="VET-PILOT-2019", activity=LONG)),
    ("R01", facts(activity=ActivityCode.SUMMER_SCHOOL)),
    ("R01", facts(rule_set="NO-SUCH-SET")),
    ("R02", facts(**FEBRUARY, interruption_days=21)),
    ("R03", facts(funded_travel_days=3)),
    ("R03", facts(funded_travel_days=7, green_travel=True)),
    ("R04", facts(force_majeure=True)),
    ("R04", facts(force_majeure=True, force_majeure_explanation="")),
    ("R05", facts(**LYON | {"receiving_city": "Villeurbanne"})),
    ("R05", facts(**LYON | {"receiving_country": "BE"})),
    ("R06", facts(role=ACCOMPANYING, fewer_opportunities=True)),
    ("R07", facts(**FEBRUARY, birth_date=date(2009, 2, 2))),
    ("R07", facts(start_date=date(2026, 2, 28), birth_date=date(2008, 2, 29))),
    ("R08", facts(**FEBRUARY, recent_graduate=True, graduation_date=date(2026, 2, 20))),
    ("R09", facts(**FEBRUARY, others=[MARCH, (date(2027, 2, 21), date(2027, 2, 28))])),
    ("R09", facts(**FEBRUARY, others=[(date(2027, 2, 5), date(2027, 2, 6))])),
    ("R09", facts(**FEBRUARY, others=[(date(2027, 1, 1), date(2027, 12, 31))])),
    ("R10", facts(sending_country="FR", receiving_country="FR")),
    *(("R11", facts(isced_f=code)) for code in ("99", "0798", "0777", "7", "abc")),
    ("R11", facts(eqf_level=9)),
    ("R12", facts(oids=["E1001234"])),
    ("R12", facts(oids=["e10012345"])),
    ("R12", facts(oids=["E1001234５"])),
    ("R12", facts(pics=["912345678", "91234567"])),
]


@pytest.mark.parametrize(("rule", "known"), KEPT)
def test_the_rule_is_kept(rule: str, known: Facts) -> None:
    assert RULES[rule](known)


@pytest.mark.parametrize(("rule", "known"), BROKEN)
def test_the_rule_is_broken(rule: str, known: Facts) -> None:
    assert not RULES[rule](known)


@pytest.mark.parametrize("cases", [KEPT, BROKEN])
def test_every_rule_has_cases_of_both_kinds(cases: list[tuple[str, Facts]]) -> None:
    assert list(dict.fromkeys(rule for rule, _ in cases)) == list(RULES)


def test_violations_are_named_in_order() -> None:
    known = facts(**FEBRUARY, funded_travel_days=3, force_majeure=True, interruption_days=30)

    assert violations(known) == ["R01", "R02", "R03", "R04"]


def test_three_months_of_89_days_are_long_in_one_rule_set_and_too_short_in_the_other() -> None:
    sets = ("VET-PILOT-2019", "KA1-VET-2021")

    found = [violations(stay("2022-02-01", "2022-04-30", rule_set=code, activity=LONG)) for code in sets]

    assert (duration_days(date(2022, 2, 1), date(2022, 4, 30), 0), found) == (89, [[], ["R01"]])


@pytest.mark.parametrize(
    ("end", "interruption", "days"),
    [(date(2027, 2, 1), 0, 1), (date(2027, 2, 21), 2, 19), (date(2027, 2, 2), 5, 0), (None, 2, None)],
)
def test_a_duration_counts_both_ends_less_the_interruption(end: date | None, interruption: int, days: int) -> None:
    assert duration_days(date(2027, 2, 1), end, interruption) == days


@pytest.mark.parametrize(
    ("broken", "lacking", "status"), [([], [], "complete"), (["R03"], [], "draft"), ([], ["end_date"], "draft")]
)
def test_a_record_is_complete_when_nothing_is_broken_and_nothing_lacks(
    broken: list[str], lacking: list[str], status: str
) -> None:
    assert record_status(broken, lacking) == status


def test_what_lacks_is_named() -> None:
    record = Mobility(start_date=date(2027, 2, 1), receiving_country="FR")

    assert missing(record) == ["end_date", "receiving_id"]


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_rule_has_its_sentence(lang: str) -> None:
    assert {f"rule_{rule}" for rule in RULES} - CATALOGUES[lang].keys() == set()
