"""Links of applicants, and events found by what they are about.

Works with the previous release, whose applications get a link when they first need one. The downgrade refuses: it would
have to throw away the links that applicants hold.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "e463b7ef6e1b"
down_revision = "67cb69b32389"
branch_labels = None
depends_on = None

LIVE = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("revoked_at", db.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "application_id"],
            ["applications.project_id", "applications.id"],
            name=op.f("fk_links_project_id_application_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(
            "uq_links_application_id_kind",
            ["application_id", "kind"],
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_resource_id", ["resource_id"], unique=False)


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError("This would throw away the links that applicants hold; restore a backup instead.")
