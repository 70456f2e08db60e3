"""The catalogue's version: what moves it, and that every thread sees it move."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from domain.models.applications import Application
from domain.models.calls import Call
from domain.services.catalogue import CatalogueVersion
from domain.transaction import Database, connect, transaction
from tests.world import World


@pytest.fixture
def version(database: Database) -> CatalogueVersion:
    """What the prepared answers ask."""
    return CatalogueVersion(database)


def test_it_moves_with_a_call(world: World, version: CatalogueVersion) -> None:
    call, before = world.draft(), version.now()

    with transaction(world.database) as session:
        session.get_one(Call, call.id).places = 7

    assert (before, version.now()) != (None, before)


def test_it_moves_at_the_commit_and_not_before(world: World, version: CatalogueVersion) -> None:
    call, before = world.draft(), version.now()

    with transaction(world.database) as session:
        session.get_one(Call, call.id).places = 7
        session.flush()
        meanwhile = version.now()

    assert (meanwhile, version.now()) == (before, (before or 0) + 1)


def test_it_moves_with_a_statement_about_many_calls(world: World, version: CatalogueVersion) -> None:
    world.call()
    before = version.now()

    with transaction(world.database) as session:
        session.execute(update(Call).values(places=7))

    assert version.now() != before


def test_a_savepoint_that_is_rolled_back_does_not_hide_what_comes_after(
    world: World, version: CatalogueVersion
) -> None:
    call, before = world.draft(), version.now()

    with transaction(world.database) as session:
        _tried_and_given_up(session, call)
        session.get_one(Call, call.id).places = 8

    assert version.now() != before


def test_it_stands_while_only_applications_come(world: World, version: CatalogueVersion) -> None:
    call = world.call()
    world.application(call, "Ana")
    before = version.now()

    world.application(call, "Bojan")

    assert version.now() == before


def test_another_thread_sees_what_this_one_changed(world: World, version: CatalogueVersion) -> None:
    seen: list[int | None] = []
    for _ in range(2):
        world.draft()
        thread = threading.Thread(target=lambda: seen.append(version.now()))
        thread.start()
        thread.join()

    assert seen[1] == version.now() != seen[0]


def test_it_is_none_while_the_database_does_not_say(database: Database, tmp_path: Path) -> None:
    nowhere = connect(database.writer.url.set(database=str(tmp_path / "nothing")).render_as_string(hide_password=False))

    said = CatalogueVersion(nowhere).now()

    nowhere.close()
    assert said is None


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_connection_that_was_lost_is_made_anew(database: Database, version: CatalogueVersion) -> None:
    before = version.now()
    with database.writer.connect() as connection:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    assert (version.now(), version.now()) == (None, before)


def _tried_and_given_up(session: Session, call: Call) -> None:
    savepoint = session.begin_nested()
    session.get_one(Call, call.id).places = 7
    session.flush()
    savepoint.rollback()
    assert session.scalar(select(Application.id)) is None
