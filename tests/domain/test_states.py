"""The steps of every life cycle: all pairs of states of all models, taken or refused as their tables say."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

import domain.models  # noqa: F401  all tables, whoever imports first
from domain.db import Base
from domain.errors import StateConflict
from domain.states import move_to

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STATEFUL = [mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "TRANSITIONS")]
MODELS = sorted(STATEFUL, key=lambda model: model.__name__)  # the registry is a set; two processes must agree


def states(model: Any) -> type[StrEnum]:
    return type(next(iter(model.TRANSITIONS)))


def steps(model: Any, state: StrEnum) -> frozenset[Any]:
    return model.TRANSITIONS.get(state, frozenset())  # type: ignore[no-any-return]


PAIRS = [(model, old, new) for model in MODELS for old in states(model) for new in states(model)]
TAKEN = [(model, old, new) for model, old, new in PAIRS if new in steps(model, old)]
REFUSED = [(model, old, new) for model, old, new in PAIRS if new not in steps(model, old)]


def test_the_models_with_a_life_cycle_are_these() -> None:
    assert sorted(model.__name__ for model in MODELS) == [
        "Application",
        "Call",
        "Document",
        "Endpoint",
        "Import",
        "Message",
        "Mobility",
        "Project",
        "Recovery",
    ]


@pytest.mark.parametrize(("model", "old", "new"), TAKEN)
def test_a_step_of_the_table_is_taken(model: Any, old: StrEnum, new: StrEnum) -> None:
    row = model(state=old)

    move_to(row, new, at=NOW)

    assert (row.state, row.updated_at) == (new, NOW)


@pytest.mark.parametrize(("model", "old", "new"), REFUSED)
def test_any_other_step_is_refused_and_changes_nothing(model: Any, old: StrEnum, new: StrEnum) -> None:
    row = model(state=old)

    with pytest.raises(StateConflict) as refusal:
        move_to(row, new, at=NOW)

    assert (row.state, row.updated_at) == (old, None)
    assert refusal.value.values == {"state": old, "possible": sorted(steps(model, old))}


@pytest.mark.parametrize("model", MODELS)
def test_every_state_can_be_reached_from_the_first(model: Any) -> None:
    reached = {next(iter(states(model)))}
    while more := {new for old in reached for new in steps(model, old)} - reached:
        reached |= more

    assert reached == set(states(model))


@pytest.mark.parametrize("model", MODELS)
def test_a_row_begins_in_the_first_state(model: Any) -> None:
    assert model.__table__.c.state.default.arg == next(iter(states(model)))
