"""Texts of consents, and of each consent its source and whose word it is.

Purposes are a closed list from now on. What calls ask for under a name that plainly means one of them is renamed; what
else they ask for is asked no more, as there is no text for it, and what people answered to it stays as it was recorded.
The previous release goes on working: it leaves out the new columns, which have defaults for it.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "2d55459a9dab"
down_revision = "e463b7ef6e1b"
branch_labels = None
depends_on = None

PURPOSES = ("processing", "sharing_with_hosts", "photographs", "newsletter")
RENAMED = {
    "data_processing": "processing",
    "personal_data": "processing",
    "sharing": "sharing_with_hosts",
    "hosts": "sharing_with_hosts",
    "photo": "photographs",
    "photos": "photographs",
    "pictures": "photographs",
    "news": "newsletter",
    "mailing_list": "newsletter",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "consent_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", db.Json, nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_consent_texts_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_texts")),
        sa.UniqueConstraint(
            "project_id", "purpose", "version", name=op.f("uq_consent_texts_project_id_purpose_version")
        ),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(40), nullable=False, server_default="api"))
        batch_op.add_column(sa.Column("given_by", sa.String(40), nullable=False, server_default="applicant"))
    op.execute(sa.text("UPDATE consents SET given_by = 'school' WHERE attested"))
    _name_what_calls_ask_for()
    _name_what_was_answered()


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError("What people agreed to has no place in the older schema; restore a backup instead.")


def known(purposes: Iterable[str]) -> list[str]:
    """What of it is asked for from now on, under its name."""
    named = dict.fromkeys(RENAMED.get(name, name) for name in purposes)
    return [name for name in named if name in PURPOSES]


def _name_what_calls_ask_for() -> None:
    calls = sa.table(
        "calls", sa.column("id", sa.Uuid()), sa.column("version"), sa.column("consent_purposes", db.Codes())
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(calls)).all():
        if known(row.consent_purposes) != row.consent_purposes:
            # With a version of its own, or caches would take the call for what they have.
            values = {"consent_purposes": known(row.consent_purposes), "version": row.version + 1}
            connection.execute(sa.update(calls).where(calls.c.id == row.id).values(values))


def _name_what_was_answered() -> None:
    consents = sa.table("consents", sa.column("application_id", sa.Uuid()), sa.column("purpose"))
    other = consents.alias()
    for before, after in RENAMED.items():
        same = sa.exists().where(other.c.application_id == consents.c.application_id, other.c.purpose == after)
        op.execute(sa.update(consents).where(consents.c.purpose == before, ~same).values(purpose=after))
