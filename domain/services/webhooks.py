"""Webhook endpoints: made, edited, pinged by the organisation whose they are."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from domain import events, policies
from domain.addresses import AddressRefused, check_url
from domain.config import Config
from domain.db import change, new_id
from domain.errors import Conflict, Finding, Forbidden, InvalidInput, NotFound
from domain.models.events import Event, EventType
from domain.models.tokens import Scope
from domain.models.webhooks import Attempt, Delivery, DeliveryState, Endpoint, EndpointState
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page
from domain.states import move_to
from domain.vault import Vault

SECRET_BYTES = 32
MOST_ENDPOINTS = 50  # of one organisation; each event is matched against all of them


@dataclass(frozen=True)
class EndpointInput:
    """An endpoint as it should be; `event_types` may hold wildcards (`application.*`, `*`)."""

    url: str
    event_types: Sequence[str]
    description: str | None = None


@dataclass(frozen=True)
class NewEndpoint:
    """An endpoint just made, with the secret that is shown this once."""

    endpoint: Endpoint
    secret: str


def create_endpoint(
    session: Session, wanted: EndpointInput, *, config: Config, vault: Vault, by: Principal, at: datetime
) -> NewEndpoint:
    """Make an endpoint of the caller's organisation. It sees what its maker's token may see, and no more."""
    policies.require_scope(by, Scope.WEBHOOKS_MANAGE)
    policies.require_scope(by, Scope.EVENTS_READ)
    if by.organisation_id is None:
        raise Forbidden("An endpoint belongs to an organisation; use a token of one.")
    _check(wanted, config)
    if len(list(session.scalars(select(Endpoint.id).where(policies.visible_endpoints(by))))) >= MOST_ENDPOINTS:
        raise Conflict(f"An organisation may have {MOST_ENDPOINTS} endpoints; delete one that is not used.")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    endpoint_id = new_id()
    endpoint = Endpoint(
        id=endpoint_id,
        organisation_id=by.organisation_id,
        project_id=by.within,
        url=wanted.url,
        event_types=list(wanted.event_types),
        description=wanted.description,
        scopes=sorted(by.scopes),
        secret=vault.seal(secret.encode(), place=_place(endpoint_id)),
        created_at=at,
        updated_at=at,
    )
    session.add(endpoint)
    session.flush()
    return NewEndpoint(endpoint, secret)


def secret_of(endpoint_id: UUID, sealed: bytes, *, vault: Vault) -> str:
    """The signing secret of an endpoint."""
    return vault.open(sealed, place=_place(endpoint_id)).decode()


def get_endpoint(session: Session, endpoint_id: UUID, *, by: Principal) -> Endpoint:
    """Find one endpoint of the caller's organisation. Raises NotFound."""
    endpoint = session.scalar(select(Endpoint).where(Endpoint.id == endpoint_id, policies.visible_endpoints(by)))
    if endpoint is None:
        raise NotFound("There is no such endpoint.")
    return endpoint


def list_endpoints(session: Session, *, by: Principal, page: PageRequest) -> Page[Endpoint]:
    """List the endpoints of the caller's organisation."""
    query = select(Endpoint).where(policies.visible_endpoints(by))
    keys = {"created_at": Endpoint.created_at}
    return fetch_page(session, query, page=page, keys=keys, id_column=Endpoint.id, default="created_at")


def edit_endpoint(
    session: Session, endpoint: Endpoint, wanted: EndpointInput, *, config: Config, at: datetime
) -> Endpoint:
    """Make `endpoint` as wanted; what it may see stays as it was made."""
    _check(wanted, config)
    values = {"url": wanted.url, "event_types": list(wanted.event_types), "description": wanted.description}
    change(endpoint, values, at=at)
    session.flush()
    return endpoint


def delete_endpoint(session: Session, endpoint_id: UUID, *, by: Principal, at: datetime) -> None:
    """Take an endpoint away, with what was still owed to it. What was sent stays in the log."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    change(endpoint, {"deleted_at": at}, at=at)
    owed = update(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.state != DeliveryState.DELIVERED)
    session.execute(owed.values(state=DeliveryState.FAILED, lease_token=None, lease_until=None, updated_at=at))


def ping_endpoint(session: Session, endpoint_id: UUID, *, by: Principal, at: datetime) -> Event:
    """Send it a webhook.ping, a delivery like another. The first success of any verifies it."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    event = events.record(session, EventType.WEBHOOK_PING, endpoint, at=at)
    session.flush()
    return event


def resume_endpoint(session: Session, endpoint_id: UUID, *, by: Principal, at: datetime) -> Endpoint:
    """Let a disabled endpoint receive again, beginning with the events that were held for it. Raises Conflict."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    if endpoint.state is not EndpointState.DISABLED:
        raise Conflict(f"This endpoint is {endpoint.state}; only one that is disabled is resumed.")
    move_to(endpoint, EndpointState.ACTIVE, at=at)
    change(endpoint, {"failing_since": None, "slow_until": None}, at=at)
    held = update(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.state == DeliveryState.HELD)
    session.execute(held.values(state=DeliveryState.PENDING, next_at=at, updated_at=at))
    session.flush()
    return endpoint


# ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────────


def list_deliveries(
    session: Session, endpoint_id: UUID, *, state: DeliveryState | None = None, by: Principal, page: PageRequest
) -> Page[Delivery]:
    """List what was and is owed to an endpoint, newest first."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    query = select(Delivery).where(Delivery.endpoint_id == endpoint.id).options(selectinload(Delivery.event))
    if state is not None:
        query = query.where(Delivery.state == state)
    keys = {"created_at": Delivery.created_at}
    return fetch_page(session, query, page=page, keys=keys, id_column=Delivery.id, default="-created_at")


def get_delivery(session: Session, delivery_id: UUID, *, by: Principal) -> Delivery:
    """Find one delivery to an endpoint of the caller's. Raises NotFound."""
    query = select(Delivery).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    delivery = session.scalar(query.where(Delivery.id == delivery_id, policies.visible_endpoints(by)))
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return delivery


def list_attempts(session: Session, delivery_id: UUID, *, by: Principal, page: PageRequest) -> Page[Attempt]:
    """List the attempts at one delivery, first to last."""
    delivery = get_delivery(session, delivery_id, by=by)
    query = select(Attempt).where(Attempt.delivery_id == delivery.id)
    return fetch_page(session, query, page=page, keys={"at": Attempt.at}, id_column=Attempt.id, default="at")


def retry_delivery(session: Session, delivery_id: UUID, *, by: Principal, at: datetime) -> Delivery:
    """Send one delivery now, whatever its schedule says, even if it had arrived.

    Raises Conflict while it is being sent, and for an endpoint that is disabled.
    """
    delivery = get_delivery(session, delivery_id, by=by)
    if delivery.endpoint.state is EndpointState.DISABLED:
        raise Conflict("The endpoint is disabled; resume it, and then retry this.")
    movable = (DeliveryState.PENDING, DeliveryState.FAILED, DeliveryState.DELIVERED)
    moved = session.scalar(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state.in_(movable))
        .values(state=DeliveryState.PENDING, next_at=at, updated_at=at)
        .returning(Delivery.id)
    )
    if moved is None:
        raise Conflict(f"This delivery is {delivery.state}; it can be retried when it is neither held nor under way.")
    session.refresh(delivery)
    return delivery


def wants(event_types: Sequence[str], kind: EventType) -> bool:
    """Whether an endpoint subscribed to `event_types` receives events of this kind."""
    return any(fnmatchcase(kind.value, pattern) for pattern in event_types)


def _check(wanted: EndpointInput, config: Config) -> None:
    found = []
    try:
        check_url(wanted.url, allow_http=config.allow_http, allowed_networks=config.allowed_networks)
    except AddressRefused as error:
        found.append(Finding("/url", error.code))
    for index, pattern in enumerate(wanted.event_types):
        if not any(wants([pattern], kind) for kind in EventType):
            found.append(Finding(f"/event_types/{index}", "unknown_event_type"))
    if not wanted.event_types:
        found.append(Finding("/event_types", "required"))
    if found:
        raise InvalidInput(found)


def _place(endpoint_id: UUID) -> str:
    return f"endpoints/{endpoint_id}"
