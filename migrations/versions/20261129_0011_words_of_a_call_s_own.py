"""Words of a call's own

Works with the previous release; what is dropped or renamed here was no longer used there. A downgrade is real, or
refuses with a sentence.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "621a725d273b"
down_revision = "08813b8e791d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "call_messages",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", db.Json, nullable=False),
        sa.Column("body", db.Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "call_id"],
            ["calls.project_id", "calls.id"],
            name=op.f("fk_call_messages_project_id_call_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_messages")),
        sa.UniqueConstraint("call_id", "kind", name=op.f("uq_call_messages_call_id_kind")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("call_messages")
