"""Rule sets: the limits of a programme's activities, kept as files in data/rule_sets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from domain.models.activities import ActivityCode

FOLDER = Path(__file__).parents[2] / "data" / "rule_sets"


@dataclass(frozen=True)
class Limits:
    """How long an activity may last: days, or calendar months of which both ends count as days; none is no limit."""

    min_days: int | None = None
    max_days: int | None = None
    min_months: int | None = None
    max_months: int | None = None
    max_months_exclusive: int | None = None

    def allow(self, start: date, end: date, *, interruption_days: int = 0) -> bool:
        """Whether a mobility from `start` to `end`, both included, less its interruption, is neither short nor long.

        Months are counted by the calendar: 1 February to 30 April is three months, and 89 days.
        """
        days = (end - start).days + 1 - interruption_days
        after = end + timedelta(days=1) - timedelta(days=interruption_days)
        return (
            (self.min_days is None or days >= self.min_days)
            and (self.max_days is None or days <= self.max_days)
            and (self.min_months is None or after >= months_after(start, self.min_months))
            and (self.max_months is None or after <= months_after(start, self.max_months))
            and (self.max_months_exclusive is None or after < months_after(start, self.max_months_exclusive))
        )


OF_AGE = 18 * 12  # months


def months_after(day: date, months: int) -> date:
    """The same day of the month, that many months later; the first of the next month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def _read() -> Mapping[str, Mapping[ActivityCode, Limits]]:
    files = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return {
        file["code"]: {ActivityCode(code): Limits(**limits) for code, limits in file["activities"].items()}
        for file in files
    }


RULE_SETS = _read()
