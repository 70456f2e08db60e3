"""What is ours to send, from the claim until it is written down: begun, under way, come back. It knows no database."""

import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from domain.services.deliveries import Claim, Result
from integrations.http import ErrorClass, Outcome, Sender
from integrations.messages import Messages
from integrations.webhooks import retries
from integrations.webhooks.retries import Verdict

AT_ONCE = 64  # deliveries under way
PER_ENDPOINT = 8  # of them to one endpoint: one that hangs holds an eighth
AHEAD = 120  # leased for an endpoint that answers, beyond those under way: it has something to do while we write down
CLAIMED = 4096  # leased in all: what is sent and what is written down at the same time, for 32 busy endpoints
LEAST_CLAIM = CLAIMED // 4  # a claim costs as much as some hundred deliveries, however few come of it
SLICE = 64  # requests made between two looks at those under way
GATHERED = 512  # outcomes worth a transaction

log = logging.getLogger("intervet.worker")


class Fresh(NamedTuple):
    """A claim not yet begun, what a full payload tells for it, and until when (monotonic) it may be begun."""

    claim: Claim
    resource: Any
    start_by: float


class Ended(NamedTuple):
    """A claim and what came of it; no outcome when no request could be made of it."""

    claim: Claim
    outcome: Outcome | None


class Outbound:
    """Claims on their way. It belongs to one thread."""

    def __init__(self, sender: Sender, messages: Messages, *, now: Callable[[], datetime]) -> None:
        self.sender, self.messages, self.now = sender, messages, now
        self.claims: dict[Claim, None] = {}  # in their order
        self.fresh: deque[Fresh] = deque()
        self.ended: list[Ended] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is to be begun, under way, or to be written down."""
        return not (self.fresh or self.ended or self.sender.in_flight)

    def room(self) -> int:
        """How many more may be leased; none for so few that they are not worth asking."""
        room = CLAIMED - len(self.claims) + len(self.ended)
        return room if room >= LEAST_CLAIM else 0

    def busy(self) -> Mapping[UUID, int]:
        """How many are leased for each endpoint, without those that are about to be written down."""
        leased = Counter([claim.endpoint for claim in self.claims])
        leased.subtract([ended.claim.endpoint for ended in self.ended])
        busy: Counter[UUID] = Counter()
        for endpoint, count in leased.items():  # An endpoint is another object in every batch of claims.
            busy[endpoint.id] += count
        return busy

    def add(self, fresh: Sequence[Fresh]) -> None:
        """Take over what was leased."""
        self.claims.update((one.claim, None) for one in fresh)
        self.fresh.extend(fresh)

    def begin(self) -> int:
        """Make a slice of what is fresh into requests, and give them to the sender; return how many there were."""
        count = min(SLICE, len(self.fresh))
        for _ in range(count):
            self._begin(self.fresh.popleft())
        return count

    def gather(self, wait: float, *, at_least: int = 1) -> int:
        """Wait for outcomes; return how many came."""
        outcomes = self.sender.poll(0 if self.fresh else wait, at_least=at_least)
        for outcome in outcomes:
            claim = cast(Claim, outcome.key)
            self.ended.append(Ended(claim, outcome))
            if outcome.status is None or not 200 <= outcome.status <= 299:
                # Whatever the endpoint is now, slowed or disabled or failing, no more goes there on the old terms.
                self.sender.recall(claim.endpoint.id)
        return len(outcomes)

    def take_ended(self) -> list[Ended]:
        """What is to be written down, once."""
        ended, self.ended = self.ended, []
        return ended

    def forget(self, ended: Sequence[Ended]) -> None:
        """Free the places of what has been written down, or can't be: then the lease passes, and others have it."""
        for one in ended:
            self.claims.pop(one.claim, None)

    def stop(self) -> None:
        """Begin nothing any more."""
        for endpoint_id in {claim.endpoint.id for claim in self.claims}:
            self.sender.recall(endpoint_id)
        while self.fresh:
            claim = self.fresh.popleft().claim
            self.ended.append(Ended(claim, Outcome(claim, claim.url, None, ErrorClass.NOT_STARTED, 0)))

    def _begin(self, fresh: Fresh) -> None:
        claim, resource, start_by = fresh
        try:
            if isinstance(resource, Exception):
                raise resource
            self.sender.submit(self.messages.exchange(claim, resource, at=self.now(), start_by=start_by))
        except Exception as error:  # noqa: BLE001  whatever is wrong with one delivery, it must not stop the rest
            log.error("delivery can't be prepared", extra={"error_class": type(error).__name__})
            self.ended.append(Ended(claim, None))


def not_started(ended: Ended) -> bool:
    """Whether it was never begun, so that it is given back and counts as no attempt."""
    return ended.outcome is not None and ended.outcome.error is ErrorClass.NOT_STARTED


def result(ended: Ended, *, at: datetime) -> Result:
    """What an outcome means for its delivery: arrived, to be tried again, or not any more."""
    claim, outcome = ended
    if outcome is None:
        # A failure of ours, to be tried again on the schedule: the operator may put a key back, or mend the code.
        again = _next_attempt(claim, at=at, retry_after=None)
        return Result(claim, at, delivered=False, duration_ms=0, error="unprepared", next_at=again)
    status, error, duration_ms, headers = outcome.status, outcome.error, outcome.duration_ms, outcome.headers
    verdict = retries.verdict(status, error)
    if verdict is Verdict.DELIVERED:
        return Result(claim, at, True, duration_ms, status, None, headers, outcome.reply)
    wait = retries.asked_to_wait(status, headers.get("retry-after"), at=at)
    return Result(
        claim,
        at,
        delivered=False,
        duration_ms=duration_ms,
        status=status,
        error=error,
        reply_headers=headers,
        reply=outcome.reply,
        next_at=_next_attempt(claim, at=at, retry_after=wait),
        slow=retries.slows_down(status, error),
        slow_until=None if wait is None else at + wait,
        gone=verdict is Verdict.GONE,
    )


def _next_attempt(claim: Claim, *, at: datetime, retry_after: timedelta | None) -> datetime | None:
    """When to try again what failed at `at`, by the endpoint's schedule; none when that was the last time."""
    return retries.next_attempt_at(
        attempt=claim.try_number,
        at=at,
        random=random.random(),  # noqa: S311  jitter, not a secret
        schedule=retries.schedule_for(claim.endpoint.retry_after_s, ordered=claim.endpoint.ordered),
        retry_after=retry_after,
    )
