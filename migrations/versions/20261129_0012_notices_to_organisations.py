"""Notices to organisations

Works with the previous release; what is dropped or renamed here was no longer used there. A downgrade is real, or
refuses with a sentence.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "8516406d040a"
down_revision = "621a725d273b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("since", db.Instant(), nullable=True))
        batch_op.add_column(sa.Column("until", db.Instant(), nullable=True))
        batch_op.create_index("ix_messages_organisation_id_id", ["organisation_id", "id"], unique=False)

    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lang", sa.String(length=20), nullable=False, server_default="en"))
        batch_op.add_column(sa.Column("notices", sa.String(40), nullable=False, server_default="none"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_column("notices")
        batch_op.drop_column("lang")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_organisation_id_id")
        batch_op.drop_column("until")
        batch_op.drop_column("since")
        batch_op.drop_column("organisation_id")
