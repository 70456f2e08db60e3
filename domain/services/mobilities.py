"""Mobilities: nominated, confirmed, under way, completed, recognised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session, lazyload

from domain import events, policies
from domain.db import change, new_id
from domain.errors import Conflict, Finding, InvalidInput, NotFound
from domain.models.activities import Activity, ActivityCode
from domain.models.applications import Application
from domain.models.events import EventType
from domain.models.mobilities import Mobility, MobilityRole, MobilityState, RecordStatus
from domain.models.organisations import Membership, Organisation
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.mobility_records import judge, judge_person, lock_person
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.projects import named_project
from domain.states import move_to

# A change carries the instant at which its request came in, and is seen only once it is committed: one that began
# before a reading may come to light after it. So `as_of` lies further back than any write still open can have begun.
# On SQLite a write waits 10 s for its turn and is begun anew at most twice; on PostgreSQL it waits 3 s for a connection
# and 3 s for a lock, and its few statements take milliseconds. The rest is for the clocks of several machines.
LONGEST_WRITE = timedelta(seconds=60)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class MobilityInput:
    """A mobility as it should be. Who goes, and who sends them, is the participant's."""

    project: str
    participant_id: UUID
    activity_id: UUID
    role: MobilityRole = MobilityRole.PARTICIPANT
    receiving_id: UUID | None = None
    intermediary_id: UUID | None = None
    receiving_country: str | None = None
    receiving_city: str | None = None
    workplace: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    interruption_days: int = 0
    funded_travel_days: int = 0
    blended: bool = False
    virtual_days: int = 0
    transport_means: str | None = None
    green_travel: bool = False
    distance_band: str | None = None
    recent_graduate: bool = False
    fewer_opportunities: bool = False
    force_majeure: bool = False
    force_majeure_explanation: str | None = None
    main_language: str | None = None
    comments: str | None = None


VALUES = MobilityInput.__dataclass_fields__.keys() - {"project", "participant_id"}


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


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def get_mobility(session: Session, mobility_id: UUID, *, by: Principal) -> Mobility:
    """Find one mobility that the caller may see. Raises NotFound."""
    return _found(session.scalar(_one(mobility_id, by=by)))


def lock_mobility(session: Session, mobility_id: UUID, *, by: Principal) -> Mobility:
    """Find a mobility for a change, its person held until the transaction ends: rule R09 looks at all their stays."""
    # Without its four neighbours, who are read when they are asked for: most changes never ask.
    alone = _one(mobility_id, by=by).options(lazyload("*"))
    lock_person(session, _found(session.scalar(alone)).participant_id)
    query = alone.with_for_update(of=Mobility).execution_options(populate_existing=True)
    return _found(session.scalar(query))


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


def _one(mobility_id: UUID, *, by: Principal) -> Select[Mobility]:
    there = (Mobility.id == mobility_id, Mobility.deleted_at.is_(None))
    return select(Mobility).where(*there, policies.visible_mobilities(by))


def _found(mobility: Mobility | None) -> Mobility:
    if mobility is None:
        raise NotFound("There is no such mobility.")
    return mobility


def _sealed(cursor: str | None, as_of: datetime) -> str | None:
    """The next page's cursor with the first page's instant in it: what changes between two pages lies after that."""
    return None if cursor is None else f"{cursor}.{(as_of - EPOCH) // timedelta(microseconds=1)}"


def _opened(page: PageRequest, *, at: datetime) -> tuple[PageRequest, datetime]:
    if page.cursor is None:
        return page, at - LONGEST_WRITE
    cursor, _, stamp = page.cursor.rpartition(".")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 16):  # Microseconds up to the year 2286.
        raise InvalidInput([Finding("/cursor", "not_a_cursor")])
    return replace(page, cursor=cursor), EPOCH + timedelta(microseconds=int(stamp))


# ── making and editing ────────────────────────────────────────────────────────────────────────────────────────────


def create_mobility(session: Session, wanted: MobilityInput, *, by: Principal, at: datetime) -> Mobility:
    """Nominate a participant for an activity. Records mobility.nominated. Raises InvalidInput, Forbidden."""
    project = named_project(session, wanted.project, by=by)
    participant = _participant(session, project, wanted.participant_id, by=by)
    policies.may_manage_mobilities(by, project.id, country=participant.country)
    _check(session, project.id, wanted)
    ends = {"sending_id": participant.sending_id, "sending_country": participant.country}
    return _nominated(session, participant, {**_values(session, wanted), **ends}, at=at)


def nominate(session: Session, application: Application, participant: Participant, *, at: datetime) -> Mobility:
    """Make the mobility of a confirmed application. Records mobility.nominated."""
    place = application.destination
    lock_person(session, participant.id)
    values = {
        "activity_id": application.call.activity_id,
        "application_id": application.id,
        "destination_id": application.destination_id,
        "sending_id": application.sending_id,
        "sending_country": application.country,
        "receiving_id": place and place.host_id,
        "receiving_country": place and place.country,
        "receiving_city": place and place.city,
        "start_date": place and place.starts_on,
        "end_date": place and place.ends_on,
    }
    return _nominated(session, participant, values, at=at)


def edit_mobility(
    session: Session, mobility: Mobility, wanted: MobilityInput, *, by: Principal, at: datetime
) -> Mobility:
    """Make `mobility` (locked) as wanted. Records mobility.updated when that changes anything.

    Raises Conflict for one that was cancelled, InvalidInput for what never changes: who goes, who receives once set.
    """
    policies.may_manage_mobilities(by, mobility.project_id, country=mobility.sending_country)
    if mobility.state is MobilityState.CANCELLED:
        raise Conflict("This mobility was cancelled and can't be edited; make a new one.")
    _refuse(_fixed(mobility, wanted, project_code(session, mobility)))
    _check(session, mobility.project_id, wanted)
    with session.no_autoflush:  # One change, one version: the verdict belongs to it.
        changed = [change(mobility, _values(session, wanted), at=at), judge(session, mobility)]
    if any(changed):
        mobility.updated_at = at
        events.record(session, EventType.MOBILITY_UPDATED, mobility, at=at)
        session.expire(mobility, ["activity", "receiving"])
        judge_person(session, mobility.participant_id, at=at, but=mobility)
    return mobility


def delete_mobility(session: Session, mobility: Mobility, *, by: Principal, at: datetime) -> None:
    """Take back `mobility` (locked), nominated or confirmed by mistake: a tombstone stays. Records mobility.cancelled.

    Raises StateConflict once it is under way: what happened can be terminated, and stays in the count.
    """
    policies.may_manage_mobilities(by, mobility.project_id, country=mobility.sending_country)
    mobility.deleted_at = at
    _step(session, mobility, MobilityState.CANCELLED, EventType.MOBILITY_CANCELLED, at=at)
    judge_person(session, mobility.participant_id, at=at, but=mobility)


def as_input(mobility: Mobility, project: str) -> MobilityInput:
    """The mobility as it stands, in the form in which it is wanted."""
    standing = {name: getattr(mobility, name) for name in VALUES}
    return MobilityInput(project=project, participant_id=mobility.participant_id, **standing)


def project_code(session: Session, mobility: Mobility) -> str:
    """The code of the mobility's project."""
    return session.get_one(Project, mobility.project_id).code


def _nominated(session: Session, participant: Participant, values: Mapping[str, Any], *, at: datetime) -> Mobility:
    mobility = Mobility(
        id=new_id(),
        project_id=participant.project_id,
        participant_id=participant.id,
        **{**UNSAID, **values},
        state=MobilityState.NOMINATED,
        synthetic=participant.synthetic,
        created_at=at,
        updated_at=at,
    )
    judge(session, mobility)
    session.add(mobility)
    events.record(session, EventType.MOBILITY_NOMINATED, mobility, at=at)
    judge_person(session, mobility.participant_id, at=at, but=mobility)
    return mobility


def _values(session: Session, wanted: MobilityInput) -> dict[str, Any]:
    """The columns as wanted; where nobody says where they go, they go to where the host is."""
    values = {name: getattr(wanted, name) for name in VALUES}
    host = session.get(Organisation, wanted.receiving_id) if wanted.receiving_id else None
    if host is None or wanted.receiving_country is not None:
        return values
    return values | {"receiving_country": host.country, "receiving_city": wanted.receiving_city or host.city}


UNSAID = {
    name: field.default
    for name, field in MobilityInput.__dataclass_fields__.items()
    if name in VALUES - {"activity_id"}
}


# ── what can't be ─────────────────────────────────────────────────────────────────────────────────────────────────


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise InvalidInput(findings)


def _participant(session: Session, project: Project, participant_id: UUID, *, by: Principal) -> Participant:
    """The participant named, held until the transaction ends."""
    query = select(Participant).where(
        Participant.id == participant_id,
        Participant.project_id == project.id,
        Participant.merged_into_id.is_(None),
        policies.visible_participants(by),
    )
    found = session.scalar(query.with_for_update(key_share=True))
    if found is None:
        raise InvalidInput([Finding("/participant_id", "not_found")])
    return found


def _check(session: Session, project_id: UUID, wanted: MobilityInput) -> None:
    found = []
    activity = session.get(Activity, wanted.activity_id)
    if activity is None or activity.project_id != project_id:
        found.append(Finding("/activity_id", "not_found"))
    members = set(session.scalars(select(Membership.organisation_id).where(Membership.project_id == project_id)))
    named = {
        "/receiving_organisation_id": wanted.receiving_id,
        "/intermediary_organisation_id": wanted.intermediary_id,
    }
    found += [Finding(pointer, "not_found") for pointer, who in named.items() if who not in (None, *members)]
    if wanted.start_date and wanted.end_date and wanted.end_date < wanted.start_date:
        found.append(Finding("/end_date", "not_later", {"than": wanted.start_date.isoformat()}))
    _refuse(found)


def _fixed(mobility: Mobility, wanted: MobilityInput, project: str) -> list[Finding]:
    pairs = {
        "/project": (project, wanted.project),
        "/participant_id": (mobility.participant_id, wanted.participant_id),
        "/receiving_organisation_id": (mobility.receiving_id or wanted.receiving_id, wanted.receiving_id),
    }
    return [Finding(pointer, "fixed") for pointer, (standing, wish) in pairs.items() if standing != wish]


# ── the life of a mobility ────────────────────────────────────────────────────────────────────────────────────────


def confirm_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Make it certain: from now on the host knows the name. Records mobility.confirmed."""
    mobility = _managed(session, mobility_id, by=by)
    return _step(session, mobility, MobilityState.CONFIRMED, EventType.MOBILITY_CONFIRMED, at=at)


def start_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Note the arrival. Records mobility.started."""
    mobility = _reported(session, mobility_id, by=by)
    return _step(session, mobility, MobilityState.LIVE, EventType.MOBILITY_STARTED, at=at)


def complete_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Note that it was brought to its end. Records mobility.completed."""
    mobility = _reported(session, mobility_id, by=by)
    return _step(session, mobility, MobilityState.COMPLETED, EventType.MOBILITY_COMPLETED, at=at)


def recognise_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Recognise at home what was learned. Records mobility.recognised."""
    mobility = _managed(session, mobility_id, by=by)
    return _step(session, mobility, MobilityState.RECOGNISED, EventType.MOBILITY_RECOGNISED, at=at)


def cancel_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Call it off before it is under way. Records mobility.cancelled."""
    mobility = _managed(session, mobility_id, by=by)
    _step(session, mobility, MobilityState.CANCELLED, EventType.MOBILITY_CANCELLED, at=at)
    judge_person(session, mobility.participant_id, at=at, but=mobility)
    return mobility


def terminate_mobility(
    session: Session, mobility_id: UUID, *, with_cause: bool, by: Principal, at: datetime
) -> Mobility:
    """Break it off under way; with cause it still counts as a participation. Records mobility.terminated."""
    mobility = _managed(session, mobility_id, by=by)
    mobility.with_cause = with_cause
    return _step(session, mobility, MobilityState.TERMINATED, EventType.MOBILITY_TERMINATED, at=at)


def _step(session: Session, mobility: Mobility, state: MobilityState, kind: EventType, *, at: datetime) -> Mobility:
    move_to(mobility, state, at=at)
    events.record(session, kind, mobility, at=at)
    return mobility


def _managed(session: Session, mobility_id: UUID, *, by: Principal) -> Mobility:
    mobility = lock_mobility(session, mobility_id, by=by)
    policies.may_manage_mobilities(by, mobility.project_id, country=mobility.sending_country)
    return mobility


def _reported(session: Session, mobility_id: UUID, *, by: Principal) -> Mobility:
    mobility = lock_mobility(session, mobility_id, by=by)
    policies.may_report_on(by, mobility)
    return mobility
