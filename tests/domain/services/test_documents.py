"""Documents of applications: who adds them, until when, how many, and what is left when they go."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.config import Config
from domain.db import new_id
from domain.errors import Conflict, DocumentNotClean, Forbidden, StorageFull
from domain.models.applications import Application, SubmittedVia
from domain.models.calls import accepts_until
from domain.models.documents import Document, DocumentKind, DocumentState
from domain.models.tokens import Scope
from domain.policies import sees_file, visible_documents
from domain.services import applications, calls, corrections, decisions, documents
from domain.services.applications import as_input
from domain.services.document_checks import CheckedFile, Upload, check_file
from domain.services.documents import MOST, DocumentInput
from tests.papers import jpeg, pdf
from tests.world import World

SCANNED = "127.0.0.1:3310"
FILE = check_file(Upload("cv.pdf", pdf()))


def wanted(file: CheckedFile = FILE, **purpose: Any) -> DocumentInput:
    return DocumentInput(file, new_id(), **(purpose or {"kind": DocumentKind.CV}))


def add(
    world: World, application: Application, config: Config, document: DocumentInput | None = None, **by: Any
) -> Document:
    def verb(session: Any, **caller: Any) -> Document:
        row = session.get_one(Application, application.id)
        return documents.add_document(session, row, document or wanted(), config=config, **caller)

    return world.do(verb, **by)  # type: ignore[no-any-return]


@pytest.fixture
def application(world: World) -> Application:
    """An application that the Serbian school has sent."""
    return world.application(world.call(), sending_organisation_id=world.organisation("school"))


@pytest.mark.parametrize(("clamav", "state"), [(None, DocumentState.CLEAN), (SCANNED, DocumentState.PENDING)])
def test_a_file_is_clean_at_once_unless_it_is_to_be_scanned(
    world: World, application: Application, config: Config, clamav: str | None, state: DocumentState
) -> None:
    document = add(world, application, replace(config, clamav=clamav))

    assert (document.state, document.size) == (state, len(FILE.content))


@pytest.mark.parametrize("name", ["school", "partner", "coordinator"])
def test_who_answers_for_the_applicant_adds_files(
    world: World, application: Application, config: Config, name: str
) -> None:
    add(world, application, config, by=world.principal(name))

    assert len(world.read(select(Document))) == 1


@pytest.mark.parametrize("name", ["albanian_partner", "host", "agency", "stranger"])
def test_nobody_else_does(world: World, application: Application, config: Config, name: str) -> None:
    with pytest.raises(Forbidden):
        add(world, application, config, by=world.principal(name))


def test_until_the_grace_has_passed_and_no_longer(world: World, config: Config) -> None:
    call = world.call(grace_minutes=10)
    application = world.application(call)
    world.clock.now = accepts_until(call)  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        add(world, application, config)

    world.clock.move(seconds=-1)  # type: ignore[attr-defined]

    assert add(world, application, config).state is DocumentState.CLEAN


def test_not_once_it_is_decided_or_withdrawn_or_the_call_selects(world: World, config: Config) -> None:
    call = world.call()
    found, withdrawn, waiting = world.eligible(call), world.application(call, "Iva"), world.application(call, "Mia")
    world.do(decisions.withdraw_application, withdrawn.id)
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)

    for application in (found, withdrawn, waiting):
        with pytest.raises(Conflict):
            add(world, application, config)


def test_a_file_says_what_it_is_for(world: World, application: Application, config: Config) -> None:
    def refused(**purpose: Any) -> list[tuple[str, str]]:
        return told(world, application, config, wanted(**purpose))

    assert refused(kind=None) == [("/kind", "kind_or_question")]
    assert refused(kind=DocumentKind.CV, question="cv")[0] == ("/kind", "kind_or_question")
    assert refused(question="motivation") == [("/question", "not_a_choice")]


def asked(world: World, **options: Any) -> Application:
    """An application to a call that asks for a file."""
    question = {"name": "cv", "type": "file", "label": {"en": "CV", "sr-Cyrl": "Биографија"}, **options}
    return world.application(world.call(form=[question]), answers={})


def told(world: World, application: Application, config: Config, document: DocumentInput) -> list[tuple[str, str]]:
    """Why a document is refused."""
    return world.refused(lambda session, **by: documents.add_document(
        session, session.get_one(Application, application.id), document, config=config, **by))  # fmt: skip


def test_a_question_that_asks_for_a_file_gets_it_and_no_second(world: World, config: Config) -> None:
    application = asked(world)

    assert add(world, application, config, wanted(question="cv")).question == "cv"
    assert told(world, application, config, wanted(question="cv")) == [("/file", "too_many")]
    assert add(world, application, config).question is None


def answered(session: Any, application: Application, *named: Document, **who: Any) -> Application:
    """The question is answered with documents."""
    row = session.get_one(Application, application.id)
    answers = {"cv": [str(document.id) for document in named]}
    return corrections.edit_application(session, row, replace(as_input(row), answers=answers), **who)


def test_a_question_is_answered_with_files_that_were_added_for_it(world: World, config: Config) -> None:
    application = asked(world)
    own = add(world, application, config, wanted(question="cv"))

    assert world.do(answered, application, own).answers == {"cv": [str(own.id)]}


def test_a_question_is_not_answered_with_other_files(world: World, config: Config) -> None:
    application = asked(world)
    another = world.application(application.call, "Iva", answers={})
    theirs, letter = add(world, another, config, wanted(question="cv")), add(world, application, config)
    refused = [("/answers/cv/0", "not_found")]

    assert [world.refused(answered, application, one) for one in (theirs, letter)] == [refused, refused]


def test_who_applies_anew_has_no_file_yet(world: World) -> None:
    new = world.application_input(answers={"cv": [str(new_id())]})
    call_id = str(asked(world).call_id)

    found = world.refused(applications.submit_application, call_id, new, via=SubmittedVia.API)

    assert found == [("/answers/cv/0", "not_found")]


def test_a_question_that_asks_for_two_gets_two(world: World, config: Config) -> None:
    application = asked(world, max_files=2)

    for _ in range(2):
        add(world, application, config, wanted(question="cv"))

    assert told(world, application, config, wanted(question="cv")) == [("/file", "too_many")]


def test_a_question_that_asks_for_one_kind_gets_no_other(world: World, config: Config) -> None:
    application = asked(world, accept=["jpg"])
    photograph = check_file(Upload("me.jpeg", jpeg()))

    assert told(world, application, config, wanted(question="cv")) == [("/file", "file_type")]
    assert add(world, application, config, wanted(photograph, question="cv")).media_type == "image/jpeg"


def test_an_application_has_so_many_files_and_no_more(world: World, application: Application, config: Config) -> None:
    for _ in range(MOST):
        add(world, application, config)

    found = told(world, application, config, wanted())

    assert (found, len(world.read(select(Document)))) == ([("/file", "too_many")], MOST)


def test_a_project_has_so_much_room_and_no_more(world: World, application: Application, config: Config) -> None:
    small = replace(config, files_quota=2 * len(FILE.content))
    add(world, application, small)
    add(world, application, small)

    with pytest.raises(StorageFull):
        add(world, application, small)


def test_a_deleted_file_makes_room(world: World, application: Application, config: Config) -> None:
    small = replace(config, files_quota=len(FILE.content))
    document = add(world, application, small)

    world.do(lambda session, **by: documents.delete_document(session, session.get_one(Document, document.id), **by))

    assert add(world, application, small).state is DocumentState.CLEAN


def test_a_file_stays_once_the_application_can_not_be_changed(world: World, config: Config) -> None:
    application = world.application(world.call())
    document = add(world, application, config)
    world.do(decisions.decide_eligibility, application.id, eligible=True, reason=None)

    with pytest.raises(Conflict):
        world.do(lambda session, **by: documents.delete_document(session, session.get_one(Document, document.id), **by))


def test_erasing_takes_the_files_of_one_application_and_leaves_others(world: World, config: Config) -> None:
    call = world.call()
    ana, iva = world.application(call), world.application(call, "Iva")
    for application in (ana, ana, iva):
        add(world, application, config)

    erased = world.do(lambda session, by, at: documents.erase_documents(session, session.get_one(Application, ana.id)))

    assert (erased, world.read(select(Document.application_id))) == (2, [iva.id])


def read(world: World, document_id: UUID, **scopes: Any) -> None:
    by = world.principal("school", **scopes)
    world.do(lambda session, **_: documents.must_be_readable(session.get_one(Document, document_id), by=by))


def test_a_file_is_read_when_it_is_clean_and_only_then(world: World, application: Application, config: Config) -> None:
    document = add(world, application, replace(config, clamav=SCANNED))
    with pytest.raises(DocumentNotClean):
        read(world, document.id)

    settle(world, document.id, DocumentState.CLEAN)

    read(world, document.id)


def test_an_infected_file_is_never_read(world: World, application: Application, config: Config) -> None:
    document = add(world, application, replace(config, clamav=SCANNED))
    settle(world, document.id, DocumentState.INFECTED)

    settle(world, document.id, DocumentState.CLEAN)

    with pytest.raises(DocumentNotClean):
        read(world, document.id)


def settle(world: World, document_id: UUID, state: DocumentState) -> None:
    world.do(lambda session, by, at: documents.settle_scan(session, document_id, state, at=at))


def test_a_file_is_read_by_those_who_may_see_persons(world: World, application: Application, config: Config) -> None:
    document = add(world, application, config)

    with pytest.raises(Forbidden):
        read(world, document.id, scopes=frozenset(Scope) - {Scope.PERSONAL_READ})


def test_who_applied_adds_and_reads_their_own_files_and_no_others(world: World, config: Config) -> None:
    call = world.call()
    ana, iva = world.application(call), world.application(call, "Iva")
    by = world.applicant(ana)

    own, other = add(world, ana, config, by=by), add(world, iva, config)

    found = world.do(lambda session, **_: session.scalars(select(Document.id).where(visible_documents(by))).all())
    documents.must_be_readable(own, by=by)
    assert (found, sees_file(by, own), sees_file(by, other)) == ([own.id], True, False)
    with pytest.raises(Forbidden):
        documents.must_be_readable(other, by=by)
    with pytest.raises(Forbidden):
        add(world, iva, config, by=by)


def test_what_is_deleted_while_it_is_scanned_is_left_alone(world: World) -> None:
    settle(world, new_id(), DocumentState.CLEAN)

    assert world.read(select(Document)) == []


def test_files_that_no_row_names_are_found(world: World, application: Application, config: Config) -> None:
    named, orphan = add(world, application, config).id, new_id()

    found = world.do(lambda session, by, at: documents.unnamed(session, [named, orphan]))

    assert found == {orphan}
