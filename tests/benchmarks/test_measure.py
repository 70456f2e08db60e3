"""How figures come of rounds."""

import pytest

from benchmarks.measure import Figure, compared, interleaved

PARTICULARS = {"engine": "sqlite", "floor": "nothing", "unit": "answers/s"}


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    figure = compared("list", [10, 90, 30], [10, 100, 60], **PARTICULARS)

    assert (figure.ratio, figure.ours, figure.floors) == (0.9, 30, 60)


@pytest.mark.parametrize(
    ("ratio", "gate", "at_most", "passes"),
    [
        (0.8, 0.8, False, True),
        (0.79, 0.8, False, False),
        (5.0, 5.0, True, True),
        (5.1, 5.0, True, False),
        (0.0, None, False, True),
    ],
)
def test_a_gate_is_kept_or_missed(ratio: float, gate: float | None, at_most: bool, passes: bool) -> None:
    figure = compared("list", [ratio], [1.0], gate=gate, at_most=at_most, **PARTICULARS)

    assert figure.passes is passes


def test_sides_take_turns_in_being_first() -> None:
    order: list[str] = []
    sides = {name: lambda name=name: order.append(name) or 1.0 for name in ("a", "b")}  # type: ignore[misc]

    interleaved(sides, rounds=2)

    assert "".join(order) == "ab" + "ab" + "ba"  # once for the caches, then the rounds


def test_a_figure_is_read_as_it_was_kept() -> None:
    figure = compared("list", [1.0, 2.0], [4.0, 4.0], extra={"bytes": 20_000}, **PARTICULARS)

    assert Figure(**figure.as_json()) == figure
