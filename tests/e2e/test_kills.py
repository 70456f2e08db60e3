"""SIGKILL of server and workers while applications come in and receivers fail: nothing lost, nothing doubled.

A short storm; `python -m tests.kill` runs the long ones. What the account counts, and that it can find each of these
things, is in tests/kill.
"""

from pathlib import Path

import pytest

from tests.conftest import ENGINES
from tests.kill import storm
from tests.kill.accounts import findings

KILLS = 2  # some 15 seconds with what comes before and after, on a machine that does nothing else
SEED = 20261122


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_lost_or_done_twice_however_often_server_and_workers_are_killed(engine: str, tmp_path: Path) -> None:
    outcome = storm.run(engine, tmp_path, rounds=KILLS, seed=SEED)

    broken = {name: found for name, found in findings(outcome.history).items() if found}
    assert broken == {}, outcome.told
    assert outcome.history.acknowledged, "somebody was answered"
    assert any(one.log for one in outcome.history.deliveries), "somebody was told"
