"""Interleaved rounds, their medians, and the figures that come of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

Side = Callable[[], float]


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, and seconds for each side of a round."""

    rounds: int
    seconds: float
    scale: float = 1.0  # of the rows and requests that a round is made of


FULL = Effort(rounds=9, seconds=1.0)
QUICK = Effort(rounds=3, seconds=0.4, scale=0.2)


@dataclass(frozen=True)
class Figure:
    """One result: `ratio` is the median over the rounds of what we do by what the floor does in the same round.

    `gate` is what it must reach now, `aim` what it shall reach; `at_most` tells that less is better.
    """

    name: str
    engine: str
    floor: str
    unit: str
    ratio: float
    ratios: Sequence[float]
    ours: float
    floors: float
    aim: float | None = None
    gate: float | None = None
    at_most: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether it keeps its gate; without one it does."""
        if self.gate is None:
            return True
        return self.ratio <= self.gate if self.at_most else self.ratio >= self.gate

    def as_json(self) -> dict[str, Any]:
        """The figure as it is kept."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def interleaved(sides: Mapping[str, Side], *, rounds: int) -> dict[str, list[float]]:
    """Run every side once a round, each time in another order: what disturbs the machine disturbs them all."""
    for side in sides.values():
        side()  # for the caches of everything in between
    measured: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            measured[name].append(sides[name]())
    return measured


def compared(name: str, ours: Sequence[float], floors: Sequence[float], **rest: Any) -> Figure:
    """The figure of two sides that were measured in the same rounds."""
    ratios = [mine / floor for mine, floor in zip(ours, floors, strict=True)]
    return Figure(
        name=name, ratio=median(ratios), ratios=sorted(ratios), ours=median(ours), floors=median(floors), **rest
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return {name: _rounded(one) for name, one in value.items()} if isinstance(value, dict) else value
