"""Recoveries over HTTP: events sent to an endpoint again."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from domain.models.tokens import Scope
from domain.services import recoveries
from domain.services.recoveries import RecoveryInput
from schemas.base import ListQuery
from schemas.calls import NothingSchema
from schemas.recoveries import RecoveryListSchema, RecoverySchema, RecoveryWriteSchema

blp = Blueprint("recoveries", __name__, url_prefix="/v1", description="Events sent to an endpoint again.")


@blp.route("/webhooks/<uuid:endpoint_id>/recoveries")
class WebhookRecoveries(Resource):
    """The recoveries of an endpoint."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, RecoveryListSchema)
    def get(self, query: dict[str, Any], endpoint_id: UUID) -> Any:
        """List an endpoint's recoveries, newest first"""
        page = self.page(query)
        return self.listed(recoveries.list_recoveries(self.session, endpoint_id, by=self.caller, page=page))

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(RecoveryWriteSchema)
    @blp.response(202, RecoverySchema)
    def post(self, wanted: RecoveryInput, endpoint_id: UUID) -> Any:
        """Send an endpoint again what it lost, or everything, since an instant"""
        recovery = recoveries.create_recovery(self.session, endpoint_id, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/recoveries/{recovery.id}")
        return recovery


@blp.route("/recoveries/<uuid:recovery_id>")
class RecoveryItem(Resource):
    """One recovery."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.response(200, RecoverySchema)
    def get(self, recovery_id: UUID) -> Any:
        """Read how far a recovery is"""
        return recoveries.get_recovery(self.session, recovery_id, by=self.caller)


@blp.route("/recoveries/<uuid:recovery_id>/cancellation")
class RecoveryCancellation(Resource):
    """Enough."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, RecoverySchema)
    def post(self, _nothing: dict[str, Any], recovery_id: UUID) -> Any:
        """Cancel a recovery; what has become due already still goes out"""
        return recoveries.cancel_recovery(self.session, recovery_id, by=self.caller, at=self.at)
