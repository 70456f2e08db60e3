"""Pages of a list by keyset: right while rows come and go, and as fast on the last page as on the first."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, or_
from sqlalchemy.orm import Session

from domain.errors import Finding, InvalidInput

Row = TypeVar("Row")
# A column of a model or an expression over some: SQLAlchemy has no type for both that knows its own `type`.
ORMColumn = Any

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200


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
    return Page([row[0] for row in shown], _sealed(sort, shown[-1][-2], shown[-1][-1]) if more else None)


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


def _sealed(sort: str, value: Any, row_id: UUID) -> str:
    plain = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    kind = "at" if isinstance(value, datetime) else "as"
    return base64.urlsafe_b64encode(json.dumps([sort, kind, plain, row_id.hex]).encode()).decode().rstrip("=")


def _opened(cursor: str, sort: str, key: ORMColumn) -> tuple[Any, UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sealed_for, kind, plain, row_id = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if sealed_for != sort:
            raise ValueError("another order")
        value = datetime.fromisoformat(plain) if kind == "at" else plain
        if not isinstance(value, key.type.python_type):
            raise ValueError("another type")
        return value, UUID(hex=row_id)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInput([Finding("/cursor", "not_a_cursor")]) from error
