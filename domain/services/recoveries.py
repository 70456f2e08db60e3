"""Sending to an endpoint again what it lost, or all of it: in small transactions, so that it can be killed at any time.

Nothing is sent here: deliveries become due, under their old ids, and the worker sends them like any other. Sending to
one endpoint again never sends to another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, insert, or_, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, instant_text, new_id
from domain.errors import Finding, InvalidInput, NotFound
from domain.models.events import Event
from domain.models.recoveries import UNFINISHED, Recovery, RecoveryKind, RecoveryState
from domain.models.webhooks import Delivery, DeliveryState, Endpoint
from domain.policies import Principal
from domain.services.deliveries import owed_to
from domain.services.delivery_log import again
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.subscriptions import concerns, may_be_told
from domain.services.webhooks import get_endpoint
from domain.states import move_to

BATCH = 500  # events in one transaction


@dataclass(frozen=True)
class RecoveryInput:
    """What is to be sent again: the events recorded from `since` on and before `until`, until now unless told."""

    kind: RecoveryKind
    since: datetime
    until: datetime | None = None
    dry_run: bool = False


def create_recovery(
    session: Session, endpoint_id: UUID, wanted: RecoveryInput, *, by: Principal, at: datetime
) -> Recovery:
    """Have the worker send events to an endpoint again; a dry run counts how many that would be."""
    endpoint = get_endpoint(session, endpoint_id, by=by)
    until = min(wanted.until or at, at)
    if wanted.since >= until:
        raise InvalidInput([Finding("/since", "not_before", {"limit": instant_text(until)})])
    recovery = Recovery(
        id=new_id(),
        endpoint_id=endpoint.id,
        kind=wanted.kind,
        since=wanted.since,
        until=until,
        dry_run=wanted.dry_run,
        created_at=at,
        updated_at=at,
    )
    session.add(recovery)
    session.flush()
    return recovery


def get_recovery(session: Session, recovery_id: UUID, *, by: Principal) -> Recovery:
    """Find a recovery of one of the caller's endpoints. Raises NotFound."""
    query = select(Recovery).join(Endpoint, Endpoint.id == Recovery.endpoint_id)
    recovery = session.scalar(query.where(Recovery.id == recovery_id, policies.visible_endpoints(by)))
    if recovery is None:
        raise NotFound("There is no such recovery.")
    return recovery


def list_recoveries(session: Session, endpoint_id: UUID, *, by: Principal, page: PageRequest) -> Page[Recovery]:
    """List the recoveries of an endpoint, newest first."""
    query = select(Recovery).where(Recovery.endpoint_id == get_endpoint(session, endpoint_id, by=by).id)
    keys = {"created_at": Recovery.created_at}
    return fetch_page(session, query, page=page, keys=keys, id_column=Recovery.id, default="-created_at")


def cancel_recovery(session: Session, recovery_id: UUID, *, by: Principal, at: datetime) -> Recovery:
    """Send no more of it; what has become due already still goes out. Raises StateConflict for one that is over."""
    recovery = get_recovery(session, recovery_id, by=by)
    move_to(recovery, RecoveryState.CANCELLED, at=at)
    session.flush()
    return recovery


def go_on(session: Session, *, at: datetime) -> int:
    """Do the next part of the recovery that has waited longest; return how many deliveries became due, plus one.

    Zero when there is nothing to do, or other workers are at it.
    """
    waiting = select(Recovery).where(Recovery.state.in_(UNFINISHED)).order_by(Recovery.updated_at, Recovery.id).limit(1)
    recovery = session.scalar(waiting.with_for_update(skip_locked=True))
    if recovery is None:
        return 0
    # Whoever pauses, resumes or deletes it waits until what becomes due now is there to be held, sent or dropped.
    endpoint = session.get_one(Endpoint, recovery.endpoint_id, populate_existing=True, with_for_update={"read": True})
    if endpoint.deleted_at is not None:
        move_to(recovery, RecoveryState.CANCELLED, at=at)
        return 1
    if recovery.state is RecoveryState.PENDING:
        _begin(session, recovery, endpoint, at=at)
    if recovery.state is RecoveryState.DONE:
        return 1
    return 1 + _next_part(session, recovery, endpoint, at=at)


def _begin(session: Session, recovery: Recovery, endpoint: Endpoint, *, at: datetime) -> None:
    found = _found(session, recovery, endpoint).subquery()
    total, first = session.execute(select(func.count(), func.min(found.c.position)).select_from(found)).one()
    change(recovery, {"total": total, "position": (first or 1) - 1}, at=at)
    move_to(recovery, RecoveryState.DONE if recovery.dry_run or not total else RecoveryState.RUNNING, at=at)


def _next_part(session: Session, recovery: Recovery, endpoint: Endpoint, *, at: datetime) -> int:
    query = _found(session, recovery, endpoint).where(Event.position > recovery.position)
    part = session.execute(query.order_by(Event.position).limit(BATCH)).all()
    _make_due(session, endpoint, part, at=at)
    last = part[-1].position if part else recovery.position
    change(recovery, {"done": recovery.done + len(part), "position": last}, at=at)
    if len(part) < BATCH:
        move_to(recovery, RecoveryState.DONE, at=at)
    recovery.updated_at = at  # The others have their turn first.
    return len(part)


def _make_due(
    session: Session, endpoint: Endpoint, part: Sequence[Row[UUID, int | None, UUID]], *, at: datetime
) -> None:
    known = [row.delivery_id for row in part if row.delivery_id is not None]
    missing = [owed_to(endpoint, row.event_id, at=at) for row in part if row.delivery_id is None]
    if known:
        state = DeliveryState.PENDING if endpoint.receives else DeliveryState.HELD
        session.execute(again(Delivery.id.in_(known), at=at, state=state))
    if missing:
        session.execute(insert(Delivery), missing)


def _found(session: Session, recovery: Recovery, endpoint: Endpoint) -> Select[UUID, int | None, UUID]:
    """The events that the recovery is about, each with its delivery where there is one."""
    of_endpoint = and_(Delivery.event_id == Event.id, Delivery.endpoint_id == endpoint.id)
    return (
        select(Event.id.label("event_id"), Event.position.label("position"), Delivery.id.label("delivery_id"))
        .outerjoin(Delivery, of_endpoint)
        .where(
            Event.position.is_not(None),
            Event.recorded_at >= recovery.since,
            Event.recorded_at < recovery.until,
            or_(
                and_(Delivery.state.in_(AGAIN[recovery.kind]), may_be_told(session, endpoint)),
                _never_owed(session, recovery, endpoint),
            ),
        )
    )


def _never_owed(session: Session, recovery: Recovery, endpoint: Endpoint) -> ColumnElement[bool]:
    """What the endpoint would have been told, had it been there or wished so then."""
    if recovery.kind is RecoveryKind.FAILED:
        return false()
    return and_(Delivery.id.is_(None), concerns(session, endpoint))


# In which states a delivery is sent again; what waits or is under way goes out anyway.
AGAIN: Mapping[RecoveryKind, Sequence[DeliveryState]] = {
    RecoveryKind.FAILED: (DeliveryState.FAILED,),
    RecoveryKind.UNDELIVERED: (DeliveryState.FAILED, DeliveryState.HELD),
    RecoveryKind.EVERYTHING: (DeliveryState.FAILED, DeliveryState.HELD, DeliveryState.DELIVERED),
}
