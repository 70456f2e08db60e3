"""libcurl's multi interface with an alarm: any number of handles on one thread, woken by sockets, time, or `wake`."""

import select
import socket
import time
from contextlib import suppress

import pycurl

NOTHING_DUE_S = 3600.0  # seconds; when libcurl waits for no time at all, the caller's patience is what counts

Finished = list[tuple[pycurl.Curl, int]]
"""Handles that have done, each with libcurl's result code."""


class Multi:
    """Runs handles until they finish. All of it belongs to one thread, but for `wake`.

    It calls `perform` and select(2) in turns. epoll and `socket_action` cost a fifth more at the few dozen transfers
    that we make at once, for the callbacks into Python; the price is that no descriptor above 1023 can be watched, so
    whoever owns the handles keeps the number of connections far below that.
    """

    def __init__(self, *, idle_connections: int) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, idle_connections)
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)

    def add(self, curl: pycurl.Curl) -> None:
        """Begin a handle's transfer at the next turn."""
        self._multi.add_handle(curl)

    def drop(self, curl: pycurl.Curl) -> None:
        """Give up a transfer that is under way, and its connection with it."""
        self._multi.remove_handle(curl)

    def turn(self, until: float) -> Finished:
        """Wait until there is something to do, but not beyond `until` (monotonic); do it; return what finished."""
        # What a push has finished already is waited for by no socket and no alarm: it is taken first.
        if finished := self._finished():
            return finished
        self._wait(until)
        self._multi.perform()
        return self._finished()

    def push(self) -> None:
        """Do what can be done at once."""
        self._multi.perform()

    def wake(self) -> None:
        """End a wait that is under way; from any thread, and from a signal handler."""
        with suppress(OSError):  # It has been rung often enough already, or nobody is at home any more.
            self._bell.send(b"!")

    def close(self) -> None:
        """Let go of everything. Handles under way are to be dropped before."""
        self._multi.close()
        self._alarm.close()
        self._bell.close()

    def _wait(self, until: float) -> None:
        due_ms = self._multi.timeout()
        due_s = NOTHING_DUE_S if due_ms < 0 else due_ms / 1000
        patience_s = max(0.0, min(due_s, until - time.monotonic()))
        readable, writable, broken = self._multi.fdset()
        ready, _, _ = select.select([*readable, self._alarm.fileno()], writable, broken, patience_s)
        if self._alarm.fileno() in ready:
            with suppress(BlockingIOError):
                while self._alarm.recv(4096):
                    pass

    def _finished(self) -> Finished:
        finished: Finished = []
        more = 1
        while more:
            more, succeeded, failed = self._multi.info_read()
            finished += [(curl, pycurl.E_OK) for curl in succeeded]
            finished += [(curl, code) for curl, code, _ in failed]
        for curl, _ in finished:
            self._multi.remove_handle(curl)
        return finished
