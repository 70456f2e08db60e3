"""Participants: the persons of a project. Linked explicitly, matched by proposal, merged by an officer."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import new_id
from domain.errors import Finding, InvalidInput
from domain.models.applications import Application
from domain.models.participants import Participant
from domain.policies import Principal

COPIED = (
    "given_names",
    "family_name",
    "email",
    "birth_date",
    "gender",
    "nationality",
    "country",
    "phone",
    "sending_id",
)


def participant_of(
    session: Session, application: Application, *, participant_id: UUID | None, by: Principal, at: datetime
) -> Participant:
    """The participant to whom a confirmed application belongs: the one named, else a new one with its particulars."""
    if participant_id is not None:
        return _named(session, application, participant_id, by=by)
    participant = Participant(
        id=new_id(),
        project_id=application.project_id,
        reference=f"P-{secrets.token_hex(4).upper()}",
        match_key=application.name_key,
        synthetic=application.synthetic,
        created_at=at,
        updated_at=at,
        **{name: getattr(application, name) for name in COPIED},
    )
    session.add(participant)
    session.flush()
    return participant


def _named(session: Session, application: Application, participant_id: UUID, *, by: Principal) -> Participant:
    found = session.scalar(
        select(Participant).where(
            Participant.id == participant_id,
            Participant.project_id == application.project_id,
            Participant.merged_into_id.is_(None),
            policies.visible_participants(by),
        )
    )
    if found is None:
        raise InvalidInput([Finding("/participant_id", "not_found")])
    return found
