"""Projects: founded, started, submitted, finalised, archived."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import Text, change, new_id
from domain.errors import Finding, Forbidden, InvalidInput, NotFound, refuse
from domain.models.activities import Activity, ActivityCode
from domain.models.events import EventType
from domain.models.organisations import Membership, Organisation, Role
from domain.models.projects import ActionType, Project, ProjectState
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.rule_sets import RULE_SETS
from domain.states import move_to

SORT_KEYS: dict[str, ColumnElement[Any]] = {
    "code": Project.code.expression,
    "starts_on": Project.starts_on.expression,
    "created_at": Project.created_at.expression,
}
STEPS = {
    ProjectState.ONGOING: EventType.PROJECT_STARTED,
    ProjectState.SUBMITTED: EventType.PROJECT_SUBMITTED,
    ProjectState.FINALISED: EventType.PROJECT_FINALISED,
    ProjectState.ARCHIVED: EventType.PROJECT_ARCHIVED,
}


@dataclass(frozen=True)
class ProjectInput:
    """A project as it should be."""

    code: str
    title: Text
    action_type: ActionType
    rule_set: str
    starts_on: date
    ends_on: date
    languages: Sequence[str]
    programme: str = "Erasmus+"
    reference_number: str | None = None
    call_year: int | None = None


def create_project(
    session: Session, wanted: ProjectInput, *, by: Principal, at: datetime, coordinator: Organisation | None = None
) -> Project:
    """Found a project, as a draft. The caller's organisation (the operator names one) coordinates it."""
    policies.may_create_projects(by)
    if coordinator is None and by.organisation_id is not None:
        coordinator = session.get(Organisation, by.organisation_id)
    if coordinator is None:
        raise Forbidden("A project needs a coordinating organisation; use a token of one.")
    refuse(_contradictions(wanted))
    if session.scalar(select(Project.id).where(Project.code == wanted.code)) is not None:
        raise InvalidInput([Finding("/code", "taken")])
    project = Project(id=new_id(), coordinator_id=coordinator.id, created_at=at, updated_at=at, **_values(wanted))
    session.add(project)
    session.flush()
    session.add(_coordination(project, coordinator, at=at))
    session.flush()
    return project


def edit_project(session: Session, project: Project, wanted: ProjectInput, *, by: Principal, at: datetime) -> Project:
    """Make `project` as wanted. Its code stays: addresses are made of it."""
    policies.may_manage_project(by, project.id)
    refuse(_contradictions(wanted))
    if wanted.code != project.code:
        raise InvalidInput([Finding("/code", "fixed")])
    if not _offered(session, project) <= RULE_SETS[wanted.rule_set].keys():
        raise InvalidInput([Finding("/rule_set", "lacks_activities")])
    change(project, _values(wanted), at=at)
    session.flush()
    return project


def project_by_code(session: Session, code: str, *, by: Principal) -> Project:
    """Find a project that the caller may see, by its code or its id. Raises NotFound."""
    named = [Project.code == code]
    with suppress(ValueError):  # Events name a project by its id; a code is none.
        named.append(Project.id == UUID(code))
    project = session.scalar(select(Project).where(or_(*named), policies.visible_projects(by)))
    if project is None:
        raise NotFound("There is no such project.")
    return project


def named_project(session: Session, code: str, *, by: Principal, pointer: str = "/project") -> Project:
    """Find the project that an input names. Raises InvalidInput at `pointer` when the caller can't see one."""
    project = session.scalar(select(Project).where(Project.code == code, policies.visible_projects(by)))
    if project is None:
        raise InvalidInput([Finding(pointer, "not_found")])
    return project


def list_projects(
    session: Session, *, state: ProjectState | None = None, by: Principal, page: PageRequest
) -> Page[Project]:
    """List the projects that the caller may see, by code unless told otherwise."""
    query = select(Project).where(policies.visible_projects(by))
    if state is not None:
        query = query.where(Project.state == state)
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Project.id, default="code")


def advance_project(session: Session, code: str, state: ProjectState, *, by: Principal, at: datetime) -> Project:
    """Take the step to `state`. Records project.started, .submitted, .finalised or .archived."""
    project = project_by_code(session, code, by=by)
    policies.may_manage_project(by, project.id)
    move_to(project, state, at=at)
    events.record(session, STEPS[state], project, at=at)
    return project


def code_of(session: Session, project_id: UUID) -> str:
    """The code of a project, by which inputs name it."""
    return session.get_one(Project, project_id).code


def as_input(project: Project) -> ProjectInput:
    """The project as it stands, in the form in which it is wanted."""
    return ProjectInput(**{name: getattr(project, name) for name in ProjectInput.__dataclass_fields__})


def _coordination(project: Project, coordinator: Organisation, *, at: datetime) -> Membership:
    return Membership(
        id=new_id(),
        project_id=project.id,
        organisation_id=coordinator.id,
        roles=[Role.COORDINATOR],
        created_at=at,
        updated_at=at,
    )


def _contradictions(wanted: ProjectInput) -> Iterator[Finding]:
    if not any(wanted.title.values()):
        yield Finding("/title", "required")
    if wanted.ends_on < wanted.starts_on:
        yield Finding("/ends_on", "not_later", {"than": wanted.starts_on.isoformat()})
    if wanted.rule_set not in RULE_SETS:
        yield Finding("/rule_set", "not_a_choice", {"choices": ", ".join(sorted(RULE_SETS))})


def _offered(session: Session, project: Project) -> set[ActivityCode]:
    return set(session.scalars(select(Activity.code).where(Activity.project_id == project.id)))


def _values(wanted: ProjectInput) -> dict[str, Any]:
    same = {name: getattr(wanted, name) for name in ProjectInput.__dataclass_fields__}
    return same | {"title": dict(wanted.title), "languages": list(wanted.languages)}
