"""A project file by itself: what contradicts itself in it, and how participations are dealt out."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from domain.errors import Finding
from domain.models.organisations import Role
from domain.services.loading_files import (
    ActivityEntry,
    CallEntry,
    OrganisationEntry,
    ParticipationBlock,
    PeriodShare,
    ProjectEntry,
    ProjectFile,
    ReceivingShare,
    SendingShare,
    Spread,
    check,
)

BLOCK = ParticipationBlock(
    activity="stays",
    count=5,
    synthetic=True,
    sending=Spread(stride=1, shares=(SendingShare("school", 3), SendingShare("chamber", 2))),
    receiving=Spread(stride=3, shares=(ReceivingShare("chamber", "IT", "Bologna", 5),)),
    period=Spread(
        stride=2,
        shares=(
            PeriodShare(date(2022, 3, 1), date(2022, 3, 21), 1),
            PeriodShare(date(2022, 5, 1), date(2022, 5, 21), 4),
        ),
    ),
)
CALL = CallEntry(slug="spring", owner="chamber", activity="stays", values={})
FILE = ProjectFile(
    project=ProjectEntry(values={"code": "SMALL"}, coordinator="chamber"),
    organisations=(
        OrganisationEntry("chamber", values={}, roles=(Role.COORDINATOR,)),
        OrganisationEntry("school", values={}, roles=(Role.SENDING,), parent="chamber"),
    ),
    activities=(ActivityEntry(values={"key": "stays"}, hosts=("chamber",)),),
    calls=(CALL,),
    synthetic_participations=(BLOCK,),
)


def test_a_file_that_agrees_with_itself_is_let_through() -> None:
    assert check(FILE) == []


@pytest.mark.parametrize(
    ("file", "pointer", "code"),
    [
        (replace(FILE, project=replace(FILE.project, coordinator="x")), "/project/coordinator", "not_found"),
        (replace(FILE, calls=(replace(CALL, owner="x"),)), "/calls/0/owner", "not_found"),
        (replace(FILE, calls=(replace(CALL, organiser="x"),)), "/calls/0/organiser", "not_found"),
        (replace(FILE, calls=(replace(CALL, activity="x"),)), "/calls/0/activity", "not_found"),
        (replace(FILE, calls=(CALL, CALL)), "/calls/1/slug", "repeated"),
        (
            replace(FILE, activities=(replace(FILE.activities[0], hosts=("chamber", "x")),)),
            "/activities/0/hosts/1",
            "not_found",
        ),
        (
            replace(FILE, synthetic_participations=(replace(BLOCK, activity="x"),)),
            "/synthetic_participations/0/activity",
            "not_found",
        ),
    ],
)
def test_what_leads_nowhere_or_stands_twice_is_named(file: ProjectFile, pointer: str, code: str) -> None:
    assert check(file) == [Finding(pointer, code)]


def test_weights_have_to_come_out() -> None:
    found = check(replace(FILE, synthetic_participations=(replace(BLOCK, count=4),)))

    assert [finding.pointer for finding in found] == [
        f"/synthetic_participations/0/{name}/shares" for name in ("sending", "receiving", "period")
    ]


def test_participations_are_dealt_out_by_weight() -> None:
    dealt = BLOCK.participations()

    assert Counter(one.sending.organisation for one in dealt) == {"school": 3, "chamber": 2}
    assert Counter(one.period.starts_on.month for one in dealt) == {3: 1, 5: 4}


def test_participations_are_the_same_every_time() -> None:
    assert BLOCK.participations() == BLOCK.participations()
    assert [one.sending.organisation for one in BLOCK.participations()] == ["school"] * 3 + ["chamber"] * 2
