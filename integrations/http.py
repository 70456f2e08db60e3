"""The one way out for deliveries: many POSTs at once on one thread, none of them to an address that must not be called.

A `Sender` owns a libcurl multi handle. It resolves names apart, checks every answer, pins the connection to what was
checked, checks the socket again, ends each exchange by its deadline, and reads a bounded reply. Failures are values:
an `Outcome` says what became of each `Exchange`.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self

import certifi
import pycurl

from domain.addresses import Network, Place, check_url, may_connect
from integrations.exchange import ErrorClass, Exchange, Outcome, check_headers
from integrations.handle import Handle
from integrations.multi import Multi
from integrations.resolver import ANSWER_KEPT_S, Lookup, Resolver, system_lookup
from integrations.routes import Route, Routes

__all__ = ["ErrorClass", "Exchange", "Outcome", "Sender"]

RESOLVE_WITHIN_S = 3.0  # seconds, out of the exchange's own
LANE_KEPT_S = 60.0  # seconds; an endpoint that hears nothing for so long gives its connections back
KEPT_CONNECTIONS = 256  # to endpoints that hear nothing just now; select(2) sees no descriptor above 1023
AT_ONCE = 64  # exchanges under way; each is a socket and some 50 KiB
AT_ONCE_PER_ENDPOINT = 8  # so that one slow endpoint holds an eighth of the places, not all
RESERVED = 4  # one place in so many is for an endpoint's first: eight that hang, say on one dead host, are not all


_Waiting = tuple[Exchange, list[str]]
"""An exchange and the lines of its header."""


@dataclass(slots=True, eq=False)
class _Lane:
    """One endpoint: what waits for it, how much of it is under way, and the connections that are its alone."""

    endpoint: Hashable
    share: pycurl.CurlShare = field(default_factory=pycurl.CurlShare)
    waiting: deque[_Waiting] = field(default_factory=deque)
    idle: list[Handle] = field(default_factory=list)
    under_way: int = 0
    has_turn: bool = False

    def __post_init__(self) -> None:
        # Two endpoints at one host may belong to two organisations: neither is to speak on the other's connection.
        self.share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_CONNECT)

    def close(self) -> None:
        for handle in self.idle:
            handle.close()
        self.share.close()


class _Job(NamedTuple):
    """One exchange under way, and when (monotonic clock) its time began to run."""

    exchange: Exchange
    lines: list[str]
    lane: _Lane
    started: float

    @property
    def resolve_until(self) -> float:
        return self.started + min(RESOLVE_WITHIN_S, self.exchange.timeout_s)


def _not_started(exchange: Exchange) -> Outcome:
    return Outcome(exchange.key, exchange.url, None, ErrorClass.NOT_STARTED, 0)


class Sender:
    """Makes exchanges, as many at once as it may, in turns over the endpoints. It belongs to one thread.

    `allow_http`, `allowed_networks` and `own_places` loosen and tighten the guard as in `domain.addresses`.
    """

    def __init__(
        self,
        *,
        allow_http: bool,
        allowed_networks: tuple[Network, ...],
        own_places: frozenset[Place] = frozenset(),
        at_once: int = AT_ONCE,
        per_endpoint: int = AT_ONCE_PER_ENDPOINT,
        ca_file: str | None = None,
        lookup: Lookup = system_lookup,
        answer_kept_s: float = ANSWER_KEPT_S,
        lane_kept_s: float = LANE_KEPT_S,
    ) -> None:
        self._at_once = at_once
        self._per_endpoint = per_endpoint
        self._lane_kept_s = lane_kept_s
        check = partial(check_url, allow_http=allow_http, allowed_networks=allowed_networks, own_places=own_places)
        may = partial(may_connect, allowed=allowed_networks, own_places=own_places)
        self._new_handle = partial(Handle, allow_http=allow_http, ca_file=ca_file or certifi.where(), may_connect=may)
        self._multi = Multi(idle_connections=per_endpoint)
        resolver = Resolver(lookup, wake=self._multi.wake, kept_s=answer_kept_s)
        self._routes = Routes(resolver, check_url=check, may_connect=may)
        self._lanes: dict[Hashable, _Lane] = {}
        self._quiet: OrderedDict[Hashable, float] = OrderedDict()
        self._turns: deque[_Lane] = deque()
        self._running: dict[pycurl.Curl, tuple[_Job, Handle]] = {}
        self._nameless: list[_Job] = []
        self._done: list[Outcome] = []
        self._under_way = 0
        self._in_flight = 0
        self._woken = False

    @property
    def in_flight(self) -> int:
        """How many were submitted and not yet handed back."""
        return self._in_flight

    @property
    def free(self) -> int:
        """How many more could be begun at once, were they for different endpoints."""
        return max(0, self._at_once - self._in_flight)

    def submit(self, exchange: Exchange) -> None:
        """Make this exchange as soon as its endpoint has a turn; its outcome comes from `poll`, whatever happens.

        Raises ValueError, and sends nothing, when a header is not one line of visible ASCII.
        """
        lines = check_headers(exchange.headers)
        self._in_flight += 1
        lane = self._lanes.get(exchange.endpoint) or self._open_lane(exchange.endpoint)
        lane.waiting.append((exchange, lines))
        self._queue(lane)
        self._fill()

    def poll(self, timeout_s: float, *, at_least: int = 1) -> list[Outcome]:
        """The outcomes since the last call; waits for so many, at most so long, and not beyond a `wake`."""
        until = time.monotonic() + timeout_s
        while True:
            enough = len(self._done) >= min(at_least, self._in_flight) > 0
            for curl, code in self._multi.turn(0.0 if enough else self._patience(until)):
                self._finish(*self._running.pop(curl), code)
            self._take_names()
            self._fill()
            if len(self._done) >= min(at_least, self._in_flight) > 0 or self._woken or time.monotonic() >= until:
                break
        self._multi.push()  # What took the places of the finished is on its way while the caller works.
        self._close_quiet_lanes()
        self._woken = False
        outcomes, self._done = self._done, []
        self._in_flight -= len(outcomes)
        return outcomes

    def recall(self, endpoint: Hashable) -> None:
        """Begin nothing more of what waits for this endpoint: it comes back from `poll` as not started."""
        lane = self._lanes.get(endpoint)
        if lane is not None and lane.waiting:
            self._done += [_not_started(exchange) for exchange, _ in lane.waiting]
            lane.waiting.clear()

    def wake(self) -> None:
        """End a `poll` that is waiting; from any thread, and from a signal handler."""
        self._woken = True
        self._multi.wake()

    def close(self) -> None:
        """Drop what is under way, without a word to anyone: whoever leased it will find the lease run out."""
        self._routes.close()
        for job, handle in self._running.values():
            self._multi.drop(handle.curl)
            job.lane.idle.append(handle)
        for lane in self._lanes.values():
            lane.close()
        self._multi.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_lane(self, endpoint: Hashable) -> _Lane:
        lane = self._lanes[endpoint] = _Lane(endpoint)
        return lane

    def _queue(self, lane: _Lane) -> None:
        """Give a lane that has something to send a turn, behind those who wait already, if it may send more."""
        if lane.under_way < self._per_endpoint and not lane.has_turn:
            lane.has_turn = True
            self._turns.append(lane)

    def _fill(self) -> None:
        while self._under_way < self._at_once and (lane := self._next_lane()) is not None:
            lane.has_turn = False
            if lane.waiting:
                self._begin(*lane.waiting.popleft(), lane)
            if lane.waiting:
                self._queue(lane)

    def _next_lane(self) -> _Lane | None:
        """Whose turn it is. The last places are for endpoints with nothing under way: those that hang leave them."""
        if not self._turns or self._under_way < self._at_once - self._at_once // RESERVED:
            return self._turns.popleft() if self._turns else None
        lane = next((lane for lane in self._turns if not lane.under_way), None)
        if lane is not None:
            self._turns.remove(lane)
        return lane

    def _begin(self, exchange: Exchange, lines: list[str], lane: _Lane) -> None:
        if not lane.under_way:
            self._quiet.pop(lane.endpoint, None)
        lane.under_way += 1
        self._under_way += 1
        now = time.monotonic()
        job = _Job(exchange, lines, lane, now)
        if exchange.start_by is not None and now > exchange.start_by:
            self._end(job, error=ErrorClass.NOT_STARTED)
        elif not self._advance(job, now):
            self._nameless.append(job)

    def _advance(self, job: _Job, now: float) -> bool:
        """Send it, or end it where there is no way; False while its host is being looked up."""
        route = self._routes.find(job.exchange.url, now=now)
        if route is None:
            return False
        if isinstance(route, Route):
            self._send(job, route, left_s=job.started + job.exchange.timeout_s - now)
        else:
            self._end(job, error=route)
        return True

    def _send(self, job: _Job, route: Route, *, left_s: float) -> None:
        exchange, lane = job.exchange, job.lane
        handle = lane.idle.pop() if lane.idle else self._new_handle(share=lane.share)
        handle.load(
            route.url,
            pins=route.pins,
            body=exchange.body,
            headers=job.lines,
            timeout_ms=max(1, round(left_s * 1000)),
            max_reply_bytes=exchange.max_reply_bytes,
        )
        self._running[handle.curl] = (job, handle)
        self._multi.add(handle.curl)

    def _take_names(self) -> None:
        """Go on with what waited for a name that has come, and end what has waited too long."""
        now = time.monotonic()
        arrived = self._routes.names_arrived(now=now)  # Learnt even if nobody waits any more: the next one may.
        if not self._nameless:
            return
        if arrived:
            self._nameless = [job for job in self._nameless if not self._advance(job, now)]
        for job in [job for job in self._nameless if job.resolve_until <= now]:
            self._nameless.remove(job)
            self._end(job, error=ErrorClass.RESOLVE)

    def _patience(self, until: float) -> float:
        """Until when a turn may wait: for the caller's sake, or for that of a name that does not resolve."""
        return min([until, *(job.resolve_until for job in self._nameless)])

    def _finish(self, job: _Job, handle: Handle, code: int) -> None:
        status, error = handle.result(code)
        job.lane.idle.append(handle)
        self._end(job, error=error, status=status, head=handle.head, reply=handle.reply)

    def _end(
        self,
        job: _Job,
        *,
        error: ErrorClass | None,
        status: int | None = None,
        head: bytes = b"",
        reply: bytes = b"",
    ) -> None:
        """Report what became of it, and give its place to the next."""
        now = time.monotonic()
        exchange, _, lane, started = job
        duration_ms = round((now - started) * 1000)
        self._done.append(Outcome(exchange.key, exchange.url, status, error, duration_ms, head, reply))
        lane.under_way -= 1
        self._under_way -= 1
        if lane.waiting:
            self._queue(lane)
        elif not lane.under_way:
            self._quiet[lane.endpoint] = now

    def _close_quiet_lanes(self) -> None:
        while self._quiet:
            endpoint, since = next(iter(self._quiet.items()))
            few = len(self._quiet) * self._per_endpoint <= KEPT_CONNECTIONS
            if few and time.monotonic() - since < self._lane_kept_s:
                return
            del self._quiet[endpoint]
            self._lanes.pop(endpoint).close()
