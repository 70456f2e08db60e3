"""Targets: what a project promised, by activities and country."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, new_id
from domain.errors import Finding, NotFound, refuse
from domain.models.activities import COUNTS, ActivityCode, Target, Unit
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page

SORT_KEYS = {"created_at": Target.created_at}


@dataclass(frozen=True)
class TargetInput:
    """A target as it should be; without a country it is for all of them together."""

    activities: Sequence[ActivityCode]
    planned: int
    country: str | None = None
    unit: Unit = Unit.PARTICIPATION
    source: str | None = None


def create_target(session: Session, project: Project, wanted: TargetInput, *, by: Principal, at: datetime) -> Target:
    """Write down what a project promised. Raises Forbidden, InvalidInput for what stands already."""
    policies.may_manage_project(by, project.id)
    _check(session, project.id, wanted, besides=None)
    target = Target(id=new_id(), project_id=project.id, created_at=at, updated_at=at, **_values(wanted))
    session.add(target)
    session.flush()
    return target


def edit_target(session: Session, target: Target, wanted: TargetInput, *, by: Principal, at: datetime) -> Target:
    """Make `target` as wanted. Raises Forbidden, InvalidInput."""
    policies.may_manage_project(by, target.project_id)
    _check(session, target.project_id, wanted, besides=target.id)
    change(target, _values(wanted), at=at)
    session.flush()
    return target


def delete_target(session: Session, target: Target, *, by: Principal) -> None:
    """Strike a target out. Raises Forbidden."""
    policies.may_manage_project(by, target.project_id)
    session.delete(target)
    session.flush()


def get_target(session: Session, project: Project, target_id: UUID, *, by: Principal) -> Target:
    """Find one target of `project` that the caller may see. Raises NotFound."""
    target = session.scalar(_targets(project.id).where(Target.id == target_id, policies.visible_targets(by)))
    if target is None:
        raise NotFound("There is no such target.")
    return target


def list_targets(session: Session, project: Project, *, by: Principal, page: PageRequest) -> Page[Target]:
    """List the targets of `project`, as they were written down; nobody outside it sees any."""
    query = _targets(project.id).where(policies.visible_targets(by))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Target.id, default="created_at")


def as_input(target: Target) -> TargetInput:
    """The target as it stands, in the form in which it is wanted."""
    values = {name: getattr(target, name) for name in TargetInput.__dataclass_fields__}
    return TargetInput(**values | {"activities": [ActivityCode(code) for code in target.activities]})


def _targets(project_id: UUID) -> Select[Target]:
    return select(Target).where(Target.project_id == project_id)


def _check(session: Session, project_id: UUID, wanted: TargetInput, *, besides: UUID | None) -> None:
    refuse([*_misshapen(wanted), *_repeated(session, project_id, wanted, besides=besides)])


def _misshapen(wanted: TargetInput) -> Iterator[Finding]:
    if not wanted.activities:
        yield Finding("/activities", "required")
    for index, code in enumerate(wanted.activities):
        if code in wanted.activities[:index]:
            yield Finding(f"/activities/{index}", "repeated")
    if wanted.unit not in COUNTS:
        yield Finding("/unit", "not_a_choice", {"choices": ", ".join(COUNTS)})


def _repeated(session: Session, project_id: UUID, wanted: TargetInput, *, besides: UUID | None) -> Iterator[Finding]:
    # Two rows for the same activities, country and unit would both be added up in the report.
    same = _targets(project_id).where(Target.country == wanted.country, Target.unit == wanted.unit)
    for other in session.scalars(same.where(Target.id != besides)):
        if set(other.activities) == set(wanted.activities):
            yield Finding("/activities", "taken")


def _values(wanted: TargetInput) -> dict[str, Any]:
    same = {name: getattr(wanted, name) for name in TargetInput.__dataclass_fields__}
    return same | {"activities": list(wanted.activities)}
