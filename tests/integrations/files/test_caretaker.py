"""Who looks after files: what is bad is never handed out, what nobody names is gone, what is named stays."""

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.config import Config
from domain.models.applications import Application
from domain.models.documents import Document, DocumentKind, DocumentState
from domain.services import documents
from domain.services.document_checks import Upload, check_file
from domain.services.documents import DocumentInput
from domain.transaction import Database, reading, transaction
from integrations.files.caretaker import IN_THE_MAKING, Caretaker
from integrations.files.clamd import Clamd
from integrations.files.store import store_of, stored
from tests.conftest import Clock
from tests.integrations.files.scanners import scripted_clamd
from tests.papers import pdf
from tests.world import World

FILE = check_file(Upload("cv.pdf", pdf()))


@pytest.fixture
def config(config: Config) -> Config:
    """Settings with a scanner."""
    return replace(config, clamav="127.0.0.1:1")


@pytest.fixture
def caretaker(config: Config, database: Database, clock: Clock) -> Caretaker:
    """Who looks after the test's files, and has no scanner yet."""
    opened = partial(reading, database), partial(transaction, database)
    return Caretaker(store_of(config), None, *opened, now=clock)


def sent(world: World, config: Config) -> Document:
    """A document of an application, stored."""
    application = world.application(world.call())

    def add(session: Any, **caller: Any) -> Document:
        row = session.get_one(Application, application.id)
        with stored(store_of(config), FILE.content) as file_id:
            wanted = DocumentInput(FILE, file_id, kind=DocumentKind.CV)
            return documents.add_document(session, row, wanted, config=config, **caller)

    return world.do(add)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"stream: OK\0", DocumentState.CLEAN),
        (b"stream: Test.Bad FOUND\0", DocumentState.INFECTED),
        (b"stream: Can't open. ERROR\0", DocumentState.PENDING),
    ],
)
def test_a_file_becomes_what_the_scanner_says(
    world: World, config: Config, caretaker: Caretaker, answer: bytes, state: DocumentState
) -> None:
    sent(world, config)

    with scripted_clamd(answer) as address:
        caretaker.scanner = Clamd(address)
        assert caretaker.scan() is (state is not DocumentState.PENDING)

    assert world.read(select(Document.state)) == [state]


def test_without_a_scanner_what_waits_goes_on_waiting(world: World, config: Config, caretaker: Caretaker) -> None:
    sent(world, config)

    caretaker.scan()

    assert world.read(select(Document.state)) == [DocumentState.PENDING]


def test_one_that_can_not_be_read_keeps_no_other_waiting(world: World, config: Config, caretaker: Caretaker) -> None:
    lost, _ = sent(world, config), sent(world, config)
    caretaker.store.remove(lost.id)

    with scripted_clamd(b"stream: OK\0") as address:
        caretaker.scanner = Clamd(address)
        caretaker.scan()

    states = world.read(select(Document.state).order_by(Document.id))
    assert states == [DocumentState.PENDING, DocumentState.CLEAN]


def test_a_file_that_no_row_names_is_removed_once_none_will(world: World, config: Config, caretaker: Caretaker) -> None:
    named = sent(world, config)
    with stored(caretaker.store, b"an orphan") as orphan:
        pass
    age(config, caretaker)

    assert (caretaker.sweep(), caretaker.sweep()) == (1, 0)
    assert caretaker.store.read(named.id) == FILE.content
    assert [path.name for path in files(config)] == [named.id.hex]
    assert orphan.hex not in [path.name for path in files(config)]


def test_one_just_put_may_yet_be_named(config: Config, caretaker: Caretaker, clock: Clock) -> None:
    with stored(caretaker.store, b"about to be named"):
        pass
    age(config, caretaker, by=IN_THE_MAKING.total_seconds() - 60)

    assert (caretaker.sweep(), len(files(config))) == (0, 1)


def test_what_was_being_written_when_the_power_went_is_removed(config: Config, caretaker: Caretaker) -> None:
    with stored(caretaker.store, b"half") as file_id:
        pass
    path = config.data_dir / "files" / file_id.hex[-2:] / file_id.hex
    path.rename(path.with_name(f"{path.name}.draft"))
    age(config, caretaker)

    caretaker.sweep()

    assert files(config) == []


def test_the_files_of_who_is_erased_are_gone_with_the_next_sweep(
    world: World, config: Config, caretaker: Caretaker
) -> None:
    document = sent(world, config)
    age(config, caretaker)
    world.do(lambda session, by, at: documents.erase_documents(
        session, session.get_one(Application, document.application_id)))  # fmt: skip

    assert (caretaker.sweep(), files(config)) == (1, [])


def test_it_does_its_rounds_until_it_is_told_to_stop(world: World, config: Config, caretaker: Caretaker) -> None:
    sent(world, config)
    with scripted_clamd(b"stream: OK\0") as address:
        caretaker.scanner = Clamd(address)
        with caretaker.at_work():
            deadline = time.monotonic() + 10
            while world.read(select(Document.state)) != [DocumentState.CLEAN] and time.monotonic() < deadline:
                time.sleep(0.02)

    assert world.read(select(Document.state)) == [DocumentState.CLEAN]


def files(config: Config) -> list[Path]:
    return [path for path in (config.data_dir / "files").rglob("*") if path.is_file()]


def age(config: Config, caretaker: Caretaker, *, by: float = IN_THE_MAKING.total_seconds() + 60) -> None:
    """Make every file as old as that."""
    moment = caretaker.now().timestamp() - by
    for path in files(config):
        os.utime(path, (moment, moment))
