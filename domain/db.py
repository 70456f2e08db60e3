"""What every table shares: naming, column types, ids, versions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, TIMESTAMP, ColumnElement, Dialect, Enum, Integer, MetaData, String, Uuid, type_coerce
from sqlalchemy import Text as LongText
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.types import TypeDecorator, TypeEngine
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Text = Mapping[str, str]


def new_id() -> UUID:
    """A UUIDv7: unique everywhere, and rows made later sort later."""
    return uuid7()


def instant_text(moment: datetime) -> str:
    """An instant as it stands on the wire: UTC with a Z, fractions only where there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps it as RFC 3339 text of one width, so that text order is time order."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant must carry its time zone.")
        utc = value.astimezone(UTC)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Codes(TypeDecorator[list[str]]):
    """A short list of codes (countries, roles, scopes), kept as `|AL|RS|` so that both engines can look into it."""

    impl = LongText
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else "|" + "".join(f"{code}|" for code in value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[str] | None:
        return None if value is None else value.strip("|").split("|") if value != "|" else []


def holds(column: Any, code: str) -> ColumnElement[bool]:
    """Whether the list of codes in `column` has `code`, for a query."""
    return type_coerce(column, String).contains(f"|{code}|", autoescape=True)


def enumeration(members: type[StrEnum]) -> Enum:
    """A column of one of `members`, kept as its value: what the database shows is what the wire shows."""
    return Enum(
        members,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda kind: [member.value for member in kind],
    )


def personal(*args: Any, **options: Any) -> Mapped[Any]:
    """A column that holds personal data. What logs, publishes or erases asks the table for this mark."""
    return mapped_column(*args, info={"personal": True}, **options)


def change(row: Any, values: Mapping[str, Any], *, at: datetime) -> bool:
    """Set on `row` what differs in `values`; tell whether anything did. Untouched rows keep their version."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    if different:
        row.updated_at = at
    return bool(different)


def touch(row: Any, *, at: datetime) -> None:
    """Give `row` another version though none of its own columns changed: something that is shown with it did."""
    row.updated_at = at
    flag_modified(row, "updated_at")


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant(),
        UUID: Uuid(),
        dict[str, Any]: Json,
        dict[str, str]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
    }


class Identified:
    """A row of its own: an id that nobody can guess, a version that guards updates, two instants."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        # SQLAlchemy adds the version to every UPDATE's WHERE: of two that race, one fails with StaleDataError.
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]
