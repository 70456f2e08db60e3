"""The texts that people are asked to agree to: a project's own, and the standard ones for as long as it has none.

The standard text is every project's version 1. It is written down as such with the first consent to it and before a
project's own, so that what was agreed to stays what it was when a release mends the standard.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import Text, new_id
from domain.errors import Finding, NotFound, refuse
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.consents import INDISPENSABLE, ConsentText, Purpose
from domain.models.projects import Project
from domain.policies import Principal

FOLDER = Path(__file__).parents[2] / "data" / "consents"
# How long a text that has been replaced may still be agreed to: somebody has it open on a screen, or on paper.
STILL_TAKEN = timedelta(days=7)


@dataclass(frozen=True)
class Asked:
    """What a call asks people to agree to: the purpose, and the text as it stands now."""

    purpose: Purpose
    required: bool
    text_version: str
    text: Text


def _read() -> Mapping[Purpose, Text]:
    return {purpose: json.loads((FOLDER / f"{purpose}.json").read_text("utf-8"))["text"] for purpose in Purpose}


STANDARD = _read()


def asked_by(call: Call) -> list[Asked]:
    """What `call` asks of those who apply, in its own order."""
    return _asked(call, [Purpose(name) for name in call.consent_purposes])


def asked_of_guardians(call: Call) -> list[Asked]:
    """What the guardian of a minor who applies to `call` is asked."""
    return _asked(call, [Purpose.PARENTAL_CONSENT])


def _asked(call: Call, purposes: Sequence[Purpose]) -> list[Asked]:
    current = {purpose: versions(call.project_id, purpose, call.consent_texts)[0] for purpose in purposes}
    return [Asked(name, name is INDISPENSABLE, str(text.version), text.text) for name, text in current.items()]


def versions(project_id: UUID, purpose: Purpose, written: Iterable[ConsentText]) -> Sequence[ConsentText]:
    """All versions of the project's text for `purpose`, the current one first; the standard text if none is written."""
    own = sorted((text for text in written if text.purpose is purpose), key=lambda text: -text.version)
    return own or [_standard(project_id, purpose)]


def text_read(application: Application, purpose: str) -> Text:
    """The text that was agreed to, as it stood then; empty where nothing is."""
    answer, call = application.answer_to(purpose), application.call
    if answer is None or not answer.granted or purpose not in set(Purpose):
        return {}
    texts = versions(call.project_id, Purpose(purpose), call.consent_texts)
    return next((text.text for text in texts if str(text.version) == answer.text_version), {})


def still_taken(texts: Sequence[ConsentText], *, at: datetime) -> Sequence[ConsentText]:
    """Of all versions the current one, and those that were current less than a week ago."""
    pairs = zip(texts[1:], texts, strict=False)
    return [texts[0], *(text for text, successor in pairs if at < successor.created_at + STILL_TAKEN)]


def list_texts(session: Session, project: Project) -> list[ConsentText]:
    """The project's current text for each purpose there is."""
    written = _written(session, project.id)
    return [versions(project.id, purpose, written)[0] for purpose in Purpose]


def get_text(session: Session, project: Project, purpose: str, *, version: int | None = None) -> ConsentText:
    """One text, the current version unless one is named. Raises NotFound."""
    texts = versions(project.id, _purpose(purpose), _written(session, project.id))
    found = texts[0] if version is None else next((text for text in texts if text.version == version), None)
    if found is None:
        raise NotFound(f"There is no such version; the current one is {texts[0].version}.")
    return found


def write_text(
    session: Session, project: Project, purpose: str, wanted: Text, *, by: Principal, at: datetime
) -> ConsentText:
    """Make `wanted` the project's text for the purpose: its next version, or the current one if nothing changed."""
    policies.may_manage_project(by, project.id)
    refuse([] if any(wanted.values()) else [Finding("/text", "required")])
    current = written_down(session, get_text(session, project, purpose), at=at)
    text = {lang: words for lang, words in wanted.items() if words}
    if text == current.text:
        return current
    return _added(session, project.id, current.purpose, current.version + 1, text, at=at)


def write_standard_down(session: Session, call: Call, *, at: datetime) -> None:
    """Let the texts of the call's project last that somebody begins to agree to."""
    # All at once, those for other purposes too: of many who are the first to apply, each loses a race once at most.
    current = [versions(call.project_id, purpose, call.consent_texts)[0] for purpose in Purpose]
    missing = [text for text in current if text.id is None]
    for text in missing:
        written_down(session, text, at=at)
    if missing:
        session.expire(call, ["consent_texts"])  # for the next application in the same transaction


def written_down(session: Session, text: ConsentText, *, at: datetime) -> ConsentText:
    """The text as a row: the standard one becomes the project's version 1 when somebody first builds on it."""
    if text.id is not None:
        return text
    return _added(session, text.project_id, text.purpose, text.version, text.text, at=at)


def _added(
    session: Session, project_id: UUID, purpose: Purpose, version: int, text: Text, *, at: datetime
) -> ConsentText:
    row = ConsentText(
        id=new_id(), project_id=project_id, purpose=purpose, version=version, text=dict(text), created_at=at
    )
    session.add(row)
    session.flush()
    return row


def _standard(project_id: UUID, purpose: Purpose) -> ConsentText:
    return ConsentText(project_id=project_id, purpose=purpose, version=1, text=dict(STANDARD[purpose]))


def _written(session: Session, project_id: UUID) -> Sequence[ConsentText]:
    return session.scalars(select(ConsentText).where(ConsentText.project_id == project_id)).all()


def _purpose(name: str) -> Purpose:
    if name not in set(Purpose):
        raise NotFound(f"No purpose is called so; there are {', '.join(Purpose)}.")
    return Purpose(name)
