"""A project's targets over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from api.patching import patched
from domain.models.activities import Target
from domain.models.tokens import Scope
from domain.services import projects, targets
from domain.services.targets import TargetInput
from schemas.base import ListQuery
from schemas.targets import TargetListSchema, TargetSchema, TargetWriteSchema

blp = Blueprint("targets", __name__, url_prefix="/v1", description="What a project promised.")


class TargetResource(Resource):
    """What the addresses of targets share."""

    def found(self, code: str, target_id: UUID) -> Target:
        """The target at this address."""
        project = projects.project_by_code(self.session, code, by=self.caller)
        return targets.get_target(self.session, project, target_id, by=self.caller)

    def shown(self, target: Target) -> Target:
        """The target as an answer, with its tag."""
        self.tag(target.version)
        return target


@blp.route("/projects/<name:code>/targets")
class Targets(TargetResource):
    """All targets of a project."""

    @needs()
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, TargetListSchema)
    def get(self, query: dict[str, Any], code: str) -> Any:
        """List a project's targets"""
        page, project = self.page(query), projects.project_by_code(self.session, code, by=self.caller)
        return self.listed(targets.list_targets(self.session, project, by=self.caller, page=page))

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(TargetWriteSchema)
    @blp.response(201, TargetSchema)
    def post(self, wanted: TargetInput, code: str) -> Any:
        """Add a target to a project"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        target = targets.create_target(self.session, project, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/projects/{code}/targets/{target.id}")
        return self.shown(target)


@blp.route("/projects/<name:code>/targets/<uuid:target_id>")
class TargetItem(TargetResource):
    """One target of a project."""

    @needs()
    @blp.response(200, TargetSchema)
    def get(self, code: str, target_id: UUID) -> Any:
        """Read a target"""
        return self.shown(self.found(code, target_id))

    @needs(Scope.PROJECTS_MANAGE)
    @blp.merge_patch(TargetWriteSchema)
    @blp.response(200, TargetSchema)
    def patch(self, patch: dict[str, Any], code: str, target_id: UUID) -> Any:
        """Edit a target (JSON Merge Patch)"""
        target = self.found(code, target_id)
        self.check_if_match(target.version)
        wanted = patched(TargetWriteSchema, targets.as_input(target), patch)
        return self.shown(targets.edit_target(self.session, target, wanted, by=self.caller, at=self.at))

    @needs(Scope.PROJECTS_MANAGE)
    @blp.response(204)
    def delete(self, code: str, target_id: UUID) -> None:
        """Delete a target"""
        target = self.found(code, target_id)
        self.check_if_match(target.version)
        targets.delete_target(self.session, target, by=self.caller)
