"""Participations that stand for published ones: invented, marked, and lived through step by step in the past."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import Conflict
from domain.models.activities import Activity
from domain.models.mobilities import Mobility, MobilityState
from domain.models.projects import Project
from domain.services import participants
from domain.services.loading import Load
from domain.services.loading_files import Participation, ProjectFile
from domain.services.mobilities import MobilityInput
from domain.services.mobility_history import enter_past_mobility
from domain.services.participants import ParticipantInput

INVENTED = "Invented: stands for one published participation."
NOMINATED = timedelta(days=-60)  # before the first day
# The life of a stay: its steps, counted from one of its days. Nobody published when; these are what is usual.
LIFE = {
    MobilityState.CONFIRMED: ("starts_on", timedelta(days=-30)),
    MobilityState.LIVE: ("starts_on", timedelta()),
    MobilityState.COMPLETED: ("ends_on", timedelta(hours=8)),
    MobilityState.RECOGNISED: ("ends_on", timedelta(days=30)),
}


class Numbered(NamedTuple):
    """One participation, and its place in its block: there are as many in the database as have had their turn."""

    activity: str
    number: int
    participation: Participation


def still_to_make(session: Session, file: ProjectFile) -> list[Numbered]:
    """The participations of the file that aren't there yet. Raises Conflict when there are more than it says."""
    standing = _standing(session, file.code)
    return [
        Numbered(block.activity, number, participation)
        for block in file.synthetic_participations
        for number, participation in enumerate(block.participations())
        if number >= _at_most(block.count, standing[block.activity], block.activity)
    ]


def make(load: Load, project: Project, wanted: Sequence[Numbered]) -> None:
    """Make participants and their mobilities, and bring each to its end, as of the days when that would have been."""
    # The services flush what they look at themselves. What else is pending are events, and they can wait.
    with load.session.no_autoflush:
        for one in wanted:
            _live(load, project, one)


def _live(load: Load, project: Project, wanted: Numbered) -> None:
    stay, session, by = wanted.participation, load.session, load.by
    sending = load.organisations[stay.sending.organisation]
    nominated_at = _moment(stay.period.starts_on, NOMINATED)
    person = ParticipantInput(
        given_names="Invented",
        family_name=f"Participant {wanted.number + 1} ({wanted.activity})",
        country=sending.country,
        sending_organisation_id=sending.id,
        synthetic=True,
    )
    participant = participants.create_participant(session, project, person, by=by, at=nominated_at)
    enter_past_mobility(
        session,
        MobilityInput(
            project=project.code,
            participant_id=participant.id,
            activity_id=load.activities[wanted.activity].id,
            receiving_id=load.organisations[stay.receiving.organisation].id,
            receiving_country=stay.receiving.country,
            receiving_city=stay.receiving.city,
            start_date=stay.period.starts_on,
            end_date=stay.period.ends_on,
            comments=INVENTED,
        ),
        nominated_at=nominated_at,
        steps={state: _moment(getattr(stay.period, day), later) for state, (day, later) in LIFE.items()},
        by=by,
    )


def _standing(session: Session, code: str) -> Counter[str]:
    query = (
        select(Activity.key, func.count())
        .join(Mobility, Mobility.activity_id == Activity.id)
        .join(Project, Project.id == Activity.project_id)
        .where(Project.code == code, Mobility.synthetic, Mobility.deleted_at.is_(None))
        .group_by(Activity.key)
    )
    return Counter(dict(session.execute(query).all()))


def _at_most(count: int, standing: int, activity: str) -> int:
    if standing > count:
        raise Conflict(
            f"There are {standing} invented participations of {activity} and the file says {count}; "
            "take them out first (intervet-admin demo remove)."
        )
    return standing


def _moment(day: date, later: timedelta) -> datetime:
    return datetime.combine(day, time(9), tzinfo=UTC) + later
