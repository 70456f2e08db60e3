"""What a project offers, what it promised, and what was published about it."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.db import Base, Codes, Identified, enumeration
from domain.models.organisations import Organisation


class ActivityCode(StrEnum):
    """The kinds of activity that Erasmus+ funds in VET, and those that consortia add."""

    SHORT_TERM_LEARNER = "short_term_learner"
    LONG_TERM_LEARNER = "long_term_learner"
    GROUP_MOBILITY = "group_mobility"
    JOB_SHADOWING = "job_shadowing"
    TEACHING_ASSIGNMENT = "teaching_assignment"
    COURSE = "course"
    SKILLS_COMPETITION = "skills_competition"
    INVITED_EXPERT = "invited_expert"
    HOSTING_TEACHER_IN_TRAINING = "hosting_teacher_in_training"
    SUMMER_SCHOOL = "summer_school"
    THEMATIC_TEAM = "thematic_team"
    TEACHER_WEEK = "teacher_week"
    TRAINING_COURSE = "training_course"
    OUTREACH_EVENT = "outreach_event"


class Profile(StrEnum):
    """Whom an activity or a call is for."""

    LEARNER = "learner"
    STAFF = "staff"
    ANYONE = "anyone"


class Activity(Identified, Base):
    """One kind of activity in one project."""

    __tablename__ = "activities"
    __table_args__ = (UniqueConstraint("project_id", "id"), UniqueConstraint("project_id", "key"))
    shown_publicly = True

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    key: Mapped[str] = mapped_column(String(60))
    code: Mapped[ActivityCode] = mapped_column(enumeration(ActivityCode))
    profile: Mapped[Profile] = mapped_column(enumeration(Profile))
    title: Mapped[dict[str, str]]
    organiser_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))

    organiser: Mapped[Organisation | None] = relationship(lazy="joined")


class Unit(StrEnum):
    """What a figure counts."""

    PARTICIPATION = "participation"
    PERSON = "person"
    DATE = "date"
    EUR = "EUR"


COUNTS = (Unit.PARTICIPATION, Unit.PERSON)  # the units of whole numbers


class Target(Identified, Base):
    """What was promised: a number for a set of activities, in one country or (`country` none) in all."""

    __tablename__ = "targets"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    activities: Mapped[list[str]] = mapped_column(Codes)
    country: Mapped[str | None] = mapped_column(String(2))
    planned: Mapped[int]
    unit: Mapped[Unit] = mapped_column(enumeration(Unit), default=Unit.PARTICIPATION)
    source: Mapped[str | None] = mapped_column(String(500))


class ReportedFigure(Identified, Base):
    """What someone published. `assumed` marks a reading of ours, which `assumption` states in a sentence."""

    __tablename__ = "reported_figures"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    measure: Mapped[str] = mapped_column(String(60))
    scope: Mapped[dict[str, Any]]
    value: Mapped[str] = mapped_column(String(60))
    unit: Mapped[Unit] = mapped_column(enumeration(Unit))
    assumed: Mapped[bool] = mapped_column(default=False)
    assumption: Mapped[str | None] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(500))
    as_of: Mapped[date | None]
