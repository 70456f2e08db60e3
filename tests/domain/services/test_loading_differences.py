"""What stands and what is wanted, held against each other: pure, so a table of pairs."""

from dataclasses import dataclass
from typing import Any

import pytest

from domain.services.destinations import DestinationInput
from domain.services.loading_differences import FieldChange, Mark, added, compared, differences


@dataclass(frozen=True)
class Thing:
    """An input of the simplest kind."""

    value: Any


LYON = DestinationInput(country="FR", city="Lyon", places=8)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (1, 1),
        (["AL", "RS"], ("AL", "RS")),
        ({"en": "Stays"}, {"en": "Stays"}),
        ((LYON,), [LYON]),
        ([{"name": "why", "required": True}], ({"required": True, "name": "why"},)),
    ],
)
def test_the_same_said_otherwise_is_no_difference(old: Any, new: Any) -> None:
    assert list(differences(Thing(old), Thing(new))) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (1, 2, [("value", 1, 2)]),
        (None, "Lyon", [("value", None, "Lyon")]),
        (["AL"], ["AL", "RS"], [("value", ["AL"], ["AL", "RS"])]),
        ({"en": "a", "sq": "b"}, {"en": "a", "sq": "c"}, [("value.sq", "b", "c")]),
        ({"en": "a"}, {"en": "a", "sq": "b"}, [("value.sq", None, "b")]),
        ([LYON], [DestinationInput(country="FR", city="Lyon", places=9)], [("value.0.places", 8, 9)]),
        ([{"label": {"en": "a"}}], [{"label": {"en": "b"}}], [("value.0.label.en", "a", "b")]),
    ],
)
def test_a_difference_is_named_down_to_the_part(old: Any, new: Any, found: list[tuple[str, Any, Any]]) -> None:
    assert list(differences(Thing(old), Thing(new))) == [FieldChange(*each) for each in found]


def test_a_thing_is_marked_by_what_becomes_of_it() -> None:
    new, same, other = (
        added("thing", "a"),
        compared("thing", "b", LYON, LYON),
        compared("thing", "c", Thing(1), Thing(2)),
    )

    assert [change.mark for change in (new, same, other)] == [Mark.ADDED, Mark.UNCHANGED, Mark.CHANGED]
