"""Participants: the persons of a project. Linked explicitly, matched by proposal, merged by an officer."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, new_id
from domain.errors import Conflict, Finding, InvalidInput, NotFound
from domain.models.applications import Application
from domain.models.organisations import Membership
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.models.tokens import Scope
from domain.policies import Principal
from domain.services.applications import name_key
from domain.services.mobility_records import hand_over, judge_person, lock_person
from domain.services.pages import Page, PageRequest, fetch_page

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


@dataclass(frozen=True)
class ParticipantInput:
    """A person as they should be; `synthetic` marks one invented for a demonstration."""

    given_names: str
    family_name: str
    country: str
    sending_organisation_id: UUID
    email: str | None = None
    birth_date: date | None = None
    gender: str | None = None
    nationality: str | None = None
    phone: str | None = None
    synthetic: bool = False


@dataclass(frozen=True)
class ParticipantFilter:
    """Which participants are wanted; what is none doesn't narrow. Never by name: that would stand in an address."""

    project: str | None = None
    country: str | None = None
    sending_organisation_id: UUID | None = None


SORT_KEYS: Mapping[str, ColumnElement[Any]] = {
    "created_at": Participant.created_at.expression,
    "updated_at": Participant.updated_at.expression,
    "reference": Participant.reference.expression,
}


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def get_participant(session: Session, participant_id: UUID, *, by: Principal) -> Participant:
    """Find one participant that the caller may see. Raises NotFound; for one that was merged it names the survivor."""
    return _found(session.scalar(select(Participant).where(Participant.id == participant_id, _visible(by))))


def lock_participant(session: Session, participant_id: UUID, *, by: Principal) -> Participant:
    """Find a participant for a change, held until the transaction ends."""
    query = select(Participant).where(Participant.id == participant_id, _visible(by))
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return _found(session.scalar(held))


def list_participants(
    session: Session, wanted: ParticipantFilter, *, by: Principal, page: PageRequest
) -> Page[Participant]:
    """List the participants that the caller may see, latest first; those merged into others are left out."""
    query = _unmerged(by)
    if wanted.project is not None:
        query = query.where(Participant.project_id.in_(select(Project.id).where(Project.code == wanted.project)))
    if wanted.country is not None:
        query = query.where(Participant.country == wanted.country)
    if wanted.sending_organisation_id is not None:
        query = query.where(Participant.sending_id == wanted.sending_organisation_id)
    return _page(session, query, page=page)


def list_matches(session: Session, participant_id: UUID, *, by: Principal, page: PageRequest) -> Page[Participant]:
    """List those with the same name, however it is written, and birth date: an officer decides who is who."""
    participant = get_participant(session, participant_id, by=by)
    query = _unmerged(by).where(
        Participant.project_id == participant.project_id,
        Participant.match_key == participant.match_key,
        Participant.id != participant.id,
    )
    return _page(session, query, page=page)


def _page(session: Session, query: Select[Participant], *, page: PageRequest) -> Page[Participant]:
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Participant.id, default="-created_at")


def _unmerged(by: Principal) -> Select[Participant]:
    return select(Participant).where(Participant.merged_into_id.is_(None), _visible(by))


def _visible(by: Principal) -> ColumnElement[bool]:
    """Persons take two scopes: whoever lacks one is told so, and not shown an empty list."""
    policies.require_scope(by, Scope.MOBILITIES_READ)
    policies.require_scope(by, Scope.PERSONAL_READ)
    return policies.visible_participants(by)


def _found(participant: Participant | None) -> Participant:
    if participant is None:
        raise NotFound("There is no such participant.")
    if participant.merged_into_id is not None:
        survivor = str(participant.merged_into_id)
        raise NotFound(f"This participant was merged into another, {survivor}.", merged_into_id=survivor)
    return participant


# ── making, editing, merging ──────────────────────────────────────────────────────────────────────────────────────


def create_participant(
    session: Session, project: Project, wanted: ParticipantInput, *, by: Principal, at: datetime
) -> Participant:
    """Enter a person into a project. Raises Forbidden, InvalidInput."""
    policies.may_manage_mobilities(by, project.id, country=wanted.country)
    _check_sending(session, project.id, wanted.sending_organisation_id, by=by)
    participant = Participant(
        id=new_id(),
        project_id=project.id,
        reference=_reference(),
        created_at=at,
        updated_at=at,
        **_values(wanted),
    )
    session.add(participant)
    session.flush()
    return participant


def edit_participant(
    session: Session, participant: Participant, wanted: ParticipantInput, *, by: Principal, at: datetime
) -> Participant:
    """Make `participant` (locked) as wanted. Their mobilities keep the school and the country that sent them.

    A birth date decides rule R07: records mobility.updated for each mobility whose verdict changes.
    """
    for country in {participant.country, wanted.country}:
        policies.may_manage_mobilities(by, participant.project_id, country=country)
    if wanted.sending_organisation_id != participant.sending_id:
        _check_sending(session, participant.project_id, wanted.sending_organisation_id, by=by)
    if change(participant, _values(replace(wanted, synthetic=participant.synthetic)), at=at):
        judge_person(session, participant.id, at=at)
    session.flush()
    return participant


def merge_participants(
    session: Session, participant_id: UUID, other_id: UUID, *, by: Principal, at: datetime
) -> Participant:
    """Find that two are one person: the other's mobilities and applications become this one's, which is returned.

    The other stays as a trace that names this one. Records mobility.updated for each mobility that moves.
    """
    if participant_id == other_id:
        raise Conflict("These are the same participant already.")
    # In one order, whoever asks: two merges at once don't wait in a ring.
    for one in sorted((participant_id, other_id)):
        lock_person(session, one)
    survivor = lock_participant(session, participant_id, by=by)
    other = _other(session, survivor, other_id, by=by)
    for participant in (survivor, other):
        policies.may_manage_mobilities(by, participant.project_id, country=participant.country)
    change(other, {"merged_into_id": survivor.id}, at=at)
    for application in session.scalars(select(Application).where(Application.participant_id == other.id)).all():
        change(application, {"participant_id": survivor.id}, at=at)
    hand_over(session, old=other, new=survivor, at=at)
    change(survivor, {"updated_at": at}, at=at)
    session.flush()
    return survivor


def as_input(participant: Participant) -> ParticipantInput:
    """The participant as they stand, in the form in which they are wanted."""
    same = ParticipantInput.__dataclass_fields__.keys() - {"sending_organisation_id"}
    standing = {name: getattr(participant, name) for name in same}
    return ParticipantInput(sending_organisation_id=participant.sending_id, **standing)


def participant_of(
    session: Session, application: Application, *, participant_id: UUID | None, by: Principal, at: datetime
) -> Participant:
    """The participant to whom a confirmed application belongs: the one named, else a new one with its particulars."""
    if participant_id is not None:
        return named_participant(session, application.project_id, participant_id, by=by)
    participant = Participant(
        id=new_id(),
        project_id=application.project_id,
        reference=_reference(),
        match_key=application.name_key,
        synthetic=application.synthetic,
        created_at=at,
        updated_at=at,
        **{name: getattr(application, name) for name in COPIED},
    )
    session.add(participant)
    session.flush()
    return participant


def named_participant(session: Session, project_id: UUID, participant_id: UUID, *, by: Principal) -> Participant:
    """Find the participant of a project that an input names, held until the transaction ends. Raises InvalidInput."""
    query = select(Participant).where(
        Participant.id == participant_id,
        Participant.project_id == project_id,
        Participant.merged_into_id.is_(None),
        policies.visible_participants(by),
    )
    found = session.scalar(query.with_for_update(key_share=True))
    if found is None:
        raise InvalidInput([Finding("/participant_id", "not_found")])
    return found


def _other(session: Session, survivor: Participant, other_id: UUID, *, by: Principal) -> Participant:
    other = session.scalar(_unmerged(by).where(Participant.id == other_id).execution_options(populate_existing=True))
    if other is None or other.project_id != survivor.project_id:
        raise InvalidInput([Finding("/participant_id", "not_found")])
    return other


def _check_sending(session: Session, project_id: UUID, sending_id: UUID, *, by: Principal) -> None:
    """An organisation enters its own people and those of its schools; the coordinator everybody's."""
    member = (Membership.project_id == project_id, Membership.organisation_id == sending_id)
    own = sending_id == by.organisation_id or by.looks_after(sending_id, project_id)
    if not own or session.scalar(select(Membership.id).where(*member)) is None:
        raise InvalidInput([Finding("/sending_organisation_id", "not_found")])


def _values(wanted: ParticipantInput) -> dict[str, Any]:
    same = ParticipantInput.__dataclass_fields__.keys() - {"sending_organisation_id"}
    return {
        "sending_id": wanted.sending_organisation_id,
        "match_key": name_key(wanted.given_names, wanted.family_name, wanted.birth_date),
        **{name: getattr(wanted, name) for name in same},
    }


def _reference() -> str:
    return f"P-{secrets.token_hex(5).upper()}"  # 40 bits; unique in the table besides
