"""Names to addresses, in threads of our own: a name server that never answers holds up nobody and no shutdown."""

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

THREADS = 16  # lookups of each kind under way at once; each is a thread that does nothing but wait
ANSWER_KEPT_S = 5.0  # seconds; thousands of deliveries to one host ask once, and a moved host is found at once

Addresses = tuple[str, ...]
Lookup = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name, none when it has none, and until when (monotonic clock) nobody need ask again."""

    addresses: Addresses
    good_until: float


def system_lookup(host: str) -> list[str]:
    """Ask the machine's own resolver; blocks for as long as it pleases, raises OSError when the name has no address."""
    # The host is ASCII already; as bytes it skips Python's old IDNA codec, which knows other rules than ours.
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(slots=True)
class _Questions:
    """Names of one kind that wait to be looked up, and how many threads do so."""

    waiting: SimpleQueue[str | None] = field(default_factory=SimpleQueue)
    threads: int = 0


class Resolver:
    """Looks names up without blocking its owner, which is one thread: `known`, else `ask` and later `take_answers`.

    `wake` is called from another thread whenever an answer has arrived. Nothing is judged here, only found.

    Names that were found the last time have threads of their own: many others that hang, all below one dead name server
    perhaps, would hold up every name there is.
    """

    def __init__(
        self, lookup: Lookup, *, wake: Callable[[], None], threads: int = THREADS, kept_s: float = ANSWER_KEPT_S
    ) -> None:
        self._lookup = lookup
        self._wake = wake
        self._most_threads = threads
        self._kept_s = kept_s
        self._threads: list[threading.Thread] = []
        self._found_before: set[str] = set()
        self._under_way: set[str] = set()
        self._known: dict[str, Answer] = {}
        self._new_questions, self._known_questions = _Questions(), _Questions()
        self._answers: SimpleQueue[tuple[str, Addresses]] = SimpleQueue()

    def known(self, host: str, *, now: float) -> Answer | None:
        """What was found a moment ago, or None when it must be asked."""
        answer = self._known.get(host)
        if answer is not None and now <= answer.good_until:
            return answer
        self._known.pop(host, None)
        return None

    def ask(self, host: str) -> None:
        """Have the name looked up, unless that is under way already."""
        if host in self._under_way:
            return
        self._under_way.add(host)
        questions = self._known_questions if host in self._found_before else self._new_questions
        questions.waiting.put(host)
        if questions.threads < min(len(self._under_way), self._most_threads):
            # Daemons, and never joined: a lookup may hang for half a minute, and a worker must be able to leave.
            thread = threading.Thread(target=self._answer, args=[questions], name="resolver", daemon=True)
            questions.threads += 1
            self._threads.append(thread)
            thread.start()

    def take_answers(self, *, now: float) -> bool:
        """Learn the answers that came since the last call; whether there were any."""
        came = False
        with suppress(Empty):
            while True:
                host, addresses = self._answers.get_nowait()
                self._under_way.discard(host)
                self._known[host] = Answer(addresses, now + self._kept_s)
                (self._found_before.add if addresses else self._found_before.discard)(host)
                came = True
        return came

    def close(self) -> None:
        """Let the threads go, each as soon as its lookup returns; does not wait for them."""
        for questions in (self._new_questions, self._known_questions):
            for _ in range(questions.threads):
                questions.waiting.put(None)

    def _answer(self, questions: _Questions) -> None:
        while (host := questions.waiting.get()) is not None:
            self._answers.put((host, self._found(host)))
            self._wake()

    def _found(self, host: str) -> Addresses:
        try:
            return tuple(dict.fromkeys(self._lookup(host)))
        except OSError:
            return ()
