"""Reports: what was promised, what came of it, and where published figures say otherwise. Pure, made of facts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import NamedTuple, TypeVar

from domain.models.activities import ActivityCode, Profile, Unit
from domain.services import small_cells
from domain.services.disagreements import Computed, Disagreement, Figure, Scope, find_disagreements
from domain.services.small_cells import Shown, is_small

COUNTS_OF_PARTICIPANTS = ("participants", "participations", "persons")  # measures; the unit says what is counted
WHOLE: Scope = ()
ORDER = {code: position for position, code in enumerate(ActivityCode)}
HUNDREDTH = Decimal("0.01")


class Cell(NamedTuple):
    """The smallest thing that rows and totals are summed up from."""

    activity: ActivityCode
    profile: Profile


@dataclass(frozen=True)
class Promise:
    """A target in participations: a number for a set of activities, in one country or in all (none)."""

    activities: frozenset[ActivityCode]
    planned: int
    country: str | None = None


@dataclass(frozen=True)
class Line:
    """What was counted for one activity and country."""

    cell: Cell
    country: str
    applied: int = 0
    selected: int = 0
    abroad: int = 0
    completed: int = 0


@dataclass(frozen=True)
class Facts:
    """All that a report is made of. `persons` are counted by scope: they can't be added up."""

    starts_on: date
    ends_on: date
    offered: Sequence[Cell] = ()
    promises: Sequence[Promise] = ()
    lines: Sequence[Line] = ()
    persons: Mapping[Scope, int] = field(default_factory=dict)
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class Row:
    """One activity: its target, if it has one of its own, and its participations, unless they are withheld."""

    activity: ActivityCode
    planned: int | None
    participations: int | None
    percent: Decimal | None


@dataclass(frozen=True)
class Total:
    """Several activities together."""

    planned: int | None
    participations: int | None
    percent: Decimal | None


Counted = TypeVar("Counted", Row, Total)


@dataclass(frozen=True)
class Totals:
    """`…_with_target` leave out what has no target, on both sides of the comparison."""

    learners: Total
    staff_with_target: Total
    staff_all: Total
    all_with_target: Total
    all: Total


@dataclass(frozen=True)
class Stage:
    """How many came how far, in one activity and country, or (country none) in all countries."""

    activity: ActivityCode
    country: str | None
    planned: int | None
    applied: int | None
    selected: int | None
    abroad: int | None
    completed: int | None


@dataclass(frozen=True)
class Report:
    """Planned, computed and reported side by side."""

    rows: tuple[Row, ...]
    totals: Totals
    disagreements: tuple[Disagreement, ...]
    funnel: tuple[Stage, ...]


# ── from facts to a report ────────────────────────────────────────────────────────────────────────────────────────


def full_report(facts: Facts) -> Report:
    """Everything, for the coordinator: the funnel by activity and country, and every cell."""
    return Report(
        rows=tuple(_row(facts, activity) for activity in _activities(facts)),
        totals=Totals(**{name: _total(facts, cells) for name, cells in _members(facts).items()}),
        disagreements=find_disagreements(facts.figures, partial(_computed, facts)),
        funnel=tuple(_stage_in(facts, activity, country) for activity, country in _places(facts)),
    )


def published_report(facts: Facts) -> Report:
    """What everyone may see: the funnel by activity alone, without small cells and what gives them away.

    Rows, totals and the funnel's `abroad` are one table, and withheld together. `completed` goes with `abroad`: it is a
    lower bound for it. Persons are shown where no activity or profile has few, since they can't be added up.
    """
    full = full_report(facts)
    shown = small_cells.shown(_participations(facts), _members(facts))
    scopes = _shown_scopes(facts, shown)
    open_activities = [activity for activity in _activities(facts) if activity_scope(activity) in scopes]
    figures = [figure for figure in facts.figures if _is_published(facts, figure, scopes)]
    stages = (_stage(facts, activity) for activity in _activities(facts))
    return Report(
        rows=tuple(row if row.activity in open_activities else _without_count(row) for row in full.rows),
        totals=Totals(**{name: _published(full.totals, name, shown) for name in _members(facts)}),
        disagreements=find_disagreements(figures, partial(_computed, facts)),
        funnel=tuple(_published_stage(stage, open_activities) for stage in stages),
    )


def _participations(facts: Facts) -> dict[Cell, int]:
    counts = dict.fromkeys(facts.offered, 0)
    for line in facts.lines:
        counts[line.cell] = counts.get(line.cell, 0) + line.abroad
    return counts


def _activities(facts: Facts) -> list[ActivityCode]:
    return sorted({cell.activity for cell in _participations(facts)}, key=ORDER.__getitem__)


def _members(facts: Facts) -> dict[str, frozenset[Cell]]:
    """What each total is summed up from, the most important total first: it is the last to be withheld."""
    everything = frozenset(_participations(facts))
    learners, staff = (
        frozenset(cell for cell in everything if cell.profile is profile)
        for profile in (Profile.LEARNER, Profile.STAFF)
    )
    return {
        "all": everything,
        "learners": learners,
        "staff_all": staff,
        "all_with_target": _with_target(facts, everything),
        "staff_with_target": _with_target(facts, staff),
    }


def _project_wide(promises: Sequence[Promise]) -> list[Promise]:
    """The targets without a country. One for several activities counts where none of these has one of its own."""
    kept: list[Promise] = []
    for promise in sorted(promises, key=lambda promise: (len(promise.activities), sorted(promise.activities))):
        if promise.country is None and not any(promise.activities & other.activities for other in kept):
            kept.append(promise)
    return kept


def _targets(facts: Facts, cells: Collection[Cell]) -> list[Promise]:
    """The project's targets that are for these cells and nothing else."""
    elsewhere = {cell.activity for cell in _participations(facts) if cell not in cells}
    codes = {cell.activity for cell in cells} - elsewhere
    return [promise for promise in _project_wide(facts.promises) if promise.activities <= codes]


def _with_target(facts: Facts, cells: frozenset[Cell]) -> frozenset[Cell]:
    promised = {code for promise in _targets(facts, cells) for code in promise.activities}
    return frozenset(cell for cell in cells if cell.activity in promised)


def _planned(promises: Iterable[Promise], activity: ActivityCode) -> int | None:
    """The target that is for this activity and no other."""
    return next((promise.planned for promise in promises if promise.activities == {activity}), None)


def _row(facts: Facts, activity: ActivityCode) -> Row:
    planned = _planned(_project_wide(facts.promises), activity)
    participations = sum(count for cell, count in _participations(facts).items() if cell.activity is activity)
    return Row(activity, planned, participations, _percent(participations, planned))


def _total(facts: Facts, cells: frozenset[Cell]) -> Total:
    """A sum, with a percentage where all of it has targets: else it would compare what is not alike."""
    counts, targets = _participations(facts), _targets(facts, cells)
    planned = sum(promise.planned for promise in targets) if targets else None
    participations = sum(counts[cell] for cell in cells)
    measured = sum(counts[cell] for cell in _with_target(facts, cells))
    return Total(planned, participations, _percent(participations, planned) if measured == participations else None)


def _percent(participations: int, planned: int | None) -> Decimal | None:
    if not planned:
        return None
    return (Decimal(100 * participations) / planned).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)


# ── the funnel ────────────────────────────────────────────────────────────────────────────────────────────────────


def _places(facts: Facts) -> list[tuple[ActivityCode, str]]:
    """Each activity and country in which something was promised or happened."""
    counted = {(line.cell.activity, line.country) for line in facts.lines}
    promised = {(code, promise.country) for promise in facts.promises if promise.country for code in promise.activities}
    return sorted(counted | promised, key=lambda place: (ORDER[place[0]], place[1]))


def _stage_in(facts: Facts, activity: ActivityCode, country: str) -> Stage:
    lines = [line for line in facts.lines if (line.cell.activity, line.country) == (activity, country)]
    planned = _planned([promise for promise in facts.promises if promise.country == country], activity)
    return _added_up(lines, activity=activity, country=country, planned=planned)


def _stage(facts: Facts, activity: ActivityCode) -> Stage:
    lines = [line for line in facts.lines if line.cell.activity is activity]
    planned = _planned(_project_wide(facts.promises), activity)
    return _added_up(lines, activity=activity, country=None, planned=planned)


def _added_up(lines: Sequence[Line], *, activity: ActivityCode, country: str | None, planned: int | None) -> Stage:
    steps = {
        step: sum(getattr(line, step) for line in lines) for step in ("applied", "selected", "abroad", "completed")
    }
    return Stage(activity=activity, country=country, planned=planned, **steps)


# ── what everyone may see ─────────────────────────────────────────────────────────────────────────────────────────


def activity_scope(activity: ActivityCode) -> Scope:
    """What a figure about one kind of activity is about."""
    return (("activity", activity.value),)


def profile_scope(profile: Profile) -> Scope:
    """What a figure about learners, or about staff, is about."""
    return (("profile", profile.value),)


def _shown_scopes(facts: Facts, shown: Shown[Cell]) -> set[Scope]:
    """The scopes whose participations stand in the published rows and totals."""
    withheld = {cell.activity for cell in _participations(facts) if cell not in shown.cells}
    scopes = {activity_scope(activity) for activity in _activities(facts) if activity not in withheld}
    by_total = {
        "all": WHOLE,
        "learners": profile_scope(Profile.LEARNER),
        "staff_all": profile_scope(Profile.STAFF),
    }
    return scopes | {scope for name, scope in by_total.items() if name in shown.totals}


def _is_published(facts: Facts, figure: Figure, scopes: Collection[Scope]) -> bool:
    """Whether what we computed may stand beside a figure; that they agree would tell it as well."""
    if _computed(facts, figure.measure, figure.scope, figure.unit) is None or figure.unit is Unit.DATE:
        return True
    few_persons = figure.unit is Unit.PERSON and any(is_small(count) for count in facts.persons.values())
    return figure.scope in scopes and not few_persons


def _without_count(row: Counted) -> Counted:
    """A row or total without its count, and without the percentage that the count can be computed from."""
    return replace(row, participations=None, percent=None)


def _published(totals: Totals, name: str, shown: Shown[Cell]) -> Total:
    total: Total = getattr(totals, name)
    return total if name in shown.totals else _without_count(total)


def _published_stage(stage: Stage, open_activities: Collection[ActivityCode]) -> Stage:
    may_show = stage.activity in open_activities
    return replace(
        stage,
        applied=_unless_small(stage.applied),
        selected=_unless_small(stage.selected),
        abroad=stage.abroad if may_show else None,
        completed=_unless_small(stage.completed) if may_show else None,
    )


def _unless_small(count: int | None) -> int | None:
    return None if count is None or is_small(count) else count


# ── what we compute for a figure that somebody published ──────────────────────────────────────────────────────────


def _computed(facts: Facts, measure: str, scope: Scope, unit: Unit) -> Computed:
    if unit is Unit.DATE and scope == WHOLE:
        return {"starts_on": facts.starts_on, "ends_on": facts.ends_on}.get(measure)
    if measure not in COUNTS_OF_PARTICIPANTS:
        return None
    participations = _by_scope(facts)
    if scope not in participations:
        return None
    return {Unit.PARTICIPATION: participations[scope], Unit.PERSON: facts.persons.get(scope, 0)}.get(unit)


def _by_scope(facts: Facts) -> dict[Scope, int]:
    counts = _participations(facts)
    by_scope = {WHOLE: sum(counts.values())}
    for cell, count in counts.items():
        for scope in (activity_scope(cell.activity), profile_scope(cell.profile)):
            by_scope[scope] = by_scope.get(scope, 0) + count
    return by_scope
