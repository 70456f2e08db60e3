"""Consents given after an application was sent in, and consents taken back, each with its effect.

The effects are what the standard texts promise (data/consents): without `sharing_with_hosts` hosts are shown nobody,
without `processing` the application ends, and on parental consent rest a minor's place and mobility (rule R07). The
other purposes are for people to act on, who are told by the event.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import events, policies
from domain.db import change, touch
from domain.errors import Conflict, refuse
from domain.models.applications import Application, ApplicationState
from domain.models.consents import INDISPENSABLE, ConsentSource, Purpose
from domain.models.events import EventType
from domain.models.mobilities import Mobility, MobilityState
from domain.policies import OPERATOR, Principal
from domain.services import decisions, mobilities
from domain.services.consents import ConsentInput, check_consent, record_consents
from domain.services.mobility_records import judge_person


def give_consent(
    session: Session, application_id: UUID, wanted: ConsentInput, *, source: ConsentSource, by: Principal, at: datetime
) -> Application:
    """Answer what the call asks, later than with the application, or anew. Records consent.given, or .withdrawn.

    The same answer to the same text changes nothing. Raises InvalidInput as for an application.
    """
    application = decisions.lock_application(session, application_id, by=by)
    policies.may_consent(by, application)
    refuse(check_consent(application.call, wanted, by=by, at=at))
    before = application.answer_to(wanted.purpose)
    if before is not None and (before.granted, before.text_version) == (wanted.granted, wanted.text_version):
        return application
    if before is not None:
        before.withdrawn_at = at
        session.flush()  # The old answer first: two that stand are refused by the table.
    application.consents += record_consents(session, application.call, [wanted], source=source, by=by, at=at)
    kind = EventType.CONSENT_GIVEN if wanted.granted else EventType.CONSENT_WITHDRAWN
    _tell(session, kind, application, wanted.purpose, at=at)
    _take_effect(session, application, wanted.purpose, at=at)
    return application


def withdraw_consent(
    session: Session, application_id: UUID, purpose: str, *, by: Principal, at: datetime
) -> Application:
    """Take a consent back. Records consent.withdrawn, and what its effect records. Raises Conflict if there is none."""
    application = decisions.lock_application(session, application_id, by=by)
    policies.may_take_back(by, application, purpose)
    standing = application.answer_to(purpose)
    if standing is None or not standing.granted:
        raise Conflict(f"There is no consent to {purpose} that could be taken back.")
    standing.withdrawn_at = at
    _tell(session, EventType.CONSENT_WITHDRAWN, application, purpose, at=at)
    _take_effect(session, application, purpose, at=at)
    return application


def _tell(session: Session, kind: EventType, application: Application, purpose: str, *, at: datetime) -> None:
    touch(application, at=at)
    if application.duplicate_of_id is None:
        events.record(session, kind, application, at=at, purpose=purpose)


# ── effects ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_effect(session: Session, application: Application, purpose: str, *, at: datetime) -> None:
    if purpose == Purpose.SHARING_WITH_HOSTS:
        _show_or_hide(session, application, at=at)
    elif purpose == INDISPENSABLE and not application.agrees_to(INDISPENSABLE):
        _end(session, application, at=at)
    elif purpose == Purpose.PARENTAL_CONSENT and application.participant_id is not None:
        judge_person(session, application.participant_id, at=at)  # rule R07


def _show_or_hide(session: Session, application: Application, *, at: datetime) -> None:
    """Show the host who comes, or no more. Records mobility.updated: whoever keeps a copy reads it anew."""
    stay = _stay(session, application)
    if stay is not None and change(stay, {"shared_with_host": application.shared_with_hosts}, at=at):
        events.record(session, EventType.MOBILITY_UPDATED, stay, at=at)


def _end(session: Session, application: Application, *, at: datetime) -> None:
    """End the application: withdraw it, or once it is confirmed call off a stay that has not begun."""
    if ApplicationState.WITHDRAWN in application.TRANSITIONS.get(application.state, ()):
        decisions.end_application(session, application, at=at)
        return
    stay = _stay(session, application)
    if stay is not None and MobilityState.CANCELLED in stay.TRANSITIONS.get(stay.state, ()):
        mobilities.cancel_mobility(session, stay.id, by=OPERATOR, at=at)


def _stay(session: Session, application: Application) -> Mobility | None:
    """The mobility that came of the application, held until the transaction ends."""
    query = select(Mobility.id).where(Mobility.application_id == application.id, Mobility.deleted_at.is_(None))
    found = session.scalar(query)
    return None if found is None else mobilities.lock_mobility(session, found, by=OPERATOR)
