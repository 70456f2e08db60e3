"""`intervet-admin doctor`: a line for each thing, and not zero when one is bad."""

from pathlib import Path

import pytest
from sqlalchemy import text

from domain.config import Config
from domain.transaction import Database
from tests.cli.admin import Admin

THINGS = ["database", "engine", "schema", "mail", "sealed", "data directory", "secret key", "link key", "base URL"]


@pytest.fixture
def healthy(admin: Admin) -> Admin:
    """An installation to which nothing is wrong."""
    admin("migrate")
    return admin


def named(lines: list[str], verdict: str) -> list[str]:
    return [line[5:].partition(":")[0] for line in lines if line.startswith(verdict)]


def test_a_healthy_installation_is_told_so_line_by_line(healthy: Admin) -> None:
    told = healthy("doctor")

    assert (told.code, named(told.lines, "ok")) == (0, THINGS)


def test_the_engine_is_named_with_its_version(healthy: Admin, engine: str) -> None:
    line = healthy("doctor").lines[1]

    assert line.lower().startswith(f"ok   engine: {engine} ")


@pytest.mark.parametrize(
    ("variable", "value", "thing"),
    [
        ("INTERVET_BASE_URL", "http://intervet.example", "base URL"),
        ("INTERVET_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none", "database"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_still_looked_at(
    healthy: Admin, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, thing: str
) -> None:
    monkeypatch.setenv(variable, value)

    told = healthy("doctor")

    assert (told.code, named(told.lines, "BAD")) == (1, [thing])


@pytest.mark.parametrize("kept", ["secret_key", "link_key"])
def test_a_key_that_others_can_read_is_bad(healthy: Admin, config: Config, kept: str) -> None:
    (config.data_dir / kept).chmod(0o640)

    assert named(healthy("doctor").lines, "BAD") == [kept.replace("_", " ")]


@pytest.mark.parametrize("kept", ["secret_key", "link_key"])
def test_a_key_that_is_lost_is_bad(healthy: Admin, config: Config, kept: str) -> None:
    (config.data_dir / kept).unlink()

    assert named(healthy("doctor").lines, "BAD") == [kept.replace("_", " ")]


def test_a_data_directory_that_is_not_there_is_bad(
    healthy: Admin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INTERVET_DATA_DIR", str(tmp_path / "none"))

    assert named(healthy("doctor").lines, "BAD") == ["data directory", "secret key", "link key"]


def test_a_schema_from_the_future_is_bad(healthy: Admin, database: Database) -> None:
    with database.writer.begin() as connection:
        known = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))

    lines = healthy("doctor").lines

    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :known"), {"known": known})
    assert named(lines, "BAD") == ["schema"]


def test_the_mail_server_is_named_without_its_password(healthy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = next(line for line in healthy("doctor").lines if "mail:" in line)
    monkeypatch.setenv("INTERVET_SMTP_URL", "smtps://me:hunter2@mail.example")
    monkeypatch.setenv("INTERVET_MAIL_FROM", "mobility@intervet.example")

    told = next(line for line in healthy("doctor").lines if "mail:" in line)

    assert unset == "ok   mail: INTERVET_SMTP_URL is not set; 0 messages wait"
    assert told == "ok   mail: mail.example:465 (tls) as mobility@intervet.example; 0 wait"
