"""Consents that are taken back or answered anew, and stays whose host may be shown who comes.

Works with the previous release: it leaves out the new columns, and knows one answer a purpose. The downgrade refuses.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "c4b1f0a97e26"
down_revision = "45e9b5b7aa93"
branch_labels = None
depends_on = None

STANDING = sa.text("withdrawn_at IS NULL")
SHARING = "sharing_with_hosts"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", db.Instant(), nullable=True))
        batch_op.drop_constraint("uq_consents_application_id_purpose", type_="unique")
    op.create_index(
        "uq_consents_application_id_purpose",
        "consents",
        ["application_id", "purpose"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.add_column("mobilities", sa.Column("shared_with_host", sa.Boolean(), nullable=False, server_default=sa.true()))
    _hide_who_has_not_agreed()


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError("Consents that were taken back would stand again; restore a backup instead.")


def _hide_who_has_not_agreed() -> None:
    """Who was asked and did not agree, or did not answer, is shown to hosts no more."""
    consents = sa.table("consents", *(sa.column(name) for name in ("application_id", "purpose", "granted")))
    applications = sa.table("applications", sa.column("id"), sa.column("call_id"))
    calls = sa.table("calls", sa.column("id"), sa.column("consent_purposes", sa.String()))
    stays = sa.table("mobilities", *(sa.column(name) for name in ("application_id", "shared_with_host", "version")))
    mine = sa.and_(consents.c.application_id == stays.c.application_id, consents.c.purpose == SHARING)
    asked = (
        sa.exists()
        .where(applications.c.id == stays.c.application_id, calls.c.id == applications.c.call_id)
        .where(calls.c.consent_purposes.contains(f"|{SHARING}|"))
    )
    agreed = sa.exists().where(mine, consents.c.granted.is_(True))
    hidden = sa.and_(sa.or_(asked, sa.exists().where(mine)), ~agreed)
    # With a version of its own, or caches would take it for what they have.
    op.execute(sa.update(stays).where(hidden).values(shared_with_host=False, version=stays.c.version + 1))
