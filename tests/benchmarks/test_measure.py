"""How figures come of rounds."""

from typing import Any

import pytest

from benchmarks.measure import Figure, compared, interleaved

PARTICULARS: dict[str, Any] = {"engine": "sqlite", "floor": "nothing", "unit": "answers/s"}
FIGURES: dict[str, Any] = {"name": "list", "ratio": 0.1, "ratios": [0.1], "ours": 1.0, "floors": 10.0}


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    figure = compared("list", [10, 90, 30], [10, 100, 60], **PARTICULARS)

    assert (figure.ratio, figure.ours, figure.floors) == (0.9, 30, 60)


@pytest.mark.parametrize("figure", [{"ratio": 0.8, "gate": 0.8}, {"ratio": 5.0, "gate": 5.0, "at_most": True}, {}])
def test_a_gate_is_kept(figure: dict[str, Any]) -> None:
    assert Figure(**PARTICULARS | FIGURES | figure).passes


@pytest.mark.parametrize("figure", [{"ratio": 0.79, "gate": 0.8}, {"ratio": 5.1, "gate": 5.0, "at_most": True}])
def test_a_gate_is_missed(figure: dict[str, Any]) -> None:
    assert not Figure(**PARTICULARS | FIGURES | figure).passes


def test_sides_take_turns_in_being_first() -> None:
    order: list[str] = []
    sides = {name: lambda name=name: order.append(name) or 1.0 for name in ("a", "b")}  # type: ignore[misc]

    interleaved(sides, rounds=2)

    assert "".join(order) == "ab" + "ab" + "ba"  # once for the caches, then the rounds


def test_a_figure_is_read_as_it_was_kept() -> None:
    figure = compared("list", [1.0, 2.0], [4.0, 4.0], extra={"bytes": 20_000}, **PARTICULARS)

    assert Figure(**figure.as_json()) == figure
