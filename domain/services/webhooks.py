"""Webhook endpoints: made, edited, tried, paused and resumed by the organisation whose they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain import events, policies
from domain.addresses import AddressRefused, check_url
from domain.config import Config
from domain.db import change, new_id
from domain.errors import Conflict, Finding, Forbidden, InvalidInput, NotFound
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.models.projects import Project
from domain.models.tokens import Scope
from domain.models.webhooks import Delivery, DeliveryState, Endpoint, EndpointState, Payload, SignatureScheme
from domain.policies import Principal
from domain.services import webhook_headers
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.subscriptions import kinds_of
from domain.services.webhook_secrets import NewKeys, make_keys, make_missing_keys, replace_keys
from domain.states import move_to
from domain.vault import Vault

MOST_ENDPOINTS = 50  # of one organisation; each event is matched against all of them
TIMEOUT_S = 15  # what the Standard Webhooks specification recommends at the least
KEPT_REPLIES = 30  # days


@dataclass(frozen=True)
class EndpointInput:
    """An endpoint as it should be. `event_types` may hold wildcards (`application.*`, `*`); an empty filter passes all.

    `projects` are codes, `calls` ids; `retry_after_s` are the seconds before each further attempt, none for the usual.
    """

    url: str
    event_types: Sequence[str]
    description: str | None = None
    projects: Sequence[str] = ()
    countries: Sequence[str] = ()
    calls: Sequence[UUID] = ()
    payload: Payload = Payload.THIN
    signatures: Sequence[SignatureScheme] = (SignatureScheme.V1,)
    headers: Mapping[str, str] | None = None
    authorization: str | None = None
    timeout_s: int = TIMEOUT_S
    rate_per_minute: int | None = None
    retry_after_s: Sequence[int] | None = None
    ordered: bool = False
    keep_replies_days: int = KEPT_REPLIES


PLAIN = (  # kept as they were given
    "url",
    "event_types",
    "description",
    "projects",
    "countries",
    "payload",
    "signatures",
    "timeout_s",
    "rate_per_minute",
    "retry_after_s",
    "ordered",
    "keep_replies_days",
)


@dataclass(frozen=True)
class NewEndpoint:
    """An endpoint just made, with the keys of which the secret is shown this once."""

    endpoint: Endpoint
    keys: NewKeys


def create_endpoint(
    session: Session, wanted: EndpointInput, *, config: Config, vault: Vault, by: Principal, at: datetime
) -> NewEndpoint:
    """Make an endpoint of the caller's organisation. It sees what its maker's token may see, and no more."""
    policies.require_scope(by, Scope.WEBHOOKS_MANAGE)
    policies.require_scope(by, Scope.EVENTS_READ)
    if by.organisation_id is None:
        raise Forbidden("An endpoint belongs to an organisation; use a token of one.")
    _check(session, wanted, config=config, by=by)
    if len(list(session.scalars(select(Endpoint.id).where(policies.visible_endpoints(by))))) >= MOST_ENDPOINTS:
        raise Conflict(f"An organisation may have {MOST_ENDPOINTS} endpoints; delete one that is not used.")
    endpoint_id = new_id()
    endpoint = Endpoint(
        id=endpoint_id,
        organisation_id=by.organisation_id,
        project_id=by.within,
        scopes=sorted(by.scopes),
        created_at=at,
        updated_at=at,
        **_values(endpoint_id, wanted, vault=vault),
    )
    session.add(endpoint)
    session.flush()
    return NewEndpoint(endpoint, make_keys(session, endpoint, vault=vault, at=at))


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


def as_input(endpoint: Endpoint, *, vault: Vault) -> EndpointInput:
    """The endpoint as it would be written, headers and credentials in the clear: what a patch is merged into."""
    headers, authorization = webhook_headers.unsealed(endpoint, vault=vault)
    plain = {name: getattr(endpoint, name) for name in PLAIN}
    calls = [UUID(call) for call in endpoint.calls]
    return EndpointInput(**plain, calls=calls, headers=headers or None, authorization=authorization)


def edit_endpoint(
    session: Session,
    endpoint: Endpoint,
    wanted: EndpointInput,
    *,
    config: Config,
    vault: Vault,
    by: Principal,
    at: datetime,
) -> Endpoint:
    """Make `endpoint` as wanted; what it may see stays as it was made. Raises Forbidden for a token that sees less."""
    policies.may_edit_endpoint(by, endpoint)
    _check(session, wanted, config=config, by=by)
    values = _values(endpoint.id, wanted, vault=vault)
    if webhook_headers.unsealed(endpoint, vault=vault) == (dict(wanted.headers or {}), wanted.authorization):
        del values["sealed_headers"]  # Sealing the same anew gives other bytes, which would be a change.
    if wanted.rate_per_minute != endpoint.rate_per_minute:
        values["next_free_at"] = None
    if wanted.url != endpoint.url:  # It was another server that had too much to do.
        values |= {"slowed": False, "slow_until": None}
    change(endpoint, values, at=at)
    make_missing_keys(session, endpoint, vault=vault, at=at)
    session.flush()
    return endpoint


def delete_endpoint(session: Session, endpoint_id: UUID, *, by: Principal, at: datetime) -> None:
    """Take an endpoint away, with what was still owed to it. What was sent stays in the log."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    change(endpoint, {"deleted_at": at}, at=at)
    owed = update(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.state != DeliveryState.DELIVERED)
    session.execute(owed.values(state=DeliveryState.FAILED, lease_token=None, lease_until=None, updated_at=at))


def ping_endpoint(
    session: Session, endpoint_id: UUID, *, kind: EventType = EventType.WEBHOOK_PING, by: Principal, at: datetime
) -> Event:
    """Send it a webhook.ping, or a sample of another type: a delivery like another, to it alone.

    The first success of any verifies it. Raises Conflict for an endpoint that receives nothing now.
    """
    endpoint = get_endpoint(session, endpoint_id, by=by)
    if not endpoint.receives:
        raise Conflict(f"The endpoint is {endpoint.state}; resume it, and then send it this.")
    if kind is EventType.WEBHOOK_PING:
        event = events.record(session, kind, endpoint, at=at)
    else:
        event = events.record_sample(session, kind, endpoint, at=at)
    session.flush()
    return event


def pause_endpoint(session: Session, endpoint_id: UUID, *, by: Principal, at: datetime) -> Endpoint:
    """Send it nothing until it is resumed; its events are held. Raises StateConflict."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    move_to(endpoint, EndpointState.PAUSED, at=at)
    hold(session, endpoint, at=at)
    session.flush()
    return endpoint


def resume_endpoint(session: Session, endpoint_id: UUID, *, send_held: bool, by: Principal, at: datetime) -> Endpoint:
    """Let a paused or disabled endpoint receive again. What was held goes out if `send_held`, or stays held."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    if endpoint.receives:
        raise Conflict(f"This endpoint is {endpoint.state}; only one that is paused or disabled is resumed.")
    move_to(endpoint, EndpointState.ACTIVE if endpoint.verified_at else EndpointState.UNVERIFIED, at=at)
    change(endpoint, {"failing_since": None, "warnings": 0, "slowed": False, "slow_until": None}, at=at)
    if send_held:
        held = update(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.state == DeliveryState.HELD)
        again = {"attempts_before": Delivery.attempts, "next_at": at, "updated_at": at}
        session.execute(held.values(state=DeliveryState.PENDING, **again))
    session.flush()
    return endpoint


def rotate_secrets(
    session: Session, endpoint_id: UUID, *, overlap: timedelta, vault: Vault, by: Principal, at: datetime
) -> NewKeys:
    """Replace an endpoint's keys; the old ones sign along for `overlap`. Raises Conflict while too many still do."""
    return replace_keys(session, get_endpoint(session, endpoint_id, by=by), overlap=overlap, vault=vault, at=at)


def hold(session: Session, endpoint: Endpoint, *, at: datetime) -> None:
    """Keep what is still owed until the endpoint is resumed."""
    owed = update(Delivery).where(Delivery.endpoint_id == endpoint.id, Delivery.state == DeliveryState.PENDING)
    session.execute(owed.values(state=DeliveryState.HELD, updated_at=at))


def _values(endpoint_id: UUID, wanted: EndpointInput, *, vault: Vault) -> dict[str, Any]:
    plain = {name: getattr(wanted, name) for name in PLAIN}
    lists = {name: list(value) for name, value in plain.items() if isinstance(value, tuple)}
    sealed = webhook_headers.sealed(endpoint_id, wanted.headers or {}, wanted.authorization, vault=vault)
    return plain | lists | sealed | {"calls": [str(call) for call in wanted.calls]}


def _check(session: Session, wanted: EndpointInput, *, config: Config, by: Principal) -> None:
    found = [*_url_findings(wanted.url, config), *webhook_headers.findings(wanted.headers or {})]
    for index, pattern in enumerate(wanted.event_types):
        if not kinds_of([pattern]):
            found.append(Finding(f"/event_types/{index}", "unknown_event_type"))
    found += [Finding(f"/{name}", "required") for name in ("event_types", "signatures") if not getattr(wanted, name)]
    if wanted.ordered and wanted.retry_after_s is not None and not wanted.retry_after_s:
        # What is never tried again would have to be passed over, and in order nothing is.
        found.append(Finding("/retry_after_s", "too_few", {"limit": 1}))
    found += _unknown(session, "projects", wanted.projects, Project.code, policies.visible_projects(by))
    found += _unknown(session, "calls", wanted.calls, Call.id, policies.visible_calls(by))
    if found:
        raise InvalidInput(found)


def _url_findings(url: str, config: Config) -> list[Finding]:
    try:
        check_url(url, allow_http=config.allow_http, allowed_networks=config.allowed_networks)
    except AddressRefused as error:
        return [Finding("/url", error.code)]
    return []


def _unknown(session: Session, name: str, named: Sequence[Any], column: Any, visible: Any) -> list[Finding]:
    """A finding for each of `named` that the caller can't see."""
    known = set(session.scalars(select(column).where(column.in_(named), visible))) if named else set()
    return [Finding(f"/{name}/{index}", "not_found") for index, one in enumerate(named) if one not in known]
