"""A project's members over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from api.patching import patched
from domain.models.organisations import Membership
from domain.models.tokens import Scope
from domain.services import memberships, projects
from domain.services.memberships import MemberInput
from schemas.base import ListQuery
from schemas.memberships import MembershipListSchema, MembershipSchema, MembershipWriteSchema

blp = Blueprint("memberships", __name__, url_prefix="/v1", description="Who takes part in a project, and as what.")


class MembershipResource(Resource):
    """What the addresses of memberships share."""

    def found(self, code: str, membership_id: UUID) -> Membership:
        """The membership at this address."""
        project = projects.project_by_code(self.session, code, by=self.caller)
        return memberships.get_member(self.session, project, membership_id, by=self.caller)

    def shown(self, membership: Membership) -> Membership:
        """The membership as an answer, with its tag."""
        self.tag(membership.version, membership.organisation.version)
        return membership


@blp.route("/projects/<name:code>/memberships")
class Memberships(MembershipResource):
    """All members of a project."""

    @needs()
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, MembershipListSchema)
    def get(self, query: dict[str, Any], code: str) -> Any:
        """List a project's members"""
        page, project = self.page(query), projects.project_by_code(self.session, code, by=self.caller)
        return self.listed(memberships.list_members(self.session, project, by=self.caller, page=page))

    @needs(Scope.ORGANISATIONS_MANAGE)
    @blp.arguments(MembershipWriteSchema)
    @blp.response(201, MembershipSchema)
    def post(self, wanted: MemberInput, code: str) -> Any:
        """Make an organisation a member of a project"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        membership = memberships.add_member(self.session, project, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/projects/{code}/memberships/{membership.id}")
        return self.shown(membership)


@blp.route("/projects/<name:code>/memberships/<uuid:membership_id>")
class MembershipItem(MembershipResource):
    """One member of a project."""

    @needs()
    @blp.response(200, MembershipSchema)
    def get(self, code: str, membership_id: UUID) -> Any:
        """Read a membership"""
        return self.shown(self.found(code, membership_id))

    @needs(Scope.ORGANISATIONS_MANAGE)
    @blp.merge_patch(MembershipWriteSchema)
    @blp.response(200, MembershipSchema)
    def patch(self, patch: dict[str, Any], code: str, membership_id: UUID) -> Any:
        """Change a member's roles or its national partner (JSON Merge Patch)"""
        membership = self.found(code, membership_id)
        self.check_if_match(membership.version)
        wanted = patched(MembershipWriteSchema, memberships.as_input(membership), patch)
        return self.shown(memberships.edit_member(self.session, membership, wanted, by=self.caller, at=self.at))

    @needs(Scope.ORGANISATIONS_MANAGE)
    @blp.response(204)
    def delete(self, code: str, membership_id: UUID) -> None:
        """Remove a member from a project"""
        membership = self.found(code, membership_id)
        self.check_if_match(membership.version)
        memberships.remove_member(self.session, membership, by=self.caller, at=self.at)
