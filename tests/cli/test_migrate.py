"""`intervet-admin migrate`: a schema where there was none, and the first token, once."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

import migrations
from domain.config import Config
from domain.models.organisations import Organisation
from domain.models.tokens import Scope
from domain.services.tokens import authenticate
from domain.transaction import Database, connect, reading, utcnow
from tests.cli.admin import Admin

OPERATORS_OWN = "chosen.by-the_operator~0123456789"


def kept(config: Config) -> Path:
    return config.data_dir / "bootstrap_token"


def test_an_empty_database_gets_the_schema_of_this_release(
    admin: Admin, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERVET_DATABASE_URL", empty_url)

    told = admin("migrate")

    assert (told.code, told.lines[0]) == (0, f"The schema is at {migrations.newest()}.")
    with closing(connect(empty_url)) as database:
        migrations.check_current(database)


def test_the_first_token_is_made_shown_and_kept_for_its_owner_alone(admin: Admin, config: Config) -> None:
    told = admin("migrate")

    secret = kept(config).read_text()
    assert told.lines[1:] == [f"First token: {secret}", f"It is kept in {kept(config)}."]
    assert kept(config).stat().st_mode & 0o777 == 0o600


def test_the_first_token_opens_everything_to_an_organisation_without_a_name(
    admin: Admin, config: Config, database: Database
) -> None:
    admin("migrate")

    with reading(database) as session:
        caller = authenticate(session, kept(config).read_text(), at=utcnow())
        organisation = session.scalars(select(Organisation)).one()
    assert (caller.organisation_id, caller.scopes) == (organisation.id, frozenset(Scope))
    assert organisation.placeholder


def test_the_operators_own_token_becomes_the_first_and_is_kept_nowhere(
    admin: Admin, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERVET_BOOTSTRAP_TOKEN", OPERATORS_OWN)

    told = admin("migrate")

    assert told.lines[1:] == [f"First token: {OPERATORS_OWN}"]
    assert not kept(config).exists()


def test_there_is_one_first_token_however_often_it_is_migrated(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    admin("migrate")
    monkeypatch.setenv("INTERVET_BOOTSTRAP_TOKEN", OPERATORS_OWN)

    told = admin("migrate")

    assert told.lines == [f"The schema is at {migrations.newest()}."]
    assert len(admin("token", "list").lines) == 1


def test_a_token_that_only_looks_like_ours_is_refused(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERVET_BOOTSTRAP_TOKEN", "ivt_org_0123456789012345678901234567")

    told = admin("migrate")

    assert (told.code, len(told.errors)) == (2, 1)
    assert admin("token", "list").lines == []


def test_a_secret_key_is_made_beside_it(admin: Admin, config: Config) -> None:
    admin("migrate")

    assert (config.data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
