"""Who is sent to when, and over which connection: nobody waits for somebody else's slow endpoint."""

import threading
import time
from collections import Counter
from collections.abc import Hashable

import pytest

from integrations.http import KEPT_CONNECTIONS
from tests.integrations.receiver import Receiver
from tests.integrations.sending import NAME, exchange, outcome, outcomes, sender


def test_a_thousand_exchanges_come_back_each_once(receiver: Receiver) -> None:
    with sender(at_once=16, per_endpoint=8) as one:
        came = outcomes(one, *(exchange(receiver.url(), key=key, endpoint=str(key % 3)) for key in range(1000)))

    assert Counter(outcome.key for outcome in came) == Counter(range(1000))
    assert len(receiver.requests) == 1000


def test_a_silent_endpoint_delays_nobody_else(receiver: Receiver) -> None:
    with sender(at_once=4, per_endpoint=2) as one:
        for key in range(20):
            one.submit(exchange(receiver.url("/silent"), key=key, endpoint="silent"))
        for key in range(100, 120):
            one.submit(exchange(receiver.url(), key=key, endpoint="busy"))
        began = time.monotonic()
        came: list[Hashable] = []
        while len(came) < 20:
            came += [outcome.key for outcome in one.poll(5.0)]

    assert (set(came), time.monotonic() - began < 2.0) == (set(range(100, 120)), True)


def test_many_silent_endpoints_leave_a_place_to_the_next(receiver: Receiver) -> None:
    with sender(at_once=8, per_endpoint=2) as one:
        for key in range(12):
            one.submit(exchange(receiver.url("/silent"), key=key, endpoint=f"silent {key % 4}"))
        for key in range(100, 110):
            one.submit(exchange(receiver.url(), key=key, endpoint="busy"))
        began = time.monotonic()
        came: list[Hashable] = []
        while len(came) < 10:
            came += [outcome.key for outcome in one.poll(5.0)]

    assert (set(came), time.monotonic() - began < 2.0) == (set(range(100, 110)), True)


def test_endpoints_take_turns(receiver: Receiver) -> None:
    with sender(at_once=1) as one:
        outcomes(
            one,
            *(exchange(receiver.url("/ok?many"), key=key, endpoint="many") for key in range(6)),
            *(exchange(receiver.url("/ok?few"), key=key, endpoint="few") for key in range(2)),
        )

    # The first of them was begun before anyone else was there.
    assert [request.path[4:] for request in receiver.requests] == ["many", "many", "few", "many", "few", *["many"] * 3]


def test_no_more_than_its_bound_is_under_way_to_one_endpoint(receiver: Receiver) -> None:
    with sender(at_once=32, per_endpoint=3) as one:
        for key in range(10):
            one.submit(exchange(receiver.url("/silent"), key=key))
        one.poll(0.2)

        assert len(receiver.requests) == 3


def test_one_endpoints_exchanges_share_a_connection(receiver: Receiver) -> None:
    with sender() as one:
        for key in range(3):
            outcomes(one, exchange(receiver.url(), key=key))

    assert [request.connection for request in receiver.requests] == [1, 1, 1]


def test_two_endpoints_at_one_host_never_do(receiver: Receiver) -> None:
    with sender() as one:
        for key in range(6):
            outcomes(one, exchange(receiver.url(), key=key, endpoint="ab"[key % 2]))

    assert [request.connection for request in receiver.requests] == [1, 2, 1, 2, 1, 2]


def test_a_connection_the_receiver_closed_meanwhile_is_replaced(receiver: Receiver) -> None:
    with sender() as one:
        first = outcomes(one, exchange(receiver.url("/ok-and-hang-up")))
        second = outcomes(one, exchange(receiver.url("/ok-and-hang-up")))

    assert [came.status for came in first + second] == [200, 200]


def test_an_endpoint_that_hears_nothing_gives_its_connections_back(receiver: Receiver) -> None:
    with sender(lane_kept_s=0.0) as one:
        outcomes(one, exchange(receiver.url()))
        outcomes(one, exchange(receiver.url()))

    assert [request.connection for request in receiver.requests] == [1, 2]


def test_of_many_endpoints_only_the_latest_keep_their_connections(receiver: Receiver) -> None:
    kept = KEPT_CONNECTIONS // 64

    with sender(per_endpoint=64) as one:
        for key in range(kept + 5):
            outcomes(one, exchange(receiver.url(), key=key, endpoint=str(key)))
        receiver.wait_until(lambda: receiver.open_connections <= kept)

        assert receiver.open_connections == kept


def test_what_should_have_begun_by_now_is_not_sent(receiver: Receiver) -> None:
    with sender() as one:
        (came,) = outcomes(one, exchange(receiver.url(), start_by=time.monotonic() - 1))

    assert (came.status, came.error, receiver.requests) == (None, "not_started", [])


def test_what_waits_behind_a_slow_one_too_long_is_not_sent(receiver: Receiver) -> None:
    slow = exchange(receiver.url("/wait/0.4"), key=1)
    late = exchange(receiver.url(), key=2, start_by=time.monotonic() + 0.2)

    with sender(per_endpoint=1) as one:
        came = outcomes(one, slow, late)

    assert [(outcome.key, outcome.error) for outcome in came] == [(1, None), (2, "not_started")]


def test_a_name_that_never_resolves_ends_within_its_timeout() -> None:
    never = threading.Event()

    came = outcome(f"http://{NAME}/", timeout_s=0.3, lookup=lambda _: ["127.0.0.1"] if never.wait(5) else [])
    never.set()

    assert (came.error, 300 <= came.duration_ms < 1300) == ("resolve", True)


def test_a_name_without_an_address_fails_at_once() -> None:
    def unknown(_: str) -> list[str]:
        raise OSError("Name or service not known")

    came = outcome(f"http://{NAME}/", lookup=unknown)

    assert (came.error, came.duration_ms < 1000) == ("resolve", True)


def test_a_name_that_came_too_late_is_known_to_the_next(receiver: Receiver) -> None:
    def slow(_: str) -> list[str]:
        time.sleep(0.2)
        return ["127.0.0.1"]

    with sender(lookup=slow) as one:
        late = outcomes(one, exchange(receiver.url(host=NAME), timeout_s=0.05))
        one.poll(0.4)
        next_one = outcomes(one, exchange(receiver.url(host=NAME)))

    assert (late[0].error, next_one[0].status, next_one[0].duration_ms < 1000) == ("resolve", 200, True)


def test_a_hanging_name_delays_nobody_else(receiver: Receiver) -> None:
    hang = threading.Event()

    with sender(lookup=lambda host: ["127.0.0.1"] if host == NAME or hang.wait(5) else []) as one:
        one.submit(exchange("http://hang.example.org/", key=1, endpoint="hanging"))
        one.submit(exchange(receiver.url(host=NAME), key=2, endpoint="quick"))
        (came,) = one.poll(2.0)
        hang.set()

    assert (came.key, came.status) == (2, 200)


def test_a_host_is_looked_up_once_for_many(receiver: Receiver) -> None:
    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with sender(lookup=lookup) as one:
        outcomes(one, *(exchange(receiver.url(host=NAME), key=key, endpoint=str(key % 5)) for key in range(50)))

    assert (asked, len(receiver.requests)) == ([NAME], 50)


def test_the_time_a_name_takes_is_the_exchanges_own(receiver: Receiver) -> None:
    def slow(_: str) -> list[str]:
        time.sleep(0.3)
        return ["127.0.0.1"]

    came = outcome(receiver.url("/silent", host=NAME), timeout_s=0.6, lookup=slow)

    assert (came.error, 550 <= came.duration_ms < 1600) == ("timeout", True)


def test_a_poll_without_work_waits_and_is_woken() -> None:
    with sender() as one:
        threading.Timer(0.1, one.wake).start()
        began = time.monotonic()
        came = one.poll(5.0)

    assert (came, 0.05 < time.monotonic() - began < 2.0) == ([], True)


def test_what_is_done_already_is_not_waited_for(receiver: Receiver) -> None:
    with sender() as one:
        one.submit(exchange(receiver.url()))
        for _ in range(50):
            one._multi.push()
            time.sleep(0.01)
        began = time.monotonic()
        came = one.poll(3.0)

    assert ([outcome.status for outcome in came], time.monotonic() - began < 1.0) == ([200], True)


def test_in_flight_counts_until_the_outcome_is_handed_over(receiver: Receiver) -> None:
    with sender(at_once=4) as one:
        counts = [(one.in_flight, one.free)]
        one.submit(exchange(receiver.url()))
        counts.append((one.in_flight, one.free))
        one.poll(5.0)
        counts.append((one.in_flight, one.free))

    assert counts == [(0, 4), (1, 3), (0, 4)]


def test_closing_waits_for_nothing(receiver: Receiver) -> None:
    never = threading.Event()
    one = sender(lookup=lambda _: ["127.0.0.1"] if never.wait(5) else [])
    one.submit(exchange(receiver.url("/silent"), key=1, timeout_s=30))
    one.submit(exchange(f"http://{NAME}/", key=2))
    one.poll(0.1)

    began = time.monotonic()
    one.close()
    never.set()

    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    "behaviours", [("/ok", "/status/500", "/reset", "/ok-and-hang-up", "/silent", "/wrong-chunks")]
)
def test_a_mixture_of_behaviours_leaves_no_one_behind(receiver: Receiver, behaviours: tuple[str, ...]) -> None:
    exchanges = [
        exchange(receiver.url(behaviours[key % 6]), key=key, endpoint=str(key % 7), timeout_s=0.5) for key in range(120)
    ]

    with sender(at_once=32) as one:
        came = outcomes(one, *exchanges)

    assert Counter((outcome.status, outcome.error) for outcome in came) == Counter(
        {(200, None): 40, (500, None): 20, (None, "disconnected"): 20, (None, "timeout"): 20, (200, "protocol"): 20}
    )
