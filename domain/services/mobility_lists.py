"""Lists of mobilities: those that fit a filter, or what has changed in such a list since it was last read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from domain import policies
from domain.errors import Finding, InvalidInput
from domain.models.activities import Activity, ActivityCode
from domain.models.mobilities import Mobility, MobilityState, RecordStatus
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page

# A change carries the instant at which its request came in, and is seen only once it is committed: one that began
# before a reading may come to light after it. So `as_of` lies further back than any write still open can have begun.
# On SQLite a write waits 10 s for its turn and is begun anew at most twice; on PostgreSQL it waits 3 s for a connection
# and 3 s for a lock, and its few statements take milliseconds. The rest is for the clocks of several machines.
LONGEST_OPEN_WRITE = timedelta(seconds=60)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class MobilityFilter:
    """Which mobilities are wanted; what is none doesn't narrow."""

    project: str | None = None
    activity: ActivityCode | None = None
    state: MobilityState | None = None
    sending_organisation_id: UUID | None = None
    receiving_organisation_id: UUID | None = None
    sending_country: str | None = None
    receiving_country: str | None = None
    record_status: RecordStatus | None = None
    participant_id: UUID | None = None
    modified_since: datetime | None = None


@dataclass(frozen=True)
class MobilityPage(Page[Mobility]):
    """A page, and the instant to pass as `modified_since` next time: all pages of one reading carry the first one's."""

    as_of: datetime


SORT_KEYS: Mapping[str, ColumnElement[Any]] = {
    "created_at": Mobility.created_at.expression,
    "updated_at": Mobility.updated_at.expression,
    "start_date": func.coalesce(cast(Mobility.start_date, String), ""),
}

FIXED: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "project": lambda code: Mobility.project_id.in_(select(Project.id).where(Project.code == code)),
    "sending_organisation_id": lambda sending_id: Mobility.sending_id == sending_id,
    "sending_country": lambda country: Mobility.sending_country == country,
}

# What can change on a mobility, so that it leaves a list in which it stood: for a query, and for one that was read.
CHANGEABLE: Mapping[str, tuple[Callable[[Any], ColumnElement[bool]], Callable[[Mobility], object]]] = {
    "activity": (
        lambda code: Mobility.activity_id.in_(select(Activity.id).where(Activity.code == code)),
        lambda mobility: mobility.activity.code,
    ),
    "state": (lambda state: Mobility.state == state, lambda mobility: mobility.state),
    "receiving_organisation_id": (
        lambda receiving_id: Mobility.receiving_id == receiving_id,
        lambda mobility: mobility.receiving_id,
    ),
    "receiving_country": (
        lambda country: Mobility.receiving_country == country,
        lambda mobility: mobility.receiving_country,
    ),
    "record_status": (lambda status: Mobility.record_status == status, lambda mobility: mobility.record_status),
    "participant_id": (
        lambda participant_id: Mobility.participant_id == participant_id,
        lambda mobility: mobility.participant_id,
    ),
}


def list_mobilities(
    session: Session, wanted: MobilityFilter, *, by: Principal, at: datetime, page: PageRequest
) -> MobilityPage:
    """List the mobilities that the caller may see, latest first.

    With `modified_since`: those changed since, in the order of their changes. Among them is what has gone from the list
    (`is_gone`), to be shown as tombstones.
    """
    page, as_of = _opened(page, at=at)
    changed = wanted.modified_since is not None
    query = select(Mobility).where(policies.visible_mobilities(by), *(changes(wanted) if changed else matches(wanted)))
    default = "updated_at" if changed else "-created_at"
    found = fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Mobility.id, default=default)
    return MobilityPage(found.items, _sealed(found.next_cursor, as_of), as_of)


def matches(wanted: MobilityFilter) -> list[ColumnElement[bool]]:
    """What is there and fits the filter, for a query."""
    chosen = {name: condition for name, (condition, _) in CHANGEABLE.items()}
    return [Mobility.deleted_at.is_(None), *_changed(wanted), *_asked(wanted, {**FIXED, **chosen})]


def changes(wanted: MobilityFilter) -> list[ColumnElement[bool]]:
    """What changed in the list since `modified_since`, for a query: also what is gone, and what never stood in it."""
    return [*_changed(wanted), *_asked(wanted, FIXED)]


def is_gone(mobility: Mobility, wanted: MobilityFilter) -> bool:
    """Whether a mobility that changed no longer stands in the list: deleted, or not what the filter asks for."""
    asked = [(getattr(wanted, name), value(mobility)) for name, (_, value) in CHANGEABLE.items()]
    return mobility.deleted_at is not None or any(wish not in (None, value) for wish, value in asked)


def _changed(wanted: MobilityFilter) -> list[ColumnElement[bool]]:
    return [] if wanted.modified_since is None else [Mobility.updated_at >= wanted.modified_since]


def _asked(
    wanted: MobilityFilter, conditions: Mapping[str, Callable[[Any], ColumnElement[bool]]]
) -> list[ColumnElement[bool]]:
    wishes = {name: getattr(wanted, name) for name in conditions}
    return [conditions[name](wish) for name, wish in wishes.items() if wish is not None]


def _sealed(cursor: str | None, as_of: datetime) -> str | None:
    """The next page's cursor with the first page's instant in it: what changes between two pages lies after that."""
    return None if cursor is None else f"{cursor}.{(as_of - EPOCH) // timedelta(microseconds=1)}"


def _opened(page: PageRequest, *, at: datetime) -> tuple[PageRequest, datetime]:
    if page.cursor is None:
        return page, at - LONGEST_OPEN_WRITE
    cursor, _, stamp = page.cursor.rpartition(".")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 16):  # Microseconds up to the year 2286.
        raise InvalidInput([Finding("/cursor", "not_a_cursor")])
    return replace(page, cursor=cursor), EPOCH + timedelta(microseconds=int(stamp))
