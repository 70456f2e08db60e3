"""The command line as a whole: what it offers, and one clear line when something can't be done."""

import pytest

from cli.main import COMMANDS, main
from tests.cli.admin import Admin


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
        ("INTERVET_DATABASE_URL", "sqlite:////proc/none/x.sqlite", "The database's directory can't be used: "),
    ],
)
def test_settings_that_cannot_be_used_are_one_line(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, beginning: str
) -> None:
    monkeypatch.setenv(variable, value)

    told = admin("token", "list")

    assert (told.code, len(told.errors), told.errors[0][: len(beginning)]) == (2, 1, beginning)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_database_without_a_schema_says_what_to_do(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, tmp_path: str
) -> None:
    monkeypatch.setenv("INTERVET_DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite")

    told = admin("token", "list")

    sentence = "The database's schema is older than this code; run `intervet-admin migrate`."
    assert (told.code, told.errors) == (2, [sentence])
