"""Where published figures differ from what we count, or from each other. Pure: from figures to disagreements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from domain.models.activities import COUNTS, Unit

# Of which part of a project a figure speaks: {"activity": …}, {"profile": …}, or {} for all of it.
Scope = tuple[tuple[str, str], ...]
Computed = int | date | None


@dataclass(frozen=True)
class Figure:
    """What somebody published. `assumption` says in a sentence what we read into it when it is `assumed`."""

    measure: str
    scope: Scope
    value: int | str
    unit: Unit
    source: str
    as_of: date | None = None
    assumed: bool = False
    assumption: str | None = None


@dataclass(frozen=True)
class Disagreement:
    """One measure, what we compute (none where we have nothing to compute it from), and all that was published."""

    measure: str
    scope: Mapping[str, str]
    computed: int | str | None
    reported: tuple[Figure, ...]


def scope_of(scope: Mapping[str, object]) -> Scope:
    """A scope as it is kept in the database, in the one order in which it is compared."""
    return tuple(sorted((name, str(value)) for name, value in scope.items()))


def published_value(text: str, unit: Unit) -> int | str:
    """A published count as a number; dates and amounts as they were written."""
    return int(text) if unit in COUNTS else text


def find_disagreements(
    figures: Sequence[Figure], compute: Callable[[str, Scope, Unit], Computed]
) -> tuple[Disagreement, ...]:
    """Put figures of the same measure, scope and unit side by side, and keep those that don't agree.

    A date agrees with one that is written less finely: 2020-01 with 1 January 2020.
    """
    groups: dict[tuple[str, Scope, Unit], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.measure, figure.scope, figure.unit), []).append(figure)
    found = (_compared(key, compute(*key), reported) for key, reported in groups.items())
    return tuple(disagreement for disagreement in found if disagreement is not None)


def _compared(key: tuple[str, Scope, Unit], computed: Computed, reported: Sequence[Figure]) -> Disagreement | None:
    measure, scope, unit = key
    own = computed.isoformat() if isinstance(computed, date) else computed
    values = [str(figure.value) for figure in reported] + ([] if own is None else [str(own)])
    if not any(_differ(one, other, unit) for one, other in combinations(values, 2)):
        return None
    return Disagreement(measure=measure, scope=dict(scope), computed=own, reported=tuple(reported))


def _differ(one: str, other: str, unit: Unit) -> bool:
    if unit is Unit.DATE:
        return not (one.startswith(other) or other.startswith(one))
    return Decimal(one) != Decimal(other)
