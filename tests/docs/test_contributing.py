"""What CONTRIBUTING tells people to type works as it stands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("domain", "migrations", "data", "pyproject.toml")  # what Alembic reads, and writes to


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what Alembic works on, with this environment beside it."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in PARTS:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_a_migration_is_made_word_for_word(copy: Path) -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("## Migrations")[2]
    (script,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    before = set((copy / "migrations" / "versions").glob("*.py"))
    environment = {name: value for name, value in os.environ.items() if name != "INTERVET_DATABASE_URL"}
    environment["TMPDIR"] = str(copy.parent)

    done = subprocess.run(["sh", "-e", "-c", script], cwd=copy, env=environment, capture_output=True, check=False)

    (made,) = set((copy / "migrations" / "versions").glob("*.py")) - before
    assert (done.returncode, made.name.endswith("_a_sentence.py")) == (0, True), done.stderr
