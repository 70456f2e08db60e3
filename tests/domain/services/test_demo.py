"""The demonstration on any day: some calls scheduled, some open, some closed, and nothing done twice."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from cli import reference
from cli.load import load, read_project_file
from domain.models.calls import Call, CallState, CallStatus, status_at
from domain.models.events import Event, EventType
from domain.policies import OPERATOR
from domain.services import calls
from domain.transaction import Database, reading, transaction
from tests.conftest import Clock

LONG = 400  # days; more than any deadline of the demonstration
Loaded = Callable[[], list[str]]


@pytest.fixture
def refresh(database: Database, clock: Clock) -> Loaded:
    """Refresh the demonstration, which was loaded on the day that the clock showed first."""
    load(database, read_project_file(reference.FOLDER / "intervet-demo.json"), at=clock())
    return lambda: list(reference.refresh(database, at=clock()))


def statuses(database: Database, clock: Clock) -> Counter[CallStatus]:
    with reading(database) as session:
        return Counter(status_at(call, clock()) for call in session.scalars(select(Call)))


def call(database: Database, slug: str) -> Call:
    with reading(database) as session:
        return session.scalars(select(Call).where(Call.slug == slug)).unique().one()


def test_a_load_shows_all_three(refresh: Loaded, database: Database, clock: Clock) -> None:
    assert statuses(database, clock) == {CallStatus.SCHEDULED: 3, CallStatus.OPEN: 6, CallStatus.CLOSED: 3}


def test_every_call_of_the_demonstration_is_marked(refresh: Loaded, database: Database) -> None:
    with reading(database) as session:
        assert set(session.scalars(select(Call.synthetic))) == {True}


def test_on_the_day_of_loading_nothing_has_aged(refresh: Loaded) -> None:
    assert refresh() == []


@pytest.mark.parametrize("days", [1, 14, LONG])
def test_a_refresh_on_a_later_day_shows_all_three_again(
    refresh: Loaded, database: Database, clock: Clock, days: int
) -> None:
    clock.move(days=days)

    refresh()

    shown = statuses(database, clock)
    assert (shown[CallStatus.SCHEDULED], shown[CallStatus.OPEN] >= 6, shown[CallStatus.CLOSED] >= 3) == (3, True, True)


@pytest.mark.parametrize("days", [14, LONG])
def test_a_second_refresh_on_the_same_day_does_nothing(refresh: Loaded, clock: Clock, days: int) -> None:
    clock.move(days=days)
    refresh()

    assert refresh() == []


def test_a_deadline_that_has_passed_is_extended_and_leaves_a_trace(
    refresh: Loaded, database: Database, clock: Clock
) -> None:
    clock.move(days=30)

    refresh()

    extended = call(database, "rs-work-placement-bologna-lyon-maribor")
    assert extended.closes_at is not None
    assert extended.closes_at.date() == clock().date() + timedelta(days=20)
    with reading(database) as session:
        told = session.scalars(select(Event.type).where(Event.resource_id == extended.id).order_by(Event.id)).all()
    assert told == [EventType.CALL_PUBLISHED, EventType.CALL_DEADLINE_EXTENDED, EventType.CALL_UPDATED]


def test_stays_move_along_and_last_as_long(refresh: Loaded, database: Database, clock: Clock) -> None:
    slug = "rs-work-placement-bologna-lyon-maribor"
    before = [place.ends_on - place.starts_on for place in call(database, slug).destinations]
    clock.move(days=30)

    refresh()

    after = call(database, slug).destinations
    assert [place.ends_on - place.starts_on for place in after] == before
    assert min(place.starts_on for place in after) == clock().date() + timedelta(days=98)


def test_an_opening_that_is_near_is_put_off(refresh: Loaded, database: Database, clock: Clock) -> None:
    clock.move(days=10)

    assert "al-job-shadowing-lyon: opening put off to 2026-12-14" in refresh()
    assert status_at(call(database, "al-job-shadowing-lyon"), clock()) is CallStatus.SCHEDULED


def test_a_call_that_has_opened_is_copied_and_runs_out_its_term(
    refresh: Loaded, database: Database, clock: Clock
) -> None:
    clock.move(days=14)

    refresh()

    old, copy = call(database, "al-job-shadowing-lyon"), call(database, "al-job-shadowing-lyon-2026-12-18")
    assert (status_at(old, clock()), status_at(copy, clock())) == (CallStatus.OPEN, CallStatus.SCHEDULED)
    assert (copy.title, copy.form, copy.eligible_countries, copy.synthetic) == (
        old.title,
        old.form,
        old.eligible_countries,
        True,
    )


def test_copies_do_not_pile_up(refresh: Loaded, database: Database, clock: Clock) -> None:
    for _ in range(4):
        clock.move(days=50)
        refresh()

    with reading(database) as session:
        states = session.scalars(select(Call.state).where(Call.slug.like("al-job-shadowing-lyon%"))).all()
    assert Counter(states) == {CallState.PUBLISHED: 2, CallState.ARCHIVED: 3}


def test_what_people_have_begun_to_decide_is_left_to_them(refresh: Loaded, database: Database, clock: Clock) -> None:
    slug = "rs-graduates-seville-wroclaw"
    with transaction(database) as session:
        calls.begin_selection(session, slug, by=OPERATOR, at=clock())
    clock.move(days=LONG)

    refresh()

    assert call(database, slug).state is CallState.IN_SELECTION
