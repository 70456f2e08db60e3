"""An application as its own applicant sees it: what has happened to it, and what they may do now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Forbidden
from domain.models.applications import Application, ApplicationState
from domain.models.documents import Document
from domain.models.events import Event, EventType
from domain.models.mobilities import Mobility
from domain.models.participants import Participant
from domain.policies import Principal
from domain.services import corrections, decisions
from domain.services.applications import get_application
from domain.services.consent_texts import Asked, asked_by, asked_of_guardians

S = ApplicationState


class Action(StrEnum):
    """What an applicant may do, called like the address at which it is done."""

    CONFIRMATION = "confirmation"
    DECLINE = "decline"
    SUBMISSION = "submission"
    WITHDRAWAL = "withdrawal"


LEADS_TO: Mapping[Action, ApplicationState] = {
    Action.CONFIRMATION: S.CONFIRMED,
    Action.DECLINE: S.DECLINED,
    Action.SUBMISSION: S.SUBMITTED,
    Action.WITHDRAWAL: S.WITHDRAWN,
}
STEPS = [kind for kind in EventType if kind.startswith("application.") and kind is not EventType.APPLICATION_UPDATED]


@dataclass(frozen=True)
class Moment:
    """A step of an application's life."""

    state: ApplicationState
    at: datetime


def my_application(session: Session, *, by: Principal) -> Application:
    """The application of the caller, whose link it is. Raises Forbidden for the link of a guardian."""
    if by.application_id is None:
        raise Forbidden("This link is the guardian's: it is for reading what is asked, and for answering it.")
    return get_application(session, by.application_id, by=by)


def opened_application(session: Session, *, by: Principal) -> Application:
    """The application that the caller's link opens, be they the applicant or the guardian."""
    opened = by.application_id or by.guardian_of
    assert opened is not None, "the link says which"
    return get_application(session, opened, by=by)


def asked(application: Application, *, by: Principal) -> list[Asked]:
    """What the caller may still agree to, as long as the application has not ended."""
    if application.state not in application.TRANSITIONS and application.state is not S.CONFIRMED:
        return []
    call = application.call
    everything = asked_of_guardians(call) if by.guardian_of is not None else asked_by(call)
    return [one for one in everything if not application.agrees_to(one.purpose)]


def actions(application: Application, *, at: datetime) -> list[Action]:
    """What the applicant may do now: what is listed works, unless something happens in between."""
    steps = application.TRANSITIONS.get(application.state, frozenset())
    possible = [action for action, state in LEADS_TO.items() if state in steps]
    late = application.confirm_by is not None and at >= application.confirm_by
    if late or application.call.state not in decisions.SELECTING:
        possible = [action for action in possible if action is not Action.CONFIRMATION]
    if corrections.editable_until(application, at=at) is None:
        possible = [action for action in possible if action is not Action.SUBMISSION]
    return possible


def take_step(session: Session, action: Action, *, by: Principal, at: datetime) -> Application:
    """Do what the applicant chose. Records what the step records. Raises Conflict when it is not possible any more."""
    application = my_application(session, by=by)
    match action:
        case Action.CONFIRMATION:
            return decisions.confirm_application(session, application.id, participant_id=None, by=by, at=at)
        case Action.DECLINE:
            return decisions.decline_application(session, application.id, by=by, at=at)
        case Action.SUBMISSION:
            return corrections.finish_application(session, application.id, by=by, at=at)
        case Action.WITHDRAWAL:
            return decisions.withdraw_application(session, application.id, by=by, at=at)


def participation(session: Session, application: Application) -> tuple[Participant | None, Sequence[Mobility]]:
    """The person as the project knows them since the place was confirmed, and their stays."""
    if application.participant_id is None:
        return None, []
    participant = session.get_one(Participant, application.participant_id)
    stays = select(Mobility).where(Mobility.participant_id == participant.id, Mobility.deleted_at.is_(None))
    return participant, session.scalars(stays.order_by(Mobility.id)).all()


def documents(session: Session, application: Application) -> Sequence[Document]:
    """The files of the application, as they came."""
    query = select(Document).where(Document.application_id == application.id)
    return session.scalars(query.order_by(Document.id)).all()


def history(session: Session, application: Application) -> Sequence[Moment]:
    """The steps so far, first to last.

    The first is from the row and not from its event: a copy has none, and who holds its link must not see that.
    """
    query = select(Event.resource_state, Event.recorded_at).where(
        Event.resource_id == application.id, Event.type.in_(STEPS)
    )
    if application.state is S.DRAFT:
        return [Moment(S.DRAFT, application.created_at)]
    later = [Moment(S(state), at) for state, at in session.execute(query.order_by(Event.id))]
    if later and later[0].state is S.SUBMITTED:
        later = later[1:]
    if application.duplicate_of_id is not None and application.state is S.WITHDRAWN:
        later = [Moment(S.WITHDRAWN, application.updated_at)]
    return [Moment(S.SUBMITTED, application.submitted_at), *later]
