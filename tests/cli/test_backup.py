"""`intervet-admin backup`: a copy that can be restored, and no half of one."""

import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

import migrations
from domain.config import Config
from domain.models.projects import Project
from domain.transaction import Database, connect, reading
from tests import postgres
from tests.cli.admin import Admin
from tests.world import World


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the tests' own release, as an operator would have them."""
    folders = ":".join(map(str, postgres._in_wheel()))
    monkeypatch.setenv("PATH", folders, prepend=":")


@pytest.mark.usefixtures("programs")
def test_a_backup_restored_is_the_database(admin: Admin, world: World, database: Database, tmp_path: Path) -> None:
    world.project()
    told = admin("backup", tmp_path / "backup")

    assert told.code == 0
    with closing(connect(restored(database, tmp_path / "backup"))) as copy:
        migrations.check_current(copy)
        with reading(copy) as session:
            assert session.scalars(select(Project.code)).all() == ["TEST"]


def restored(database: Database, backup: Path) -> str:
    """The address of a database made of a backup."""
    if database.on_sqlite:
        shutil.copy(backup, backup.with_name("restored.sqlite"))
        return f"sqlite:///{backup.with_name('restored.sqlite')}"
    name = f"{database.writer.url.database}_restored"
    postgres.drop_database(name)
    url = postgres.create_database(name)
    to = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={to}", backup], check=True)
    return url


@pytest.mark.usefixtures("programs")
def test_a_backup_says_what_is_not_in_it(admin: Admin, config: Config, tmp_path: Path) -> None:
    told = admin("backup", tmp_path / "backup")

    assert f"The documents are not in it: copy {config.data_dir / 'files'} as well, after this." in told.lines


@pytest.mark.usefixtures("programs")
def test_a_backup_is_for_its_owner_alone(admin: Admin, tmp_path: Path) -> None:
    admin("backup", tmp_path / "backup")

    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_a_backup_never_takes_the_place_of_another(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("last night's")

    told = admin("backup", tmp_path / "backup")

    assert (told.code, told.errors) == (2, [f"{tmp_path / 'backup'} is there already; name another file."])
    assert (tmp_path / "backup").read_text() == "last night's"


def test_a_folder_that_is_not_there_is_named(admin: Admin, tmp_path: Path) -> None:
    told = admin("backup", tmp_path / "none" / "backup")

    assert (told.code, told.errors) == (2, [f"There is no folder {tmp_path / 'none'}."])


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_without_pg_dump_it_says_what_to_use(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    told = admin("backup", tmp_path / "backup")

    assert (told.code, told.errors[0].partition(" ")[0]) == (2, "pg_dump")
    assert list(tmp_path.glob("*backup*")) == []
