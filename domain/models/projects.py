"""Projects: what has a reference number, dates, a grant and a coordinator. The project is the tenant."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, enumeration
from domain.models.events import Audience
from domain.models.organisations import Organisation


class ProjectState(StrEnum):
    """Where a project stands towards its agency."""

    DRAFT = "draft"
    ONGOING = "ongoing"
    SUBMITTED = "submitted"
    FINALISED = "finalised"
    ARCHIVED = "archived"


class ActionType(StrEnum):
    """The kind of grant, which sets the shape of its report."""

    PILOT = "PILOT"
    KA121_VET = "KA121-VET"
    KA122_VET = "KA122-VET"


class Project(Identified, Base):
    """A funded project. `rule_set` names the file in data/rule_sets that limits its activities."""

    __tablename__ = "projects"
    shown_publicly = True

    TRANSITIONS: ClassVar[Mapping[ProjectState, frozenset[ProjectState]]] = {
        ProjectState.DRAFT: frozenset({ProjectState.ONGOING}),
        ProjectState.ONGOING: frozenset({ProjectState.SUBMITTED}),
        ProjectState.SUBMITTED: frozenset({ProjectState.FINALISED}),
        ProjectState.FINALISED: frozenset({ProjectState.ARCHIVED}),
    }

    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[dict[str, str]]
    reference_number: Mapped[str | None] = mapped_column(String(60))
    programme: Mapped[str] = mapped_column(String(60))
    action_type: Mapped[ActionType] = mapped_column(enumeration(ActionType))
    rule_set: Mapped[str] = mapped_column(String(40))
    call_year: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    coordinator_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    languages: Mapped[list[str]] = mapped_column(Codes)
    state: Mapped[ProjectState] = mapped_column(enumeration(ProjectState), default=ProjectState.DRAFT)
    synthetic: Mapped[bool] = mapped_column(default=False)

    coordinator: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    def audience(self) -> Audience:
        """A project's steps concern its members; those outside see calls, not projects."""
        return Audience(project_id=self.id, owner_id=self.coordinator_id)
