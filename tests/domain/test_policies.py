"""Who sees what: each noun's rows as everybody sees them, in one table, through the one function that decides."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.config import read_config
from domain.db import new_id
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.documents import Document, DocumentKind
from domain.models.imports import Import
from domain.models.mobilities import Mobility
from domain.models.organisations import Membership, Organisation
from domain.models.participants import Participant
from domain.models.tokens import Scope, Token
from domain.models.webhooks import Endpoint
from domain.policies import OPERATOR, PUBLIC, Principal
from domain.services import calls, decisions, documents, import_columns, imports, memberships, tokens
from domain.services.document_checks import CheckedFile
from domain.services.documents import DocumentInput
from domain.services.imports import ImportInput, SentRow
from domain.services.tokens import TokenInput
from domain.transaction import reading
from tests.deliveries import endpoint
from tests.world import MEMBERS, STRANGER, World

VISIBLE: dict[str, tuple[Any, Any]] = {
    "call": (Call, policies.visible_calls),
    "draft": (Call, policies.visible_calls),
    "application": (Application, policies.visible_applications),
    "document": (Document, policies.visible_documents),
    "participant": (Participant, policies.visible_participants),
    "mobility": (Mobility, policies.visible_mobilities),
    "token": (Token, policies.visible_tokens),
    "endpoint": (Endpoint, policies.visible_endpoints),
    "import": (Import, policies.visible_imports),
    "organisation": (Organisation, policies.visible_organisations),
}
EVERYTHING = set(VISIBLE)
# What is Serbian, as others see it: a partner's calls, and a school's application with all that came of it.
SEES: dict[str, set[str]] = {
    "operator": EVERYTHING,
    "coordinator": EVERYTHING - {"endpoint", "import"},
    "partner": EVERYTHING - {"endpoint", "import"},
    "school": EVERYTHING - {"draft"},
    "host": {"call", "mobility", "organisation"},
    "agency": {"call", "mobility", "organisation"},
    "network": {"call", "organisation"},
    "albanian_partner": {"call", "organisation"},
    "albanian_school": {"call", "organisation"},
    "stranger": {"call"},
    "public": {"call"},
    "applicant": {"call", "application", "document"},
}
NEEDED = {
    Scope.CALLS_READ: {"draft"},
    Scope.APPLICATIONS_READ: {"application", "document"},
    Scope.MOBILITIES_READ: {"participant", "mobility"},
    Scope.PERSONAL_READ: {"participant"},
    Scope.TOKENS_MANAGE: {"token"},
}


@pytest.fixture
def rows(world: World) -> dict[str, UUID]:
    """One row of each noun, by the noun's name, all of the Serbian school or its partner, in the project TEST."""
    for name in (*MEMBERS, STRANGER):
        world.organisation(name)
    call, school = world.call(), world.organisation("school")
    application = world.application(call, sending_organisation_id=school)
    document, imported = _document(world, application), _imported(world, call)
    confirmed = _confirmed(world, call, application)
    wanted = TokenInput(holder="a clerk", scopes=[Scope.CALLS_READ], organisation_id=school, project="TEST")
    return {
        "call": call.id,
        "draft": world.draft().id,
        "application": application.id,
        "document": document.id,
        "participant": confirmed.participant_id,
        "mobility": world.read(select(Mobility.id))[0],
        "token": world.do(tokens.create_token, wanted).token.id,
        "endpoint": endpoint(world, "school").id,
        "import": imported,
        "organisation": school,
    }


def _document(world: World, application: Application) -> Any:
    file = CheckedFile("cv.pdf", "application/pdf", b"%PDF-", "0" * 64)
    wanted, config = DocumentInput(file, new_id(), kind=DocumentKind.CV), read_config({})
    return world.do(lambda session, **by: documents.add_document(
        session, session.get_one(Application, application.id), wanted, config=config, **by))  # fmt: skip


def _imported(world: World, call: Call) -> UUID:
    wanted = ImportInput(str(call.id), dict.fromkeys(import_columns.NEEDED), [SentRow(1, {})])
    made: Import = world.do(imports.create_import, wanted, by=world.principal("school"))
    return made.id


def _confirmed(world: World, call: Call, application: Application) -> Any:
    world.do(decisions.decide_eligibility, application.id, eligible=True, reason=None)
    world.clock.move(days=30)  # type: ignore[attr-defined]
    world.do(calls.begin_selection, str(call.id))
    destination = call.destinations[0].id
    world.do(decisions.select_application, application.id, destination_id=destination, confirm_by=None)
    return world.do(decisions.confirm_application, application.id, participant_id=None)


def seen(world: World, rows: dict[str, UUID], name: str, **narrowed: Any) -> set[str]:
    """The nouns whose row the caller called `name` sees, as a token of theirs makes it."""
    known = {"operator": OPERATOR, "public": PUBLIC}
    if name == "applicant":
        known[name] = world.applicant(world.read(select(Application))[0])
    by = known.get(name) or world.principal(name, **narrowed)
    with reading(world.database) as session:
        return set(_seen(session, rows, by))


def _seen(session: Session, rows: dict[str, UUID], by: Principal) -> Iterator[str]:
    for noun, (model, visible) in VISIBLE.items():
        if session.scalar(select(model.id).where(model.id == rows[noun], visible(by))) is not None:
            yield noun


def test_everybody_sees_what_the_table_says_and_no_more(world: World, rows: dict[str, UUID]) -> None:
    assert {name: seen(world, rows, name) for name in SEES} == SEES


def test_a_token_without_the_scope_sees_less_however_high_its_organisation(world: World, rows: dict[str, UUID]) -> None:
    everything = SEES["coordinator"]

    missed = {
        scope: everything - seen(world, rows, "coordinator", scopes=frozenset(Scope) - {scope}) for scope in NEEDED
    }

    assert missed == NEEDED


@pytest.mark.parametrize("name", ["coordinator", "partner", "school"])
def test_a_token_for_another_project_sees_nothing_of_this_one(world: World, rows: dict[str, UUID], name: str) -> None:
    world.other_project("stranger", "coordinator", "partner", "school")

    # A project's members know each other, and the school is in both.
    assert seen(world, rows, name, project="OTHER") == {"call", "organisation"}


def test_who_takes_a_member_in_elsewhere_sees_nothing_of_it_here(world: World, rows: dict[str, UUID]) -> None:
    world.other_project("stranger", "partner", "school")

    assert seen(world, rows, "stranger") == {"call", "organisation"}


def test_who_has_left_a_project_sees_nothing_of_it(world: World, rows: dict[str, UUID]) -> None:
    before = seen(world, rows, "agency")

    world.do(_remove, world.organisation("agency"))

    assert (before, seen(world, rows, "agency")) == (SEES["agency"], {"call"})


def _remove(session: Session, organisation_id: UUID, *, by: Principal, at: datetime) -> None:
    member = session.scalars(select(Membership).where(Membership.organisation_id == organisation_id)).one()
    memberships.remove_member(session, member, by=by, at=at)
