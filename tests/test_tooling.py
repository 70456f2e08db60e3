"""What the files around the code promise: locks, floors, settings, and nothing of the machine they were made on."""

import ast
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import psycopg
import pytest
from gunicorn.config import KNOWN_SETTINGS
from packaging.requirements import Requirement
from packaging.version import Version

from tests import postgres

ROOT = Path(__file__).parent.parent
LOCKS = ("base", "s3", "test")
# The first releases without a weakness that would reach us; requirements/base.in names each.
FLOORS = {
    "flask": "3.1.3",
    "gunicorn": "23",
    "marshmallow": "4.1.2",
    "requests": "2.32.4",
    "urllib3": "2.6.3",
    "werkzeug": "3.1.5",
}
# In pieces, so that this file does not find itself.
MACHINE = re.compile(
    "/" + r"(?:root|home/[a-z][\w.-]*|Users/\w+|work/(?:main|shared)|tmp/bash_jobs)/|\.\./" + "shared/"
)
PACKAGE_INDEX = re.compile(r"(?<!--no-emit-)index" + r"[-_]url|find" + r"[-_]links|/" + r"simple/[\w-]+/")


def requirements(name: str) -> list[str]:
    """The entries of a lock, each with its hashes on one line."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def locked(name: str) -> dict[str, Version]:
    """The version that a lock holds, by package."""
    pinned = (Requirement(entry.partition("--hash")[0]) for entry in requirements(name))
    return {pin.name: Version(next(iter(pin.specifier)).version) for pin in pinned}


def our_text_files() -> list[tuple[Path, str]]:
    """What git keeps, or would keep at the next commit, as far as it is text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    texts = ((path, path.read_bytes()) for path in paths if path.is_file())
    return [(path.relative_to(ROOT), content.decode()) for path, content in texts if b"\0" not in content]


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_held_to_one_version_and_its_hashes(name: str) -> None:
    pinned = re.compile(r"[\w.\[\],-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}")

    loose = [entry for entry in requirements(name) if not pinned.match(entry)]

    assert loose == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked(name: str) -> None:
    wanted = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    entries = [line.partition("#")[0].strip() for line in wanted if not line.startswith("-c")]

    missing = {Requirement(entry).name for entry in entries if entry} - locked(name).keys()

    assert missing == set()


@pytest.mark.parametrize(("first", "second"), list(combinations(LOCKS, 2)))
def test_the_locks_agree(first: str, second: str) -> None:
    base, test = locked(first), locked(second)

    differing = {name for name in base.keys() & test.keys() if base[name] != test[name]}

    assert differing == set()


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_what_is_installed_and_locked_is_not_below_its_floor(package: str, floor: str) -> None:
    assert min(locked("base")[package], Version(version(package))) >= Version(floor)


@pytest.mark.parametrize("pattern", [MACHINE, PACKAGE_INDEX], ids=["machine", "index"])
def test_no_file_of_ours_names_a_machine_or_a_package_index(pattern: re.Pattern[str]) -> None:
    found = {str(path): pattern.findall(text) for path, text in our_text_files() if pattern.search(text)}

    assert found == {}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "see /" + "root/notes.txt"),
        (MACHINE, "cp ../" + "shared/data/x.json ."),
        (PACKAGE_INDEX, "--extra-index" + "-url https://pypi.example"),
        (PACKAGE_INDEX, "find" + "-links = /opt"),
    ],
)
def test_a_machine_or_an_index_would_be_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text) is not None


def test_the_licence_is_the_one_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    title = (ROOT / "LICENSE").read_text().splitlines()[0]

    assert (project["license"], title) == ("EUPL-1.2", "EUROPEAN UNION PUBLIC LICENCE v. 1.2")


def test_gunicorn_knows_every_name_that_is_set() -> None:
    tree = ast.parse((ROOT / "deploy" / "gunicorn.conf.py").read_text())
    names = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets}  # type: ignore[attr-defined]

    unknown = names - {setting.name for setting in KNOWN_SETTINGS}

    assert unknown == {"settings"}


@pytest.fixture
def names() -> Iterator[tuple[str, str]]:
    """Two databases that may be made, and are gone afterwards."""
    made = (f"{postgres.PREFIX}origin_{os.getpid()}", f"{postgres.PREFIX}copy_{os.getpid()}")
    yield made
    for name in made:
        postgres.drop_database(name)


def test_a_database_made_from_another_holds_what_that_one_holds(names: tuple[str, str]) -> None:
    origin, copy = names
    with psycopg.connect(conninfo(postgres.create_database(origin)), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with psycopg.connect(conninfo(postgres.create_database(copy, template=origin))) as connection:
        answer = connection.execute("SELECT answer FROM kept").fetchall()

    assert answer == [(42,)]


def test_a_database_that_is_not_the_tests_own_is_left_alone() -> None:
    with pytest.raises(ValueError, match="must begin with"):
        postgres.drop_database("intervet")


def conninfo(url: str) -> str:
    """SQLAlchemy's URL as libpq reads it."""
    return url.replace("+psycopg", "")
