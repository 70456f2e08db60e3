"""The client as others get it: a wheel with everything in it, that needs nothing of ours."""

import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tests.e2e.running import ROOT

PROJECT = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """What `pip install ./client` builds, out of a copy of what git keeps there."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "client"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    words = (
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        folder,
        folder / "client",
    )
    subprocess.run([sys.executable, *map(str, words)], check=True)
    (built,) = folder.glob("*.whl")
    return ZipFile(built)


def test_the_wheel_holds_every_module_the_labels_and_the_types(wheel: ZipFile) -> None:
    source = ROOT / "client" / "intervet_client"
    ours = {
        path.relative_to(source.parent).as_posix()
        for path in source.rglob("*")
        if path.suffix in (".py", ".json", ".typed")
    }

    assert ours - set(wheel.namelist()) == set()


def test_the_wheel_brings_the_command(wheel: ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]

    assert wheel.read(name).decode().split("\n")[:2] == [
        "[console_scripts]",
        "intervet = intervet_client.cli.main:main",
    ]


def test_it_runs_where_nothing_of_ours_is(wheel: ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = (
        "import sys, intervet_client.cli.main as m; ours = {'api', 'cli', 'domain', 'schemas', 'integrations'};"
        "print(m.__file__, sorted(ours & {name.partition('.')[0] for name in sys.modules}))"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == [str(tmp_path / "intervet_client" / "cli" / "main.py"), "[]"]


def test_what_it_says_that_it_needs_is_what_it_imports(wheel: ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    needed = {Requirement(each).name for each in Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist")}

    imported = {line.split()[1].partition(".")[0] for line in lines(wheel) if line.startswith(("import ", "from "))}

    assert imported - {"intervet_client"} - set(sys.stdlib_module_names) == needed


def lines(wheel: ZipFile) -> list[str]:
    """Those of all modules."""
    return [
        line for name in wheel.namelist() if name.endswith(".py") for line in wheel.read(name).decode().splitlines()
    ]


def test_its_versions_of_python_are_those_of_the_house() -> None:
    house = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert PROJECT["requires-python"] == house["requires-python"]
