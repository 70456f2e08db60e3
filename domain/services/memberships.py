"""Memberships: who takes part in a project, with which roles, and which school stands under which national partner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, false, or_, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, holds, new_id
from domain.errors import Conflict, Finding, InvalidInput, NotFound, refuse, under
from domain.models.activities import Activity
from domain.models.applications import Application
from domain.models.calls import Call, Destination
from domain.models.mobilities import Mobility
from domain.models.organisations import Membership, Organisation, Role
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.tokens import revoke_tokens_within

SORT_KEYS = {"created_at": Membership.created_at}
# A national partner makes tokens for the schools under it: whoever stands there must not be more than a school.
SCHOOL = frozenset({Role.SENDING, Role.RECEIVING})


@dataclass(frozen=True)
class MemberInput:
    """A membership as it should be."""

    organisation_id: UUID
    roles: Sequence[Role]
    parent_id: UUID | None = None


def add_member(session: Session, project: Project, wanted: MemberInput, *, by: Principal, at: datetime) -> Membership:
    """Make an organisation that the caller sees a member of `project`. Raises Forbidden, InvalidInput, Conflict."""
    policies.may_add_member(by, project.id, roles=wanted.roles, parent_id=wanted.parent_id)
    visible = policies.visible_organisations(by)
    organisation = session.scalar(select(Organisation).where(Organisation.id == wanted.organisation_id, visible))
    if organisation is None:
        raise InvalidInput([Finding("/organisation_id", "not_found")])
    return take_in(session, project, organisation, wanted, by=by, at=at)


def take_in(
    session: Session,
    project: Project,
    organisation: Organisation,
    wanted: MemberInput,
    *,
    by: Principal,
    at: datetime,
    root: str = "",
) -> Membership:
    """Make `organisation` a member, whether the caller sees it yet or has just made it. `root` begins each pointer."""
    policies.may_add_member(by, project.id, roles=wanted.roles, parent_id=wanted.parent_id)
    policies.may_take_in(by, project.id, organisation)
    _check(session, project, wanted, root=root)
    if session.scalar(_memberships(project).where(Membership.organisation_id == organisation.id)) is not None:
        raise Conflict("This organisation is a member of the project already; edit its membership instead.")
    membership = Membership(
        id=new_id(),
        project_id=project.id,
        organisation=organisation,
        roles=_distinct(wanted.roles),
        parent_id=wanted.parent_id,
        created_at=at,
        updated_at=at,
    )
    session.add(membership)
    session.flush()
    return membership


def edit_member(
    session: Session, membership: Membership, wanted: MemberInput, *, by: Principal, at: datetime
) -> Membership:
    """Change a member's roles or the national partner above it. Raises Forbidden, InvalidInput, Conflict."""
    _may_change(by, membership)
    policies.may_add_member(by, membership.project_id, roles=wanted.roles, parent_id=wanted.parent_id)
    project = session.get_one(Project, membership.project_id)
    if wanted.organisation_id != membership.organisation_id:
        raise InvalidInput([Finding("/organisation_id", "fixed")])
    _check(session, project, wanted)
    if project.coordinator_id == membership.organisation_id and Role.COORDINATOR not in wanted.roles:
        raise Conflict("The project's coordinator keeps that role.")
    if Role.NATIONAL_PARTNER not in wanted.roles and _has_schools(session, membership):
        raise Conflict("Schools stand under this national partner; put them under another one first.")
    change(membership, {"roles": _distinct(wanted.roles), "parent_id": wanted.parent_id}, at=at)
    session.flush()
    return membership


def remove_member(session: Session, membership: Membership, *, by: Principal, at: datetime) -> None:
    """Take a member out of its project; its tokens for the project end. Raises Conflict where it is needed."""
    _may_change(by, membership)
    if session.get_one(Project, membership.project_id).coordinator_id == membership.organisation_id:
        raise Conflict("The coordinator can't leave its own project.")
    ties = [name for name, query in _ties(membership) if session.scalar(query.limit(1)) is not None]
    if ties:
        raise Conflict(f"The project still has {', '.join(ties)} of this member; it can leave when none is left.")
    revoke_tokens_within(session, membership.project_id, organisation_id=membership.organisation_id, at=at)
    session.delete(membership)
    session.flush()


def get_member(session: Session, project: Project, membership_id: UUID, *, by: Principal) -> Membership:
    """Find one membership of `project` that the caller may see. Raises NotFound."""
    query = _memberships(project).where(Membership.id == membership_id, policies.visible_memberships(by))
    membership = session.scalar(query)
    if membership is None:
        raise NotFound("There is no such membership.")
    return membership


def list_members(session: Session, project: Project, *, by: Principal, page: PageRequest) -> Page[Membership]:
    """List the members of `project`, in the order in which they joined; nobody outside it sees any."""
    query = _memberships(project).where(policies.visible_memberships(by))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Membership.id, default="created_at")


def own_memberships(session: Session, *, by: Principal) -> Sequence[tuple[Membership, str]]:
    """What the caller's organisation is, in the projects that its token reaches, each with the project's code."""
    reached = [standing.project_id for standing in by.standings]
    query = select(Membership, Project.code).join(Project, Project.id == Membership.project_id)
    query = query.where(Membership.organisation_id == by.organisation_id, Membership.project_id.in_(reached))
    return [(membership, code) for membership, code in session.execute(query.order_by(Project.code))]


def not_members(session: Session, project_id: UUID, named: Mapping[str, UUID | None]) -> list[Finding]:
    """Find, of the organisations that an input names at these pointers, those that don't take part in the project."""
    organisation = Membership.organisation_id
    own = select(organisation).where(Membership.project_id == project_id, organisation.in_({*named.values()} - {None}))
    members = {None, *session.scalars(own)}
    return [Finding(pointer, "not_found") for pointer, who in named.items() if who not in members]


def as_input(membership: Membership) -> MemberInput:
    """The membership as it stands, in the form in which it is wanted."""
    roles = [Role(role) for role in membership.roles]
    return MemberInput(membership.organisation_id, roles=roles, parent_id=membership.parent_id)


def _memberships(project: Project) -> Select[Membership]:
    return select(Membership).where(Membership.project_id == project.id)


def _may_change(by: Principal, membership: Membership) -> None:
    """Whoever may have added a member as it stands may also change and remove it."""
    standing = as_input(membership)
    policies.may_add_member(by, membership.project_id, roles=standing.roles, parent_id=standing.parent_id)


def _check(session: Session, project: Project, wanted: MemberInput, *, root: str = "") -> None:
    refuse(under(root, [*_misplaced_roles(project, wanted), *_misplaced_parent(session, project, wanted)]))


def _misplaced_roles(project: Project, wanted: MemberInput) -> Iterator[Finding]:
    if not wanted.roles:
        yield Finding("/roles", "required")
    if Role.COORDINATOR in wanted.roles and wanted.organisation_id != project.coordinator_id:
        others = ", ".join(role for role in Role if role is not Role.COORDINATOR)
        yield Finding("/roles", "not_a_choice", {"choices": others})


def _misplaced_parent(session: Session, project: Project, wanted: MemberInput) -> Iterator[Finding]:
    if wanted.parent_id is None:
        return
    if Role.SENDING not in wanted.roles or not SCHOOL.issuperset(wanted.roles):
        yield Finding("/parent_id", "only_schools")
        return
    partners = _memberships(project).where(holds(Membership.roles, Role.NATIONAL_PARTNER))
    if session.scalar(partners.where(Membership.organisation_id == wanted.parent_id)) is None:
        yield Finding("/parent_id", "not_found")


def _has_schools(session: Session, membership: Membership) -> bool:
    return session.scalar(_schools(membership).limit(1)) is not None


def _schools(membership: Membership) -> Select[UUID]:
    return select(Membership.id).where(
        Membership.project_id == membership.project_id, Membership.parent_id == membership.organisation_id
    )


def _ties(membership: Membership) -> Iterator[tuple[str, Select[UUID]]]:
    """What in the project can name a member, and how to find one that does."""
    project_id, own = membership.project_id, membership.organisation_id
    naming: dict[str, tuple[Any, ...]] = {
        "activities": (Activity, Activity.organiser_id),
        "calls": (Call, Call.owner_id, Call.organiser_id),
        "destinations of calls": (Destination, Destination.host_id),
        "applications": (Application, Application.sending_id, Application.submitted_by_id),
        "participants": (Participant, Participant.sending_id),
        "mobilities": (Mobility, Mobility.sending_id, Mobility.receiving_id, Mobility.intermediary_id),
    }
    for name, (model, *columns) in naming.items():
        named = or_(false(), *(column == own for column in columns))
        yield name, select(model.id).where(model.project_id == project_id, named)
    # A question that lists a member keeps it: of an open call it can't be taken out, and the form couldn't be edited.
    listed = cast(Call.form, String).contains(str(own))
    yield "questions of calls", select(Call.id).where(Call.project_id == project_id, listed)
    yield "schools", _schools(membership)


def _distinct(roles: Sequence[Role]) -> list[str]:
    return list(dict.fromkeys(roles))
