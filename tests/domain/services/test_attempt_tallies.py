"""How attempts ended and how long they took, counted when they are settled; on both engines."""

import pytest
from sqlalchemy import select

from domain.models.webhooks import AttemptTally
from domain.services.attempt_tallies import BUCKETS, count_attempts
from tests.conftest import NOW
from tests.deliveries import arrived, claim, endpoint, failed, owe, settle
from tests.world import World


def tallies(world: World) -> list[tuple[str, float, int, float]]:
    rows = world.read(select(AttemptTally).order_by(AttemptTally.outcome, AttemptTally.at_most_s))
    return [(row.outcome, row.at_most_s, row.attempts, round(row.seconds, 6)) for row in rows]


@pytest.mark.parametrize(
    ("ms", "at_most_s"),
    [(0, 0.05), (50, 0.05), (51, 0.1), (100, 0.1), (2500, 2.5), (15_000, 15.0), (30_001, 60.0), (61_000, 60.0)],
)
def test_an_attempt_counts_in_the_bucket_of_how_long_it_took(world: World, ms: int, at_most_s: float) -> None:
    ended = {endpoint(world, "partner").id: [("delivered", ms)]}

    world.do(lambda session, by, at: count_attempts(session, ended))

    assert tallies(world) == [("delivered", at_most_s, 1, ms / 1000)]


def test_the_buckets_go_up() -> None:
    assert list(BUCKETS) == sorted(set(BUCKETS))


def test_what_is_settled_is_counted_by_how_it_ended(world: World) -> None:
    owe(world, endpoint(world, "partner"), 4)
    one, two, three, four = claim(world)

    settle(world, [arrived(one, NOW), failed(two, NOW, status=503), failed(three, NOW, status=None, error="timeout")])
    settle(world, [arrived(four, NOW)])

    assert tallies(world) == [("503", 0.05, 1, 0.007), ("delivered", 0.05, 2, 0.014), ("timeout", 0.05, 1, 0.007)]


def test_each_endpoint_has_a_tally_of_its_own(world: World) -> None:
    for name in ("partner", "school"):
        owe(world, endpoint(world, name), 2)

    settle(world, [arrived(due, NOW) for due in claim(world)])

    assert tallies(world) == [("delivered", 0.05, 2, 0.014)] * 2


def test_what_was_fenced_off_is_not_counted(world: World) -> None:
    owe(world, endpoint(world, "partner"))
    (early,) = claim(world)
    claim(world, at=early.lease_until)

    settle(world, [arrived(early, NOW)])

    assert tallies(world) == []
