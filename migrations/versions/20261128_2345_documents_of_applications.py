"""Documents of applications.

The downgrade is real: it forgets which files there are, and leaves their bytes where they lie.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "4e0fddb1f482"
down_revision = "2d55459a9dab"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "documents",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=True),
        sa.Column("question", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "application_id"],
            ["applications.project_id", "applications.id"],
            name=op.f("fk_documents_project_id_application_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_documents_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    pending = sa.text("state = 'pending'")
    op.create_index("ix_documents_application_id", "documents", ["application_id"])
    op.create_index("ix_documents_project_id", "documents", ["project_id"])
    op.create_index("ix_documents_pending", "documents", ["id"], sqlite_where=pending, postgresql_where=pending)


def downgrade() -> None:
    """Take back."""
    op.drop_table("documents")
