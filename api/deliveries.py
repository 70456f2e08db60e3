"""The log of deliveries over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from domain.models.tokens import Scope
from domain.services import delivery_log
from domain.services.delivery_log import DeliveryFilter
from schemas.base import ListQuery
from schemas.calls import NothingSchema
from schemas.webhooks import AttemptListSchema, DeliveryListSchema, DeliveryQuery, DeliverySchema

blp = Blueprint("deliveries", __name__, url_prefix="/v1", description="What became of your events.")


@blp.route("/webhooks/<uuid:endpoint_id>/deliveries")
class WebhookDeliveries(Resource):
    """An endpoint's log."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(DeliveryQuery, location="query")
    @blp.response(200, DeliveryListSchema)
    def get(self, query: dict[str, Any], endpoint_id: UUID) -> Any:
        """List the deliveries to an endpoint, newest first"""
        page = self.page(query)
        wanted = DeliveryFilter(**query)
        found = delivery_log.list_deliveries(self.session, endpoint_id, wanted, by=self.caller, page=page)
        return self.listed(found)


@blp.route("/deliveries/<uuid:delivery_id>")
class DeliveryItem(Resource):
    """One delivery."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.response(200, DeliverySchema)
    def get(self, delivery_id: UUID) -> Any:
        """Read a delivery"""
        return delivery_log.get_delivery(self.session, delivery_id, by=self.caller)


@blp.route("/deliveries/<uuid:delivery_id>/attempts")
class DeliveryAttempts(Resource):
    """A delivery's attempts."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, AttemptListSchema)
    def get(self, query: dict[str, Any], delivery_id: UUID) -> Any:
        """List the attempts at a delivery"""
        page = self.page(query)
        return self.listed(delivery_log.list_attempts(self.session, delivery_id, by=self.caller, page=page))


@blp.route("/deliveries/<uuid:delivery_id>/retry")
class DeliveryRetry(Resource):
    """Once more."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(202, DeliverySchema)
    def post(self, _nothing: dict[str, Any], delivery_id: UUID) -> Any:
        """Send a delivery again, now"""
        return delivery_log.retry_delivery(self.session, delivery_id, by=self.caller, at=self.at)
