"""The first tables

Works with the previous release; what is dropped or renamed here was no longer used there. A downgrade is real, or
refuses with a sentence.
"""

import sqlalchemy as sa
from alembic import op

from domain import db

revision = "f1257ab1e501"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
    )
    op.create_table(
        "kept_answers",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_kept_answers")),
    )
    with op.batch_alter_table("kept_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answers_created_at"), ["created_at"], unique=False)

    op.create_table(
        "organisations",
        sa.Column("legal_name", sa.String(length=300), nullable=False),
        sa.Column("business_name", sa.String(length=300), nullable=True),
        sa.Column("full_legal_name", sa.String(length=300), nullable=True),
        sa.Column("acronym", sa.String(length=40), nullable=True),
        sa.Column("oid", sa.String(length=9), nullable=True),
        sa.Column("pic", sa.String(length=9), nullable=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("website", sa.String(length=300), nullable=True),
        sa.Column("contact_name", sa.String(length=200), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("placeholder", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("oid", name=op.f("uq_organisations_oid")),
        sa.UniqueConstraint("pic", name=op.f("uq_organisations_pic")),
    )
    op.create_table(
        "projects",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", db.Json, nullable=False),
        sa.Column("reference_number", sa.String(length=60), nullable=True),
        sa.Column("programme", sa.String(length=60), nullable=False),
        sa.Column("action_type", sa.String(40), nullable=False),
        sa.Column("rule_set", sa.String(length=40), nullable=False),
        sa.Column("call_year", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("languages", db.Codes(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["coordinator_id"], ["organisations.id"], name=op.f("fk_projects_coordinator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("code", name=op.f("uq_projects_code")),
    )
    op.create_table(
        "activities",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("title", db.Json, nullable=False),
        sa.Column("organiser_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["organiser_id"], ["organisations.id"], name=op.f("fk_activities_organiser_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_activities_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_activities_project_id_id")),
        sa.UniqueConstraint("project_id", "key", name=op.f("uq_activities_project_id_key")),
    )
    op.create_table(
        "endpoints",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("event_types", db.Codes(), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=True),
        sa.Column("scopes", db.Codes(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("failing_since", db.Instant(), nullable=True),
        sa.Column("slow_until", db.Instant(), nullable=True),
        sa.Column("deleted_at", db.Instant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_endpoints_organisation_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_endpoints_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    with op.batch_alter_table("endpoints", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_endpoints_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("recorded_at", db.Instant(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("countries", db.Codes(), nullable=False),
        sa.Column("sending_id", sa.Uuid(), nullable=True),
        sa.Column("receiving_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=True),
        sa.Column("resource_type", sa.String(length=40), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("resource_version", sa.Integer(), nullable=False),
        sa.Column("resource_state", sa.String(length=40), nullable=False),
        sa.Column("once", sa.String(length=200), nullable=True),
        sa.Column("extra", db.Json, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_events_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("once", name=op.f("uq_events_once")),
        sa.UniqueConstraint("position", name=op.f("uq_events_position")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_project_id_position", ["project_id", "position"], unique=False)
        batch_op.create_index(
            "ix_events_unsequenced",
            ["id"],
            unique=False,
            sqlite_where=sa.text("position IS NULL"),
            postgresql_where=sa.text("position IS NULL"),
        )

    op.create_table(
        "memberships",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("roles", db.Codes(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_memberships_organisation_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "parent_id"],
            ["memberships.project_id", "memberships.organisation_id"],
            name=op.f("fk_memberships_project_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_memberships_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("project_id", "organisation_id", name=op.f("uq_memberships_project_id_organisation_id")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "participants",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("sending_id", sa.Uuid(), nullable=False),
        sa.Column("given_names", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("gender", sa.String(length=1), nullable=True),
        sa.Column("nationality", sa.String(length=2), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("match_key", sa.String(length=64), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "merged_into_id"],
            ["participants.project_id", "participants.id"],
            name=op.f("fk_participants_project_id_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_participants_project_id")),
        sa.ForeignKeyConstraint(["sending_id"], ["organisations.id"], name=op.f("fk_participants_sending_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_participants_project_id_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_participants_reference")),
    )
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participants_match_key"), ["match_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_participants_sending_id"), ["sending_id"], unique=False)

    op.create_table(
        "reported_figures",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.String(length=60), nullable=False),
        sa.Column("scope", db.Json, nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("assumption", sa.String(length=500), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_reported_figures_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_figures")),
    )
    with op.batch_alter_table("reported_figures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reported_figures_project_id"), ["project_id"], unique=False)

    op.create_table(
        "targets",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("activities", db.Codes(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_targets_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
    )
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_targets_project_id"), ["project_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("scopes", db.Codes(), nullable=False),
        sa.Column("expires_at", db.Instant(), nullable=True),
        sa.Column("revoked_at", db.Instant(), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_tokens_organisation_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_tokens_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("sha256", name=op.f("uq_tokens_sha256")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "calls",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("organiser_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", db.Json, nullable=False),
        sa.Column("summary", db.Json, nullable=False),
        sa.Column("description", db.Json, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("eligible_countries", db.Codes(), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("opens_at", db.Instant(), nullable=True),
        sa.Column("closes_at", db.Instant(), nullable=True),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column("form", db.Json, nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("how_to_apply", sa.String(40), nullable=False),
        sa.Column("external_url", sa.String(length=2000), nullable=True),
        sa.Column("public_intake", sa.Boolean(), nullable=False),
        sa.Column("consent_purposes", db.Codes(), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_calls_taken_not_negative")),
        sa.ForeignKeyConstraint(["organiser_id"], ["organisations.id"], name=op.f("fk_calls_organiser_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisations.id"], name=op.f("fk_calls_owner_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "activity_id"],
            ["activities.project_id", "activities.id"],
            name=op.f("fk_calls_project_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_calls_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_calls_project_id_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_calls_slug")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calls_closes_at"), ["closes_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_calls_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", db.Instant(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", db.Instant(), nullable=True),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_deliveries_endpoint_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_deliveries_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("event_id", "endpoint_id", name=op.f("uq_deliveries_event_id_endpoint_id")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_endpoint_id_id", ["endpoint_id", "id"], unique=False)
        batch_op.create_index(
            "ix_deliveries_endpoint_id_state_next_at", ["endpoint_id", "state", "next_at"], unique=False
        )

    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", db.Instant(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("reply_headers", db.Json, nullable=True),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("ix_attempts_delivery_id_id", ["delivery_id", "id"], unique=False)

    op.create_table(
        "destinations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_destinations_taken_not_negative")),
        sa.ForeignKeyConstraint(["host_id"], ["organisations.id"], name=op.f("fk_destinations_host_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "call_id"], ["calls.project_id", "calls.id"], name=op.f("fk_destinations_project_id_call_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_destinations_project_id_id")),
    )
    with op.batch_alter_table("destinations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_destinations_call_id"), ["call_id"], unique=False)

    op.create_table(
        "applications",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("sending_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("given_names", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("gender", sa.String(length=1), nullable=True),
        sa.Column("nationality", sa.String(length=2), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email_key", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("preferences", db.Json, nullable=False),
        sa.Column("answers", db.Json, nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("languages", db.Json, nullable=False),
        sa.Column("isced_f", sa.String(length=4), nullable=True),
        sa.Column("eqf_level", sa.Integer(), nullable=True),
        sa.Column("graduation_date", sa.Date(), nullable=True),
        sa.Column("lang", sa.String(length=20), nullable=False),
        sa.Column("submitted_via", sa.String(40), nullable=False),
        sa.Column("submitted_at", db.Instant(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("likely_duplicate", sa.Boolean(), nullable=False),
        sa.Column("duplicate_of_id", sa.Uuid(), nullable=True),
        sa.Column("destination_id", sa.Uuid(), nullable=True),
        sa.Column("confirm_by", db.Instant(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "call_id"], ["calls.project_id", "calls.id"], name=op.f("fk_applications_project_id_call_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "destination_id"],
            ["destinations.project_id", "destinations.id"],
            name=op.f("fk_applications_project_id_destination_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "duplicate_of_id"],
            ["applications.project_id", "applications.id"],
            name=op.f("fk_applications_project_id_duplicate_of_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "participant_id"],
            ["participants.project_id", "participants.id"],
            name=op.f("fk_applications_project_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_applications_project_id")),
        sa.ForeignKeyConstraint(["sending_id"], ["organisations.id"], name=op.f("fk_applications_sending_id")),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["organisations.id"], name=op.f("fk_applications_submitted_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_applications_project_id_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_applications_reference")),
    )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index("ix_applications_call_id_id", ["call_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_applications_sending_id"), ["sending_id"], unique=False)
        batch_op.create_index(
            "uq_applications_person",
            ["call_id", "email_key", "name_key"],
            unique=True,
            sqlite_where=sa.text("duplicate_of_id IS NULL AND state != 'withdrawn'"),
            postgresql_where=sa.text("duplicate_of_id IS NULL AND state != 'withdrawn'"),
        )

    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("attested", sa.Boolean(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("lang", sa.String(length=20), nullable=False),
        sa.Column("given_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "application_id"],
            ["applications.project_id", "applications.id"],
            name=op.f("fk_consents_project_id_application_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("application_id", "purpose", name=op.f("uq_consents_application_id_purpose")),
    )
    op.create_table(
        "mobilities",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("destination_id", sa.Uuid(), nullable=True),
        sa.Column("sending_id", sa.Uuid(), nullable=False),
        sa.Column("receiving_id", sa.Uuid(), nullable=True),
        sa.Column("intermediary_id", sa.Uuid(), nullable=True),
        sa.Column("sending_country", sa.String(length=2), nullable=False),
        sa.Column("receiving_country", sa.String(length=2), nullable=True),
        sa.Column("receiving_city", sa.String(length=120), nullable=True),
        sa.Column("workplace", sa.String(length=300), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("interruption_days", sa.Integer(), nullable=False),
        sa.Column("mobility_duration_days", sa.Integer(), nullable=True),
        sa.Column("funded_travel_days", sa.Integer(), nullable=False),
        sa.Column("blended", sa.Boolean(), nullable=False),
        sa.Column("virtual_days", sa.Integer(), nullable=False),
        sa.Column("transport_means", sa.String(length=40), nullable=True),
        sa.Column("green_travel", sa.Boolean(), nullable=False),
        sa.Column("distance_band", sa.String(length=20), nullable=True),
        sa.Column("recent_graduate", sa.Boolean(), nullable=False),
        sa.Column("fewer_opportunities", sa.Boolean(), nullable=False),
        sa.Column("force_majeure", sa.Boolean(), nullable=False),
        sa.Column("force_majeure_explanation", sa.String(length=2000), nullable=True),
        sa.Column("main_language", sa.String(length=20), nullable=True),
        sa.Column("comments", sa.String(length=2000), nullable=True),
        sa.Column("with_cause", sa.Boolean(), nullable=True),
        sa.Column("violations", db.Codes(), nullable=False),
        sa.Column("record_status", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("deleted_at", db.Instant(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Instant(), nullable=False),
        sa.Column("updated_at", db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["intermediary_id"], ["organisations.id"], name=op.f("fk_mobilities_intermediary_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "activity_id"],
            ["activities.project_id", "activities.id"],
            name=op.f("fk_mobilities_project_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "application_id"],
            ["applications.project_id", "applications.id"],
            name=op.f("fk_mobilities_project_id_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "destination_id"],
            ["destinations.project_id", "destinations.id"],
            name=op.f("fk_mobilities_project_id_destination_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "participant_id"],
            ["participants.project_id", "participants.id"],
            name=op.f("fk_mobilities_project_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_mobilities_project_id")),
        sa.ForeignKeyConstraint(["receiving_id"], ["organisations.id"], name=op.f("fk_mobilities_receiving_id")),
        sa.ForeignKeyConstraint(["sending_id"], ["organisations.id"], name=op.f("fk_mobilities_sending_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mobilities")),
        sa.UniqueConstraint("application_id", name=op.f("uq_mobilities_application_id")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_mobilities_project_id_id")),
    )
    with op.batch_alter_table("mobilities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mobilities_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index(
            "ix_mobilities_project_id_updated_at_id", ["project_id", "updated_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_mobilities_receiving_id"), ["receiving_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mobilities_sending_id"), ["sending_id"], unique=False)

    op.execute("INSERT INTO catalogue (id, version) VALUES (1, 1)")


def downgrade() -> None:
    """Refuse: before the first tables there is nothing."""
    raise RuntimeError("The first migration can't be taken back; drop the database instead.")
