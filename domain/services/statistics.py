"""Statistics of a project, counted by the database in a constant number of queries. What is made of them: reports.py.

Nothing is typed in: a participation is a mobility with role participant that is live, completed, recognised or was
terminated with cause; a person is a distinct participant, and merged ones are one.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from domain import policies
from domain.models.activities import Activity, ActivityCode, ReportedFigure, Target, Unit
from domain.models.applications import UNSENT, Application, ApplicationState
from domain.models.calls import Call
from domain.models.mobilities import Mobility, MobilityRole, MobilityState
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.activities import PROFILES
from domain.services.disagreements import Figure, Scope, published_value, scope_of
from domain.services.projects import project_by_code
from domain.services.reports import (
    WHOLE,
    Cell,
    Facts,
    Line,
    Promise,
    Report,
    activity_scope,
    full_report,
    profile_scope,
    published_report,
)

S, M = ApplicationState, MobilityState
# Whoever was offered a place was selected, whatever they made of it; what was taken back does not count at all.
SELECTED = (S.SELECTED, S.CONFIRMED, S.DECLINED, S.EXPIRED)
ABROAD = (M.LIVE, M.COMPLETED, M.RECOGNISED)
COMPLETED = (M.COMPLETED, M.RECOGNISED)


def report(session: Session, code: str, *, by: Principal) -> Report:
    """The statistics of a project as the caller may see them. Raises NotFound."""
    project = project_by_code(session, code, by=by)
    facts = _facts(session, project)
    return full_report(facts) if policies.sees_all_cells(by, project.id) else published_report(facts)


def _facts(session: Session, project: Project) -> Facts:
    promises = _promises(session, project.id)
    return Facts(
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        offered=_offered(session, project.id, promises),
        promises=promises,
        lines=[*_application_lines(session, project.id), *_mobility_lines(session, project.id)],
        persons=_persons(session, project.id),
        figures=_figures(session, project.id),
    )


def _offered(session: Session, project_id: UUID, promises: Sequence[Promise]) -> list[Cell]:
    """The project's activities, and those that it promised and has not set up yet."""
    query = select(Activity.code, Activity.profile).where(Activity.project_id == project_id).distinct()
    offered = {Cell(code, profile) for code, profile in session.execute(query)}
    missing = {code for promise in promises for code in promise.activities} - {cell.activity for cell in offered}
    return sorted(offered | {Cell(code, PROFILES[code]) for code in missing})


def _promises(session: Session, project_id: UUID) -> list[Promise]:
    query = select(Target.activities, Target.planned, Target.country)
    query = query.where(Target.project_id == project_id, Target.unit == Unit.PARTICIPATION).order_by(Target.id)
    return [
        Promise(frozenset(map(ActivityCode, activities)), planned, country)
        for activities, planned, country in session.execute(query)
    ]


def _figures(session: Session, project_id: UUID) -> list[Figure]:
    query = select(ReportedFigure).where(ReportedFigure.project_id == project_id).order_by(ReportedFigure.id)
    return [
        Figure(
            measure=row.measure,
            scope=scope_of(row.scope),
            value=published_value(row.value, row.unit),
            unit=row.unit,
            source=row.source,
            as_of=row.as_of,
            assumed=row.assumed,
            assumption=row.assumption,
        )
        for row in session.scalars(query)
    ]


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _application_lines(session: Session, project_id: UUID) -> list[Line]:
    """Applications that count: no copies, no drafts, and none that was taken back (its sender may apply anew)."""
    query = (
        select(
            Activity.code,
            Activity.profile,
            Application.country,
            func.count(),
            _how_many(Application.state.in_(SELECTED)),
        )
        .join(Call, Call.id == Application.call_id)
        .join(Activity, Activity.id == Call.activity_id)
        .where(Application.project_id == project_id)
        .where(Application.duplicate_of_id.is_(None), Application.state.not_in(UNSENT))
        .group_by(Activity.code, Activity.profile, Application.country)
    )
    return [
        Line(Cell(code, profile), country or "", applied=applied, selected=selected)
        for code, profile, country, applied, selected in session.execute(query)
    ]


def _is_participation(project_id: UUID) -> ColumnElement[bool]:
    terminated_with_cause = and_(Mobility.state == M.TERMINATED, Mobility.with_cause.is_(True))
    return and_(
        Mobility.project_id == project_id,
        Mobility.role == MobilityRole.PARTICIPANT,
        Mobility.deleted_at.is_(None),
        or_(Mobility.state.in_(ABROAD), terminated_with_cause),
    )


def _mobility_lines(session: Session, project_id: UUID) -> list[Line]:
    query = (
        select(
            Activity.code,
            Activity.profile,
            Mobility.sending_country,
            func.count(),
            _how_many(Mobility.state.in_(COMPLETED)),
        )
        .join(Activity, Activity.id == Mobility.activity_id)
        .where(_is_participation(project_id))
        .group_by(Activity.code, Activity.profile, Mobility.sending_country)
    )
    return [
        Line(Cell(code, profile), country, abroad=abroad, completed=completed)
        for code, profile, country, abroad, completed in session.execute(query)
    ]


def _persons(session: Session, project_id: UUID) -> dict[Scope, int]:
    """Distinct participants of the whole project, of each profile, of each activity."""
    person = func.coalesce(Participant.merged_into_id, Participant.id)
    counted = (
        select(func.count(person.distinct()))
        .select_from(Mobility)
        .join(Participant, Participant.id == Mobility.participant_id)
        .join(Activity, Activity.id == Mobility.activity_id)
        .where(_is_participation(project_id))
    )
    by_profile = session.execute(counted.add_columns(Activity.profile).group_by(Activity.profile))
    by_activity = session.execute(counted.add_columns(Activity.code).group_by(Activity.code))
    return {
        WHOLE: session.scalars(counted).one(),
        **{profile_scope(profile): persons for persons, profile in by_profile},
        **{activity_scope(activity): persons for persons, activity in by_activity},
    }
