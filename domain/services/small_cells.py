"""Which counts may be published: none that is small, and none that the others give away.

The rule. A count is small when it counts somebody and fewer than five; zero counts nobody and is shown. A reader is
taken to know every number shown, that counts are whole and not negative, and that what is withheld is not zero.

1. Totals come first, in the order in which they are given: a total is shown unless that would expose somebody. Cells
   that lie in the same shown totals form a group, whose sum can be computed. A group with a small cell is safe if two
   or more of its cells are not zero, and if it counts five or more in all and more than one for each of these. A total
   that would make a group which isn't safe is withheld; a small total always would.
2. In a group, small cells are withheld; while these are alone, sum up to fewer than five or are all alike, the next
   larger cells are withheld with them (all of the same size together). Cells in no shown total need no such company.

Why it holds: of two withheld cells in one group, one may count one more and the other one fewer without changing any
number shown, so no withheld cell has one possible value only. A small total holds no group whole (that would be five or
more), so it changes with such an exchange, too.

Where it ends: a reader may also try which tables this very procedure would answer with the same pattern of gaps. In one
group that tells nothing, since withheld cells are not all alike and might have changed places. Where a withheld total
lies between them (few learners, few staff), about one small table in two hundred has a pattern of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST_SHOWN = 5  # persons, participations, applications: domain.md's "no cell below 5"

Cell = TypeVar("Cell", bound=Hashable)


@dataclass(frozen=True)
class Shown(Generic[Cell]):
    """What of a table may be published."""

    cells: frozenset[Cell]
    totals: frozenset[str]


def is_small(count: int) -> bool:
    """Whether a count might point at somebody."""
    return 0 < count < SMALLEST_SHOWN


def shown(cells: Mapping[Cell, int], totals: Mapping[str, Collection[Cell]]) -> Shown[Cell]:
    """Decide what may be published of `cells` and of `totals`, each a set of cells, the more important ones first."""
    kept: dict[str, Collection[Cell]] = {}
    for name, members in totals.items():
        wanted = {**kept, name: members}
        if all(_is_safe(group.values()) for group in _groups(cells, wanted)):
            kept = wanted
    withheld = {cell for group in _groups(cells, kept) for cell in _withheld(group)}
    withheld |= {cell for cell, count in cells.items() if is_small(count)}
    return Shown(cells=frozenset(cells.keys() - withheld), totals=frozenset(kept))


def _groups(cells: Mapping[Cell, int], totals: Mapping[str, Collection[Cell]]) -> Iterable[Mapping[Cell, int]]:
    """The cells that aren't zero, by the totals in which they lie; those in none stay out."""
    groups: dict[tuple[str, ...], dict[Cell, int]] = defaultdict(dict)
    for cell, count in cells.items():
        lies_in = tuple(name for name, members in totals.items() if cell in members)
        if lies_in and count:
            groups[lies_in][cell] = count
    return groups.values()


def _is_safe(counts: Collection[int]) -> bool:
    """Whether the sum of a group may be known."""
    if not any(map(is_small, counts)):
        return True
    return len(counts) >= 2 and sum(counts) >= SMALLEST_SHOWN and sum(counts) > len(counts)


def _withheld(group: Mapping[Cell, int]) -> set[Cell]:
    """The small cells of a group, and the company that they need."""
    withheld = {cell for cell, count in group.items() if is_small(count)}
    for count in sorted({count for count in group.values() if not is_small(count)}):
        if not withheld or _is_company([group[cell] for cell in withheld]):
            break
        withheld |= {cell for cell in group if group[cell] == count}
    return withheld


def _is_company(counts: Collection[int]) -> bool:
    # All alike would tell whoever knows the rule: two small cells that sum up to eight are four and four.
    return len(set(counts)) > 1 and sum(counts) >= SMALLEST_SHOWN
