"""Webhook endpoints and their log over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs, services
from api.patching import patched
from domain.models.tokens import Scope
from domain.services import webhooks
from domain.services.webhooks import EndpointInput
from schemas.base import ListQuery
from schemas.calls import NothingSchema
from schemas.webhooks import (
    AttemptListSchema,
    DeliveryListSchema,
    DeliveryQuery,
    DeliverySchema,
    EndpointListSchema,
    EndpointSchema,
    EndpointWriteSchema,
    NewEndpointSchema,
    PingSchema,
)

blp = Blueprint("webhooks", __name__, url_prefix="/v1", description="Where your events go, and what became of them.")


@blp.route("/webhooks")
class Webhooks(Resource):
    """All endpoints of the caller's organisation."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, EndpointListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List endpoints"""
        return self.listed(webhooks.list_endpoints(self.session, by=self.caller, page=self.page(query)))

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(EndpointWriteSchema)
    @blp.response(201, NewEndpointSchema, dumped=True)
    def post(self, wanted: EndpointInput) -> Any:
        """Make an endpoint; this answer alone carries its secret"""
        at_hand = services()
        made = webhooks.create_endpoint(
            self.session, wanted, config=at_hand.config, vault=at_hand.vault, by=self.caller, at=self.at
        )
        self.located(f"/v1/webhooks/{made.endpoint.id}")
        self.tag(made.endpoint.version)
        return EndpointSchema().dump(made.endpoint) | {"secret": made.secret}


@blp.route("/webhooks/<uuid:endpoint_id>")
class WebhookItem(Resource):
    """One endpoint."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.response(200, EndpointSchema)
    def get(self, endpoint_id: UUID) -> Any:
        """Read an endpoint"""
        endpoint = webhooks.get_endpoint(self.session, endpoint_id, by=self.caller)
        self.tag(endpoint.version)
        return endpoint

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.merge_patch(EndpointWriteSchema)
    @blp.response(200, EndpointSchema)
    def patch(self, patch: dict[str, Any], endpoint_id: UUID) -> Any:
        """Edit an endpoint (JSON Merge Patch)"""
        endpoint = webhooks.get_endpoint(self.session, endpoint_id, by=self.caller)
        self.check_if_match(endpoint.version)
        wanted = patched(EndpointWriteSchema, endpoint, patch)
        webhooks.edit_endpoint(self.session, endpoint, wanted, config=services().config, at=self.at)
        self.tag(endpoint.version)
        return endpoint

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.response(204)
    def delete(self, endpoint_id: UUID) -> None:
        """Delete an endpoint"""
        webhooks.delete_endpoint(self.session, endpoint_id, by=self.caller, at=self.at)


@blp.route("/webhooks/<uuid:endpoint_id>/ping")
class WebhookPing(Resource):
    """Pings."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(202, PingSchema)
    def post(self, _nothing: dict[str, Any], endpoint_id: UUID) -> Any:
        """Send an endpoint a webhook.ping"""
        event = webhooks.ping_endpoint(self.session, endpoint_id, by=self.caller, at=self.at)
        return {"event_id": event.id}


@blp.route("/webhooks/<uuid:endpoint_id>/resume")
class WebhookResume(Resource):
    """Back to work."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, EndpointSchema)
    def post(self, _nothing: dict[str, Any], endpoint_id: UUID) -> Any:
        """Let a disabled endpoint receive again, beginning with what was held for it"""
        endpoint = webhooks.resume_endpoint(self.session, endpoint_id, by=self.caller, at=self.at)
        self.tag(endpoint.version)
        return endpoint


@blp.route("/webhooks/<uuid:endpoint_id>/deliveries")
class WebhookDeliveries(Resource):
    """An endpoint's log."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(DeliveryQuery, location="query")
    @blp.response(200, DeliveryListSchema)
    def get(self, query: dict[str, Any], endpoint_id: UUID) -> Any:
        """List the deliveries to an endpoint, newest first"""
        page = self.page(query)
        return self.listed(webhooks.list_deliveries(self.session, endpoint_id, **query, by=self.caller, page=page))


@blp.route("/deliveries/<uuid:delivery_id>")
class DeliveryItem(Resource):
    """One delivery."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.response(200, DeliverySchema)
    def get(self, delivery_id: UUID) -> Any:
        """Read a delivery"""
        return webhooks.get_delivery(self.session, delivery_id, by=self.caller)


@blp.route("/deliveries/<uuid:delivery_id>/attempts")
class DeliveryAttempts(Resource):
    """A delivery's attempts."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, AttemptListSchema)
    def get(self, query: dict[str, Any], delivery_id: UUID) -> Any:
        """List the attempts at a delivery"""
        page = self.page(query)
        return self.listed(webhooks.list_attempts(self.session, delivery_id, by=self.caller, page=page))


@blp.route("/deliveries/<uuid:delivery_id>/retry")
class DeliveryRetry(Resource):
    """Once more."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(202, DeliverySchema)
    def post(self, _nothing: dict[str, Any], delivery_id: UUID) -> Any:
        """Send a delivery again, now"""
        return webhooks.retry_delivery(self.session, delivery_id, by=self.caller, at=self.at)
