"""A server for all tests that leave it running; each has a folder, and takes pupils of a family of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intervet_client import Intake
from tests.client import school as schools
from tests.client.school import CALL, School


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """Their server."""
    with schools.school("sqlite", tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def school(beside: School, tmp_path: Path) -> School:
    """A school beside it, whose folder is empty."""
    return School(beside.running, tmp_path)


@pytest.fixture
def intake(school: School) -> Intake:
    """The call that the school applies to."""
    return Intake.of(school.client, CALL)
