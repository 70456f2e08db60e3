"""Answers kept under an Idempotency-Key, in the transaction of what the request did."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.errors import IdempotencyMismatch
from domain.models.kept_answers import KeptAnswer
from domain.vault import Vault

KEPT_FOR = timedelta(days=7)


def claim(session: Session, scope: str, key: str, *, fingerprint: bytes, at: datetime) -> KeptAnswer:
    """Take the key for this request, or find the answer that it got before.

    A twin in flight holds the row: PostgreSQL waits for it up to its lock timeout, SQLite has one writer anyway.
    Raises IdempotencyMismatch when the key was used for another request.
    """
    kept = session.get(KeptAnswer, (scope, key))
    if kept is None:
        kept = KeptAnswer(scope=scope, key=key, fingerprint=fingerprint, created_at=at)
        session.add(kept)
        session.flush()
    if kept.fingerprint != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used for another request; use a new key for a new request.")
    return kept


def keep(kept: KeptAnswer, answer: bytes, *, vault: Vault) -> None:
    """Keep the answer, sealed."""
    kept.answer = vault.seal(answer, place=_place(kept))


def recall(kept: KeptAnswer, *, vault: Vault) -> bytes | None:
    """The answer that the key got before; none when it is being made just now."""
    return None if kept.answer is None else vault.open(kept.answer, place=_place(kept))


def forget_old(session: Session, *, at: datetime) -> int:
    """Drop the answers that are older than seven days; return how many."""
    result = session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < at - KEPT_FOR))
    return int(getattr(result, "rowcount", 0))


def forget_about(session: Session, ids: Iterable[UUID]) -> None:
    """Drop the answers that show these applications or participants."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.about_id.in_(list(ids))))


def _place(kept: KeptAnswer) -> str:
    return f"kept_answers/{kept.scope}/{kept.key}"
