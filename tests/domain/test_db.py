"""Column types, ids and versions, on both engines."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import literal, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm.exc import StaleDataError

from domain.db import Codes, Instant, change, holds, instant_text, new_id
from domain.models.kept_answers import KeptAnswer
from domain.models.organisations import Organisation, OrganisationType
from domain.transaction import Database, reading, transaction
from tests.conftest import NOW

GRAIN = timedelta(microseconds=1)


def stored(database: Database, value: Any, kind: Any) -> Any:
    """What comes back of a value."""
    with reading(database) as session:
        return session.scalar(select(literal(value, kind)))


def organisation(database: Database) -> Organisation:
    values = {"legal_name": "A school", "type": OrganisationType.OTHER, "country": "RS"}
    row = Organisation(id=new_id(), created_at=NOW, updated_at=NOW, **values)
    with transaction(database) as session:
        session.add(row)
    return row


# ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        NOW + GRAIN,
        datetime(2027, 3, 28, 3, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2100, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_as_the_same_instant_in_utc(database: Database, moment: datetime) -> None:
    back = stored(database, moment, Instant())

    assert (back, back.tzinfo) == (moment, UTC)


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        stored(database, datetime(2026, 1, 1), Instant())  # noqa: DTZ001  that is the point


def test_instants_are_sorted_by_time(database: Database) -> None:
    moments = [NOW, NOW + GRAIN, NOW + timedelta(seconds=1), NOW.astimezone(timezone(timedelta(hours=9))) - GRAIN]
    with transaction(database) as session:
        session.add_all(KeptAnswer(scope="", key=str(n), fingerprint=b"", created_at=m) for n, m in enumerate(moments))

    with reading(database) as session:
        found = list(session.scalars(select(KeptAnswer.created_at).order_by(KeptAnswer.created_at)))

    assert found == sorted(moments)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "2026-11-22T09:00:00Z"),
        (NOW + GRAIN, "2026-11-22T09:00:00.000001Z"),
        (datetime(2027, 3, 28, 3, tzinfo=timezone(timedelta(hours=2))), "2027-03-28T01:00:00Z"),
    ],
)
def test_an_instant_is_written_in_utc(moment: datetime, text: str) -> None:
    assert instant_text(moment) == text


@pytest.mark.parametrize("codes", [["AL", "RS"], ["XK"], [], None])
def test_codes_come_back_as_they_were(database: Database, codes: list[str] | None) -> None:
    assert stored(database, codes, Codes()) == codes


def test_a_list_of_codes_holds_whole_codes_and_no_wildcards(database: Database) -> None:
    asked = ["AL", "RS", "A", "L|R", "", "%", "_L", "al_"]
    with reading(database) as session:
        column = select(literal(["AL", "RS"], Codes()).label("codes")).subquery().c.codes
        held = [code for code in asked if session.scalar(select(holds(column, code)))]

    assert held == ["AL", "RS"]


# ── ids and versions ──────────────────────────────────────────────────────────────────────────────────────────────


def test_ids_made_later_sort_later() -> None:
    ids = [new_id() for _ in range(1000)]

    assert (ids, len(set(ids)), {one.version for one in ids}) == (sorted(ids), 1000, {7})


def test_of_two_that_change_the_same_row_the_second_is_told(database: Database) -> None:
    row = organisation(database)
    with reading(database) as session:
        mine, theirs = session.get_one(Organisation, row.id), row
    theirs.city, mine.city = "Niš", "Novi Sad"
    with transaction(database) as session:
        session.add(theirs)

    with pytest.raises(StaleDataError):
        keep(database, mine)

    with reading(database) as session:
        assert [(found.city, found.version) for found in session.scalars(select(Organisation))] == [("Niš", 2)]


def keep(database: Database, row: Organisation) -> None:
    with transaction(database) as session:
        session.add(row)


def test_an_untouched_row_keeps_its_version(database: Database) -> None:
    row = organisation(database)

    changed = [change(row, {"city": "Niš"}, at=NOW + GRAIN), change(row, {"city": "Niš"}, at=NOW + 2 * GRAIN)]

    assert (changed, row.updated_at) == ([True, False], NOW + GRAIN)
