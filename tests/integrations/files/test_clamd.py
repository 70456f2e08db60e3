"""ClamAV: what it finds is found, and what it can't say is never taken for clean."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.files.clamd import Clamd, ScannerAway
from tests.integrations.files.scanners import BAD, CLAMD, real_clamd, scripted_clamd
from tests.papers import odt

needs_clamd = pytest.mark.skipif(CLAMD is None, reason="clamd is not installed (Debian: clamav-daemon)")


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    """A real one."""
    with real_clamd(tmp_path_factory.mktemp("clamd")) as address:
        yield Clamd(address)


@needs_clamd
def test_the_real_one_finds_what_it_knows_and_nothing_else(clamd: Clamd) -> None:
    assert [clamd.finds(content) for content in (BAD, b"a letter", b"")] == [True, False, False]


@needs_clamd
def test_the_real_one_looks_into_archives_and_behind_much_else(clamd: Clamd) -> None:
    archive = odt({"content.xml": b"<x>" + BAD + b"</x>"})

    assert [clamd.finds(archive), clamd.finds(os.urandom(5_000_000) + BAD)] == [True, True]


@pytest.mark.parametrize("answer", [b"", b"stream: ", b"stream: OK and more", b"INSTREAM size limit exceeded. ERROR\0"])
def test_what_is_no_verdict_is_not_taken_for_one(answer: bytes) -> None:
    with scripted_clamd(answer) as address, pytest.raises(ScannerAway):
        Clamd(address).finds(b"a letter")


@pytest.mark.parametrize("answer", [b"stream: OK\0", b"stream: Test.Bad FOUND\0"])
def test_a_verdict_over_the_network_is_understood(answer: bytes) -> None:
    with scripted_clamd(answer) as address:
        assert Clamd(address).finds(bytes(200_000)) is (b"FOUND" in answer)


def test_one_that_is_not_there_is_away(tmp_path: Path) -> None:
    for address in (str(tmp_path / "none.sock"), "127.0.0.1:1"):
        with pytest.raises(ScannerAway):
            Clamd(address).finds(b"a letter")
