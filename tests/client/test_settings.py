"""Who one is, and where: told by the environment or kept in a file that nobody else can read."""

import json
import re
import stat
from pathlib import Path

import pytest

from intervet_client import BadSettings, settings
from intervet_client.settings import Settings
from tests.client.school import School
from tests.e2e.running import ROOT, TOKEN
from tests.test_house import lines, reads_the_environment

KEPT = Settings("https://kept.example", "ivt_kept", "sq")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a file of `intervet login`."""
    settings.keep(KEPT, tmp_path / "deep" / "config.json")
    return {"INTERVET_CONFIG": str(tmp_path / "deep" / "config.json")}


def test_what_login_kept_is_used(environment: dict[str, str]) -> None:
    assert settings.load(environment) == KEPT


def test_the_environment_comes_first(environment: dict[str, str]) -> None:
    told = {"INTERVET_URL": "https://told.example", "INTERVET_TOKEN": "ivt_told", "INTERVET_LANG": "mk"}

    assert settings.load(environment | told) == Settings("https://told.example", "ivt_told", "mk")


def test_a_kept_token_goes_to_no_other_server(environment: dict[str, str]) -> None:
    assert settings.load(environment | {"INTERVET_URL": "https://told.example"}).token is None


def test_the_file_is_for_its_owner_alone_also_when_it_is_written_again(environment: dict[str, str]) -> None:
    file = Path(environment["INTERVET_CONFIG"])

    settings.keep(KEPT, file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_refused(environment: dict[str, str]) -> None:
    Path(environment["INTERVET_CONFIG"]).chmod(0o640)

    with pytest.raises(BadSettings, match="Next: chmod 600"):
        settings.load(environment)


@pytest.mark.parametrize("content", ["", "{}", '{"server": 1}', "[]"])
def test_a_file_that_holds_no_settings_is_refused(environment: dict[str, str], content: str) -> None:
    Path(environment["INTERVET_CONFIG"]).write_text(content)

    with pytest.raises(BadSettings, match="`intervet login` again"):
        settings.load(environment)


def test_without_a_server_it_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="`intervet login`, or set INTERVET_URL"):
        settings.load({"INTERVET_CONFIG": str(tmp_path / "none")})


def test_login_asks_keeps_and_does_not_show_the_token(school: School) -> None:
    done = school.run("login", input=f"{school.running.base_url}/\n{TOKEN}\n")

    kept = json.loads((school.folder / "config.json").read_text())
    assert (done.returncode, kept["url"], kept["token"]) == (0, school.running.base_url, TOKEN)
    assert "Your token may: " in done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_a_token_that_the_server_does_not_know_is_not_kept(school: School) -> None:
    done = school.run("login", input=f"{school.running.base_url}\nivt_{'x' * 40}\n")

    assert (done.returncode, (school.folder / "config.json").exists()) == (3, False)


def test_logout_forgets(school: School) -> None:
    school.run("login", input=f"{school.running.base_url}\n{TOKEN}\n")

    school.run("logout")

    assert not (school.folder / "config.json").exists()


def test_no_command_takes_a_token_or_a_secret_on_its_line(school: School) -> None:
    commands = ("login", "calls", "form", "check", "apply", "status", "export", "events")
    told = [school.run(command, "--help").stdout for command in commands]

    assert all("Usage: intervet" in text for text in told)
    assert [text for text in told if "--token" in text or "--secret " in text] == []


def test_every_setting_is_explained() -> None:
    sources = [path.read_text() for path in (ROOT / "client" / "intervet_client").rglob("*.py")]

    read = {name for source in sources for name in re.findall(r'\.get\("(INTERVET_[A-Z_]+)"\)', source)}

    explained = set(re.findall(r"`(INTERVET_[A-Z_]+)`", (ROOT / "client" / "README.md").read_text()))
    assert explained == read


def test_the_environment_is_read_in_one_place() -> None:
    package = ROOT / "client" / "intervet_client"

    found = [path.name for path in package.rglob("*.py") if lines(path.read_text(), reads_the_environment)]

    assert found == ["settings.py"]
