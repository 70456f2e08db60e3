"""Activities: the kinds of thing that a project offers, each within its rule set."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import Text, change, new_id
from domain.errors import Finding, NotFound, refuse
from domain.models.activities import Activity, ActivityCode, Profile
from domain.models.calls import Call
from domain.models.mobilities import Mobility
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.memberships import not_members
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.rule_sets import RULE_SETS

SORT_KEYS = {
    "key": Activity.key,
    "created_at": Activity.created_at,
}
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
A = ActivityCode
FOR_LEARNERS = frozenset({A.SHORT_TERM_LEARNER, A.LONG_TERM_LEARNER, A.GROUP_MOBILITY, A.SKILLS_COMPETITION})
FOR_ANYONE = frozenset({A.TRAINING_COURSE, A.OUTREACH_EVENT})
PROFILES: Mapping[ActivityCode, Profile] = {
    **dict.fromkeys(ActivityCode, Profile.STAFF),
    **dict.fromkeys(FOR_LEARNERS, Profile.LEARNER),
    **dict.fromkeys(FOR_ANYONE, Profile.ANYONE),
}


@dataclass(frozen=True)
class ActivityInput:
    """An activity as it should be; for whom it is follows from its code unless told."""

    key: str
    code: ActivityCode
    title: Text
    profile: Profile | None = None
    organiser_id: UUID | None = None


def create_activity(
    session: Session, project: Project, wanted: ActivityInput, *, by: Principal, at: datetime
) -> Activity:
    """Add an activity to a project. Raises Forbidden, InvalidInput naming what can't be."""
    policies.may_manage_project(by, project.id)
    refuse(_contradictions(session, project, wanted, besides=None))
    activity = Activity(id=new_id(), project_id=project.id, created_at=at, updated_at=at, **_values(wanted))
    session.add(activity)
    session.flush()
    return activity


def edit_activity(
    session: Session, activity: Activity, wanted: ActivityInput, *, by: Principal, at: datetime
) -> Activity:
    """Make `activity` as wanted; its code is fixed once calls or mobilities are of that kind."""
    policies.may_manage_project(by, activity.project_id)
    project = session.get_one(Project, activity.project_id)
    found = list(_contradictions(session, project, wanted, besides=activity.id))
    if wanted.code is not activity.code and _is_used(session, activity):
        found.append(Finding("/code", "fixed"))
    refuse(found)
    change(activity, _values(wanted), at=at)
    session.flush()
    session.expire(activity, ["organiser"])
    return activity


def get_activity(session: Session, activity_id: UUID, *, by: Principal) -> Activity:
    """Find one activity that the caller may see. Raises NotFound."""
    activity = session.scalar(select(Activity).where(Activity.id == activity_id, policies.visible_activities(by)))
    if activity is None:
        raise NotFound("There is no such activity.")
    return activity


def list_activities(
    session: Session, *, project: str | None = None, by: Principal, page: PageRequest
) -> Page[Activity]:
    """List the activities that the caller may see, of one project if its code is given."""
    query = select(Activity).where(policies.visible_activities(by))
    if project is not None:
        query = query.where(Activity.project_id.in_(select(Project.id).where(Project.code == project)))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Activity.id, default="created_at")


def as_input(activity: Activity) -> ActivityInput:
    """The activity as it stands, in the form in which it is wanted."""
    return ActivityInput(**{name: getattr(activity, name) for name in ActivityInput.__dataclass_fields__})


def _contradictions(
    session: Session, project: Project, wanted: ActivityInput, *, besides: UUID | None
) -> Iterator[Finding]:
    allowed = RULE_SETS[project.rule_set]
    if wanted.code not in allowed:
        yield Finding("/code", "not_a_choice", {"choices": ", ".join(sorted(allowed))})
    if not any(wanted.title.values()):
        yield Finding("/title", "required")
    if KEY.fullmatch(wanted.key) is None:
        yield Finding("/key", "not_a_name")
    same_key = select(Activity.id).where(Activity.project_id == project.id, Activity.key == wanted.key)
    if session.scalar(same_key.where(Activity.id != besides)) is not None:
        yield Finding("/key", "taken")
    yield from not_members(session, project.id, {"/organiser_id": wanted.organiser_id})


def _is_used(session: Session, activity: Activity) -> bool:
    users = (select(model.id).where(model.activity_id == activity.id).limit(1) for model in (Call, Mobility))
    return any(session.scalar(user) is not None for user in users)


def _values(wanted: ActivityInput) -> dict[str, Any]:
    profile = wanted.profile or PROFILES[wanted.code]
    same = {name: getattr(wanted, name) for name in ("key", "code", "organiser_id")}
    return same | {"profile": profile, "title": dict(wanted.title)}
