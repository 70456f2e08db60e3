"""Imports of applications, and their rows.

Works with the previous release: both tables are new, and dropped again.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "45e9b5b7aa93"
down_revision = "c7d2f80a9e14"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "imports",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("lang", sa.String(length=20), nullable=False),
        sa.Column("headings", db.Json, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("rows_until", db.Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_imports_organisation_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "call_id"], ["calls.project_id", "calls.id"], name=op.f("fk_imports_project_id_call_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_imports_project_id")),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_imports_token_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_imports_project_id_id")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_rows_until"), ["rows_until"], unique=False)

    op.create_table(
        "import_rows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", db.Json, nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=16), nullable=True),
        sa.Column("findings", db.Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "application_id"],
            ["applications.project_id", "applications.id"],
            name=op.f("fk_import_rows_project_id_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "import_id"],
            ["imports.project_id", "imports.id"],
            name=op.f("fk_import_rows_project_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_import_rows_import_id_number")),
    )
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_rows_person_key"), ["person_key"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_rows_person_key"))

    op.drop_table("import_rows")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_imports_rows_until"))
        batch_op.drop_index(batch_op.f("ix_imports_organisation_id"))

    op.drop_table("imports")
