"""Persons who were erased: their rows stay without a name, and answers kept for them can be found.

Works with the previous release, which fills in what may now be empty. The downgrade refuses: it would have to give the
erased a name again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "a51c07e5b3d2"
down_revision = "4e86389398a5"
branch_labels = None
depends_on = None

NAMES = {"given_names": sa.String(200), "family_name": sa.String(200)}
MAY_BE_EMPTY: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "applications": {**NAMES, "email": sa.String(254), "birth_date": sa.Date()},
    "participants": {**NAMES},
}


def upgrade() -> None:
    """Apply."""
    op.add_column("applications", sa.Column("erased_at", db.Instant(), nullable=True))
    op.add_column("kept_answers", sa.Column("about_id", sa.Uuid(), nullable=True))
    op.create_index("ix_kept_answers_about_id", "kept_answers", ["about_id"])
    for table, columns in MAY_BE_EMPTY.items():
        for name, kind in columns.items():
            _let_be_empty(table, name, kind)


def _let_be_empty(table: str, name: str, kind: sa.types.TypeEngine[Any]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, nullable=True)
        return
    # To make the table anew would drop what its foreign keys hold; only SQLite 3.53 and newer change a column in place.
    op.add_column(table, sa.Column(f"{name}_new", kind, nullable=True))
    op.execute(f"UPDATE {table} SET {name}_new = {name}")  # noqa: S608  our own names
    op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {name}_new TO {name}")


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError("This would have to give the erased a name again; restore a backup instead.")
