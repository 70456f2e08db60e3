"""Organisations: made as members of a project, edited by themselves and by those who look after them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, holds, new_id
from domain.errors import Finding, InvalidInput, NotFound, refuse
from domain.models.organisations import Membership, Notices, Organisation, OrganisationType, Role
from domain.models.projects import Project
from domain.policies import Principal
from domain.services import memberships
from domain.services.mobility_rules import OID, PIC
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.projects import named_project

SORT_KEYS = {
    "legal_name": Organisation.legal_name,
    "created_at": Organisation.created_at,
}
# Rule R12, refused here and not only reported.
IDENTIFIERS: Mapping[str, tuple[re.Pattern[str], str]] = {"oid": (OID, "not_an_oid"), "pic": (PIC, "not_a_pic")}


@dataclass(frozen=True)
class FirstMembership:
    """What an organisation is from its first moment: in which project, as what, under which national partner."""

    project: str
    roles: Sequence[Role]
    parent_id: UUID | None = None


@dataclass(frozen=True)
class OrganisationInput:
    """An organisation as it should be."""

    legal_name: str
    type: OrganisationType
    country: str
    business_name: str | None = None
    full_legal_name: str | None = None
    acronym: str | None = None
    oid: str | None = None
    pic: str | None = None
    city: str | None = None
    website: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    lang: str = "en"
    notices: Notices = Notices.NONE
    membership: FirstMembership | None = None


@dataclass(frozen=True)
class OrganisationFilter:
    """Which organisations are wanted; what is none doesn't narrow."""

    project: str | None = None
    role: Role | None = None
    parent_id: UUID | None = None
    country: str | None = None
    type: OrganisationType | None = None
    oid: str | None = None
    pic: str | None = None


def create_organisation(session: Session, wanted: OrganisationInput, *, by: Principal, at: datetime) -> Organisation:
    """Make an organisation and, at once, a member of a project: its maker sees it, and somebody answers for it.

    The operator alone may make one that is a member of nothing. Raises Forbidden, InvalidInput naming what can't be.
    """
    policies.may_create_organisations(by)
    if wanted.membership is None and not by.operator:
        raise InvalidInput([Finding("/membership", "required")])
    refuse(_misnumbered(session, wanted, besides=None))
    organisation = Organisation(id=new_id(), created_at=at, updated_at=at, **_values(wanted))
    session.add(organisation)
    session.flush()
    if wanted.membership is not None:
        _join(session, organisation, wanted.membership, by=by, at=at)
    return organisation


def edit_organisation(
    session: Session, organisation: Organisation, wanted: OrganisationInput, *, by: Principal, at: datetime
) -> Organisation:
    """Make `organisation` as wanted; what it is in projects stays. Raises Forbidden, InvalidInput."""
    policies.may_edit_organisation(by, organisation)
    if wanted.country != organisation.country:
        policies.may_move_organisation(by, organisation)
    refuse(_misnumbered(session, wanted, besides=organisation.id))
    change(organisation, _values(wanted), at=at)
    session.flush()
    return organisation


def get_organisation(session: Session, organisation_id: UUID, *, by: Principal) -> Organisation:
    """Find one organisation that the caller may see. Raises NotFound."""
    visible = policies.visible_organisations(by)
    organisation = session.scalar(select(Organisation).where(Organisation.id == organisation_id, visible))
    if organisation is None:
        raise NotFound("There is no such organisation.")
    return organisation


def list_organisations(
    session: Session, wanted: OrganisationFilter, *, by: Principal, page: PageRequest
) -> Page[Organisation]:
    """List the organisations that the caller may see, by name unless told otherwise."""
    query = select(Organisation).where(policies.visible_organisations(by), *_conditions(wanted, by))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Organisation.id, default="legal_name")


def as_input(organisation: Organisation) -> OrganisationInput:
    """The organisation as it stands, in the form in which it is wanted."""
    return OrganisationInput(**{name: getattr(organisation, name) for name in _columns()})


def _join(
    session: Session, organisation: Organisation, wanted: FirstMembership, *, by: Principal, at: datetime
) -> None:
    project = named_project(session, wanted.project, by=by, pointer="/membership/project")
    member = memberships.MemberInput(organisation.id, roles=wanted.roles, parent_id=wanted.parent_id)
    memberships.take_in(session, project, organisation, member, by=by, at=at, root="/membership")


def _misnumbered(session: Session, wanted: OrganisationInput, *, besides: UUID | None) -> Iterator[Finding]:
    for name, (shape, code) in IDENTIFIERS.items():
        number, column = getattr(wanted, name), getattr(Organisation, name)
        if number is None:
            continue
        if shape.fullmatch(number) is None:
            yield Finding(f"/{name}", code)
        elif session.scalar(select(Organisation.id).where(column == number, Organisation.id != besides)) is not None:
            yield Finding(f"/{name}", "taken")


def _conditions(wanted: OrganisationFilter, by: Principal) -> list[ColumnElement[bool]]:
    columns = {
        Organisation.country: wanted.country,
        Organisation.type: wanted.type,
        Organisation.oid: wanted.oid,
        Organisation.pic: wanted.pic,
    }
    conditions = [column == value for column, value in columns.items() if value is not None]
    membership = list(_membership_conditions(wanted))
    if membership:
        # Only memberships that the caller may see: asking for a project must not tell who is in it.
        seen = select(Membership.organisation_id).where(policies.visible_memberships(by), *membership)
        conditions.append(Organisation.id.in_(seen))
    return conditions


def _membership_conditions(wanted: OrganisationFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.project is not None:
        yield Membership.project_id.in_(select(Project.id).where(Project.code == wanted.project))
    if wanted.role is not None:
        yield holds(Membership.roles, wanted.role)
    if wanted.parent_id is not None:
        yield Membership.parent_id == wanted.parent_id


def _values(wanted: OrganisationInput) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in _columns()}


def _columns() -> set[str]:
    return OrganisationInput.__dataclass_fields__.keys() - {"membership"}
