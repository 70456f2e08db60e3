"""Reports made of facts, without a database."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from domain.models.activities import ActivityCode, Profile, Unit
from domain.services import small_cells
from domain.services.disagreements import Figure, Scope
from domain.services.reports import (
    Cell,
    Facts,
    Line,
    Promise,
    Report,
    Row,
    Stage,
    Total,
    activity_scope,
    full_report,
    profile_scope,
    published_report,
)

A = ActivityCode
SHORT = Cell(A.SHORT_TERM_LEARNER, Profile.LEARNER)
LONG = Cell(A.LONG_TERM_LEARNER, Profile.LEARNER)
SHADOWING = Cell(A.JOB_SHADOWING, Profile.STAFF)
WEEK = Cell(A.TEACHER_WEEK, Profile.STAFF)
OUTREACH = Cell(A.OUTREACH_EVENT, Profile.ANYONE)


def facts(counts: dict[Cell, int], planned: dict[Cell, int] | None = None, figures: tuple[Figure, ...] = ()) -> Facts:
    """So many participations, each by a person of its own, all completed, all from Serbia."""
    persons: dict[Scope, int] = {(): sum(counts.values())}
    for cell, count in counts.items():
        for scope in (activity_scope(cell.activity), profile_scope(cell.profile)):
            persons[scope] = persons.get(scope, 0) + count
    return Facts(
        starts_on=date(2020, 1, 1),
        ends_on=date(2023, 10, 31),
        offered=list(counts),
        promises=[Promise(frozenset({cell.activity}), number) for cell, number in (planned or {}).items()],
        lines=[Line(cell, "RS", abroad=count, completed=count) for cell, count in counts.items()],
        persons=persons,
        figures=figures,
    )


def persons_reported(value: int, scope: Scope = ()) -> Figure:
    return Figure(measure="participants", scope=scope, value=value, unit=Unit.PERSON, source="News")


# ── rows and totals ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_holds_participations_against_the_target() -> None:
    rows = full_report(facts({SHORT: 372, WEEK: 24}, {SHORT: 360})).rows

    assert rows == (Row(SHORT.activity, 360, 372, Decimal("103.33")), Row(WEEK.activity, None, 24, None))


@pytest.mark.parametrize(
    ("participations", "planned", "percent"),
    [
        (1, 800, "0.13"),
        (3, 800, "0.38"),
        (1, 8, "12.50"),
        (610, 578, "105.54"),
        (2, 3, "66.67"),
        (0, 7, "0.00"),
        (10**6, 7, "14285714.29"),
    ],
)
def test_percentages_are_rounded_half_up(participations: int, planned: int, percent: str) -> None:
    (row,) = full_report(facts({SHORT: participations}, {SHORT: planned})).rows

    assert row.percent == Decimal(percent)


def test_a_plan_of_nothing_has_no_percentage() -> None:
    (row,) = full_report(facts({SHORT: 7}, {SHORT: 0})).rows

    assert (row.planned, row.percent) == (0, None)


def test_totals_with_target_leave_out_what_has_none_on_both_sides() -> None:
    totals = full_report(facts({SHORT: 50, SHADOWING: 30, WEEK: 24}, {SHORT: 40, SHADOWING: 20})).totals

    assert totals.staff_with_target == Total(20, 30, Decimal("150.00"))
    assert totals.all_with_target == Total(60, 80, Decimal("133.33"))


def test_a_total_that_targets_cover_in_part_has_no_percentage() -> None:
    totals = full_report(facts({SHORT: 50, LONG: 9}, {SHORT: 40})).totals

    assert totals.learners == Total(40, 59, None)


def test_what_is_for_anyone_counts_in_the_whole_alone() -> None:
    totals = full_report(facts({SHORT: 50, SHADOWING: 30, OUTREACH: 7})).totals

    assert (totals.learners.participations, totals.staff_all.participations, totals.all.participations) == (50, 30, 87)


def test_a_target_for_two_activities_is_in_their_total_and_in_no_row() -> None:
    both = Promise(frozenset({SHORT.activity, LONG.activity}), 100)

    report = full_report(replace(facts({SHORT: 50, LONG: 9}), promises=[both]))

    assert ([row.planned for row in report.rows], report.totals.learners) == (
        [None, None],
        Total(100, 59, Decimal("59.00")),
    )


def test_a_target_for_two_activities_gives_way_to_those_of_their_own() -> None:
    both, short = Promise(frozenset({SHORT.activity, LONG.activity}), 100), Promise(frozenset({SHORT.activity}), 80)

    report = full_report(replace(facts({SHORT: 50, LONG: 9}), promises=[both, short]))

    assert report.totals.all_with_target == Total(80, 50, Decimal("62.50"))


def test_a_target_for_learners_and_staff_is_in_neithers_total() -> None:
    learners = Cell(SHADOWING.activity, Profile.LEARNER)

    totals = full_report(facts({SHADOWING: 30, learners: 20}, {SHADOWING: 40})).totals

    assert (totals.learners, totals.staff_with_target) == (Total(None, 20, None), Total(None, 0, None))
    assert totals.all_with_target == Total(40, 50, Decimal("125.00"))


def test_a_target_for_one_country_is_no_target_of_the_project() -> None:
    albania = Promise(frozenset({SHORT.activity}), 93, country="AL")

    report = full_report(replace(facts({SHORT: 50}), promises=[albania]))

    assert (report.rows[0].planned, report.totals.learners.planned) == (None, None)


def test_the_coordinators_funnel_holds_each_countrys_target_against_its_results() -> None:
    lines = [Line(SHORT, "AL", applied=20, selected=9), Line(SHORT, "AL", abroad=8, completed=3), Line(LONG, "RS", 1)]
    promises = [Promise(frozenset({SHORT.activity}), 10, country="AL"), Promise(frozenset({SHORT.activity}), 99)]

    report = full_report(replace(facts({SHORT: 0, LONG: 0}), lines=lines, promises=promises))

    assert report.funnel == (
        Stage(SHORT.activity, "AL", planned=10, applied=20, selected=9, abroad=8, completed=3),
        Stage(LONG.activity, "RS", planned=None, applied=1, selected=0, abroad=0, completed=0),
    )


# ── disagreements ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("measure", "scope", "unit", "computed"),
    [
        ("participants", (), Unit.PERSON, 78),
        ("participants", (), Unit.PARTICIPATION, 80),
        ("participants", profile_scope(Profile.STAFF), Unit.PARTICIPATION, 30),
        ("participants", activity_scope(A.SHORT_TERM_LEARNER), Unit.PARTICIPATION, 50),
        ("participants", activity_scope(A.COURSE), Unit.PARTICIPATION, None),
        ("applicants", (), Unit.PERSON, None),
        ("starts_on", (), Unit.DATE, "2020-01-01"),
        ("ends_on", (), Unit.DATE, "2023-10-31"),
        ("value", (), Unit.EUR, None),
    ],
)
def test_a_figure_is_held_against_what_we_know(measure: str, scope: Scope, unit: Unit, computed: object) -> None:
    values: list[int | str] = ["1999", "2000"] if unit in (Unit.DATE, Unit.EUR) else [1, 2]
    figures = [Figure(measure=measure, scope=scope, value=value, unit=unit, source="News") for value in values]

    report = full_report(replace(facts({SHORT: 50, SHADOWING: 30}), persons={(): 78}, figures=figures))

    assert [disagreement.computed for disagreement in report.disagreements] == [computed]


# ── what everyone may see ─────────────────────────────────────────────────────────────────────────────────────────


def test_where_no_cell_is_small_rows_and_totals_are_the_same_for_everyone() -> None:
    whole = facts({SHORT: 372, LONG: 54, WEEK: 24}, {SHORT: 360})

    full, published = full_report(whole), published_report(whole)

    assert (published.rows, published.totals) == (full.rows, full.totals)


def test_a_small_activity_is_withheld_with_another_and_with_percentages() -> None:
    published = published_report(facts({SHORT: 40, LONG: 3, SHADOWING: 8}, {SHORT: 50, LONG: 50}))

    assert [(row.participations, row.percent) for row in published.rows] == [(None, None), (None, None), (8, None)]
    assert (published.totals.learners.participations, published.totals.all.participations) == (43, 51)


def test_a_row_with_a_small_part_is_withheld_whole() -> None:
    published = published_report(facts({SHADOWING: 30, Cell(SHADOWING.activity, Profile.LEARNER): 3, SHORT: 9}))

    assert [row.participations for row in published.rows] == [None, None]


def test_a_small_profile_is_not_what_the_other_one_leaves_of_the_whole() -> None:
    totals = published_report(facts({SHORT: 3, SHADOWING: 30, WEEK: 40})).totals

    assert (totals.learners.participations, totals.staff_all.participations, totals.all.participations) == (
        None,
        None,
        73,
    )


def test_the_published_funnel_is_by_activity_without_small_cells() -> None:
    lines = [
        Line(SHORT, "AL", applied=4, selected=2, abroad=30, completed=2),
        Line(SHORT, "RS", applied=4, selected=2, abroad=10, completed=0),
    ]

    report = published_report(replace(facts({SHORT: 0}, {SHORT: 50}), lines=lines))

    assert report.funnel == (
        Stage(SHORT.activity, None, planned=50, applied=8, selected=None, abroad=40, completed=None),
    )


def test_completed_is_withheld_with_abroad_which_it_would_bound_from_below() -> None:
    funnel = published_report(facts({SHORT: 6, LONG: 1})).funnel

    assert [(stage.abroad, stage.completed) for stage in funnel] == [(None, None), (None, None)]


def test_zero_is_shown() -> None:
    report = published_report(facts({SHORT: 6, LONG: 0}))

    assert ([row.participations for row in report.rows], report.funnel[1].applied) == ([6, 0], 0)


@pytest.mark.parametrize(
    ("counts", "scope", "shown"),
    [
        ({SHORT: 6, LONG: 9}, activity_scope(A.SHORT_TERM_LEARNER), [6]),
        ({SHORT: 6, LONG: 9}, profile_scope(Profile.LEARNER), [15]),
        ({SHORT: 3, LONG: 9}, activity_scope(A.SHORT_TERM_LEARNER), []),
        ({SHORT: 3, LONG: 9}, activity_scope(A.LONG_TERM_LEARNER), []),
        ({SHORT: 3, LONG: 9}, profile_scope(Profile.LEARNER), []),
        ({SHORT: 6, OUTREACH: 9}, profile_scope(Profile.ANYONE), []),
    ],
)
def test_persons_stand_beside_a_figure_where_nobody_has_few(
    counts: dict[Cell, int], scope: Scope, shown: list[int]
) -> None:
    report = published_report(facts(counts, figures=(persons_reported(1000, scope),)))

    assert [disagreement.computed for disagreement in report.disagreements] == shown


@pytest.mark.parametrize("value", [3, 4])
def test_a_withheld_count_is_not_told_by_a_figures_absence(value: int) -> None:
    figure = replace(persons_reported(value, activity_scope(A.SHORT_TERM_LEARNER)), unit=Unit.PARTICIPATION)

    assert published_report(facts({SHORT: 3, LONG: 9}, figures=(figure,))).disagreements == ()


def test_few_persons_with_many_participations_are_withheld() -> None:
    whole = replace(facts({SHORT: 9}, figures=(persons_reported(1000),)), persons={(): 3})

    assert (published_report(whole).disagreements, published_report(whole).rows[0].participations) == ((), 9)


CELLS = (SHORT, LONG, SHADOWING, Cell(SHADOWING.activity, Profile.LEARNER), WEEK, OUTREACH)
COUNTS = some.fixed_dictionaries({cell: some.integers(0, 9) for cell in CELLS})
PLANS = some.dictionaries(some.sampled_from([SHORT, LONG, SHADOWING, OUTREACH]), some.just(10))


def numbers(report: Report) -> list[int | None]:
    """Every count of participants that a report shows."""
    totals = [getattr(report.totals, name).participations for name in report.totals.__dataclass_fields__]
    stages = [count for stage in report.funnel for count in (stage.abroad, stage.completed)]
    return [row.participations for row in report.rows] + totals + stages


@settings(max_examples=200, deadline=None)
@given(counts=COUNTS, planned=PLANS)
def test_no_published_number_is_small(counts: dict[Cell, int], planned: dict[Cell, int]) -> None:
    shown = numbers(published_report(facts(counts, planned)))

    assert [number for number in shown if number is not None and small_cells.is_small(number)] == []


@settings(max_examples=200, deadline=None)
@given(counts=COUNTS, planned=PLANS)
def test_another_table_gives_the_same_numbers_for_each_small_cell(
    counts: dict[Cell, int], planned: dict[Cell, int]
) -> None:
    published = published_report(facts(counts, planned))

    for small in (cell for cell, count in counts.items() if small_cells.is_small(count)):
        neighbours = moved_by_one(counts, small)

        assert any(may_be(facts(other, planned), published) for other in neighbours)


def moved_by_one(counts: dict[Cell, int], cell: Cell) -> list[dict[Cell, int]]:
    """The tables in which `cell` counts one more or one fewer, and perhaps another cell makes up for it."""
    tables = [{**counts, cell: counts[cell] + step} for step in (1, -1)]
    return tables + [
        {**counts, cell: counts[cell] + step, other: counts[other] - step}
        for step in (1, -1)
        for other in counts
        if other != cell
    ]


def may_be(other: Facts, published: Report) -> bool:
    """Whether a reader who sees `published` must reckon with `other`: equal where shown, not zero where withheld."""
    pairs = zip(numbers(full_of(other)), numbers(published), strict=True)
    return all(actual == shown if shown is not None else actual != 0 for actual, shown in pairs)


def full_of(whole: Facts) -> Report:
    """The full report, with the funnel by activity as it is published."""
    stages = [
        Stage(row.activity, None, row.planned, 0, 0, row.participations, row.participations)
        for row in full_report(whole).rows
    ]
    return replace(full_report(whole), funnel=tuple(stages))
