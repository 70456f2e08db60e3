"""The log of deliveries: what is and was owed to an endpoint, each attempt, and one sent again by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, true, update
from sqlalchemy.orm import Session, contains_eager

from domain import policies
from domain.errors import Conflict, NotFound
from domain.models.events import Event, EventType
from domain.models.webhooks import Attempt, Delivery, DeliveryState, Endpoint
from domain.policies import Principal
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.webhooks import get_endpoint


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries: in a state, of one event, of a type, owed since `since` and before `until`; none for all."""

    state: DeliveryState | None = None
    event_id: UUID | None = None
    event_type: EventType | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_deliveries(
    session: Session, endpoint_id: UUID, wanted: DeliveryFilter, *, by: Principal, page: PageRequest
) -> Page[Delivery]:
    """List what was and is owed to an endpoint, newest first."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    query = (
        select(Delivery)
        .join(Delivery.event)
        .options(contains_eager(Delivery.event))
        .where(Delivery.endpoint_id == endpoint.id, _matches(wanted))
    )
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
    """Send one delivery now, whatever its schedule says, even if it had arrived; the schedule begins anew.

    Raises Conflict while it is being sent, and for an endpoint that receives nothing.
    """
    delivery = get_delivery(session, delivery_id, by=by)
    # Whoever pauses it waits until this is due and can be held; were it due later, it would go out at any resume.
    endpoint = session.get_one(Endpoint, delivery.endpoint_id, populate_existing=True, with_for_update={"read": True})
    if not endpoint.receives:
        raise Conflict(f"The endpoint is {endpoint.state}; resume it, and then retry this.")
    if session.scalar(again(Delivery.id == delivery.id, at=at).returning(Delivery.id)) is None:
        raise Conflict("This delivery is under way; look at what comes of it.")
    session.refresh(delivery)
    return delivery


def again(which: ColumnElement[bool], *, at: datetime, state: DeliveryState = DeliveryState.PENDING) -> Any:
    """The statement that makes deliveries due now, their schedule begun anew; what is under way is left alone.

    They become `state`: held instead, where their endpoint receives nothing.
    """
    afresh = {"attempts_before": Delivery.attempts, "next_at": at, "updated_at": at}
    movable = update(Delivery).where(which, Delivery.state != DeliveryState.LEASED)
    return movable.values(state=state, **afresh).execution_options(synchronize_session=False)


def _matches(wanted: DeliveryFilter) -> ColumnElement[bool]:
    asked = {
        Delivery.state: wanted.state,
        Delivery.event_id: wanted.event_id,
        Event.type: wanted.event_type,
    }
    return and_(
        true(),
        *(column == value for column, value in asked.items() if value is not None),
        *([Delivery.created_at >= wanted.since] if wanted.since else []),
        *([Delivery.created_at < wanted.until] if wanted.until else []),
    )
