"""The schema's history leads to the models, on both engines, and refuses what it doesn't know."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Uuid, bindparam, select, text

import migrations
from domain.config import ConfigError
from domain.db import Base, Codes, Instant, new_id
from domain.models.catalogue import Catalogue
from domain.models.mobilities import Mobility
from domain.models.webhooks import Endpoint
from domain.services.webhook_secrets import keys_in_force, replace_keys, unsealed
from domain.transaction import Database, connect, reading, transaction
from domain.vault import Vault
from tests import postgres


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})

        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrations.upgrade(database)

    with reading(database) as session:
        assert [row.version >= 1 for row in session.query(Catalogue)] == [True]


def test_a_schema_from_the_future_is_refused(database: Database) -> None:
    with transaction(database) as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))
    try:
        with pytest.raises(ConfigError, match="newer than this code"):
            migrations.check_current(database)
    finally:
        with transaction(database) as session:
            session.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": migrations.newest()})


def test_an_empty_database_is_said_to_be_older(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'empty.sqlite'}")

    with pytest.raises(ConfigError, match="intervet-admin migrate"):
        migrations.check_current(database)

    database.close()


def test_there_is_one_newest_revision() -> None:
    assert migrations.newest() == migrations.ScriptDirectory(str(migrations.ROOT)).get_heads()[0]


# ── what a step does to what was there ────────────────────────────────────────────────────────────────────────────

FIRST = "f1257ab1e501"
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
VAULT = Vault(["a key for tests, of no use elsewhere"])
SECRET = "whsec_" + "A" * 43 + "="


@pytest.fixture
def old(engine: str, tmp_path: Path) -> Iterator[Database]:
    """A database of the first revision."""
    name = f"intervet_test_old_{os.getpid()}"
    url = f"sqlite:///{tmp_path / 'old.sqlite'}" if engine == "sqlite" else postgres.create_database(name)
    database = connect(url)
    with database.writer.connect() as connection, connection.begin():
        configuration = AlembicConfig()
        configuration.set_main_option("script_location", str(migrations.ROOT))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, FIRST)
    yield database
    database.close()
    if engine == "postgresql":
        postgres.drop_database(name)


def insert_old(database: Database, table: str, **values: Any) -> UUID:
    """A row as the first revision wrote it, into the table as it is."""
    row = {"id": new_id(), "version": 1, "created_at": AT, "updated_at": AT} | values
    row = {name: value for name, value in row.items() if value is not None}
    with transaction(database) as session:
        types = {UUID: Uuid(), datetime: Instant(), list: Codes()}
        sent = [bindparam(name, type_=types.get(type(value))) for name, value in row.items()]
        named = ", ".join(row), ", ".join(f":{name}" for name in row)
        session.execute(text(f"INSERT INTO {table} ({named[0]}) VALUES ({named[1]})").bindparams(*sent), row)
    return row["id"]


def old_endpoint(database: Database) -> UUID:
    organisation = {"legal_name": "The partner", "type": "other", "country": "RS", "placeholder": False}
    endpoint_id = new_id()
    return insert_old(
        database,
        "endpoints",
        id=endpoint_id,
        organisation_id=insert_old(database, "organisations", **organisation),
        url="https://hooks.example.org/",
        event_types="|*|",
        scopes="|events:read|webhooks:manage|",
        secret=VAULT.seal(SECRET.encode(), place=f"endpoints/{endpoint_id}"),
        state="active",
    )


def test_an_endpoint_of_the_first_revision_signs_as_before(old: Database) -> None:
    endpoint_id = old_endpoint(old)

    migrations.upgrade(old)

    with reading(old) as session:
        keys = keys_in_force(session, [endpoint_id], at=AT)[endpoint_id]
        assert [(key.scheme, unsealed(key, vault=VAULT), key.expires_at, key.created_at) for key in keys] == [
            ("v1", SECRET, None, AT)
        ]


def test_an_endpoint_of_the_first_revision_is_as_it_was(old: Database) -> None:
    endpoint_id = old_endpoint(old)

    migrations.upgrade(old)

    with reading(old) as session:
        one = session.get_one(Endpoint, endpoint_id)
        assert (one.event_types, one.projects, one.countries, one.calls) == (["*"], [], [], [])
        assert (one.payload, one.signatures, one.timeout_s, one.rate_per_minute, one.retry_after_s) == (
            "thin",
            ["v1"],
            15,
            None,
            None,
        )
        assert (one.header_names, one.authorization_scheme, one.ordered, one.keep_replies_days, one.state) == (
            [],
            None,
            False,
            30,
            "active",
        )


def test_the_keys_of_an_endpoint_of_the_first_revision_can_be_replaced(old: Database) -> None:
    endpoint_id = old_endpoint(old)
    migrations.upgrade(old)

    with transaction(old) as session:
        one = session.get_one(Endpoint, endpoint_id)
        made = replace_keys(session, one, overlap=timedelta(hours=1), vault=VAULT, at=AT)
        keys = keys_in_force(session, [endpoint_id], at=AT)[endpoint_id]

    plain = [unsealed(key, vault=VAULT) for key in keys if key.scheme == "v1"]
    assert (plain, len(keys)) == ([made.secret, SECRET], 3)


# ── consents ──────────────────────────────────────────────────────────────────────────────────────────────────────


def old_call(database: Database, purposes: list[str]) -> dict[str, UUID]:
    """The ids of a call that asks for these purposes, and of what it belongs to."""
    organisation = {"legal_name": "The partner", "type": "other", "country": "RS", "placeholder": False}
    owner_id = insert_old(database, "organisations", **organisation)
    project = {"code": "OLD", "programme": "E", "action_type": "PILOT", "rule_set": "VET-PILOT-2019", "state": "draft"}
    dates = {"starts_on": AT.date(), "ends_on": AT.date(), "synthetic": False, "title": "{}", "languages": ["en"]}
    project_id = insert_old(database, "projects", coordinator_id=owner_id, **project, **dates)
    activity = {"key": "a", "code": "course", "profile": "staff", "title": "{}", "project_id": project_id}
    ids = {"project_id": project_id, "activity_id": insert_old(database, "activities", **activity)}
    texts = dict.fromkeys(("title", "summary", "description"), "{}") | {"search_text": "", "timezone": "UTC"}
    counts = {"places": 1, "taken": 0, "grace_minutes": 0, "form_version": 1, "form": "[]"}
    kind = {"profile": "staff", "how_to_apply": "here", "public_intake": True, "state": "draft", "synthetic": False}
    lists = {"eligible_countries": ["RS"], "consent_purposes": purposes}
    call_id = insert_old(database, "calls", slug="old", owner_id=owner_id, **ids, **texts, **counts, **kind, **lists)
    return {**ids, "call_id": call_id, "sending_id": owner_id}


def old_consents(database: Database, ids: dict[str, UUID], **attested: bool) -> UUID:
    """An application with consents to the purposes named, each attested or not; its id."""
    person = {"given_names": "Ana", "family_name": "P", "email": "ana@example.org", "birth_date": AT.date()}
    keys = {"email_key": "e", "name_key": "n", "country": "RS", "reference": "A-1", "lang": "en"}
    lists = {"preferences": "[]", "answers": "{}", "languages": "[]", "form_version": 1, "submitted_via": "api"}
    marks = {"late": False, "likely_duplicate": False, "synthetic": False, "state": "submitted", "submitted_at": AT}
    its = {name: ids[name] for name in ("project_id", "call_id", "sending_id")}
    application_id = insert_old(database, "applications", **its, **person, **keys, **lists, **marks)
    rest = {"granted": True, "text_version": "2026-09", "lang": "en", "given_at": AT}
    none = {"version": None, "created_at": None, "updated_at": None}
    for purpose, on_paper in attested.items():
        named = {"project_id": ids["project_id"], "application_id": application_id, "purpose": purpose}
        insert_old(database, "consents", **named, **rest, **none, attested=on_paper)
    return application_id


def old_stay(database: Database, ids: dict[str, UUID], application_id: UUID) -> None:
    """The mobility that came of an application."""
    ends = {"project_id": ids["project_id"], "sending_id": ids["sending_id"], "synthetic": False}
    person = {"given_names": "Ana", "family_name": "P", "reference": "P-1", "country": "RS", "match_key": "n"}
    days = {"interruption_days": 0, "funded_travel_days": 0, "virtual_days": 0, "role": "participant"}
    marks = dict.fromkeys(("blended", "green_travel", "recent_graduate", "fewer_opportunities", "force_majeure"), False)
    insert_old(
        database,
        "mobilities",
        participant_id=insert_old(database, "participants", **ends, **person),
        activity_id=ids["activity_id"],
        application_id=application_id,
        sending_country="RS",
        violations="|",
        record_status="draft",
        state="nominated",
        **ends,
        **days,
        **marks,
    )


def test_what_calls_asked_for_gets_its_name_and_what_has_no_text_is_asked_no_more(old: Database) -> None:
    call_id = old_call(old, ["processing", "photos", "pictures", "ads", "mailing_list"])["call_id"]

    migrations.upgrade(old)

    with reading(old) as session:
        query = text("SELECT id, version, consent_purposes FROM calls").columns(id=Uuid(), consent_purposes=Codes())
        assert session.execute(query).all() == [(call_id, 2, ["processing", "photographs", "newsletter"])]


def test_what_was_answered_stays_and_says_whose_word_it_is(old: Database) -> None:
    old_consents(old, old_call(old, []), processing=True, photos=False, photographs=False, pictures=False, ads=False)

    migrations.upgrade(old)

    with reading(old) as session:
        query = text("SELECT purpose, text_version, source, given_by FROM consents ORDER BY purpose")
        assert [tuple(row) for row in session.execute(query)] == [
            (purpose, "2026-09", "api", "school" if purpose == "processing" else "applicant")
            for purpose in ("ads", "photographs", "photos", "pictures", "processing")
        ]


@pytest.mark.parametrize(
    ("asked", "agreed", "seen"),
    [
        ([], {}, (True, 1)),
        (["hosts"], {"hosts": False}, (True, 1)),
        (["hosts"], {}, (False, 2)),
    ],
)
def test_a_host_is_shown_on_who_agreed_or_was_never_asked(
    old: Database, asked: list[str], agreed: dict[str, bool], seen: tuple[bool, int]
) -> None:
    ids = old_call(old, asked)
    old_stay(old, ids, old_consents(old, ids, **agreed))

    migrations.upgrade(old)

    with reading(old) as session:
        assert session.execute(select(Mobility.shared_with_host, Mobility.version)).all() == [seen]
