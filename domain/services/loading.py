"""Loading a project file: what isn't there is made, what differs is changed, what the file doesn't name is left alone.

Everything goes through the services of each noun, as for any other caller, so a file can do nothing that a person
couldn't, and loading it again changes nothing. A dry run is a load that is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Conflict, DomainError, InvalidInput, under
from domain.models.activities import Activity, ReportedFigure, Target
from domain.models.organisations import Membership, Organisation
from domain.models.projects import Project, ProjectState
from domain.policies import Principal
from domain.services import activities, founding, memberships, organisations, projects, reported_figures, targets
from domain.services.activities import ActivityInput
from domain.services.loading_differences import Change, Mark, added, compared
from domain.services.loading_files import ActivityEntry, OrganisationEntry, ProjectFile, check
from domain.services.memberships import MemberInput
from domain.services.organisations import OrganisationInput
from domain.services.projects import ProjectInput
from domain.services.reported_figures import ReportedFigureInput
from domain.services.targets import TargetInput

LIFE = tuple(ProjectState)
# When a finished project took its steps: a final report is due within 60 days, an agency takes some months over it.
TAKEN_AT = {
    ProjectState.ONGOING: ("starts_on", timedelta()),
    ProjectState.SUBMITTED: ("ends_on", timedelta(days=60)),
    ProjectState.FINALISED: ("ends_on", timedelta(days=180)),
    ProjectState.ARCHIVED: ("ends_on", timedelta(days=365)),
}


@dataclass
class Load:
    """One file on its way into the database: who loads it, when, and what its keys have turned out to be."""

    session: Session
    file: ProjectFile
    by: Principal
    at: datetime
    placeholder: Organisation | None = None  # whom the file's coordinator gives its name to, if anybody waits for one
    changes: list[Change] = field(default_factory=list)
    # The rows and not their ids: a session lets go of rows that nobody holds, and asks for them again and again.
    organisations: dict[str, Organisation] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)

    def organisation(self, key: str | None) -> UUID | None:
        """The id of the organisation that the file calls `key`."""
        return None if key is None else self.organisations[key].id

    def differs(self, kind: str, name: str, standing: Any, wanted: Any) -> bool:
        """Note how what stands compares with what is wanted; tell whether anything has to change."""
        self.changes.append(compared(kind, name, standing, wanted))
        return self.changes[-1].mark is Mark.CHANGED

    @property
    def who_and_when(self) -> dict[str, Any]:
        """What every service is told beside its input."""
        return {"by": self.by, "at": self.at}


def begin_load(session: Session, file: ProjectFile, *, by: Principal, at: datetime) -> tuple[Load, Project]:
    """Load the project with its members, activities, targets and figures, and start it when the file says so.

    Raises InvalidInput with pointers into the file, and whatever else the services say no with.
    """
    findings = check(file)
    if findings:
        raise InvalidInput(findings, "The file contradicts itself.")
    load = Load(session, file, by, at, founding.placeholder(session))
    for index, entry in enumerate(file.organisations):
        with placed(f"/organisations/{index}"):
            load.organisations[entry.key] = _organisation(load, entry)
    with placed("/project"):
        project = _project(load)
    _members(load, project)
    _activities(load, project)
    _targets(load, project)
    _figures(load, project)
    if file.project.state is not ProjectState.DRAFT:
        advance(load, project, to=ProjectState.ONGOING)
    return load, project


def resume(session: Session, load: Load) -> tuple[Load, Project]:
    """The same load in a later transaction, with that transaction's rows."""
    rows = {key: session.get_one(Organisation, row.id) for key, row in load.organisations.items()}
    offered = {key: session.get_one(Activity, row.id) for key, row in load.activities.items()}
    project = projects.project_by_code(session, load.file.code, by=load.by)
    return replace(load, session=session, organisations=rows, activities=offered), project


def advance(load: Load, project: Project, *, to: ProjectState) -> None:
    """Take every step that leads from where the project is to `to`; none when it is there or beyond."""
    for state in LIFE[LIFE.index(project.state) + 1 : LIFE.index(to) + 1]:
        at = _taken_at(load, project, state)
        projects.advance_project(load.session, project.code, state, by=load.by, at=at)
        load.changes.append(added("step", f"{project.code} is {state}"))


def find_organisation(session: Session, wanted: OrganisationInput) -> Organisation | None:
    """The organisation with this OID, else this PIC, else this legal name in this country."""
    keys = (
        (Organisation.oid == wanted.oid,) if wanted.oid else None,
        (Organisation.pic == wanted.pic,) if wanted.pic else None,
        (Organisation.legal_name == wanted.legal_name, Organisation.country == wanted.country),
    )
    found = (session.scalar(select(Organisation).where(*key).limit(1)) for key in keys if key is not None)
    return next((organisation for organisation in found if organisation is not None), None)


@contextmanager
def placed(pointer: str) -> Iterator[None]:
    """Say where in the file a service's no belongs."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(under(pointer, error.findings), error.detail) from error
    except DomainError as error:
        error.detail = f"{pointer}: {error.detail}"
        raise


def _organisation(load: Load, entry: OrganisationEntry) -> Organisation:
    wanted = OrganisationInput(**entry.values)
    standing = find_organisation(load.session, wanted)
    if standing is None and entry.key == load.file.project.coordinator:
        standing = load.placeholder
    name = f"{wanted.legal_name} ({wanted.country})"
    if standing is None:
        load.changes.append(added("organisation", name))
        return organisations.create_organisation(load.session, wanted, **load.who_and_when)
    now = organisations.as_input(standing)
    if load.differs("organisation", name, now, replace(now, **entry.values)):
        organisations.edit_organisation(load.session, standing, replace(now, **entry.values), **load.who_and_when)
        standing.placeholder = False
    return standing


def _project(load: Load) -> Project:
    entry, code = load.file.project, load.file.code
    coordinator = load.organisations[entry.coordinator]
    project = load.session.scalar(select(Project).where(Project.code == code))
    if project is None:
        load.changes.append(added("project", code))
        wanted = ProjectInput(**entry.values)
        project = projects.create_project(load.session, wanted, coordinator=coordinator, **load.who_and_when)
        project.synthetic = entry.synthetic
        return project
    if project.coordinator_id != coordinator.id:
        raise Conflict(f"{code} is coordinated by {project.coordinator.legal_name}, and loading can't change that.")
    now = projects.as_input(project)
    if load.differs("project", code, now, replace(now, **entry.values)):
        projects.edit_project(load.session, project, replace(now, **entry.values), **load.who_and_when)
    return project


def _members(load: Load, project: Project) -> None:
    query = select(Membership).where(Membership.project_id == project.id)
    standing = {member.organisation_id: member for member in load.session.scalars(query)}
    # A school's national partner has to be a member before it.
    entries = sorted(enumerate(load.file.organisations), key=lambda numbered: numbered[1].parent is not None)
    for index, entry in entries:
        with placed(f"/organisations/{index}"):
            _member(load, project, entry, standing.get(load.organisations[entry.key].id))


def _member(load: Load, project: Project, entry: OrganisationEntry, standing: Membership | None) -> None:
    own_id = load.organisations[entry.key].id
    wanted = MemberInput(own_id, roles=list(entry.roles), parent_id=load.organisation(entry.parent))
    name = str(entry.values["legal_name"])
    new = added("member", f"{name}: {', '.join(entry.roles)}")
    if standing is None:
        load.changes.append(new)
        memberships.add_member(load.session, project, wanted, **load.who_and_when)
    elif added("project", project.code) in load.changes:
        # Whoever coordinates is a member since the project was founded, a moment ago.
        load.changes.append(new)
        memberships.edit_member(load.session, standing, wanted, **load.who_and_when)
    elif load.differs("member", name, memberships.as_input(standing), wanted):
        memberships.edit_member(load.session, standing, wanted, **load.who_and_when)


def _activities(load: Load, project: Project) -> None:
    query = select(Activity).where(Activity.project_id == project.id)
    standing = {activity.key: activity for activity in load.session.scalars(query)}
    for index, entry in enumerate(load.file.activities):
        with placed(f"/activities/{index}"):
            activity = _activity(load, project, entry, standing.get(entry.values["key"]))
        load.activities[activity.key] = activity


def _activity(load: Load, project: Project, entry: ActivityEntry, standing: Activity | None) -> Activity:
    values = dict(entry.values)
    if entry.organiser is not None:
        values["organiser_id"] = load.organisation(entry.organiser)
    if standing is None:
        load.changes.append(added("activity", values["key"]))
        return activities.create_activity(load.session, project, ActivityInput(**values), **load.who_and_when)
    now = activities.as_input(standing)
    if load.differs("activity", standing.key, now, replace(now, **values)):
        activities.edit_activity(load.session, standing, replace(now, **values), **load.who_and_when)
    return standing


def _targets(load: Load, project: Project) -> None:
    rows = load.session.scalars(select(Target).where(Target.project_id == project.id))
    standing = {_promised(targets.as_input(row)): row for row in rows}
    for index, wanted in enumerate(load.file.targets):
        with placed(f"/targets/{index}"):
            _target(load, project, wanted, standing.get(_promised(wanted)))


def _target(load: Load, project: Project, wanted: TargetInput, standing: Target | None) -> None:
    name = f"{' + '.join(wanted.activities)}, {wanted.country or 'all countries'}"
    if standing is None:
        load.changes.append(added("target", name))
        targets.create_target(load.session, project, wanted, **load.who_and_when)
    elif load.differs("target", name, targets.as_input(standing), wanted):
        targets.edit_target(load.session, standing, wanted, **load.who_and_when)


def _promised(target: TargetInput) -> tuple[frozenset[str], str | None, str]:
    return frozenset(target.activities), target.country, target.unit


def _figures(load: Load, project: Project) -> None:
    rows = load.session.scalars(select(ReportedFigure).where(ReportedFigure.project_id == project.id))
    standing = {_published(reported_figures.as_input(row)): row for row in rows}
    for index, wanted in enumerate(load.file.reported_figures):
        with placed(f"/reported_figures/{index}"):
            _figure(load, project, wanted, standing.get(_published(wanted)))


def _figure(load: Load, project: Project, wanted: ReportedFigureInput, standing: ReportedFigure | None) -> None:
    about = " ".join([*wanted.scope.values(), wanted.measure])
    name = f"{about} ({wanted.source})"
    if standing is None:
        load.changes.append(added("reported figure", name))
        reported_figures.create_reported_figure(load.session, project, wanted, **load.who_and_when)
    elif load.differs("reported figure", name, reported_figures.as_input(standing), wanted):
        reported_figures.edit_reported_figure(load.session, standing, wanted, **load.who_and_when)


def _published(figure: ReportedFigureInput) -> tuple[str, tuple[tuple[str, str], ...], str]:
    return figure.measure, tuple(figure.scope.items()), figure.source


def _taken_at(load: Load, project: Project, state: ProjectState) -> datetime:
    if not load.file.is_history:
        return load.at
    name, later = TAKEN_AT[state]
    day: date = getattr(project, name)
    return min(load.at, datetime.combine(day, time(8), tzinfo=UTC) + later)
