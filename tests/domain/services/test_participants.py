"""Participants through the services: entered, matched, merged."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from domain.models.applications import Application
from domain.models.events import Event, EventType
from domain.models.mobilities import Mobility
from domain.models.participants import Participant
from domain.policies import OPERATOR, Principal
from domain.services import calls, decisions, mobilities, participants, projects, tokens
from domain.services.pages import PageRequest
from domain.services.participants import ParticipantFilter
from domain.transaction import Database, reading, transaction
from tests.domain.services.changed_mobilities import deleted
from tests.world import World


def principal(world: World, name: str) -> Principal:
    with reading(world.database) as session:
        return tokens.authenticate(session, world.token(name), at=world.clock())


def created(world: World, name: str, **changes: Any) -> Participant:
    wanted, by = world.participant_input(**changes), principal(world, name)
    with transaction(world.database) as session:
        project = projects.project_by_code(session, "TEST", by=by)
        return participants.create_participant(session, project, wanted, by=by, at=world.clock())


def edited(world: World, participant: Participant, **changes: Any) -> Participant:
    with transaction(world.database) as session:
        held = participants.lock_participant(session, participant.id, by=OPERATOR)
        wanted = replace(participants.as_input(held), **changes)
        return participants.edit_participant(session, held, wanted, by=OPERATOR, at=world.clock())


def references(session: Session, by: Principal = OPERATOR, **wanted: Any) -> list[str]:
    page = PageRequest(sort="created_at")
    found = participants.list_participants(session, ParticipantFilter(**wanted), by=by, page=page)
    return [participant.reference for participant in found.items]


def merged(world: World, into: UUID, other: UUID) -> Participant:
    return world.do(participants.merge_participants, into, other)  # type: ignore[no-any-return]


def selected(world: World) -> Application:
    application = world.eligible(world.call(grace_minutes=0))
    call = application.call
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    return world.do(  # type: ignore[no-any-return]
        decisions.select_application, application.id, destination_id=call.destinations[0].id, confirm_by=None
    )


def confirmed(world: World, participant_id: UUID | None = None) -> Application:
    return world.do(  # type: ignore[no-any-return]
        decisions.confirm_application, selected(world).id, participant_id=participant_id
    )


def test_a_partner_enters_a_person_of_its_school(world: World) -> None:
    participant = created(world, "partner")

    assert (participant.given_names, participant.sending_id) == ("Ana", world.organisation("school"))


def test_a_partner_enters_nobody_of_another_country(world: World) -> None:
    with pytest.raises(Forbidden):
        created(world, "partner", country="AL")


def test_a_partner_enters_nobody_of_another_partners_school(world: World) -> None:
    with pytest.raises(InvalidInput) as refusal:
        created(world, "partner", sending_organisation_id=world.organisation("albanian_school"))

    assert [finding.pointer for finding in refusal.value.findings] == ["/sending_organisation_id"]


@pytest.mark.parametrize("stranger", ["stranger", None])
def test_a_person_is_sent_by_a_member(world: World, stranger: str | None) -> None:
    sending_id = world.organisation(stranger) if stranger else new_id()

    with pytest.raises(InvalidInput):
        world.participant(sending_organisation_id=sending_id)


def test_a_person_is_moved_to_another_school_of_the_project_alone(world: World) -> None:
    participant, partner = world.participant(), world.organisation("partner")

    assert edited(world, participant, sending_organisation_id=partner).sending_id == partner
    with pytest.raises(InvalidInput) as refusal:
        edited(world, participant, sending_organisation_id=world.organisation("stranger"))
    assert [(f.pointer, f.code) for f in refusal.value.findings] == [("/sending_organisation_id", "not_found")]


def test_an_edit_that_changes_nothing_keeps_the_version(world: World) -> None:
    participant = world.participant()

    assert edited(world, participant).version == participant.version


def test_an_invented_person_stays_marked_when_edited(world: World) -> None:
    participant = world.participant(synthetic=True)

    assert (edited(world, participant, given_names="Ani").synthetic, participant.synthetic) == (True, True)


@pytest.mark.parametrize(
    ("narrowed", "shown"),
    [
        ({}, ["Ana", "Bora"]),
        ({"country": "AL"}, ["Bora"]),
        ({"project": "TEST"}, ["Ana", "Bora"]),
        ({"project": "NONE"}, []),
        ({"sending_organisation_id": UUID(int=0)}, []),
    ],
)
def test_a_list_is_narrowed(world: World, narrowed: dict[str, Any], shown: list[str]) -> None:
    persons = {"Ana": world.participant("Ana"), "Bora": world.participant("Bora", country="AL")}

    with reading(world.database) as session:
        assert references(session, **narrowed) == [persons[name].reference for name in shown]


def test_a_match_has_the_same_name_in_any_script_and_the_same_birth_date(world: World) -> None:
    ana = world.participant("Ana", family_name="Petrović")
    other = world.participant("АНА", family_name="Петровић")
    world.participant("Ana", family_name="Petrović", birth_date=date(2005, 3, 9))

    with reading(world.database) as session:
        found = participants.list_matches(session, ana.id, by=OPERATOR, page=PageRequest())

    assert [match.id for match in found.items] == [other.id]


def test_a_person_who_applied_is_a_match_of_the_same_person_entered(world: World) -> None:
    applied, entered = confirmed(world).participant_id, world.participant("АНА", family_name="Петровић")

    with reading(world.database) as session:
        found = participants.list_matches(session, entered.id, by=OPERATOR, page=PageRequest())

    assert [match.id for match in found.items] == [applied]


def test_a_merge_moves_mobilities_and_applications(world: World) -> None:
    application = confirmed(world)
    other, ana = application.participant_id, world.participant("Ana")
    assert other is not None

    merged(world, ana.id, other)

    with reading(world.database) as session:
        assert session.scalars(select(Mobility.participant_id)).all() == [ana.id]
        assert session.scalars(select(Application.participant_id)).all() == [ana.id]


def test_a_merge_leaves_a_trace_that_names_the_survivor(world: World) -> None:
    ana, other = world.participant("Ana"), world.participant("Ana")

    merged(world, ana.id, other.id)

    with reading(world.database) as session, pytest.raises(NotFound) as gone:
        participants.get_participant(session, other.id, by=OPERATOR)
    assert gone.value.values == {"merged_into_id": str(ana.id)}


def test_who_was_merged_is_not_listed(world: World) -> None:
    ana, other = world.participant("Ana"), world.participant("Ana")

    merged(world, ana.id, other.id)

    with reading(world.database) as session:
        assert references(session) == [ana.reference]


def test_a_merge_is_told_for_each_mobility(world: World, database: Database) -> None:
    ana, other = world.participant("Ana"), world.participant("Ana")
    mobility = world.mobility(other)

    merged(world, ana.id, other.id)

    with reading(database) as session:
        told = session.scalars(select(Event.resource_id).where(Event.type == EventType.MOBILITY_UPDATED)).all()
    assert told == [mobility.id]


def test_a_merge_tells_nothing_of_a_mobility_that_was_deleted(world: World) -> None:
    ana, other = world.participant("Ana"), world.participant("Ana")
    mobility = world.mobility(other)
    deleted(world, mobility)

    merged(world, ana.id, other.id)

    told = world.read(select(Event.type).where(Event.resource_id == mobility.id).order_by(Event.id))
    assert told == [EventType.MOBILITY_NOMINATED, EventType.MOBILITY_CANCELLED]


def test_a_merge_shows_that_one_person_was_in_two_places(world: World, database: Database) -> None:
    ana, other = world.participant("Ana"), world.participant("Ana")
    world.mobility(ana), world.mobility(other)

    merged(world, ana.id, other.id)

    with reading(database) as session:
        assert session.scalars(select(Mobility.violations)).all() == [["R09"], ["R09"]]


def test_nobody_is_merged_into_themselves(world: World) -> None:
    ana = world.participant("Ana")

    with pytest.raises(Conflict):
        merged(world, ana.id, ana.id)


def test_who_was_merged_is_not_merged_again(world: World) -> None:
    ana, other = world.participant("Ana"), world.participant("Ana")
    merged(world, ana.id, other.id)

    with pytest.raises(InvalidInput) as refusal:
        merged(world, ana.id, other.id)

    assert [finding.pointer for finding in refusal.value.findings] == ["/participant_id"]


def test_a_birth_date_put_right_puts_the_mobility_right(world: World) -> None:
    ana = world.participant("Ana", birth_date=date(2012, 3, 8))
    mobility = world.mobility(ana)

    edited(world, ana, birth_date=date(2002, 3, 8))

    with reading(world.database) as session:
        found = mobilities.get_mobility(session, mobility.id, by=OPERATOR)
        assert (mobility.violations, found.violations, found.version) == (["R07"], [], 2)


def test_an_application_is_confirmed_for_a_participant_who_is_there_already(world: World) -> None:
    ana = world.participant("Ana")

    confirmed(world, participant_id=ana.id)

    with reading(world.database) as session:
        assert session.scalars(select(Mobility.participant_id)).all() == [ana.id]
