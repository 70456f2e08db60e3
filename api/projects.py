"""Projects over HTTP."""

from typing import Any, ClassVar

from api.http import Blueprint, Resource, every_language, needs, open_to_all
from api.patching import patched
from domain.models.projects import Project, ProjectState
from domain.models.tokens import Scope
from domain.services import projects
from domain.services.projects import ProjectInput
from schemas.base import LanguageQuery
from schemas.calls import NothingSchema
from schemas.projects import (
    ProjectInLanguageSchema,
    ProjectListSchema,
    ProjectQuery,
    ProjectSchema,
    ProjectWriteSchema,
)

blp = Blueprint("projects", __name__, url_prefix="/v1", description="What was granted, to whom, for how long.")


class ProjectResource(Resource):
    """What the addresses of projects share."""

    def shown(self, project: Project) -> Project:
        """The project as an answer, with its tag."""
        self.tag(project.version, project.coordinator.version)
        self.speak([project.title])
        return project

    def written(self, project: Project) -> Project:
        """The project as an answer to who wrote it: in all languages."""
        every_language()
        return self.shown(project)


class ProjectStep(ProjectResource):
    """What the steps of a project's life share."""

    state: ClassVar[ProjectState]

    def taken(self, code: str) -> Project:
        """The project, one step on."""
        return self.written(projects.advance_project(self.session, code, self.state, by=self.caller, at=self.at))


@blp.route("/projects")
class Projects(ProjectResource):
    """All projects."""

    @open_to_all
    @blp.arguments(ProjectQuery, location="query")
    @blp.response(200, ProjectListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List projects"""
        page, state = self.page(query), query["state"]
        found = projects.list_projects(self.session, state=state, by=self.caller, page=page)
        self.may_be_kept(None)
        self.speak(*([project.title] for project in found.items))
        return self.listed(found)

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(ProjectWriteSchema)
    @blp.response(201, ProjectSchema)
    def post(self, wanted: ProjectInput) -> Any:
        """Found a project, as a draft; the caller's organisation coordinates it"""
        project = projects.create_project(self.session, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/projects/{project.code}")
        return self.written(project)


@blp.route("/projects/<name:code>")
class ProjectItem(ProjectResource):
    """One project."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, ProjectInLanguageSchema)
    def get(self, _query: dict[str, Any], code: str) -> Any:
        """Read a project"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        self.may_be_kept(None)
        return self.shown(project)

    @needs(Scope.PROJECTS_MANAGE)
    @blp.merge_patch(ProjectWriteSchema)
    @blp.response(200, ProjectSchema)
    def patch(self, patch: dict[str, Any], code: str) -> Any:
        """Edit a project (JSON Merge Patch)"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        self.check_if_match(project.version)
        wanted = patched(ProjectWriteSchema, projects.as_input(project), patch)
        return self.written(projects.edit_project(self.session, project, wanted, by=self.caller, at=self.at))


@blp.route("/projects/<name:code>/start")
class ProjectStart(ProjectStep):
    """The start."""

    state = ProjectState.ONGOING

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ProjectSchema)
    def post(self, _nothing: dict[str, Any], code: str) -> Any:
        """Start a project: from now on everybody sees it"""
        return self.taken(code)


@blp.route("/projects/<name:code>/submission")
class ProjectSubmission(ProjectStep):
    """The final report."""

    state = ProjectState.SUBMITTED

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ProjectSchema)
    def post(self, _nothing: dict[str, Any], code: str) -> Any:
        """Note that a project's report was submitted"""
        return self.taken(code)


@blp.route("/projects/<name:code>/finalisation")
class ProjectFinalisation(ProjectStep):
    """The agency's answer."""

    state = ProjectState.FINALISED

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ProjectSchema)
    def post(self, _nothing: dict[str, Any], code: str) -> Any:
        """Note that a project's report was accepted"""
        return self.taken(code)


@blp.route("/projects/<name:code>/archival")
class ProjectArchival(ProjectStep):
    """Putting away."""

    state = ProjectState.ARCHIVED

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ProjectSchema)
    def post(self, _nothing: dict[str, Any], code: str) -> Any:
        """Archive a project"""
        return self.taken(code)
