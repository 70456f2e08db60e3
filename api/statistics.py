"""Statistics over HTTP."""

from typing import Any

from flask import Response

from api.http import Blueprint, Resource, open_to_all
from domain.services import statistics
from domain.services.reports import Report
from integrations.formats import csv
from schemas.base import LanguageQuery
from schemas.statistics import StatisticsSchema, table

blp = Blueprint("statistics", __name__, url_prefix="/v1", description="What was promised, and what came of it.")


class StatisticsResource(Resource):
    """What both forms of a project's statistics share."""

    def report(self, code: str) -> Report:
        """The report as the caller may see it, with its tag: it has no version, its numbers are all there is to it."""
        found = statistics.report(self.session, code, by=self.caller)
        self.may_be_kept(None)
        self.tag(0, found)
        return found


@blp.route("/projects/<name:code>/statistics")
class Statistics(StatisticsResource):
    """A project's statistics."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, StatisticsSchema)
    def get(self, _query: dict[str, Any], code: str) -> Any:
        """Read a project's statistics"""
        return self.report(code)


@blp.route("/projects/<name:code>/statistics.csv")
class StatisticsTable(StatisticsResource):
    """A project's statistics as a table."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, {"type": "string"}, content_type="text/csv", description="The same numbers, RFC 4180.")
    def get(self, _query: dict[str, Any], code: str) -> Response:
        """Read a project's statistics as CSV"""
        rows = table(StatisticsSchema().dump(self.report(code)))
        headers = {"Content-Disposition": f'attachment; filename="{code}-statistics.csv"'}
        return Response(csv.write(rows), content_type="text/csv; charset=utf-8; header=present", headers=headers)
