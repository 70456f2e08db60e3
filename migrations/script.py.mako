"""${message}

Works with the previous release; what is dropped or renamed here was no longer used there. A downgrade is real, or
refuses with a sentence.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
from domain import db

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take back."""
    ${downgrades if downgrades else "pass"}
