"""Erasure: nothing that identifies a person is left in any table, and what counts is."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Column, func, select
from sqlalchemy.orm import Session

from domain.db import Base, new_id
from domain.errors import Conflict, Forbidden, NotFound
from domain.models.applications import Application, ApplicationState
from domain.models.documents import Document, DocumentKind
from domain.models.events import Event, EventType
from domain.models.imports import Import, ImportRow
from domain.models.links import Link
from domain.models.mobilities import Mobility
from domain.models.participants import Participant
from domain.models.tokens import Scope, Token
from domain.policies import PUBLIC, Principal
from domain.services import applications, calls, decisions, erasure, link_requests, links, messages, participants
from domain.services.applications import PersonInput
from domain.transaction import transaction
from tests.domain.services.decision_steps import WAY_TO, WIDE, E, S, act, brought_to
from tests.world import GUARDIAN, World

# Of those who work at organisations: theirs to keep.
OF_OTHERS = {"organisations", "tokens"}
MARKED: list[Column[Any]] = [
    column
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.info.get("personal") and table.name not in OF_OTHERS
]


@pytest.fixture
def known(world: World) -> Application:
    """A confirmed application of somebody of whom everything is known."""
    person = PersonInput("Ana", "Petrović", "ana@example.org", date(2005, 3, 8), "RS", "2", "RS", "+381 11 111 111")
    call = world.call(**WIDE)
    application = world.application(call, person=person, guardian=GUARDIAN)
    world.do(_with_file, application)
    world.do(_asked_for_link, application)
    world.token("partner")
    world.do(_from_a_table, application)
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    for verb in WAY_TO[S.CONFIRMED]:
        application = act(world, verb, application)
    return application


def _with_file(session: Session, application: Application, *, at: datetime, **_: Any) -> None:
    file = {"kind": DocumentKind.CV, "name": "Ana's CV.pdf", "media_type": "application/pdf", "size": 9, "sha256": "a1"}
    whose = {"project_id": application.project_id, "application_id": application.id}
    session.add(Document(created_at=at, updated_at=at, **whose, **file))


def _from_a_table(session: Session, application: Application, *, at: datetime, **_: Any) -> None:
    """Two rows of tables: one that brought the application, and one that only names the same person."""
    whose = {"project_id": application.project_id, "created_at": at, "updated_at": at}
    by = {"organisation_id": application.sending_id, "token_id": session.scalars(select(Token.id)).first()}
    table = Import(
        call_id=application.call_id, dry_run=True, lang="en", total=2, headings=[], rows_until=at, **by, **whose
    )
    session.add(table)
    session.flush()
    key = applications.key_of(application.email_key, application.name_key)
    row = {"cells": {"A": "Ana"}, "findings": [{"code": "repeated_row"}], "person_key": key}
    for number, brought in ((2, application.id), (3, None)):
        named = {"import_id": table.id, "project_id": application.project_id, "number": number}
        session.add(ImportRow(id=new_id(), application_id=brought, **named, **row))


def _asked_for_link(session: Session, application: Application, *, at: datetime, **_: Any) -> None:
    link_requests.request_links(session, application.call, "ana@example.org", at=at)


def erase(world: World, application: Application, by: Principal | None = None) -> Application:
    """By the applicant, unless told."""
    who = by or world.applicant(application)
    return world.do(erasure.erase_application, application.id, by=who)  # type: ignore[no-any-return]


def held(world: World, column: Column[Any]) -> list[Any]:
    return world.read(select(column))


def blank(world: World, column: Column[Any]) -> list[Any]:
    """What may stand there once everybody was erased."""
    if column.nullable:
        return [None for _ in held(world, column)]
    ids = [row_id.hex for row_id in world.read(select(column.table.c.id))]
    return [{} for _ in ids] if column.name == "answers" else ids


@pytest.mark.parametrize("column", MARKED, ids=str)
def test_what_is_marked_as_personal_is_erased(world: World, known: Application, column: Column[Any]) -> None:
    before = held(world, column)

    erase(world, known)

    assert before, "let the fixture fill this column: then see whether it is erased"
    assert all(before)
    assert held(world, column) == blank(world, column)


def test_what_an_officer_wrote_about_the_person_goes_too(world: World) -> None:
    application = brought_to(world, S.REJECTED)

    assert (application.reason, erase(world, application).reason) == ("No", None)


def test_what_counts_stays(world: World, known: Application) -> None:
    rows = [world.read(select(func.count()).select_from(model))[0] for model in (Application, Participant, Mobility)]

    erased = erase(world, known)

    assert (erased.state, erased.country, erased.erased_at) == (S.CONFIRMED, "RS", world.clock())
    assert rows == [1, 1, 1]
    assert world.read(select(Mobility.sending_country)) == ["RS"]


@pytest.mark.parametrize("state", sorted(WAY_TO.keys() - {S.DRAFT}))
def test_what_is_under_way_is_withdrawn_first(world: World, state: ApplicationState) -> None:
    application = brought_to(world, state)
    under_way = S.WITHDRAWN in Application.TRANSITIONS.get(state, ())
    known = len(world.recorded())

    erased = erase(world, application)

    assert erased.state == (S.WITHDRAWN if under_way else state)
    of_stay = [E.PERSON_ERASED] if state is S.CONFIRMED else []
    assert world.recorded()[known:] == [E.APPLICATION_WITHDRAWN] * under_way + [E.PERSON_ERASED] + of_stay


def test_a_place_comes_free(world: World) -> None:
    application = brought_to(world, S.SELECTED)

    assert (application.call.taken, erase(world, application).call.taken) == (1, 0)


def test_whoever_has_the_person_by_a_mobility_is_told(world: World, known: Application) -> None:
    (mobility,) = world.read(select(Mobility))

    erase(world, known)

    told = world.read(select(Event).where(Event.type == EventType.PERSON_ERASED).order_by(Event.id))
    assert [(one.resource_type, one.resource_id) for one in told] == [
        ("application", known.id),
        ("mobility", mobility.id),
    ]
    assert told[1].sending_id == mobility.sending_id


def test_a_link_opens_nothing_any_more_and_no_new_one_is_made(world: World, known: Application) -> None:
    by = world.applicant(known)
    erased = erase(world, known, by)

    with pytest.raises(IndexError):
        world.secret(known)
    with pytest.raises(Conflict):
        world.do(links.replace_link, erased)


def test_what_is_mailed_later_makes_no_new_link(world: World, known: Application) -> None:
    erase(world, known)

    with transaction(world.database) as session:
        messages.owe_messages(session, session.scalars(select(Event)).all(), at=world.clock())

    assert world.read(select(Link.id).where(Link.revoked_at.is_(None))) == []


def test_to_erase_again_does_nothing(world: World, known: Application) -> None:
    by = world.principal("coordinator")
    first = erase(world, known, by)
    recorded = world.recorded()

    again = erase(world, known, by)

    assert (again.version, world.recorded()) == (first.version, recorded)


def test_who_was_erased_may_apply_again(world: World) -> None:
    call = world.call()
    for _ in range(2):
        erase(world, world.application(call))

    assert world.application(call).likely_duplicate is False


def test_the_erased_do_not_resemble_each_other(world: World) -> None:
    both = [world.participant("Ana"), world.participant("Ana")]
    for one in both:
        erase(world, confirmed_as(world, one))

    keys = world.read(select(Participant.match_key))
    assert keys == [one.hex for one in world.read(select(Participant.id))]


def confirmed_as(world: World, participant: Participant) -> Application:
    """A confirmed application of somebody who was a participant already."""
    application = brought_to(world, S.SELECTED)
    return world.do(  # type: ignore[no-any-return]
        decisions.confirm_application, application.id, participant_id=participant.id
    )


# ── others of the same person ─────────────────────────────────────────────────────────────────────────────────────


def test_a_participant_stays_while_another_application_is_theirs(world: World) -> None:
    participant = world.participant("Ana")
    first, second = (confirmed_as(world, participant) for _ in range(2))

    names = []
    for one in (first, second):
        erase(world, one)
        names += world.read(select(Participant.given_names))

    assert names == ["Ana", None]


def test_the_traces_of_merged_participants_are_erased(world: World, known: Application) -> None:
    others = [world.participant(name) for name in ("Anna", "Anne")]
    world.do(participants.merge_participants, others[0].id, others[1].id)
    world.do(participants.merge_participants, known.participant_id, others[0].id)

    erase(world, known)

    assert world.read(select(Participant.given_names)) == [None] * 3


def twice(world: World) -> list[Application]:
    """The same person's, sent twice by the public: the one that counts, and its copy."""
    call, wanted = world.call(**WIDE), world.application_input()
    return [world.do(applications.submit_application, str(call.id), wanted, via="api", by=PUBLIC) for _ in range(2)]


def test_copies_go_with_what_they_are_copies_of(world: World) -> None:
    first, _ = twice(world)

    erase(world, first)

    assert world.read(select(Application.family_name)) == [None, None]


def test_who_holds_the_link_of_a_copy_erases_that_alone_and_nobody_hears_of_it(world: World) -> None:
    first, copy = twice(world)
    recorded = world.recorded()

    erase(world, copy)

    names = dict.fromkeys((first.id,), "Petrović") | {copy.id: None}
    assert {one.id: one.family_name for one in world.read(select(Application))} == names
    assert world.recorded() == recorded


# ── who may ───────────────────────────────────────────────────────────────────────────────────────────────────────

MAY = {
    "coordinator": "done",
    "partner": "done",
    "school": "Forbidden",
    "albanian_partner": "NotFound",
    "host": "NotFound",
    "agency": "NotFound",
    "stranger": "NotFound",
}


def outcome(world: World, by: Principal) -> str:
    application = world.application(world.call(), sending_organisation_id=world.organisation("school"))
    try:
        erase(world, application, by)
    except (Forbidden, NotFound) as refusal:
        return type(refusal).__name__
    return "done"


def test_those_who_decide_may_erase_and_nobody_else(world: World) -> None:
    assert {name: outcome(world, world.principal(name)) for name in MAY} == MAY


def test_who_does_not_see_the_person_does_not_erase_them(world: World) -> None:
    blind = world.principal("coordinator", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    assert outcome(world, blind) == "Forbidden"


def test_another_applicant_finds_nothing(world: World) -> None:
    call = world.call()
    mine, others = world.application(call), world.application(call, "Mia")

    with pytest.raises(NotFound):
        erase(world, others, world.applicant(mine))
