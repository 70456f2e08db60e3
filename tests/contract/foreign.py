"""Verifiers that we did not write, in the languages of those who receive: what a machine lacks is skipped, and said."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = Path(__file__).parent / "node"
INSTALLED_WITHIN_S = 60  # seconds; it takes two where there is a registry, and one where there is none


def program(name: str) -> str:
    """Where a program is; skips the test on a machine without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on this machine")
    return found


def node_folder(folder: Path) -> Path:
    """A folder with what `tests/contract/node` locks, by version and hash; skips the test where it can't be had."""
    npm = program("npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE / name, folder)
    quietly = ("--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0")
    try:
        done = subprocess.run(
            [npm, "ci", *quietly], cwd=folder, check=False, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm has not installed anything within {INSTALLED_WITHIN_S} s")
    if "EINTEGRITY" in done.stderr:
        pytest.fail(f"what npm brought is not what is locked:\n{done.stderr}")
    if done.returncode:
        pytest.skip(f"npm can't install here: {done.stderr.strip().splitlines()[0]}")
    return folder
