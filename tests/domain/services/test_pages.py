"""Pages of a list, on both engines."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import InvalidInput
from domain.models.projects import Project
from domain.models.tokens import Token
from domain.services import projects
from domain.services.pages import PageRequest, fetch_page
from domain.transaction import Database, reading
from tests.world import World

KEYS = {
    "holder": Token.holder.expression,
    "created_at": Token.created_at.expression,
    "version": Token.version.expression,
}


def turned(database: Database, sort: str, *, limit: int = 2) -> Iterator[list[str]]:
    """The pages of all tokens, one after the other."""
    cursor = None
    while True:
        with reading(database) as session:
            page = PageRequest(limit=limit, cursor=cursor, sort=sort)
            found = fetch_page(session, select(Token), page=page, keys=KEYS, id_column=Token.id, default="holder")
        yield [token.holder for token in found.items]
        if (cursor := found.next_cursor) is None:
            return


@pytest.mark.parametrize("key", KEYS)
def test_the_pages_together_are_the_whole_list_in_order(world: World, database: Database, key: str) -> None:
    for name in ("partner", "host", "school", "agency", "network"):
        world.token(name)
    (whole,) = turned(database, key, limit=200)

    pages, backwards = list(turned(database, key)), [row for page in turned(database, f"-{key}") for row in page]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert ([row for page in pages for row in page], backwards) == (whole, whole[::-1])


def test_a_full_last_page_has_no_next(world: World, database: Database) -> None:
    for name in ("partner", "host"):
        world.token(name)

    assert [len(page) for page in turned(database, "holder")] == [2]


def test_text_is_sorted_alike_on_both_engines(world: World, database: Database) -> None:
    for name in ("b", "B", "a b", "ab", "č", "Ж"):
        world.organisation(name)
        world.token(name)

    (holders,) = turned(database, "holder", limit=200)

    assert holders == sorted(holders)


def test_a_list_by_day_turns_its_pages(world: World) -> None:
    world.project()
    world.other_project("partner")
    page = PageRequest(limit=1, sort="starts_on")

    first = world.do(lambda session, by, at: projects.list_projects(session, by=by, page=page))
    page = PageRequest(limit=1, sort="starts_on", cursor=first.next_cursor)
    second = world.do(lambda session, by, at: projects.list_projects(session, by=by, page=page))

    assert sorted(project.code for project in [*first.items, *second.items]) == ["OTHER", "TEST"]
    assert second.next_cursor is None


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


ID = "5f0c7e6e58a54d7c8b6a000000000001"
FOREIGN = {
    "no base64": "!",
    "not ASCII": "é",
    "no JSON": base64.urlsafe_b64encode(b"junk").decode(),
    "no list": forged(),
    "a number": base64.urlsafe_b64encode(b"7").decode(),
    "nested deeply": base64.urlsafe_b64encode(b"[" * 5000).decode(),
    "of another order": forged("-created_at", "2026-01-01T00:00:00+00:00", ID),
    "of another type": forged("created_at", "soon", ID),
    "of no type": forged("created_at", None, ID),
    "an instant without a zone": forged("created_at", "2026-01-01T00:00:00", ID),
    "an instant before the calendar": forged("created_at", "0001-01-01T00:00:00+14:00", ID),
    "an instant that is none": forged("created_at", 7, ID),
    "no id": forged("created_at", "2026-01-01T00:00:00+00:00", "7"),
}


@pytest.mark.parametrize("cursor", FOREIGN.values(), ids=FOREIGN)
def test_a_cursor_that_is_none_of_ours_is_refused(database: Database, cursor: str) -> None:
    page = PageRequest(cursor=cursor, sort="created_at")

    with reading(database) as session, pytest.raises(InvalidInput) as caught:
        fetch_page(session, select(Token), page=page, keys=KEYS, id_column=Token.id, default="holder")

    assert [(found.pointer, found.code) for found in caught.value.findings] == [("/cursor", "not_a_cursor")]


@pytest.mark.parametrize(
    ("sort", "value"),
    [("holder", "\x00"), ("holder", "\ud800"), ("version", 2**63), ("version", True), ("version", 1.5)],
)
def test_a_forged_value_that_no_column_holds_is_refused(database: Database, sort: str, value: Any) -> None:
    page = PageRequest(cursor=forged(sort, value, ID), sort=sort)

    with reading(database) as session, pytest.raises(InvalidInput):
        fetch_page(session, select(Token), page=page, keys=KEYS, id_column=Token.id, default="holder")


def test_a_sort_that_there_is_not_names_those_that_there_are(database: Database) -> None:
    with reading(database) as session, pytest.raises(InvalidInput) as caught:
        fetch_page(
            session, select(Project), page=PageRequest(sort="-age"), keys=KEYS, id_column=Token.id, default="holder"
        )

    (found,) = caught.value.findings
    assert (found.pointer, found.values) == ("/sort", {"choices": "created_at, holder, version"})
