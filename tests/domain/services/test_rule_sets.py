"""How long an activity may last, counted in days or by the calendar."""

from datetime import date

import pytest

from domain.services.rule_sets import RULE_SETS, Limits, months_after

FEBRUARY = date(2027, 2, 1)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2027-02-01", 0, "2027-02-01"),
        ("2027-02-01", 3, "2027-05-01"),
        ("2027-11-15", 2, "2028-01-15"),
        ("2027-12-31", 12, "2028-12-31"),
        ("2027-01-31", 1, "2027-03-01"),  # There is no 31 February.
        ("2028-02-29", 12, "2029-03-01"),
        ("2027-10-31", 1, "2027-12-01"),
        ("2027-11-30", 3, "2028-03-01"),
    ],
)
def test_months_are_counted_by_the_calendar(day: str, months: int, later: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)


@pytest.mark.parametrize(
    ("limits", "shortest", "longest"),
    [
        (Limits(min_days=10, max_days=89), "2027-02-10", "2027-04-30"),
        (Limits(min_months=3, max_months=12), "2027-04-30", "2028-01-31"),
        (Limits(min_days=14, max_months_exclusive=3), "2027-02-14", "2027-04-29"),
    ],
)
def test_both_limits_are_allowed_and_a_day_beyond_them_is_not(limits: Limits, shortest: str, longest: str) -> None:
    first, last = date.fromisoformat(shortest), date.fromisoformat(longest)
    ends = [first.fromordinal(day.toordinal() + shift) for day in (first, last) for shift in (-1, 0, 1)]

    assert [limits.allow(FEBRUARY, end) for end in ends] == [False, True, True, True, True, False]


def test_an_interruption_is_taken_off_both_ways_of_counting() -> None:
    days, months = Limits(max_days=28), Limits(max_months=1)
    end = date(2027, 3, 2)

    found = [limits.allow(FEBRUARY, end, interruption_days=lost) for limits in (days, months) for lost in (1, 2)]

    assert found == [False, True, False, True]


def test_what_has_no_limit_lasts_as_long_as_it_likes() -> None:
    assert Limits().allow(date(1900, 1, 1), date(2100, 12, 31))


def test_a_rule_set_goes_by_the_name_that_projects_use() -> None:
    assert sorted(RULE_SETS) == ["KA1-VET-2021", "VET-PILOT-2019"]
