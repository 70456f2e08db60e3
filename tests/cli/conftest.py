"""The command line as an operator meets it: words in, lines and a number out, on the test's own database."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from domain.config import Config
from tests import postgres
from tests.cli.admin import Admin, Told, Written, small_project


@pytest.fixture
def admin(config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Admin:
    """`intervet-admin`, on the test's database: `admin("token", "list").lines`."""
    monkeypatch.setenv("INTERVET_DATABASE_URL", config.database_url)
    monkeypatch.setenv("INTERVET_DATA_DIR", str(config.data_dir))

    def run(*words: object) -> Told:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Told(code, said.out.splitlines(), said.err.splitlines())

    return run


@pytest.fixture
def project() -> dict[str, Any]:
    """A small project, as a file says it."""
    return small_project()


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a project to a file."""

    def write(project: Any) -> Path:
        path = tmp_path / "project.json"
        path.write_text(json.dumps(project), encoding="utf-8")
        return path

    return write


@pytest.fixture
def empty_url(engine: str, tmp_path: Path) -> Iterator[str]:
    """A database in which there is nothing at all."""
    name = f"intervet_test_migrate_{os.getpid()}"
    yield f"sqlite:///{tmp_path / 'new' / 'intervet.sqlite'}" if engine == "sqlite" else postgres.create_database(name)
    if engine == "postgresql":
        postgres.drop_database(name)
