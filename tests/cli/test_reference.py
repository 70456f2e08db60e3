"""The reference project as the pages published it: one participation for each, and the numbers of its report."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import migrations
from cli import reference
from cli.load import load, read_project_file
from domain.models.activities import Activity
from domain.models.events import Event, EventType
from domain.models.mobilities import Mobility, MobilityState, RecordStatus
from domain.models.participants import Participant
from domain.models.projects import Project, ProjectState
from domain.policies import OPERATOR
from domain.services import loading, loading_participations, statistics
from domain.services.loading_differences import Mark
from domain.transaction import Database, connect, reading, transaction
from tests import postgres
from tests.conftest import ENGINES

FILE = reference.FOLDER / "intervet-wb.json"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PUBLISHED = {
    "short_term_learner": 372,
    "long_term_learner": 54,
    "job_shadowing": 57,
    "summer_school": 42,
    "thematic_team": 85,
    "teacher_week": 24,
}


@pytest.fixture(scope="module", params=ENGINES)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the reference project, loaded once for all that is asked here; nothing here writes."""
    name = f"intervet_test_reference_{os.getpid()}"
    folder = tmp_path_factory.mktemp("reference")
    url = f"sqlite:///{folder / 'intervet.sqlite'}" if request.param == "sqlite" else postgres.create_database(name)
    with closing(connect(url)) as database:
        migrations.upgrade(database)
        load(database, read_project_file(FILE), at=NOW)
        yield database
    if request.param == "postgresql":
        postgres.drop_database(name)


def of(database: Database, *columns: Any) -> list[Any]:
    with reading(database) as session:
        return list(session.execute(select(*columns)))


def test_every_published_participation_is_there(loaded: Database) -> None:
    with reading(loaded) as session:
        query = select(Activity.key, func.count()).join(Mobility, Mobility.activity_id == Activity.id)
        assert dict(session.execute(query.group_by(Activity.key)).all()) == PUBLISHED


def test_each_has_a_person_of_its_own_and_all_are_marked(loaded: Database) -> None:
    people = {participant for (participant,) in of(loaded, Mobility.participant_id)}

    assert len(people) == 634
    assert Counter(of(loaded, Mobility.synthetic) + of(loaded, Participant.synthetic)) == {(True,): 1268}


def test_all_were_lived_through_to_their_end_by_the_book(loaded: Database) -> None:
    stays = of(loaded, Mobility.state, Mobility.record_status, Mobility.violations)

    assert Counter((state, status, *broken) for state, status, broken in stays) == {
        (MobilityState.RECOGNISED, RecordStatus.COMPLETE): 634
    }


@pytest.mark.parametrize(
    ("kind", "day", "later"),
    [
        (EventType.MOBILITY_NOMINATED, Mobility.start_date, -60),
        (EventType.MOBILITY_CONFIRMED, Mobility.start_date, -30),
        (EventType.MOBILITY_STARTED, Mobility.start_date, 0),
        (EventType.MOBILITY_COMPLETED, Mobility.end_date, 0),
        (EventType.MOBILITY_RECOGNISED, Mobility.end_date, 30),
    ],
)
def test_each_step_is_told_as_of_its_day(loaded: Database, kind: EventType, day: Any, later: int) -> None:
    with reading(loaded) as session:
        query = select(Event.recorded_at, day).join(Mobility, Mobility.id == Event.resource_id)
        told = session.execute(query.where(Event.type == kind)).all()

    assert Counter(at.date() - day for at, day in told) == {timedelta(days=later): 634}


def test_the_project_is_finalised_step_by_step(loaded: Database) -> None:
    steps = [EventType.PROJECT_STARTED, EventType.PROJECT_SUBMITTED, EventType.PROJECT_FINALISED]
    with reading(loaded) as session:
        told = session.execute(select(Event.type, Event.recorded_at).where(Event.type.in_(steps)).order_by(Event.id))

        assert [(kind, at.date().isoformat()) for kind, at in told] == [
            (EventType.PROJECT_STARTED, "2020-01-01"),
            (EventType.PROJECT_SUBMITTED, "2023-12-30"),
            (EventType.PROJECT_FINALISED, "2024-04-28"),
        ]
    assert of(loaded, Project.state, Project.synthetic) == [(ProjectState.FINALISED, False)]


def test_a_start_finds_nothing_missing_of_it(loaded: Database) -> None:
    assert [path.name for path in reference.missing(loaded)] == ["intervet-demo.json"]


def test_a_second_load_changes_nothing(loaded: Database) -> None:
    changes = load(loaded, read_project_file(FILE), at=NOW)

    assert {change.mark for change in changes} == {Mark.UNCHANGED}


def test_the_report_shows_the_published_numbers(loaded: Database) -> None:
    with reading(loaded) as session:
        report = statistics.report(session, "INTERVET-WB", by=OPERATOR)

    shown = {row.activity: (row.planned, row.participations) for row in report.rows}
    assert shown["short_term_learner"] == (360, 372)
    assert {code: done for code, (_, done) in shown.items()} == PUBLISHED


def test_a_load_that_broke_off_is_taken_up_again(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "few.json"
    path.write_text(json.dumps(with_few_participations(json.loads(FILE.read_text("utf-8")))))
    file = read_project_file(path)
    with transaction(database) as session:
        begun, project = loading.begin_load(session, file, by=OPERATOR, at=NOW)
        loading_participations.make(begun, project, loading_participations.still_to_make(session, file)[:2])

    load(database, file, at=NOW)

    assert len(of(database, Mobility.id)) == 5
    assert of(database, Project.state) == [(ProjectState.FINALISED,)]


def with_few_participations(plain: Any) -> Any:
    block = plain["synthetic_participations"][5]
    shares = {"sending": [3, 2], "receiving": [5], "period": [5]}
    for name, weights in shares.items():
        kept = zip(block[name]["shares"], weights, strict=False)
        block[name]["shares"] = [{**share, "weight": weight} for share, weight in kept]
    return {**plain, "synthetic_participations": [{**block, "count": 5}]}
