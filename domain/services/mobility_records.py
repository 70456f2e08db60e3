"""The records of mobilities, judged by the rules at each change: the one that changed, and its person's others."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain import events
from domain.db import change
from domain.models.activities import Activity
from domain.models.applications import Application
from domain.models.consents import Purpose
from domain.models.events import EventType
from domain.models.mobilities import Mobility, MobilityState
from domain.models.organisations import Organisation
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.services import mobility_rules
from domain.services.mobility_rules import Facts

OF_RECORD = (
    "role",
    "start_date",
    "end_date",
    "interruption_days",
    "funded_travel_days",
    "green_travel",
    "force_majeure",
    "force_majeure_explanation",
    "fewer_opportunities",
    "recent_graduate",
    "sending_country",
    "receiving_country",
    "receiving_city",
    "comments",
)
OF_APPLICATION = ("graduation_date", "isced_f", "eqf_level")


def judge(session: Session, mobility: Mobility) -> bool:
    """Say what the record breaks and whether it is complete; tell whether that changed."""
    facts = _facts(session, mobility)
    broken = mobility_rules.violations(facts)
    verdict = {
        "mobility_duration_days": mobility_rules.duration_days(
            facts.start_date, facts.end_date, facts.interruption_days
        ),
        "violations": broken,
        "record_status": mobility_rules.record_status(broken, mobility_rules.missing(mobility)),
    }
    return change(mobility, verdict, at=mobility.updated_at)


def judge_person(session: Session, participant_id: UUID, *, at: datetime, but: Mobility | None = None) -> None:
    """Judge a person's records again: what they rest on changed. Records mobility.updated where the verdict did."""
    session.flush()
    query = standing(participant_id) if but is None else standing(participant_id).where(Mobility.id != but.id)
    for mobility in session.scalars(query).all():
        if judge(session, mobility):
            mobility.updated_at = at
            events.record(session, EventType.MOBILITY_UPDATED, mobility, at=at)


def hand_over(session: Session, *, old: Participant, new: Participant, at: datetime) -> None:
    """Make one participant's mobilities another's. Records mobility.updated for each that is still there."""
    moved = session.scalars(select(Mobility).where(Mobility.participant_id == old.id)).all()
    for mobility in moved:
        change(mobility, {"participant_id": new.id}, at=at)
    session.flush()
    for mobility in moved:
        judge(session, mobility)
        if mobility.deleted_at is None:
            events.record(session, EventType.MOBILITY_UPDATED, mobility, at=at)
        session.expire(mobility, ["participant"])
    judge_person(session, new.id, at=at)


def lock_person(session: Session, participant_id: UUID) -> None:
    """Hold a participant until the transaction ends: of two stays nominated at once, the second sees the first."""
    session.execute(select(Participant.id).where(Participant.id == participant_id).with_for_update(key_share=True))


def standing(participant_id: UUID) -> Select[Mobility]:
    """A person's mobilities that were not called off, for a query."""
    there = (Mobility.deleted_at.is_(None), Mobility.state != MobilityState.CANCELLED)
    return select(Mobility).where(Mobility.participant_id == participant_id, *there).order_by(Mobility.id)


def _facts(session: Session, mobility: Mobility) -> Facts:
    """All that the rules look at, from the tables. Nothing is flushed by asking."""
    with session.no_autoflush:
        return Facts(
            rule_set=session.get_one(Project, mobility.project_id).rule_set,
            activity=session.get_one(Activity, mobility.activity_id).code,
            birth_date=session.get_one(Participant, mobility.participant_id).birth_date,
            others=_other_stays(session, mobility),
            **{name: getattr(mobility, name) for name in OF_RECORD},
            **_of_ends(session, mobility),
            **_of_application(session, mobility),
        )


def _of_ends(session: Session, mobility: Mobility) -> dict[str, Any]:
    host = session.get(Organisation, mobility.receiving_id) if mobility.receiving_id else None
    ends = [end for end in (session.get(Organisation, mobility.sending_id), host) if end]
    place = {"host_country": host.country, "host_city": host.city} if host else {}
    return place | {"oids": [end.oid for end in ends], "pics": [end.pic for end in ends]}


def _of_application(session: Session, mobility: Mobility) -> dict[str, Any]:
    application = session.get(Application, mobility.application_id) if mobility.application_id else None
    if application is None:
        return {}
    agrees = application.agrees_to(Purpose.PARENTAL_CONSENT)
    return {name: getattr(application, name) for name in OF_APPLICATION} | {"guardian_agrees": agrees}


def _other_stays(session: Session, mobility: Mobility) -> list[tuple[date, date]]:
    others = standing(mobility.participant_id).where(Mobility.id != mobility.id)
    rows = session.execute(others.with_only_columns(Mobility.start_date, Mobility.end_date))
    return [(start, end) for start, end in rows if start and end]
