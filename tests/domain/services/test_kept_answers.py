"""Answers kept under an Idempotency-Key, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import IdempotencyMismatch
from domain.models.kept_answers import KeptAnswer
from domain.services import kept_answers
from domain.transaction import Database, reading, transaction
from domain.vault import Unsealable, Vault
from tests.conftest import NOW

VAULT = Vault(["a key for tests, of no use elsewhere"])
ANSWER = b'{"secret": "whsec_shown once"}'


def sent(database: Database, key: str = "k", *, scope: str = "organisation:1", fingerprint: bytes = b"f") -> Any:
    """Send a request under a key: none for the first, the answer kept for the next."""
    with transaction(database) as session:
        row = kept_answers.claim(session, scope, key, fingerprint=fingerprint, at=NOW)
        before = kept_answers.recall(row, vault=VAULT)
        if before is None:
            kept_answers.keep(row, ANSWER, vault=VAULT)
        return before


def test_the_same_request_gets_the_same_answer(database: Database) -> None:
    assert [sent(database), sent(database)] == [None, ANSWER]


def test_another_request_under_the_same_key_is_refused(database: Database) -> None:
    sent(database)

    with pytest.raises(IdempotencyMismatch):
        sent(database, fingerprint=b"g")


def test_scopes_do_not_share_their_keys(database: Database) -> None:
    assert [sent(database), sent(database, scope="organisation:2"), sent(database, "l")] == [None, None, None]


def test_the_row_shows_nothing_of_the_answer(database: Database) -> None:
    sent(database)

    with reading(database) as session:
        kept = session.scalars(select(KeptAnswer)).one()

    assert b"whsec_" not in bytes(kept.answer)
    assert kept_answers.recall(kept, vault=VAULT) == ANSWER


def test_an_answer_opens_in_its_own_row_alone(database: Database) -> None:
    sent(database)
    sent(database, scope="organisation:2")

    with reading(database) as session:
        mine, theirs = session.scalars(select(KeptAnswer).order_by(KeptAnswer.scope))
    mine.answer = theirs.answer

    with pytest.raises(Unsealable):
        kept_answers.recall(mine, vault=VAULT)


def test_a_key_is_free_again_when_the_work_failed(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(database)

    assert sent(database) is None


def fail(database: Database) -> None:
    with transaction(database) as session:
        kept_answers.claim(session, "organisation:1", "k", fingerprint=b"f", at=NOW)
        raise ZeroDivisionError


@pytest.mark.parametrize(("age", "after"), [(timedelta(days=7), ANSWER), (timedelta(days=7, microseconds=1), None)])
def test_an_answer_is_kept_for_seven_days(database: Database, age: timedelta, after: bytes | None) -> None:
    sent(database)

    with transaction(database) as session:
        kept_answers.forget_old(session, at=NOW + age)

    assert sent(database) == after
