"""Documents: files added to an application, listed, handed out, taken away.

The bytes are checked (`document_checks`) and stored before the transaction begins, and named by a row in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from domain import policies
from domain.config import Config
from domain.errors import Conflict, DocumentNotClean, Finding, NotFound, StorageFull, refuse
from domain.models.applications import Application
from domain.models.documents import Document, DocumentKind, DocumentState
from domain.policies import Principal
from domain.services.corrections import editable_until
from domain.services.document_checks import CheckedFile
from domain.services.forms import file_questions
from domain.services.pages import Page, PageRequest, fetch_page
from domain.states import move_to

MOST = 20  # files of one application; more is asked for by no form that we know
SORT_KEYS = {"created_at": Document.created_at}


@dataclass(frozen=True)
class DocumentInput:
    """What a file is for: the question of the form that asks for it, or its kind; and where its bytes lie."""

    file: CheckedFile
    file_id: UUID
    kind: DocumentKind | None = None
    question: str | None = None


def add_document(
    session: Session, application: Application, wanted: DocumentInput, *, config: Config, by: Principal, at: datetime
) -> Document:
    """Add a stored file to an application. It is pending until it was scanned, where a scanner is set; else clean.

    Raises Forbidden, Conflict when the application can't be changed any more, InvalidInput, StorageFull.
    """
    policies.may_upload(by, application)
    session.refresh(application, with_for_update=True)  # two that arrive at once are counted one after the other
    _must_be_changeable(application, at)
    refuse([*_purpose(session, application, wanted), *_number(session, application)])
    _must_have_room(session, application, wanted.file, config)
    document = Document(
        id=wanted.file_id,
        project_id=application.project_id,
        application_id=application.id,
        kind=wanted.kind,
        question=wanted.question,
        name=wanted.file.name,
        media_type=wanted.file.media_type,
        size=len(wanted.file.content),
        sha256=wanted.file.sha256,
        state=DocumentState.PENDING if config.clamav else DocumentState.CLEAN,
        synthetic=application.synthetic,
        created_at=at,
        updated_at=at,
    )
    session.add(document)
    session.flush()
    return document


def delete_document(session: Session, document: Document, *, by: Principal, at: datetime) -> None:
    """Take a file away from its application, while that can be changed. Its bytes are gone with the next sweep."""
    application = session.get_one(Application, document.application_id)
    policies.may_upload(by, application)
    _must_be_changeable(application, at)
    session.delete(document)
    session.flush()


def erase_documents(session: Session, application: Application) -> int:
    """Forget every file of an application; return how many. Their bytes are gone with the next sweep."""
    result = session.execute(delete(Document).where(Document.application_id == application.id))
    return int(getattr(result, "rowcount", 0))


def get_document(session: Session, application: Application, document_id: UUID, *, by: Principal) -> Document:
    """Find one file of an application. Raises NotFound."""
    mine = (Document.id == document_id, Document.application_id == application.id)
    document = session.scalar(select(Document).where(*mine, policies.visible_documents(by)))
    if document is None:
        raise NotFound("There is no such document.")
    return document


def list_documents(session: Session, application: Application, *, by: Principal, page: PageRequest) -> Page[Document]:
    """List the files of an application, as they came."""
    query = select(Document).where(Document.application_id == application.id, policies.visible_documents(by))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Document.id, default="created_at")


def must_be_readable(document: Document, *, by: Principal) -> None:
    """Raise Forbidden for who isn't shown persons, DocumentNotClean for what isn't (or not yet) known to be clean."""
    policies.may_read_file(by, document)
    if document.state is not DocumentState.CLEAN:
        raise DocumentNotClean(document.state)


# ── for the worker ────────────────────────────────────────────────────────────────────────────────────────────────


def pending_documents(session: Session, *, limit: int) -> Sequence[UUID]:
    """The ids of files that wait to be scanned, the longest waiting first."""
    query = select(Document.id).where(Document.state == DocumentState.PENDING).order_by(Document.id)
    return session.scalars(query.limit(limit)).all()


def settle_scan(session: Session, document_id: UUID, found: DocumentState, *, at: datetime) -> None:
    """Write down what the scanner found. What was deleted or settled meanwhile is left as it is."""
    document = session.get(Document, document_id)
    if document is not None and document.state is DocumentState.PENDING:
        move_to(document, found, at=at)


def unnamed(session: Session, file_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these files no row names."""
    return set(file_ids) - set(session.scalars(select(Document.id).where(Document.id.in_(file_ids))))


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _must_be_changeable(application: Application, at: datetime) -> None:
    if editable_until(application, at=at) is None:
        raise Conflict("The application can't be changed any more, so its documents stay as they are.")


def _purpose(session: Session, application: Application, wanted: DocumentInput) -> Iterator[Finding]:
    if (wanted.kind is None) is (wanted.question is None):
        yield Finding("/kind", "kind_or_question")
    if wanted.question is None:
        return
    questions = {each.question: each for each in file_questions(application.call.form)}
    if wanted.question not in questions:
        yield Finding("/question", "not_a_choice", {"choices": ", ".join(questions) or "–"})
        return
    question = questions[wanted.question]
    if wanted.file.extension not in question.accept:
        yield Finding("/file", "file_type", {"choices": ", ".join(question.accept)})
    if _count(session, application, Document.question == wanted.question) >= question.max_files:
        yield Finding("/file", "too_many", {"limit": question.max_files})


def _number(session: Session, application: Application) -> Iterator[Finding]:
    if _count(session, application) >= MOST:
        yield Finding("/file", "too_many", {"limit": MOST})


def _count(session: Session, application: Application, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Document).where(Document.application_id == application.id, *conditions)
    return session.scalar(query) or 0


def _must_have_room(session: Session, application: Application, file: CheckedFile, config: Config) -> None:
    used = session.scalar(select(func.sum(Document.size)).where(Document.project_id == application.project_id)) or 0
    if used + len(file.content) > config.files_quota:
        raise StorageFull("The project's files take all the room they may; ask the operator for more.")
