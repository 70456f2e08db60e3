"""Statistics as the database counts them, on both engines."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from domain.models.activities import Activity, ActivityCode, Profile, ReportedFigure, Unit
from domain.models.applications import ApplicationState
from domain.models.mobilities import MobilityRole, MobilityState
from domain.policies import OPERATOR, PUBLIC, Principal
from domain.services import statistics
from domain.services.reports import Report, Row, Stage, Total
from domain.transaction import reading
from tests.participations import (
    put,
    put_activity,
    put_applications,
    put_mobilities,
    put_participants,
    put_reference_project,
    put_target,
)
from tests.world import World

A, M, S = ActivityCode, MobilityState, ApplicationState


def report(world: World, code: str = "TEST", *, by: Principal = OPERATOR) -> Report:
    with reading(world.database) as session:
        return statistics.report(session, code, by=by)


@pytest.mark.parametrize("by", [OPERATOR, PUBLIC])
def test_the_reference_project_reports_what_was_published(world: World, by: Principal) -> None:
    put_reference_project(world)

    found = report(world, "INTERVET-WB", by=by)

    assert found.rows == (
        Row(A.SHORT_TERM_LEARNER, 360, 372, Decimal("103.33")),
        Row(A.LONG_TERM_LEARNER, 56, 54, Decimal("96.43")),
        Row(A.JOB_SHADOWING, 54, 57, Decimal("105.56")),
        Row(A.SUMMER_SCHOOL, 36, 42, Decimal("116.67")),
        Row(A.THEMATIC_TEAM, 72, 85, Decimal("118.06")),
        Row(A.TEACHER_WEEK, None, 24, None),
    )
    assert (found.totals.learners, found.totals.all_with_target) == (
        Total(416, 426, Decimal("102.40")),
        Total(578, 610, Decimal("105.54")),
    )


@pytest.mark.parametrize("by", [OPERATOR, PUBLIC])
def test_the_reference_projects_sources_disagree_on_staff_and_on_both_dates(world: World, by: Principal) -> None:
    put_reference_project(world)

    found = report(world, "INTERVET-WB", by=by).disagreements

    assert [
        (one.measure, one.scope, one.computed, [(figure.value, figure.assumed) for figure in one.reported])
        for one in found
    ] == [
        ("participants", {"profile": "staff"}, 208, [(165, True)]),
        ("starts_on", {}, "2020-01-01", [("2020-01", False), ("2019-12", False)]),
        ("ends_on", {}, "2023-10-31", [("2023-10", False), ("2023-06", False)]),
    ]


def test_albanias_targets_stand_beside_albanias_results(world: World) -> None:
    put_reference_project(world)

    funnel = report(world, "INTERVET-WB").funnel

    assert [(stage.activity, stage.planned, stage.abroad) for stage in funnel if stage.country == "AL"] == [
        (A.SHORT_TERM_LEARNER, None, 83),
        (A.LONG_TERM_LEARNER, None, 12),
        (A.JOB_SHADOWING, 9, 10),
        (A.SUMMER_SCHOOL, 6, 7),
        (A.THEMATIC_TEAM, 12, 14),
        (A.TEACHER_WEEK, None, 4),
    ]


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"state": M.NOMINATED}, (0, 0)),
        ({"state": M.CONFIRMED}, (0, 0)),
        ({"state": M.LIVE}, (1, 0)),
        ({"state": M.COMPLETED}, (1, 1)),
        ({"state": M.RECOGNISED}, (1, 1)),
        ({"state": M.CANCELLED}, (0, 0)),
        ({"state": M.TERMINATED, "with_cause": True}, (1, 0)),
        ({"state": M.TERMINATED, "with_cause": False}, (0, 0)),
        ({"state": M.TERMINATED, "with_cause": None}, (0, 0)),
        ({"role": MobilityRole.ACCOMPANYING}, (0, 0)),
    ],
)
def test_what_is_a_participation(world: World, changes: dict[str, Any], counted: tuple[int, int]) -> None:
    put_mobilities(world, world.activity(), ["RS"], **changes)

    found = report(world)

    assert found.totals.all.participations == counted[0]
    assert [(stage.abroad, stage.completed) for stage in found.funnel] == ([counted] if counted[0] else [])


def test_a_deleted_mobility_is_no_participation(world: World) -> None:
    put_mobilities(world, world.activity(), ["RS"], deleted_at=world.clock())

    assert report(world).totals.all.participations == 0


def test_another_projects_mobilities_are_not_counted(world: World) -> None:
    put_mobilities(world, world.activity(), ["RS"])
    put_reference_project(world)

    assert report(world).totals.all.participations == 1


def test_activities_of_one_kind_are_one_row(world: World) -> None:
    for key in ("lyon", "malta"):
        row = {"project_id": world.project(), "key": key, "code": A.JOB_SHADOWING, "profile": Profile.STAFF}
        (activity_id,) = put(world, Activity, [{**row, "title": {}}])
        put_mobilities(world, activity_id, ["RS"] * 3)

    assert report(world).rows == (Row(A.JOB_SHADOWING, None, 6, None),)


def test_what_was_promised_and_is_not_offered_yet_is_a_row(world: World) -> None:
    put_target(world, [A.COURSE], 36)

    found = report(world)

    assert (found.rows, found.totals.staff_with_target) == (
        (Row(A.COURSE, 36, 0, Decimal("0.00")),),
        Total(36, 0, Decimal("0.00")),
    )


def persons_reported(world: World, scope: dict[str, str]) -> None:
    figure = {"project_id": world.project(), "measure": "participants", "scope": scope, "value": "1000"}
    put(world, ReportedFigure, [{**figure, "unit": Unit.PERSON, "assumed": False, "source": "News"}])


@pytest.mark.parametrize("scope", [{}, {"profile": "learner"}, {"activity": "short_term_learner"}])
def test_a_person_who_went_twice_is_one_person(world: World, scope: dict[str, str]) -> None:
    (participant_id,) = put_participants(world, ["RS"])
    put_mobilities(world, world.activity(), ["RS", "RS"], participant_id=participant_id)
    put_mobilities(world, world.activity(), ["AL"])
    persons_reported(world, scope)

    assert [disagreement.computed for disagreement in report(world).disagreements] == [2]


def test_a_person_in_two_activities_is_one_person_of_the_project(world: World) -> None:
    (participant_id,) = put_participants(world, ["RS"])
    for code in (A.SHORT_TERM_LEARNER, A.LONG_TERM_LEARNER):
        put_mobilities(world, world.activity(code), ["RS"], participant_id=participant_id)
    persons_reported(world, {})

    assert [disagreement.computed for disagreement in report(world).disagreements] == [1]


def test_merged_participants_are_one_person(world: World) -> None:
    (kept,) = put_participants(world, ["RS"])
    (merged,) = put_participants(world, ["RS"], merged_into_id=kept)
    for participant_id in (kept, merged):
        put_mobilities(world, world.activity(), ["RS"], participant_id=participant_id)
    persons_reported(world, {})

    assert [disagreement.computed for disagreement in report(world).disagreements] == [1]


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (S.SUBMITTED, (1, 0)),
        (S.ELIGIBLE, (1, 0)),
        (S.INELIGIBLE, (1, 0)),
        (S.RESERVE, (1, 0)),
        (S.REJECTED, (1, 0)),
        (S.SELECTED, (1, 1)),
        (S.CONFIRMED, (1, 1)),
        (S.DECLINED, (1, 1)),
        (S.EXPIRED, (1, 1)),
    ],
)
def test_how_far_an_application_came(world: World, state: ApplicationState, counted: tuple[int, int]) -> None:
    put_applications(world, world.call(), [state], country="AL")

    assert report(world).funnel == (
        Stage(A.SHORT_TERM_LEARNER, "AL", None, applied=counted[0], selected=counted[1], abroad=0, completed=0),
    )


def test_an_application_that_was_taken_back_does_not_count(world: World) -> None:
    put_applications(world, world.call(), [S.WITHDRAWN])

    assert report(world).funnel == ()


def test_a_copy_of_an_application_does_not_count(world: World) -> None:
    call = world.call()
    (first,) = put_applications(world, call, [S.SUBMITTED])
    put_applications(world, call, [S.SUBMITTED], duplicate_of_id=first)

    assert [stage.applied for stage in report(world).funnel] == [1]


def test_the_number_of_queries_does_not_grow(world: World, count_queries: Callable[[Callable[[], Any]], int]) -> None:
    put_mobilities(world, world.activity(), ["RS"])
    one = count_queries(lambda: report(world))

    for code in (A.COURSE, A.JOB_SHADOWING):
        put_mobilities(world, put_activity(world, code, Profile.STAFF), ["RS", "AL"])
        put_target(world, [code], 10)
        persons_reported(world, {"activity": code.value})

    assert count_queries(lambda: report(world)) == one
