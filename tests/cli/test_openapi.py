"""`intervet-admin openapi`: written from the code, and held against it."""

from pathlib import Path

import pytest
import yaml

from tests.cli.admin import Admin

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # It has nothing to do with the engine.


def test_what_is_written_is_current(admin: Admin, tmp_path: Path) -> None:
    written = admin("openapi", "--file", tmp_path / "openapi.yaml")

    checked = admin("openapi", "--file", tmp_path / "openapi.yaml", "--check")

    assert (written.lines, checked.lines) == (["openapi.yaml is written."], ["openapi.yaml is current."])
    assert yaml.safe_load((tmp_path / "openapi.yaml").read_text())["openapi"].startswith("3.1")


def test_a_file_that_says_otherwise_is_shown_and_left_alone(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("openapi: 2.0\n")

    told = admin("openapi", "--file", tmp_path / "openapi.yaml", "--check")

    assert (told.code, told.lines[3]) == (1, "-openapi: 2.0")
    assert (tmp_path / "openapi.yaml").read_text() == "openapi: 2.0\n"
