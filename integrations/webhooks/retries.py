"""When a delivery is tried again, and when it is given up: the tables, and nothing that waits."""

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

# Counted from the first failure since the endpoint's last success.
WARNED_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=4, hours=12))
DISABLED_AFTER = timedelta(days=5)


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


def next_attempt_at(
    *, attempt: int, at: datetime, random: float, retry_after: timedelta | None = None
) -> datetime | None:
    """When to try again after attempt number `attempt` (from 1) failed at `at`; None when it was the last.

    `random` is from 0 to 1 and spreads the delay. What the receiver asked for (`asked_to_wait`) is waited for at
    least; a longer delay of the schedule stands.
    """
    if attempt >= len(SCHEDULE):
        return None
    delay = SCHEDULE[attempt] * (1 - JITTER + 2 * JITTER * random)
    return at + max(delay, retry_after or timedelta(0))


def asked_to_wait(status: int | None, retry_after: str | None, *, at: datetime) -> timedelta | None:
    """How long the receiver asks to be left alone: its Retry-After, up to 24 hours, with a status that slows down."""
    if status not in SLOWING_STATUSES or retry_after is None:
        return None
    wait = _seconds(retry_after) if retry_after.isdecimal() else _until(retry_after, at)
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)


def warnings_due(first_failure_at: datetime, at: datetime) -> int:
    """How many of the warnings about a failing endpoint its owner should have had by now."""
    return sum(at - first_failure_at >= age for age in WARNED_AFTER)


def should_disable(first_failure_at: datetime, at: datetime) -> bool:
    """Whether an endpoint whose attempt failed at `at` has failed for too long; the first failure since a success."""
    return at - first_failure_at >= DISABLED_AFTER


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
