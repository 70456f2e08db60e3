"""What the tests of integrations share."""

from collections.abc import Iterator

import pytest

from tests.integrations.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    with Receiver() as one:
        yield one
