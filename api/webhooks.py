"""Webhook endpoints and their log over HTTP."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs, open_to_all, services
from api.patching import patched
from domain.models.tokens import Scope
from domain.services import webhook_secrets, webhooks
from domain.services.webhooks import EndpointInput
from schemas.base import ListQuery
from schemas.calls import NothingSchema
from schemas.webhooks import (
    EndpointListSchema,
    EndpointSchema,
    EndpointWriteSchema,
    KeysSchema,
    NewEndpointSchema,
    NewKeysSchema,
    PingSchema,
    PingWriteSchema,
    PublicKeysSchema,
    ResumeSchema,
    RotationSchema,
)

blp = Blueprint("webhooks", __name__, url_prefix="/v1", description="Where your events go.")


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
        return EndpointSchema().dump(made.endpoint) | KeysSchema().dump(made.keys)


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
        at_hand = services()
        wanted = patched(EndpointWriteSchema, webhooks.as_input(endpoint, vault=at_hand.vault), patch)
        webhooks.edit_endpoint(
            self.session, endpoint, wanted, config=at_hand.config, vault=at_hand.vault, by=self.caller, at=self.at
        )
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
    @blp.arguments(PingWriteSchema, required=False)
    @blp.response(202, PingSchema)
    def post(self, wanted: dict[str, Any], endpoint_id: UUID) -> Any:
        """Send an endpoint a webhook.ping, or a sample of another type of event"""
        kind = wanted["event_type"]
        return {"event_id": webhooks.ping_endpoint(self.session, endpoint_id, kind=kind, by=self.caller, at=self.at).id}


@blp.route("/webhooks/<uuid:endpoint_id>/pause")
class WebhookPause(Resource):
    """A rest."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, EndpointSchema)
    def post(self, _nothing: dict[str, Any], endpoint_id: UUID) -> Any:
        """Send an endpoint nothing until it is resumed; its events are held"""
        endpoint = webhooks.pause_endpoint(self.session, endpoint_id, by=self.caller, at=self.at)
        self.tag(endpoint.version)
        return endpoint


@blp.route("/webhooks/<uuid:endpoint_id>/resume")
class WebhookResume(Resource):
    """Back to work."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(ResumeSchema, required=False)
    @blp.response(200, EndpointSchema)
    def post(self, wanted: dict[str, Any], endpoint_id: UUID) -> Any:
        """Let a paused or disabled endpoint receive again, beginning with what was held for it unless told otherwise"""
        endpoint = webhooks.resume_endpoint(self.session, endpoint_id, **wanted, by=self.caller, at=self.at)
        self.tag(endpoint.version)
        return endpoint


@blp.route("/webhooks/<uuid:endpoint_id>/secret-rotations")
class WebhookSecretRotations(Resource):
    """New keys."""

    @needs(Scope.WEBHOOKS_MANAGE)
    @blp.arguments(RotationSchema, required=False)
    @blp.response(201, NewKeysSchema)
    def post(self, wanted: dict[str, Any], endpoint_id: UUID) -> Any:
        """Replace an endpoint's keys; the old ones sign along for a while"""
        overlap, vault = timedelta(hours=wanted["overlap_hours"]), services().vault
        keys = webhooks.rotate_secrets(
            self.session, endpoint_id, overlap=overlap, vault=vault, by=self.caller, at=self.at
        )
        self.located(f"/v1/webhooks/{endpoint_id}/public-keys")
        return {**asdict(keys), "previous_until": self.at + overlap}


@blp.route("/webhooks/<uuid:endpoint_id>/public-keys")
class WebhookPublicKeys(Resource):
    """What verifies v1a signatures."""

    @open_to_all
    @blp.response(200, PublicKeysSchema)
    def get(self, endpoint_id: UUID) -> Any:
        """Read the public keys that verify an endpoint's v1a signatures"""
        return {"keys": webhook_secrets.public_keys(self.session, endpoint_id, at=self.at)}
