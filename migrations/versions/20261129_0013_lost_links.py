"""Lost links

Works with the previous release; what is dropped or renamed here was no longer used there. A downgrade is real, or
refuses with a sentence.
"""

import sqlalchemy as sa
from alembic import op

revision = "4e86389398a5"
down_revision = "8516406d040a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("call_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("email_key", sa.String(length=64), nullable=True))
        batch_op.create_index("ix_messages_call_id_created_at", ["call_id", "created_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_call_id_created_at")
        batch_op.drop_column("email_key")
        batch_op.drop_column("call_id")
