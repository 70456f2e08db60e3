"""Pages of a list by keyset: right while rows come and go, and as fast on the last page as on the first."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, Select, String, and_, or_
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from domain.db import Instant, instant_text
from domain.errors import Finding, InvalidInput

Row = TypeVar("Row")
# A column of a model or an expression over some: SQLAlchemy has no type for both that knows its own `type`.
ORMColumn = Any

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
LARGEST_NUMBER = 2**31 - 1  # what an INTEGER column of PostgreSQL is compared with


@dataclass(frozen=True)
class PageRequest:
    """Which page is wanted: `sort` is a key, `-` before it for descending; `cursor` comes from the page before."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    sort: str | None = None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the next page unless this is the last."""

    items: Sequence[Row]
    next_cursor: str | None


def fetch_page(
    session: Session,
    query: Select[Any],
    *,
    page: PageRequest,
    keys: Mapping[str, ORMColumn],
    id_column: ORMColumn,
    default: str,
) -> Page[Any]:
    """Fetch one page of `query`, sorted by one of `keys`, then by id. Raises InvalidInput for a foreign cursor or sort.

    The keys must never be null: coalesce those that can be.
    """
    sort = page.sort or default
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in keys:
        raise InvalidInput([Finding("/sort", "not_a_choice", {"choices": ", ".join(sorted(keys))})])
    key = _comparable(session, keys[name])
    if page.cursor is not None:
        query = query.where(_after(key, id_column, _opened(page.cursor, sort, key), descending=descending))
    order = (key.desc(), id_column.desc()) if descending else (key.asc(), id_column.asc())
    rows = session.execute(query.add_columns(key, id_column).order_by(*order).limit(page.limit + 1)).unique().all()
    more = len(rows) > page.limit
    shown = rows[: page.limit]
    return Page([row[0] for row in shown], _sealed(sort, key, shown[-1][-2], shown[-1][-1]) if more else None)


def _comparable(session: Session, key: ORMColumn) -> ORMColumn:
    # Both engines must sort alike, or a cursor means something else on each: PostgreSQL sorts text by bytes, too.
    if isinstance(key.type, String) and session.get_bind().dialect.name == "postgresql":
        return key.collate("C")
    return key


def _after(key: ORMColumn, id_column: ORMColumn, mark: tuple[Any, UUID], *, descending: bool) -> ColumnElement[bool]:
    value, row_id = mark
    if descending:
        return or_(key < value, and_(key == value, id_column < row_id))
    return or_(key > value, and_(key == value, id_column > row_id))


def _sealed(sort: str, key: ORMColumn, value: Any, row_id: UUID) -> str:
    write, _ = _ways_of(key)
    return base64.urlsafe_b64encode(json.dumps([sort, write(value), row_id.hex]).encode()).decode().rstrip("=")


def _opened(cursor: str, sort: str, key: ORMColumn) -> tuple[Any, UUID]:
    _, read = _ways_of(key)
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sealed_for, plain, row_id = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if sealed_for != sort:
            raise ValueError("another order")
        return read(plain), UUID(hex=row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InvalidInput([Finding("/cursor", "not_a_cursor")]) from error


# A cursor is opaque and not signed: whoever makes one up gets no further than any other page, but must not get a 500,
# so what is read out of it is what a column of that type can be compared with.


def _instant(plain: str) -> datetime:
    moment = datetime.fromisoformat(plain)
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone")
    return moment.astimezone(UTC)


def _number(plain: Any) -> int:
    if type(plain) is not int or abs(plain) > LARGEST_NUMBER:
        raise ValueError("no number that a column holds")
    return plain


def _text(plain: str) -> str:
    if b"\0" in plain.encode():
        raise ValueError("no text that a column holds")
    return plain


Ways = tuple[Callable[[Any], Any], Callable[[Any], Any]]
WAYS: Mapping[type[TypeEngine[Any]], Ways] = {
    Instant: (instant_text, _instant),
    Date: (date.isoformat, date.fromisoformat),
    Integer: (int, _number),
    String: (str, _text),
}


def _ways_of(key: ORMColumn) -> Ways:
    """How the values of a key are written into a cursor, and read out of it."""
    return next(ways for kind, ways in WAYS.items() if isinstance(key.type, kind))
