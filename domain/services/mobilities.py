"""Mobilities: nominated, confirmed, under way, completed, recognised."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, lazyload

from domain import events, policies
from domain.db import change, new_id
from domain.errors import Conflict, Finding, NotFound, refuse
from domain.models.activities import Activity
from domain.models.applications import Application
from domain.models.events import EventType
from domain.models.mobilities import Mobility, MobilityRole, MobilityState
from domain.models.organisations import Organisation
from domain.models.participants import Participant
from domain.policies import Principal
from domain.services.memberships import not_members
from domain.services.mobility_records import judge, judge_person, lock_person
from domain.services.participants import named_participant
from domain.services.projects import code_of, named_project
from domain.states import move_to


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
UNSAID = {
    name: field.default
    for name, field in MobilityInput.__dataclass_fields__.items()
    if name in VALUES - {"activity_id"}
}
# What each step of a mobility is told as, once it was nominated.
STEPS: Mapping[MobilityState, EventType] = {
    MobilityState.CONFIRMED: EventType.MOBILITY_CONFIRMED,
    MobilityState.LIVE: EventType.MOBILITY_STARTED,
    MobilityState.COMPLETED: EventType.MOBILITY_COMPLETED,
    MobilityState.RECOGNISED: EventType.MOBILITY_RECOGNISED,
    MobilityState.CANCELLED: EventType.MOBILITY_CANCELLED,
    MobilityState.TERMINATED: EventType.MOBILITY_TERMINATED,
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


def _one(mobility_id: UUID, *, by: Principal) -> Select[Mobility]:
    there = (Mobility.id == mobility_id, Mobility.deleted_at.is_(None))
    return select(Mobility).where(*there, policies.visible_mobilities(by))


def _found(mobility: Mobility | None) -> Mobility:
    if mobility is None:
        raise NotFound("There is no such mobility.")
    return mobility


# ── making and editing ────────────────────────────────────────────────────────────────────────────────────────────


def create_mobility(session: Session, wanted: MobilityInput, *, by: Principal, at: datetime) -> Mobility:
    """Nominate a participant for an activity. Records mobility.nominated. Raises InvalidInput, Forbidden."""
    project = named_project(session, wanted.project, by=by)
    participant = named_participant(session, project.id, wanted.participant_id, by=by)
    policies.may_manage_mobilities(by, project.id, country=participant.country)
    refuse(_contradictions(session, project.id, wanted))
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
        "shared_with_host": application.shared_with_hosts,
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
    refuse(_fixed(mobility, wanted, code_of(session, mobility.project_id)))
    refuse(_contradictions(session, mobility.project_id, wanted))
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
    take_step(session, mobility, MobilityState.CANCELLED, at=at)
    judge_person(session, mobility.participant_id, at=at, but=mobility)


def as_input(mobility: Mobility, project: str) -> MobilityInput:
    """The mobility as it stands, in the form in which it is wanted."""
    standing = {name: getattr(mobility, name) for name in VALUES}
    return MobilityInput(project=project, participant_id=mobility.participant_id, **standing)


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


# ── what can't be ─────────────────────────────────────────────────────────────────────────────────────────────────


def _contradictions(session: Session, project_id: UUID, wanted: MobilityInput) -> Iterator[Finding]:
    activity = session.get(Activity, wanted.activity_id)
    if activity is None or activity.project_id != project_id:
        yield Finding("/activity_id", "not_found")
    named = {
        "/receiving_organisation_id": wanted.receiving_id,
        "/intermediary_organisation_id": wanted.intermediary_id,
    }
    yield from not_members(session, project_id, named)
    if wanted.start_date and wanted.end_date and wanted.end_date < wanted.start_date:
        yield Finding("/end_date", "not_later", {"than": wanted.start_date.isoformat()})


def _fixed(mobility: Mobility, wanted: MobilityInput, project: str) -> list[Finding]:
    pairs = {
        "/project": (project, wanted.project),
        "/participant_id": (mobility.participant_id, wanted.participant_id),
        "/receiving_organisation_id": (mobility.receiving_id or wanted.receiving_id, wanted.receiving_id),
    }
    return [Finding(pointer, "fixed") for pointer, (standing, wish) in pairs.items() if standing != wish]


# ── the life of a mobility ────────────────────────────────────────────────────────────────────────────────────────


def confirm_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Make it certain: from now on the host knows the name. Records mobility.confirmed.

    Raises Conflict without consent to that: whoever hosts somebody must know who it is, and so the text tells them.
    """
    mobility = _managed(session, mobility_id, by=by)
    if mobility.receiving_id is not None and not mobility.shared_with_host:
        raise Conflict("There is no consent to show the host who comes (sharing_with_hosts): ask for it first.")
    return take_step(session, mobility, MobilityState.CONFIRMED, at=at)


def start_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Note the arrival. Records mobility.started."""
    mobility = _reported(session, mobility_id, by=by)
    return take_step(session, mobility, MobilityState.LIVE, at=at)


def complete_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Note that it was brought to its end. Records mobility.completed."""
    mobility = _reported(session, mobility_id, by=by)
    return take_step(session, mobility, MobilityState.COMPLETED, at=at)


def recognise_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Recognise at home what was learned. Records mobility.recognised."""
    mobility = _managed(session, mobility_id, by=by)
    return take_step(session, mobility, MobilityState.RECOGNISED, at=at)


def cancel_mobility(session: Session, mobility_id: UUID, *, by: Principal, at: datetime) -> Mobility:
    """Call it off before it is under way. Records mobility.cancelled."""
    mobility = _managed(session, mobility_id, by=by)
    take_step(session, mobility, MobilityState.CANCELLED, at=at)
    judge_person(session, mobility.participant_id, at=at, but=mobility)
    return mobility


def terminate_mobility(
    session: Session, mobility_id: UUID, *, with_cause: bool, by: Principal, at: datetime
) -> Mobility:
    """Break it off under way; with cause it still counts as a participation. Records mobility.terminated."""
    mobility = _managed(session, mobility_id, by=by)
    mobility.with_cause = with_cause
    return take_step(session, mobility, MobilityState.TERMINATED, at=at)


def take_step(session: Session, mobility: Mobility, state: MobilityState, *, at: datetime) -> Mobility:
    """Bring `mobility` to `state`, and tell of it. Raises StateConflict. Whoever asks for it has been let through."""
    move_to(mobility, state, at=at)
    events.record(session, STEPS[state], mobility, at=at)
    return mobility


def _managed(session: Session, mobility_id: UUID, *, by: Principal) -> Mobility:
    mobility = lock_mobility(session, mobility_id, by=by)
    policies.may_manage_mobilities(by, mobility.project_id, country=mobility.sending_country)
    return mobility


def _reported(session: Session, mobility_id: UUID, *, by: Principal) -> Mobility:
    mobility = lock_mobility(session, mobility_id, by=by)
    policies.may_report_on(by, mobility)
    return mobility
