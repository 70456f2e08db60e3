"""Mobilities: nominated, confirmed, under way, completed, recognised."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain import events
from domain.db import new_id
from domain.models.applications import Application
from domain.models.events import EventType
from domain.models.mobilities import Mobility, MobilityState
from domain.models.participants import Participant


def nominate(session: Session, application: Application, participant: Participant, *, at: datetime) -> Mobility:
    """Make the mobility of a confirmed application. Records mobility.nominated."""
    destination = application.destination
    mobility = Mobility(
        id=new_id(),
        project_id=application.project_id,
        participant_id=participant.id,
        activity_id=application.call.activity_id,
        application_id=application.id,
        destination_id=application.destination_id,
        sending_id=application.sending_id,
        sending_country=application.country,
        receiving_id=destination.host_id if destination else None,
        receiving_country=destination.country if destination else None,
        receiving_city=destination.city if destination else None,
        start_date=destination.starts_on if destination else None,
        end_date=destination.ends_on if destination else None,
        violations=[],
        state=MobilityState.NOMINATED,
        synthetic=application.synthetic,
        created_at=at,
        updated_at=at,
    )
    session.add(mobility)
    events.record(session, EventType.MOBILITY_NOMINATED, mobility, at=at)
    return mobility
