"""The tables of retries."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.webhooks.retries import (
    SCHEDULE,
    Schedule,
    Verdict,
    asked_to_wait,
    next_attempt_at,
    schedule_for,
    slows_down,
    verdict,
)

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MIDDLE = 0.5  # the random number that leaves a delay as the schedule has it


def test_there_are_ten_attempts_over_75_hours_35_minutes_and_5_seconds() -> None:
    assert (len(SCHEDULE), sum(SCHEDULE, timedelta())) == (10, timedelta(hours=75, minutes=35, seconds=5))


@pytest.mark.parametrize(
    ("attempt", "delay"),
    [
        (1, timedelta(seconds=5)),
        (2, timedelta(minutes=5)),
        (3, timedelta(minutes=30)),
        (4, timedelta(hours=2)),
        (5, timedelta(hours=5)),
        (6, timedelta(hours=10)),
        (7, timedelta(hours=14)),
        (8, timedelta(hours=20)),
        (9, timedelta(hours=24)),
    ],
)
def test_each_attempt_follows_the_schedule(attempt: int, delay: timedelta) -> None:
    assert next_attempt_at(attempt=attempt, at=AT, random=MIDDLE) == AT + delay


@pytest.mark.parametrize("attempt", [10, 11])
def test_after_the_tenth_attempt_there_is_none(attempt: int) -> None:
    assert next_attempt_at(attempt=attempt, at=AT, random=MIDDLE, retry_after=timedelta(hours=1)) is None


@pytest.mark.parametrize(("random", "minutes"), [(0.0, 4), (0.25, 4.5), (0.75, 5.5), (1.0, 6)])
def test_jitter_spreads_a_delay_by_a_fifth_either_way(random: float, minutes: float) -> None:
    assert next_attempt_at(attempt=2, at=AT, random=random) == AT + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(minutes=1), timedelta(minutes=5)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(hours=24), timedelta(hours=24)),
    ],
    ids=["less than the schedule", "more", "a day"],
)
def test_the_longer_of_schedule_and_retry_after_is_waited(asked: timedelta, waited: timedelta) -> None:
    assert next_attempt_at(attempt=2, at=AT, random=MIDDLE, retry_after=asked) == AT + waited


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("86400", timedelta(hours=24)),
        ("86401", timedelta(hours=24)),
        ("9" * 5000, timedelta(hours=24)),
        ("Sun, 22 Nov 2026 13:30:00 GMT", timedelta(minutes=90)),
        ("Sunday, 22-Nov-26 13:30:00 GMT", timedelta(minutes=90)),
        ("Sun Nov 22 13:30:00 2026", timedelta(minutes=90)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 2100 23:59:59 GMT", timedelta(hours=24)),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("Sun, 99 Nov 2026 13:30:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_up_to_a_day(header: str, wait: timedelta | None) -> None:
    assert asked_to_wait(503, header, at=AT) == wait


@pytest.mark.parametrize(
    ("status", "wait"),
    [
        (429, timedelta(minutes=1)),
        (502, timedelta(minutes=1)),
        (503, timedelta(minutes=1)),
        (504, timedelta(minutes=1)),
        (500, None),
        (301, None),
        (200, None),
        (None, None),
    ],
)
def test_only_a_status_that_slows_down_may_ask_to_wait(status: int | None, wait: timedelta | None) -> None:
    assert asked_to_wait(status, "60", at=AT) == wait


def test_without_the_header_nothing_is_asked() -> None:
    assert asked_to_wait(503, None, at=AT) is None


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (200, None, Verdict.DELIVERED),
        (204, None, Verdict.DELIVERED),
        (299, None, Verdict.DELIVERED),
        (300, None, Verdict.RETRY),
        (301, None, Verdict.RETRY),
        (304, None, Verdict.RETRY),
        (400, None, Verdict.RETRY),
        (404, None, Verdict.RETRY),
        (410, None, Verdict.GONE),
        (429, None, Verdict.RETRY),
        (500, None, Verdict.RETRY),
        (None, None, Verdict.RETRY),
        (None, "connect", Verdict.RETRY),
        (200, "timeout", Verdict.RETRY),
        (410, "disconnected", Verdict.RETRY),
    ],
)
def test_an_attempt_is_judged(status: int | None, error: str | None, expected: Verdict) -> None:
    assert verdict(status, error) == expected


OWN = (timedelta(0), timedelta(minutes=1), timedelta(minutes=10))


@pytest.mark.parametrize(
    ("retry_after_s", "ordered", "schedule"),
    [
        (None, False, Schedule(SCHEDULE)),
        (None, True, Schedule(SCHEDULE, endless=True)),
        ([60, 600], False, Schedule(OWN)),
        ([60, 600], True, Schedule(OWN, endless=True)),
        ([], False, Schedule((timedelta(0),))),
    ],
    ids=["the usual", "the usual in order", "its own", "its own in order", "never again"],
)
def test_an_endpoint_has_the_usual_schedule_or_its_own(
    retry_after_s: list[int] | None, schedule: Schedule, *, ordered: bool
) -> None:
    assert schedule_for(retry_after_s, ordered=ordered) == schedule


@pytest.mark.parametrize(
    ("attempt", "delay"), [(1, timedelta(minutes=1)), (2, timedelta(minutes=10)), (3, None), (50, None)]
)
def test_an_own_schedule_is_followed_to_its_end(attempt: int, delay: timedelta | None) -> None:
    at = next_attempt_at(attempt=attempt, at=AT, random=MIDDLE, schedule=Schedule(OWN))

    assert at == (None if delay is None else AT + delay)


def test_in_order_an_endpoint_that_wants_no_second_attempt_gets_the_usual_ones() -> None:
    assert schedule_for([], ordered=True) == Schedule(SCHEDULE, endless=True)


@pytest.mark.parametrize("attempt", [2, 3, 50])
def test_in_order_the_last_delay_is_repeated(attempt: int) -> None:
    at = next_attempt_at(attempt=attempt, at=AT, random=MIDDLE, schedule=Schedule(OWN, endless=True))

    assert at == AT + timedelta(minutes=10)


def test_one_that_is_never_tried_again_has_no_second_attempt() -> None:
    assert next_attempt_at(attempt=1, at=AT, random=MIDDLE, schedule=schedule_for([], ordered=False)) is None


@pytest.mark.parametrize(
    ("status", "error", "slows"),
    [
        (429, None, True),
        (502, None, True),
        (503, None, True),
        (504, None, True),
        (500, None, False),
        (200, None, False),
        (503, "disconnected", False),
        (None, "timeout", False),
    ],
)
def test_some_statuses_slow_an_endpoint_down(status: int | None, error: str | None, *, slows: bool) -> None:
    assert slows_down(status, error) is slows
