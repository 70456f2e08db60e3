"""Guardians of minors who apply.

Works with the previous release, which knows none. The downgrade refuses: it would have to throw away who they are.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "d5e0a94c7b18"
down_revision = "c4b1f0a97e26"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("applications", sa.Column("guardian", db.Json, nullable=True))


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError("This would throw away who minors' guardians are; restore a backup instead.")
