"""What may be published, held against a reader who tries every table that would give the published numbers."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from domain.services.small_cells import is_small, shown

Table = dict[str, int]
Totals = Mapping[str, frozenset[str]]

CELLS = "abcd"
MOST_GUESSED = 9  # for a cell that lies in no published total: as good as any number


def possible(table: Table, totals: Totals, *, cells: frozenset[str], sums: frozenset[str]) -> list[Table]:
    """Every table that gives the published `cells` and `sums`. What is withheld is not zero: a zero would be shown."""
    known = {name: sum(table[cell] for cell in totals[name]) for name in sums}
    guesses: list[Table] = [{}]
    for cell in table:
        bounds = [known[name] for name in sums if cell in totals[name]]
        tries = [table[cell]] if cell in cells else range(1, min(bounds, default=MOST_GUESSED) + 1)
        guesses = [{**guess, cell: number} for guess in guesses for number in tries]
        guesses = [guess for guess in guesses if all(so_far(guess, totals[name]) <= known[name] for name in sums)]
    return [guess for guess in guesses if all(so_far(guess, totals[name]) == known[name] for name in sums)]


def so_far(guess: Table, members: frozenset[str]) -> int:
    return sum(guess.get(cell, 0) for cell in members)


def exposed(table: Table, totals: Totals, tables: list[Table]) -> Iterator[str]:
    """The small counts, of cells and of totals, that are the same in all `tables`."""
    for name, members in [*totals.items(), *((cell, frozenset(cell)) for cell in table)]:
        if is_small(so_far(table, members)) and len({so_far(guess, members) for guess in tables}) == 1:
            yield name


def some_totals() -> some.SearchStrategy[Totals]:
    return some.dictionaries(some.sampled_from("UVWXYZ"), some.frozensets(some.sampled_from(CELLS), min_size=1))


def some_table() -> some.SearchStrategy[Table]:
    return some.fixed_dictionaries({cell: some.integers(0, 8) for cell in CELLS})


@settings(max_examples=150, deadline=None)
@given(table=some_table(), totals=some_totals())
def test_no_small_count_can_be_computed(table: Table, totals: Totals) -> None:
    published = shown(table, totals)

    tables = possible(table, totals, cells=published.cells, sums=published.totals)

    assert list(exposed(table, totals, tables)) == []


@settings(max_examples=100, deadline=None)
@given(table=some_table(), totals=some_totals())
def test_no_small_count_is_shown(table: Table, totals: Totals) -> None:
    published = shown(table, totals)

    counts = [table[cell] for cell in published.cells]
    counts += [so_far(table, totals[name]) for name in published.totals]

    assert [count for count in counts if is_small(count)] == []


def test_the_reader_would_compute_a_small_count_that_stands_alone() -> None:
    table, totals = {"a": 3, "b": 7, "c": 9}, {"all": frozenset("abc")}

    tables = possible(table, totals, cells=frozenset("bc"), sums=frozenset(totals))

    assert list(exposed(table, totals, tables)) == ["a"]


@pytest.mark.parametrize(
    ("table", "withheld"),
    [
        ({"a": 6, "b": 5, "c": 40}, ""),
        ({"a": 6, "b": 0, "c": 40}, ""),
        ({"a": 3, "b": 7, "c": 40}, "ab"),
        ({"a": 3, "b": 4, "c": 40}, "ab"),
        ({"a": 1, "b": 2, "c": 40}, "abc"),
        ({"a": 4, "b": 4, "c": 40}, "abc"),
        ({"a": 3, "b": 7, "c": 7}, "abc"),
        ({"a": 3, "b": 0, "c": 40}, "ac"),
        ({"a": 3, "b": 2, "c": 0}, "ab"),
    ],
)
def test_beside_a_total_small_cells_are_withheld_in_company(table: Table, withheld: str) -> None:
    published = shown(table, {"all": frozenset("abc")})

    assert (published.cells, published.totals) == (frozenset("abc") - frozenset(withheld), {"all"})


@pytest.mark.parametrize("table", [{"a": 3, "b": 0, "c": 0}, {"a": 1, "b": 2, "c": 1}, {"a": 4, "b": 0, "c": 0}])
def test_a_small_total_is_withheld_with_its_small_cells(table: Table) -> None:
    published = shown(table, {"all": frozenset("abc")})

    assert (published.cells, published.totals) == ({cell for cell in table if not table[cell]}, frozenset())


def test_one_each_of_five_would_be_told_by_their_total() -> None:
    published = shown(dict.fromkeys("abcde", 1), {"all": frozenset("abcde")})

    assert (published.cells, published.totals) == (frozenset(), frozenset())


def test_of_two_totals_that_tell_a_small_cell_apart_the_first_is_kept() -> None:
    totals = {"all": frozenset("abc"), "with_target": frozenset("ab")}

    published = shown({"a": 30, "b": 20, "c": 3}, totals)

    assert (published.totals, published.cells) == ({"all"}, {"a"})


def test_without_totals_small_cells_alone_are_withheld() -> None:
    assert shown({"a": 3, "b": 7, "c": 40}, {}).cells == {"b", "c"}
