"""Decisions on applications, and the applicant's answer: who is eligible, selected, in reserve, confirmed.

Places and ranks belong to the call: each step locks the call first, so that of two who offer the last place one is told
that it is gone (rule R13).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import change, instant_text
from domain.errors import Conflict, Finding, InvalidInput, NoPlaceLeft, OutOfTurn, RankTaken, SelectionNotBegun
from domain.models.applications import Application, ApplicationState
from domain.models.calls import Call, CallState, Destination
from domain.models.events import EventType
from domain.policies import Principal
from domain.services import mobilities, participants
from domain.services.applications import get_application
from domain.services.calls import lock_call
from domain.states import move_to

SELECTING = {CallState.IN_SELECTION, CallState.DECIDED}

Which = UUID | Application  # by its id, or one that was locked in this transaction, its call before it


# ── decisions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def decide_eligibility(
    session: Session, which: Which, *, eligible: bool, reason: str | None, by: Principal, at: datetime
) -> Application:
    """Say whether it may take part in the selection. Records application.eligible or application.ineligible."""
    application = _for_decision(session, which, by=by)
    change(application, {"reason": reason}, at=at)
    if eligible:
        return _step(session, application, ApplicationState.ELIGIBLE, EventType.APPLICATION_ELIGIBLE, at=at)
    return _step(session, application, ApplicationState.INELIGIBLE, EventType.APPLICATION_INELIGIBLE, at=at)


def select_application(
    session: Session,
    which: Which,
    *,
    destination_id: UUID | None,
    confirm_by: datetime | None,
    by: Principal,
    at: datetime,
) -> Application:
    """Offer a place, with a destination where the call has some. Records application.selected.

    Raises NoPlaceLeft, and Conflict for one on the reserve list, which has its turn.
    """
    application = _for_selection(session, which, by=by)
    if application.state is ApplicationState.RESERVE:
        raise Conflict("This application is on the reserve list; promote it when its turn comes.")
    _offer(session, application, destination_id=destination_id, confirm_by=confirm_by, at=at)
    return _step(session, application, ApplicationState.SELECTED, EventType.APPLICATION_SELECTED, at=at)


def reserve_application(session: Session, which: Which, *, rank: int, by: Principal, at: datetime) -> Application:
    """Put it on the reserve list at `rank` (1 is next). Records application.reserved. Raises RankTaken."""
    application = _for_selection(session, which, by=by)
    if _on_reserve(session, application.call_id, Application.rank == rank) is not None:
        raise RankTaken(rank)
    change(application, {"rank": rank}, at=at)
    return _step(session, application, ApplicationState.RESERVE, EventType.APPLICATION_RESERVED, at=at)


def promote_application(
    session: Session,
    which: Which,
    *,
    destination_id: UUID | None,
    confirm_by: datetime | None,
    by: Principal,
    at: datetime,
) -> Application:
    """Offer a freed place to the first in reserve. Records application.promoted. Raises OutOfTurn."""
    application = _for_selection(session, which, by=by)
    first = _on_reserve(session, application.call_id)
    if application.state is ApplicationState.RESERVE and first is not None and first.id != application.id:
        raise OutOfTurn(first.reference)
    if application.state is not ApplicationState.RESERVE:
        raise Conflict(f"This application is {application.state}; only one on the reserve list can be promoted.")
    _offer(session, application, destination_id=destination_id, confirm_by=confirm_by, at=at)
    return _step(session, application, ApplicationState.SELECTED, EventType.APPLICATION_PROMOTED, at=at)


def reject_application(
    session: Session, which: Which, *, reason: str | None, by: Principal, at: datetime
) -> Application:
    """Decline it on the call's side. Records application.rejected."""
    application = _for_selection(session, which, by=by)
    change(application, {"reason": reason}, at=at)
    return _step(session, application, ApplicationState.REJECTED, EventType.APPLICATION_REJECTED, at=at)


# ── the applicant's answer ────────────────────────────────────────────────────────────────────────────────────────


def confirm_application(
    session: Session, application_id: UUID, *, participant_id: UUID | None, by: Principal, at: datetime
) -> Application:
    """Take the place: the person (or the participant named) gets a mobility.

    Records application.confirmed and mobility.nominated. Raises Conflict once confirm_by has passed, or when the call
    was cancelled.
    """
    application = _for_answer(session, application_id, by=by)
    if application.state is ApplicationState.SELECTED:
        _check_offer(application, at)
    move_to(application, ApplicationState.CONFIRMED, at=at)
    participant = participants.participant_of(session, application, participant_id=participant_id, by=by, at=at)
    application.participant_id = participant.id
    events.record(session, EventType.APPLICATION_CONFIRMED, application, at=at)
    mobilities.nominate(session, application, participant, at=at)
    return application


def decline_application(session: Session, application_id: UUID, *, by: Principal, at: datetime) -> Application:
    """Give the place back. Records application.declined."""
    application = _for_answer(session, application_id, by=by)
    _release(session, application, at=at)
    return _step(session, application, ApplicationState.DECLINED, EventType.APPLICATION_DECLINED, at=at)


def withdraw_application(session: Session, application_id: UUID, *, by: Principal, at: datetime) -> Application:
    """Take the application back, before it is confirmed. Records application.withdrawn."""
    application = _for_answer(session, application_id, by=by)
    _release(session, application, at=at)
    return _step(session, application, ApplicationState.WITHDRAWN, EventType.APPLICATION_WITHDRAWN, at=at)


def expire_applications(session: Session, *, at: datetime, limit: int) -> int:
    """Free the places that were not confirmed in time; return how many. Records application.expired for each."""
    due = select(Application.id).where(Application.state == ApplicationState.SELECTED, Application.confirm_by <= at)
    expired = 0
    for application_id in session.scalars(due.order_by(Application.confirm_by).limit(limit)).all():
        application = lock_application(session, application_id, by=policies.OPERATOR)
        # Another worker, or the applicant, may have been quicker between the look and the lock.
        if application.state is ApplicationState.SELECTED:
            _release(session, application, at=at)
            _step(session, application, ApplicationState.EXPIRED, EventType.APPLICATION_EXPIRED, at=at)
            expired += 1
    return expired


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _step(
    session: Session, application: Application, state: ApplicationState, kind: EventType, *, at: datetime
) -> Application:
    move_to(application, state, at=at)
    if application.duplicate_of_id is None:
        events.record(session, kind, application, at=at)
    return application


def lock_application(session: Session, application_id: UUID, *, by: Principal) -> Application:
    """Hold an application until the transaction ends, its call before it: places and ranks belong to the call."""
    lock_call(session, str(get_application(session, application_id, by=by).call_id), by=policies.OPERATOR)
    query = select(Application).where(Application.id == application_id).with_for_update(of=Application)
    application = session.scalars(query.execution_options(populate_existing=True)).one()
    # Who holds the link of a copy may take it back, and isn't told that it is one.
    if application.duplicate_of_id is not None and by.application_id is None:
        raise Conflict("This is a copy of an application that was sent before; decide on that one.")
    return application


def _for_decision(session: Session, which: Which, *, by: Principal) -> Application:
    application = which if isinstance(which, Application) else lock_application(session, which, by=by)
    policies.may_decide(by, application)
    return application


def _for_selection(session: Session, which: Which, *, by: Principal) -> Application:
    application = _for_decision(session, which, by=by)
    if application.call.state not in SELECTING:
        raise SelectionNotBegun(f"The call is {application.call.state}; begin its selection first.")
    return application


def _for_answer(session: Session, application_id: UUID, *, by: Principal) -> Application:
    application = lock_application(session, application_id, by=by)
    policies.may_answer_for_applicant(by, application)
    return application


def _on_reserve(session: Session, call_id: UUID, *those: ColumnElement[bool]) -> Application | None:
    """The first on the call's reserve list, of those with this rank where one is given."""
    of_call = (Application.call_id == call_id, Application.state == ApplicationState.RESERVE)
    return session.scalar(select(Application).where(*of_call, *those).order_by(Application.rank).limit(1))


def _offer(
    session: Session,
    application: Application,
    *,
    destination_id: UUID | None,
    confirm_by: datetime | None,
    at: datetime,
) -> None:
    call, destination = application.call, _destination(application.call, destination_id)
    if confirm_by is not None and confirm_by <= at:
        raise InvalidInput([Finding("/confirm_by", "not_later", {"than": instant_text(at)})])
    if ApplicationState.SELECTED not in application.TRANSITIONS.get(application.state, frozenset()):
        return  # The step itself says why, better than a place that is then not taken.
    if call.places_left <= 0:
        raise NoPlaceLeft(f"All {call.places} places of this call are taken.")
    if destination is not None and destination.places_left is not None and destination.places_left <= 0:
        raise NoPlaceLeft(f"All {destination.places} places in {destination.city} are taken.")
    change(application, {"destination_id": destination and destination.id, "confirm_by": confirm_by}, at=at)
    _count(call, destination, by=1, at=at)


def _check_offer(application: Application, at: datetime) -> None:
    if application.call.state not in SELECTING:
        raise Conflict(f"The call is {application.call.state}; its places can't be confirmed any more.")
    if application.confirm_by is not None and at >= application.confirm_by:
        raise Conflict(f"The place could be confirmed until {instant_text(application.confirm_by)}.")


def _release(session: Session, application: Application, *, at: datetime) -> None:
    if application.state is ApplicationState.SELECTED:
        destination = _destination(application.call, application.destination_id)
        _count(application.call, destination, by=-1, at=at)


def _count(call: Call, destination: Destination | None, *, by: int, at: datetime) -> None:
    change(call, {"taken": call.taken + by}, at=at)
    if destination is not None:
        destination.taken += by


def _destination(call: Call, destination_id: UUID | None) -> Destination | None:
    if destination_id is None and not call.destinations:
        return None
    found = next((place for place in call.destinations if place.id == destination_id), None)
    if found is None:
        raise InvalidInput([Finding("/destination_id", "required" if destination_id is None else "not_found")])
    return found
