"""What a project file says: one project with its organisations, activities, targets, figures and calls.

`values` are the fields that the file states, by the names of the noun's own input; what it leaves out stays as it is.
References within the file are keys. data/README.md describes the format.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from domain.errors import Finding
from domain.models.organisations import Role
from domain.models.projects import ProjectState
from domain.services.reported_figures import ReportedFigureInput
from domain.services.targets import TargetInput

Stated = Mapping[str, Any]


@dataclass(frozen=True)
class ProjectEntry:
    """The project itself."""

    values: Stated
    coordinator: str
    state: ProjectState = ProjectState.DRAFT
    synthetic: bool = False


@dataclass(frozen=True)
class OrganisationEntry:
    """An organisation, and what it is in the project."""

    key: str
    values: Stated
    roles: Sequence[Role]
    parent: str | None = None


@dataclass(frozen=True)
class ActivityEntry:
    """An activity. `hosts` and `destinations` tell readers who receives and where; calls say it for themselves."""

    values: Stated
    organiser: str | None = None
    hosts: Sequence[str] = ()
    destinations: Sequence[Stated] = ()


@dataclass(frozen=True)
class DestinationEntry:
    """Where a call leads."""

    values: Stated
    host: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Schedule:
    """When a call of a demonstration opens, closes, and sends the first away: days from the day of loading."""

    opens_in_days: int
    closes_in_days: int
    starts_in_days: int


@dataclass(frozen=True)
class CallEntry:
    """A call. With a `schedule` it is published at once, without one it is a draft that its owner publishes."""

    slug: str
    owner: str
    activity: str
    values: Stated
    key: str | None = None
    organiser: str | None = None
    destinations: Sequence[DestinationEntry] = ()
    schedule: Schedule | None = None


class Weighted(Protocol):
    """Something that is given out as often as it weighs."""

    @property
    def weight(self) -> int:
        """How often."""


Share = TypeVar("Share", bound=Weighted)


@dataclass(frozen=True)
class SendingShare:
    """Who sends how many."""

    organisation: str
    weight: int


@dataclass(frozen=True)
class ReceivingShare:
    """Who receives how many, and where."""

    organisation: str
    country: str
    city: str
    weight: int


@dataclass(frozen=True)
class PeriodShare:
    """When how many were away, both days included."""

    starts_on: date
    ends_on: date
    weight: int


@dataclass(frozen=True)
class Spread(Generic[Share]):
    """How participations are spread: number n takes the entry at n x `stride` of the shares written out by weight."""

    stride: int
    shares: Sequence[Share]

    def written_out(self) -> list[Share]:
        """Each share as often as it weighs."""
        return [share for share in self.shares for _ in range(share.weight)]


@dataclass(frozen=True)
class Participation:
    """One invented participation."""

    sending: SendingShare
    receiving: ReceivingShare
    period: PeriodShare


@dataclass(frozen=True)
class ParticipationBlock:
    """Invented participations of one activity, as many as were published."""

    activity: str
    count: int
    synthetic: bool
    sending: Spread[SendingShare]
    receiving: Spread[ReceivingShare]
    period: Spread[PeriodShare]

    def participations(self) -> list[Participation]:
        """All of them, the same ones every time."""
        dealt = (self._dealt(self.sending), self._dealt(self.receiving), self._dealt(self.period))
        return [Participation(*parts) for parts in zip(*dealt, strict=True)]

    def _dealt(self, spread: Spread[Share]) -> list[Share]:
        entries = spread.written_out()
        return [entries[number * spread.stride % self.count] for number in range(self.count)]


@dataclass(frozen=True)
class ProjectFile:
    """A whole file."""

    project: ProjectEntry
    organisations: Sequence[OrganisationEntry] = ()
    activities: Sequence[ActivityEntry] = ()
    targets: Sequence[TargetInput] = ()
    reported_figures: Sequence[ReportedFigureInput] = ()
    calls: Sequence[CallEntry] = ()
    synthetic_participations: Sequence[ParticipationBlock] = ()
    format: str = "intervet-project/1"

    @property
    def code(self) -> str:
        """The project's code."""
        return str(self.project.values["code"])

    @property
    def is_history(self) -> bool:
        """Whether it tells what is over or invented, so that things are dated by its own days."""
        return self.project.synthetic or bool(self.synthetic_participations)


def check(file: ProjectFile) -> list[Finding]:
    """Name what contradicts itself in the file: keys that stand twice or lead nowhere, weights that don't add up."""
    return [*_repeated(file), *_dangling(file), *_unbalanced(file)]


def _repeated(file: ProjectFile) -> Iterator[Finding]:
    keys = {
        "/organisations/{}/key": [entry.key for entry in file.organisations],
        "/activities/{}/key": [entry.values["key"] for entry in file.activities],
        "/calls/{}/slug": [entry.slug for entry in file.calls],
    }
    for pointer, names in keys.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Finding(pointer.format(index), "repeated")


def _dangling(file: ProjectFile) -> Iterator[Finding]:
    organisations = {entry.key for entry in file.organisations}
    activities = {entry.values["key"] for entry in file.activities}
    for pointer, key in _organisations_named(file):
        if key is not None and key not in organisations:
            yield Finding(pointer, "not_found")
    for pointer, key in _activities_named(file):
        if key not in activities:
            yield Finding(pointer, "not_found")


def _organisations_named(file: ProjectFile) -> Iterator[tuple[str, str | None]]:
    yield "/project/coordinator", file.project.coordinator
    for index, organisation in enumerate(file.organisations):
        yield f"/organisations/{index}/parent", organisation.parent
    for index, activity in enumerate(file.activities):
        yield f"/activities/{index}/organiser", activity.organiser
        yield from _numbered(f"/activities/{index}/hosts/{{}}", activity.hosts)
    for index, call in enumerate(file.calls):
        yield f"/calls/{index}/owner", call.owner
        yield f"/calls/{index}/organiser", call.organiser
        yield from _numbered(f"/calls/{index}/destinations/{{}}/host", (place.host for place in call.destinations))
    for index, block in enumerate(file.synthetic_participations):
        for name, spread in (("sending", block.sending), ("receiving", block.receiving)):
            pointer = f"/synthetic_participations/{index}/{name}/shares/{{}}/organisation"
            yield from _numbered(pointer, (share.organisation for share in spread.shares))


def _activities_named(file: ProjectFile) -> Iterator[tuple[str, str]]:
    for index, call in enumerate(file.calls):
        yield f"/calls/{index}/activity", call.activity
    for index, block in enumerate(file.synthetic_participations):
        yield f"/synthetic_participations/{index}/activity", block.activity


def _numbered(pointer: str, keys: Iterable[str | None]) -> Iterator[tuple[str, str | None]]:
    return ((pointer.format(index), key) for index, key in enumerate(keys))


def _unbalanced(file: ProjectFile) -> Iterator[Finding]:
    for index, block in enumerate(file.synthetic_participations):
        for name in ("sending", "receiving", "period"):
            if len(getattr(block, name).written_out()) != block.count:
                bounds = {"minimum": block.count, "maximum": block.count}
                yield Finding(f"/synthetic_participations/{index}/{name}/shares", "out_of_range", bounds)
