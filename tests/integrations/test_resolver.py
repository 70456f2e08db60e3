"""Names to addresses, off the sender's own thread."""

import socket
import threading
import time
from collections.abc import Callable

import pytest

from integrations.resolver import Answer, Resolver, system_lookup

NOW = 1000.0


def settled(resolver: Resolver, *, now: float = NOW) -> bool:
    """Whether answers came, within a moment."""
    deadline = time.monotonic() + 5
    while not (came := resolver.take_answers(now=now)) and time.monotonic() < deadline:
        time.sleep(0.005)
    return came


def resolver(lookup: Callable[[str], list[str]], *, wake: Callable[[], None] = lambda: None, **limits: int) -> Resolver:
    """A resolver that keeps answers for five seconds."""
    return Resolver(lookup, wake=wake, kept_s=5.0, **limits)


def test_a_name_is_unknown_until_its_answer_came() -> None:
    one = resolver(lambda _: ["192.0.2.1"])
    before = one.known("a.example", now=NOW)
    one.ask("a.example")

    assert (before, settled(one), one.known("a.example", now=NOW)) == (None, True, Answer(("192.0.2.1",), NOW + 5))


def test_an_answer_is_good_for_five_seconds() -> None:
    one = resolver(lambda _: ["192.0.2.1"])
    one.ask("a.example")
    settled(one)

    assert [one.known("a.example", now=NOW + age) is not None for age in (0, 5, 5.1)] == [True, True, False]


def test_an_address_that_was_given_twice_counts_once() -> None:
    one = resolver(lambda _: ["192.0.2.1", "192.0.2.2", "192.0.2.1"])
    one.ask("a.example")
    settled(one)

    assert one.known("a.example", now=NOW) == Answer(("192.0.2.1", "192.0.2.2"), NOW + 5)


def test_a_name_that_does_not_exist_has_no_addresses() -> None:
    def unknown(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    one = resolver(unknown)
    one.ask("a.example")
    settled(one)

    assert one.known("a.example", now=NOW) == Answer((), NOW + 5)


def test_a_name_under_way_is_not_asked_again() -> None:
    asked: list[str] = []
    go_on = threading.Event()

    def lookup(host: str) -> list[str]:
        asked.append(host)
        go_on.wait(5)
        return []

    one = resolver(lookup)
    for _ in range(3):
        one.ask("a.example")
    go_on.set()

    assert (settled(one), asked) == (True, ["a.example"])


def test_the_owner_is_woken_by_an_answer() -> None:
    woken = threading.Event()
    one = resolver(lambda _: [], wake=woken.set)

    one.ask("a.example")

    assert woken.wait(5) is True


def test_a_hanging_name_holds_up_no_other() -> None:
    hang = threading.Event()

    def lookup(host: str) -> list[str]:
        if host == "hang.example":
            hang.wait(5)
        return ["192.0.2.1"]

    one = resolver(lookup)
    one.ask("hang.example")
    one.ask("quick.example")
    settled(one)
    hang.set()

    assert [one.known(host, now=NOW) is None for host in ("hang.example", "quick.example")] == [True, False]


def test_names_that_hang_by_the_dozen_hold_up_none_that_was_found_before() -> None:
    hang = threading.Event()
    one = resolver(lambda host: ["192.0.2.1"] if host == "quick.example" or hang.wait(5) else [], threads=2)
    one.ask("quick.example")
    settled(one)

    for number in range(5):
        one.ask(f"{number}.hang.example")
    one.ask("quick.example")
    came = settled(one, now=NOW + 6)
    hang.set()

    assert (came, one.known("quick.example", now=NOW + 6)) == (True, Answer(("192.0.2.1",), NOW + 11))


def test_there_are_no_more_threads_than_allowed() -> None:
    hang = threading.Event()
    one = resolver(lambda _: ["192.0.2.1"] if hang.wait(5) else [], threads=2)

    for number in range(5):
        one.ask(f"{number}.example")
    hang.set()

    assert len(one._threads) == 2


def test_closed_it_lets_its_threads_go() -> None:
    one = resolver(lambda _: [])
    one.ask("a.example")
    settled(one)

    one.close()
    for thread in one._threads:
        thread.join(5)

    assert [thread.is_alive() for thread in one._threads] == [False]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_system_answers_with_bare_addresses(host: str) -> None:
    assert system_lookup(host) == [host]
