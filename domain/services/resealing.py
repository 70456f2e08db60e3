"""What is sealed, found and sealed anew under the first of the operator's keys, so that the others can be removed.

Row by row past the services: to put a seal under another key changes nothing that anybody could see, so it makes no
new version and no event. A row is replaced only while it is what was read: whoever writes it meanwhile wins, and has
sealed it under the first key of its own settings.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.models.kept_answers import KeptAnswer
from domain.models.webhooks import Endpoint, EndpointSecret
from domain.vault import Vault

BATCH = 200  # rows; some 10 ms of the writer's place on SQLite

SealedRow = tuple[Any, ...]  # the key's columns, and what is sealed
SealedColumn = InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]
# Whatever a vault has sealed stands in one of these; a test holds this list against the models.
SEALED: Mapping[str, SealedColumn] = {
    "endpoint_secrets.sealed": EndpointSecret.sealed,
    "endpoints.sealed_headers": Endpoint.sealed_headers,
    "kept_answers.answer": KeptAnswer.answer,
}


@dataclass(frozen=True)
class Part:
    """Some rows of one column in the order of their keys; `after` is where the next part begins, none at the end."""

    column: SealedColumn
    rows: Sequence[SealedRow]

    @property
    def after(self) -> tuple[Any, ...] | None:
        """The key of the last row, if there may be more."""
        return self.rows[-1][:-1] if len(self.rows) == BATCH else None

    def by_key(self, vault: Vault) -> Counter[int | None]:
        """How many of them are sealed under which key."""
        return Counter(vault.key_of(row[-1]) for row in self.rows)

    def resealed(self, vault: Vault) -> list[tuple[SealedRow, bytes]]:
        """Those that an older key has sealed, each with the same sealed under the first. What no key opens is left."""
        return [(row, vault.resealed(row[-1])) for row in self.rows if vault.key_of(row[-1])]


def read_part(session: Session, column: SealedColumn, *, after: tuple[Any, ...] | None = None) -> Part:
    """The next rows of a column that hold something sealed."""
    key = _key(column)
    query = select(*key, column).where(column.is_not(None)).order_by(*key).limit(BATCH)
    if after is not None:
        beginning = tuple_(*(literal(value, one.type) for one, value in zip(key, after, strict=True)))
        query = query.where(tuple_(*key) > beginning)
    return Part(column, [tuple(row) for row in session.execute(query)])


def write_part(session: Session, part: Part, resealed: Sequence[tuple[SealedRow, bytes]]) -> int:
    """Put the new seals in the place of the old ones, where these still stand; return how many."""
    return sum(_replace(session, part.column, row, sealed) for row, sealed in resealed)


def _replace(session: Session, column: SealedColumn, row: SealedRow, sealed: bytes) -> int:
    same: list[ColumnElement[bool]] = [one == value for one, value in zip(_key(column), row[:-1], strict=True)]
    # Past the mapper, and so past the version: nobody who edits the row now is to be told that somebody else did.
    statement = update(column.class_.__table__).where(and_(*same), column == row[-1]).values({column.key: sealed})
    return int(getattr(session.execute(statement), "rowcount", 0))


def _key(column: SealedColumn) -> Sequence[Any]:
    return tuple(column.class_.__table__.primary_key)
