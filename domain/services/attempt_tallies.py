"""How attempts ended and how long they took, by endpoint: counted when they are settled, for whoever watches."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.models.webhooks import AttemptTally

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0)  # seconds; no attempt takes longer than 30


def count_attempts(session: Session, ended: Mapping[UUID, Sequence[tuple[str, int]]]) -> None:
    """Add attempts to the tallies: by endpoint, how each ended (`delivered`, a status, an error) and its milliseconds.

    The caller holds the endpoints' rows, so that nobody else adds to the same tallies meanwhile.
    """
    counts: Counter[tuple[UUID, str, float]] = Counter()
    seconds: defaultdict[tuple[UUID, str, float], float] = defaultdict(float)
    for endpoint_id, attempts in ended.items():
        for (outcome, duration_ms), count in Counter(attempts).items():
            took = duration_ms / 1000
            key = (endpoint_id, outcome, BUCKETS[min(bisect_left(BUCKETS, took), len(BUCKETS) - 1)])
            counts[key] += count
            seconds[key] += count * took
    rows = [
        {
            "endpoint_id": key[0],
            "outcome": key[1],
            "at_most_s": key[2],
            "attempts": counts[key],
            "seconds": seconds[key],
        }
        for key in sorted(counts)
    ]
    if rows:
        session.execute(_upsert(session), rows)


def _upsert(session: Session) -> Insert:
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    wanted = postgresql.insert(AttemptTally) if on_postgresql else sqlite.insert(AttemptTally)
    return wanted.on_conflict_do_update(
        index_elements=["endpoint_id", "outcome", "at_most_s"],
        set_={
            "attempts": AttemptTally.attempts + wanted.excluded.attempts,
            "seconds": AttemptTally.seconds + wanted.excluded.seconds,
        },
    )
