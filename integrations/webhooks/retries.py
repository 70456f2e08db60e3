"""When a delivery is tried again, and when it is given up: the tables, and nothing that waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

# Standard Webhooks 1.0.0, "Deliverability and reliability": each attempt this long after the one before it.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2  # of each delay, either way, so that what failed together does not come back together
LONGEST_RETRY_AFTER = timedelta(hours=24)
SLOWING_STATUSES = frozenset({429, 502, 503, 504})
GONE = 410


class Verdict(StrEnum):
    """What an attempt means for its delivery, and `gone` for its endpoint as well."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GONE = "gone"


def verdict(status: int | None, error: str | None) -> Verdict:
    """Judge an attempt: 2xx and nothing else is success, and an error outweighs whatever status came before it."""
    if error is None and status is not None and 200 <= status <= 299:
        return Verdict.DELIVERED
    if error is None and status == GONE:
        return Verdict.GONE
    return Verdict.RETRY


@dataclass(frozen=True)
class Schedule:
    """How long after the one before each attempt comes, the first included; `endless` repeats the last delay."""

    delays: Sequence[timedelta] = SCHEDULE
    endless: bool = False

    def delay_before(self, attempt: int) -> timedelta | None:
        """How long before attempt number `attempt`, from 1; None when there is none any more."""
        if attempt <= len(self.delays):
            return self.delays[attempt - 1]
        return self.delays[-1] if self.endless else None


def schedule_for(retry_after_s: Sequence[int] | None, *, ordered: bool) -> Schedule:
    """An endpoint's schedule: its own delays before each further attempt, or the usual ones.

    In order, nothing is given up: what comes behind would overtake it. There the last delay is repeated, until the
    endpoint is disabled and everything is held; an endpoint that wishes for no further attempt gets the usual ones.
    """
    if retry_after_s is None or (ordered and not retry_after_s):
        return Schedule(endless=ordered)
    delays = (timedelta(0), *(timedelta(seconds=one) for one in retry_after_s))
    return Schedule(delays, endless=ordered)


def next_attempt_at(
    *,
    attempt: int,
    at: datetime,
    random: float,
    schedule: Schedule = Schedule(),
    retry_after: timedelta | None = None,
) -> datetime | None:
    """When to try again after attempt number `attempt` (from 1) failed at `at`; None when it was the last.

    `random` is from 0 to 1 and spreads the delay. What the receiver asked for (`asked_to_wait`) is waited for at
    least; a longer delay of the schedule stands.
    """
    delay = schedule.delay_before(attempt + 1)
    if delay is None:
        return None
    return at + max(delay * (1 - JITTER + 2 * JITTER * random), retry_after or timedelta(0))


def slows_down(status: int | None, error: str | None) -> bool:
    """Whether the receiver has more to do than it can: until something arrives it gets one message at a time."""
    return error is None and status in SLOWING_STATUSES


def asked_to_wait(status: int | None, retry_after: str | None, *, at: datetime) -> timedelta | None:
    """How long the receiver asks to be left alone: its Retry-After, up to 24 hours, with a status that slows down."""
    if status not in SLOWING_STATUSES or retry_after is None:
        return None
    wait = _seconds(retry_after) if retry_after.isdecimal() else _until(retry_after, at)
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)


def _seconds(digits: str) -> timedelta:
    # Beyond six digits it is more than eleven days anyway, and int() has limits of its own.
    return LONGEST_RETRY_AFTER if len(digits) > 6 else timedelta(seconds=int(digits))


def _until(date: str, at: datetime) -> timedelta | None:
    # RFC 9110, 5.6.7: an HTTP date is always in GMT, whether it says so or, as in asctime's form, doesn't.
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - at
