"""Drafts, which may lack a country, and applications that are returned to be corrected.

Works with the previous release, which makes none of either. The downgrade refuses: it would have to throw drafts away.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "c7d2f80a9e14"
down_revision = "a51c07e5b3d2"
branch_labels = None
depends_on = None

COUNTS = sa.text("duplicate_of_id IS NULL AND (state NOT IN ('draft', 'withdrawn'))")


def upgrade() -> None:
    """Apply."""
    op.add_column("applications", sa.Column("correct_by", db.Instant(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("applications", "country", nullable=True)
    else:
        # To make the table anew would drop what its foreign keys hold.
        op.add_column("applications", sa.Column("country_new", sa.String(2), nullable=True))
        op.execute("UPDATE applications SET country_new = country")
        op.execute("ALTER TABLE applications DROP COLUMN country")
        op.execute("ALTER TABLE applications RENAME COLUMN country_new TO country")
    op.drop_index("uq_applications_person", table_name="applications")
    op.create_index(
        "uq_applications_person",
        "applications",
        ["call_id", "email_key", "name_key"],
        unique=True,
        sqlite_where=COUNTS,
        postgresql_where=COUNTS,
    )


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError("This would have to throw drafts away; restore a backup instead.")
