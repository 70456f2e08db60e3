"""The command line as a whole: what it offers, and one clear line when something can't be done."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

import migrations
from cli import reference
from cli.main import COMMANDS, main
from domain.transaction import Database, check_engine, connect
from tests.cli.admin import Admin

INTERVET_DEMO = str(reference.FOLDER / "intervet-demo.json")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["--help"])

    shown = capsys.readouterr().out
    assert ending.value.code == 0
    assert [name for name in COMMANDS if f"\n    {name} " not in shown] == []


@pytest.mark.parametrize("words", [[], ["nothing"], ["demo"], ["token", "list", "all"], ["load"]])
def test_words_that_make_no_command_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(words)

    assert ending.value.code == 2


@pytest.mark.parametrize(
    ("variable", "value", "beginning"),
    [
        ("PORT", "many", "PORT is 'many'"),
        ("INTERVET_DATABASE_URL", "mysql://x", "INTERVET_DATABASE_URL must begin"),
        ("INTERVET_DATABASE_URL", "postgresql+psycopg://x@127.0.0.1:1/x", "The database can't be reached: "),
        ("INTERVET_DATABASE_URL", "sqlite:////proc/none/x.sqlite", "There is no database at /proc/none/x.sqlite; "),
        ("INTERVET_DATABASE_URL", "sqlite:///", "SQLite needs a file"),
    ],
)
def test_settings_that_cannot_be_used_are_one_line(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, beginning: str
) -> None:
    monkeypatch.setenv(variable, value)

    told = admin("token", "list")

    assert (told.code, len(told.errors), told.errors[0][: len(beginning)]) == (2, 1, beginning)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "words",
    [
        ("token", "list"),
        ("doctor",),
        ("demo", "refresh"),
        ("demo", "remove"),
        ("backup", "copy.sqlite"),
        ("load", INTERVET_DEMO),
    ],
    ids=lambda words: words[0],
)
def test_a_command_in_the_wrong_directory_makes_nothing_there(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    monkeypatch.delenv("INTERVET_DATABASE_URL")
    monkeypatch.delenv("INTERVET_DATA_DIR")
    monkeypatch.chdir(tmp_path)

    told = admin(*words)

    sentence = f"There is no database at {tmp_path}/var/intervet.sqlite; set INTERVET_DATA_DIR "
    assert (told.code > 0, sentence in told.said, list(tmp_path.iterdir())) == (True, True, [])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_directory_that_cannot_be_used_for_a_new_database_is_named(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERVET_DATABASE_URL", "sqlite:////proc/none/x.sqlite")

    told = admin("migrate")

    assert (told.code, told.errors[0].partition(": ")[0]) == (2, "The database's directory can't be used")


def test_an_empty_database_says_what_to_do(admin: Admin, monkeypatch: pytest.MonkeyPatch, empty_url: str) -> None:
    monkeypatch.setenv("INTERVET_DATABASE_URL", empty_url)
    with closing(connect(empty_url)) as database:
        check_engine(database)

    told = admin("token", "list")

    address = make_url(empty_url).render_as_string(hide_password=True)
    assert (told.code, told.errors) == (2, [f"The database {address} is empty; run `intervet-admin migrate`."])


def test_an_older_schema_is_not_called_empty(admin: Admin, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "newest", lambda: "a revision to come")

    told = admin("token", "list")

    sentence = "The database's schema is older than this code; run `intervet-admin migrate`."
    assert (told.code, told.errors) == (2, [sentence])
