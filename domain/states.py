"""The one way from a state to the next."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from domain.errors import StateConflict


class Stateful(Protocol):
    """A row with a life cycle: its model prints the table of steps."""

    TRANSITIONS: ClassVar[Mapping[Any, frozenset[Any]]]
    state: Any
    updated_at: Any


def move_to(row: Stateful, state: StrEnum, *, at: datetime) -> None:
    """Take the step to `state`, or raise StateConflict with the steps that would work.

    The row's version guards the step in the database: of two that race, one finds the row changed.
    """
    steps = row.TRANSITIONS.get(row.state, frozenset())
    if state not in steps:
        possible = ", ".join(sorted(steps)) or "nothing: this is a final state"
        raise StateConflict(
            f"This is {row.state} and can't become {state}; possible from here: {possible}.",
            state=str(row.state),
            possible=sorted(steps),
        )
    row.state = state
    row.updated_at = at
