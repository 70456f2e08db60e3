"""The worker as it is started in a storm: `python -m tests.kill.planted`; the server is tests/kill/served.py.

The worker's leases are shorter than in earnest, so that those of the killed are taken over while the storm lasts; the
proportions are kept. A defect is planted on request, to show that the account finds it.
"""

import os
import random
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from domain import events
from domain.services import deliveries, kept_answers
from integrations.webhooks import signing

# What the worker's own names mean, in a storm: there, no endpoint has a timeout above a second.
SHORTER = {
    "START_WITHIN": timedelta(seconds=2),
    "LONGEST_TIMEOUT": timedelta(seconds=1),
    "LEASE": timedelta(seconds=8),
}
VARIABLE = "INTERVET_TEST_PLANTED"
dice = random.Random(1)


def events_left_out() -> None:
    """Now and then, a change records no event."""
    record = events.record

    def sometimes(*args: Any, **options: Any) -> Any:
        return record(*args, **options) if dice.random() < 0.8 else None

    events.record = sometimes


def answers_not_kept() -> None:
    """What a key was answered is not kept, so that a request sent again is done again."""
    kept_answers.claim = lambda _session, scope, key, *, fingerprint, at: kept_answers.KeptAnswer(  # type: ignore[assignment]
        scope=scope, key=key, fingerprint=fingerprint, created_at=at
    )


def results_dropped() -> None:
    """Now and then, what came of attempts is not written down."""
    settle = deliveries.settle

    def sometimes(*args: Any, **options: Any) -> int:
        return settle(*args, **options) if dice.random() < 0.8 else 0

    deliveries.settle = sometimes


def other_ids() -> None:
    """Now and then, a message is sent under an id of its own."""
    headers = signing.headers

    def otherwise(keys: Any, *, message_id: str, **options: Any) -> Any:
        chosen = message_id if dice.random() < 0.8 else f"{message_id[:-4]}ffff"
        return headers(keys, message_id=chosen, **options)

    signing.headers = otherwise


DEFECTS: Mapping[str, Callable[[], None]] = {
    "events-left-out": events_left_out,
    "answers-not-kept": answers_not_kept,
    "results-dropped": results_dropped,
    "other-ids": other_ids,
}


def plant() -> None:
    """Plant the defect that the environment names, if it does."""
    name = os.environ.get(VARIABLE)
    if name:
        DEFECTS[name]()


def work() -> int:
    """Run the worker."""
    from integrations import worker  # noqa: PLC0415  after a defect was planted in what it imports

    # A name that is gone would leave the leases long, and the storm without a word on what it was for.
    assert vars(worker).keys() >= SHORTER.keys()
    vars(worker).update(SHORTER)
    return worker.main()


if __name__ == "__main__":
    plant()
    sys.exit(work())
