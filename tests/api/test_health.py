"""Whether the server lives, and whether it should get requests."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from api.app import create_app
from domain.config import Config
from domain.transaction import Database, connect, transaction

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@contextmanager
def at_revision(database: Database, revision: str) -> Iterator[None]:
    """The database, as if another release had migrated it."""
    with transaction(database) as session:
        right = session.scalar(text("SELECT version_num FROM alembic_version"))
        session.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": revision})
    yield
    with transaction(database) as session:
        session.execute(text("UPDATE alembic_version SET version_num = :right"), {"right": right})


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_server_that_is_well_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_server_with_another_schema_is_not_ready(client: FlaskClient, database: Database) -> None:
    with at_revision(database, "from the future"):
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "5")


def test_the_public_is_not_told_what_is_wrong_and_the_log_is(
    client: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with at_revision(database, "from the future"), caplog.at_level(logging.WARNING, "intervet.health"):
        answer = client.get("/readyz")

    assert answer.json["detail"] == "The server is not ready; try again in a moment."
    assert [record.check for record in caplog.records] == ["schema"]  # type: ignore[attr-defined]


def test_a_server_on_a_full_disk_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1000, used=951, free=49))

    assert client.get("/readyz").status_code == 503


def test_a_server_whose_data_directory_is_still_to_be_made_is_ready(config: Config, database: Database) -> None:
    elsewhere = replace(config, data_dir=config.data_dir / "not" / "yet")

    assert create_app(elsewhere, database=database).test_client().get("/readyz").status_code == 200


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_server_without_its_database_lives_and_is_not_ready(config: Config) -> None:
    database = connect(NOWHERE)
    client = create_app(config, database=database).test_client()

    assert [client.get(path).status_code for path in ("/livez", "/readyz", "/v1/calls")] == [200, 503, 503]
    database.close()
