"""Activities over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, every_language, needs, open_to_all
from api.patching import patched
from domain.models.activities import Activity
from domain.models.tokens import Scope
from domain.services import activities, projects
from domain.services.activities import ActivityInput
from schemas.activities import (
    ActivityInLanguageSchema,
    ActivityListSchema,
    ActivityQuery,
    ActivitySchema,
    ActivityWriteSchema,
    NewActivitySchema,
)
from schemas.base import LanguageQuery

blp = Blueprint("activities", __name__, url_prefix="/v1", description="The kinds of stay that a project offers.")


class ActivityResource(Resource):
    """What the addresses of activities share."""

    def shown(self, activity: Activity) -> Activity:
        """The activity as an answer, with its tag."""
        self.tag(activity.version, activity.organiser and activity.organiser.version)
        self.speak([activity.title])
        return activity

    def written(self, activity: Activity) -> Activity:
        """The activity as an answer to who wrote it: in all languages."""
        every_language()
        return self.shown(activity)


@blp.route("/activities")
class Activities(ActivityResource):
    """All activities."""

    @open_to_all
    @blp.arguments(ActivityQuery, location="query")
    @blp.response(200, ActivityListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List activities"""
        page, project = self.page(query), query["project"]
        found = activities.list_activities(self.session, project=project, by=self.caller, page=page)
        self.may_be_kept(None)
        self.speak(*([activity.title] for activity in found.items))
        return self.listed(found)

    @needs(Scope.PROJECTS_MANAGE)
    @blp.arguments(NewActivitySchema)
    @blp.response(201, ActivitySchema)
    def post(self, wanted: dict[str, Any]) -> Any:
        """Add an activity to a project"""
        project = projects.named_project(self.session, wanted.pop("project"), by=self.caller)
        activity = activities.create_activity(
            self.session, project, ActivityInput(**wanted), by=self.caller, at=self.at
        )
        self.located(f"/v1/activities/{activity.id}")
        return self.written(activity)


@blp.route("/activities/<uuid:activity_id>")
class ActivityItem(ActivityResource):
    """One activity."""

    @open_to_all
    @blp.arguments(LanguageQuery, location="query")
    @blp.response(200, ActivityInLanguageSchema)
    def get(self, _query: dict[str, Any], activity_id: UUID) -> Any:
        """Read an activity"""
        activity = activities.get_activity(self.session, activity_id, by=self.caller)
        self.may_be_kept(None)
        return self.shown(activity)

    @needs(Scope.PROJECTS_MANAGE)
    @blp.merge_patch(ActivityWriteSchema)
    @blp.response(200, ActivitySchema)
    def patch(self, patch: dict[str, Any], activity_id: UUID) -> Any:
        """Edit an activity (JSON Merge Patch)"""
        activity = activities.get_activity(self.session, activity_id, by=self.caller)
        self.check_if_match(activity.version)
        wanted = patched(ActivityWriteSchema, activities.as_input(activity), patch)
        return self.written(activities.edit_activity(self.session, activity, wanted, by=self.caller, at=self.at))
