"""Reported figures: what somebody published about a project, kept beside what we compute."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, new_id
from domain.errors import Finding, NotFound, refuse
from domain.models.activities import ActivityCode, Profile, ReportedFigure, Unit
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page

SORT_KEYS = {"created_at": ReportedFigure.created_at}
SCOPES: Mapping[str, Callable[[str], str]] = {"profile": Profile, "activity": ActivityCode}
COUNT = (re.compile(r"[0-9]{1,9}"), "426")
# How a value of each unit is written, as published (dates perhaps to the month alone), with an example.
WRITTEN: Mapping[Unit, tuple[re.Pattern[str], str]] = {
    Unit.PARTICIPATION: COUNT,
    Unit.PERSON: COUNT,
    Unit.EUR: (re.compile(r"[0-9]{1,13}(\.[0-9]{2})?"), "1998207.76"),
    Unit.DATE: (re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"), "2023-10, 2023-10-31"),
}


@dataclass(frozen=True)
class ReportedFigureInput:
    """A published figure: as text, with its source. `assumption` says what we read into it when it is `assumed`."""

    measure: str
    scope: Mapping[str, str]
    value: str
    unit: Unit
    source: str
    assumed: bool = False
    assumption: str | None = None
    as_of: date | None = None


def create_reported_figure(
    session: Session, project: Project, wanted: ReportedFigureInput, *, by: Principal, at: datetime
) -> ReportedFigure:
    """Write down what somebody published. Raises Forbidden, InvalidInput."""
    policies.may_manage_project(by, project.id)
    refuse(_misshapen(wanted))
    figure = ReportedFigure(id=new_id(), project_id=project.id, created_at=at, updated_at=at, **_values(wanted))
    session.add(figure)
    session.flush()
    return figure


def edit_reported_figure(
    session: Session, figure: ReportedFigure, wanted: ReportedFigureInput, *, by: Principal, at: datetime
) -> ReportedFigure:
    """Make `figure` as wanted. Raises Forbidden, InvalidInput."""
    policies.may_manage_project(by, figure.project_id)
    refuse(_misshapen(wanted))
    change(figure, _values(wanted), at=at)
    session.flush()
    return figure


def delete_reported_figure(session: Session, figure: ReportedFigure, *, by: Principal) -> None:
    """Strike a figure out. Raises Forbidden."""
    policies.may_manage_project(by, figure.project_id)
    session.delete(figure)
    session.flush()


def get_reported_figure(session: Session, project: Project, figure_id: UUID, *, by: Principal) -> ReportedFigure:
    """Find one figure of `project` that the caller may see. Raises NotFound."""
    query = _figures(project).where(ReportedFigure.id == figure_id, policies.visible_reported_figures(by))
    figure = session.scalar(query)
    if figure is None:
        raise NotFound("There is no such figure.")
    return figure


def list_reported_figures(
    session: Session, project: Project, *, by: Principal, page: PageRequest
) -> Page[ReportedFigure]:
    """List the published figures of `project`, as they were written down; nobody outside it sees any."""
    query = _figures(project).where(policies.visible_reported_figures(by))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=ReportedFigure.id, default="created_at")


def as_input(figure: ReportedFigure) -> ReportedFigureInput:
    """The figure as it stands, in the form in which it is wanted."""
    values = {name: getattr(figure, name) for name in ReportedFigureInput.__dataclass_fields__}
    return ReportedFigureInput(**values | {"scope": {name: SCOPES[name](code) for name, code in figure.scope.items()}})


def _figures(project: Project) -> Select[ReportedFigure]:
    return select(ReportedFigure).where(ReportedFigure.project_id == project.id)


def _misshapen(wanted: ReportedFigureInput) -> Iterator[Finding]:
    shape, example = WRITTEN[wanted.unit]
    if shape.fullmatch(wanted.value) is None:
        yield Finding("/value", "wrong_type", {"expected": example})
    if len(wanted.scope) > 1:
        yield Finding("/scope", "too_many", {"limit": 1})
    if wanted.assumed and wanted.assumption is None:
        yield Finding("/assumption", "required")


def _values(wanted: ReportedFigureInput) -> dict[str, Any]:
    same = {name: getattr(wanted, name) for name in ReportedFigureInput.__dataclass_fields__}
    return same | {"scope": dict(wanted.scope)}
