"""What was published about a project, over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from api.patching import patched
from domain.models.activities import ReportedFigure
from domain.models.tokens import Scope
from domain.services import projects, reported_figures
from domain.services.reported_figures import ReportedFigureInput
from schemas.base import ListQuery
from schemas.reported_figures import ReportedFigureListSchema, ReportedFigureSchema, ReportedFigureWriteSchema

blp = Blueprint("reported-figures", __name__, url_prefix="/v1", description="What was published about a project.")


class ReportedFigureResource(Resource):
    """What the addresses of reported figures share."""

    def found(self, code: str, figure_id: UUID) -> ReportedFigure:
        """The figure at this address."""
        project = projects.project_by_code(self.session, code, by=self.caller)
        return reported_figures.get_reported_figure(self.session, project, figure_id, by=self.caller)

    def shown(self, figure: ReportedFigure) -> ReportedFigure:
        """The figure as an answer, with its tag."""
        self.tag(figure.version)
        return figure


@blp.route("/projects/<name:code>/reported-figures")
class ReportedFigures(ReportedFigureResource):
    """All figures published about a project."""

    @needs()
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, ReportedFigureListSchema)
    def get(self, query: dict[str, Any], code: str) -> Any:
        """List the figures published about a project"""
        page, project = self.page(query), projects.project_by_code(self.session, code, by=self.caller)
        found = reported_figures.list_reported_figures(self.session, project, by=self.caller, page=page)
        return self.listed(found)

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(ReportedFigureWriteSchema)
    @blp.response(201, ReportedFigureSchema)
    def post(self, wanted: ReportedFigureInput, code: str) -> Any:
        """Add a figure that was published about a project"""
        project = projects.project_by_code(self.session, code, by=self.caller)
        figure = reported_figures.create_reported_figure(self.session, project, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/projects/{code}/reported-figures/{figure.id}")
        return self.shown(figure)


@blp.route("/projects/<name:code>/reported-figures/<uuid:figure_id>")
class ReportedFigureItem(ReportedFigureResource):
    """One figure published about a project."""

    @needs()
    @blp.response(200, ReportedFigureSchema)
    def get(self, code: str, figure_id: UUID) -> Any:
        """Read a published figure"""
        return self.shown(self.found(code, figure_id))

    @needs(Scope.PROJECTS_MANAGE)
    @blp.merge_patch(ReportedFigureWriteSchema)
    @blp.response(200, ReportedFigureSchema)
    def patch(self, patch: dict[str, Any], code: str, figure_id: UUID) -> Any:
        """Edit a published figure (JSON Merge Patch)"""
        figure = self.found(code, figure_id)
        self.check_if_match(figure.version)
        wanted = patched(ReportedFigureWriteSchema, reported_figures.as_input(figure), patch)
        edited = reported_figures.edit_reported_figure(self.session, figure, wanted, by=self.caller, at=self.at)
        return self.shown(edited)

    @needs(Scope.PROJECTS_MANAGE)
    @blp.response(204)
    def delete(self, code: str, figure_id: UUID) -> None:
        """Delete a published figure"""
        figure = self.found(code, figure_id)
        self.check_if_match(figure.version)
        reported_figures.delete_reported_figure(self.session, figure, by=self.caller)
