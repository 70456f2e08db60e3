"""The schema's history leads to the models, on both engines, and refuses what it doesn't know."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

import migrations
from domain.config import ConfigError
from domain.db import Base
from domain.models.catalogue import Catalogue
from domain.transaction import Database, connect, reading, transaction


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
