"""Published figures against ours, and against each other."""

from datetime import date

import pytest

from domain.models.activities import Unit
from domain.services.disagreements import (
    Computed,
    Disagreement,
    Figure,
    Scope,
    find_disagreements,
    published_value,
    scope_of,
)

STAFF = scope_of({"profile": "staff"})


def figure(value: int | str, unit: Unit, *, measure: str = "participants", source: str = "News") -> Figure:
    return Figure(measure=measure, scope=STAFF, value=value, unit=unit, source=source)


def test_a_figure_that_is_not_ours_stands_beside_it_with_its_source() -> None:
    reported = Figure(
        measure="participants",
        scope=STAFF,
        value=165,
        unit=Unit.PERSON,
        source="Partner news",
        as_of=date(2023, 9, 29),
        assumed=True,
        assumption="That it counts persons is our assumption.",
    )

    found = find_disagreements([reported], lambda *_: 208)

    assert found == (Disagreement("participants", {"profile": "staff"}, 208, (reported,)),)


@pytest.mark.parametrize(
    ("unit", "values", "computed"),
    [
        (Unit.PERSON, [426], 426),
        (Unit.PERSON, [426, 426], None),
        (Unit.DATE, ["2020-01"], date(2020, 1, 1)),
        (Unit.DATE, ["2020", "2020-01", "2020-01-01"], date(2020, 1, 1)),
        (Unit.EUR, ["1998207.76"], None),
        (Unit.EUR, ["1998207", "1998207.00"], None),
    ],
)
def test_what_agrees_is_no_disagreement(unit: Unit, values: list[int | str], computed: Computed) -> None:
    assert find_disagreements([figure(value, unit) for value in values], lambda *_: computed) == ()


@pytest.mark.parametrize(
    ("unit", "values", "computed"),
    [
        (Unit.PERSON, [165], 208),
        (Unit.PERSON, [3], 0),
        (Unit.PARTICIPATION, [426, 425], None),
        (Unit.DATE, ["2020-01", "2019-12"], date(2020, 1, 1)),
        (Unit.DATE, ["2020-01-02"], date(2020, 1, 1)),
        (Unit.EUR, ["199820776.00", "1998207.76"], None),
    ],
)
def test_all_figures_are_shown_when_two_differ(unit: Unit, values: list[int | str], computed: Computed) -> None:
    found = find_disagreements([figure(value, unit) for value in values], lambda *_: computed)

    assert [[reported.value for reported in disagreement.reported] for disagreement in found] == [values]


def test_our_date_is_written_as_a_date() -> None:
    found = find_disagreements([figure("2019-12", Unit.DATE, measure="starts_on")], lambda *_: date(2020, 1, 1))

    assert [disagreement.computed for disagreement in found] == ["2020-01-01"]


def test_persons_are_not_compared_with_participations() -> None:
    counts = {Unit.PERSON: 165, Unit.PARTICIPATION: 208}

    def compute(_measure: str, _scope: Scope, unit: Unit) -> Computed:
        return counts[unit]

    assert find_disagreements([figure(165, Unit.PERSON), figure(208, Unit.PARTICIPATION)], compute) == ()


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("165", Unit.PERSON, 165),
        ("208", Unit.PARTICIPATION, 208),
        ("2019-12", Unit.DATE, "2019-12"),
        ("199820776.00", Unit.EUR, "199820776.00"),
    ],
)
def test_counts_are_numbers_and_the_rest_stays_as_written(text: str, unit: Unit, value: int | str) -> None:
    assert published_value(text, unit) == value
