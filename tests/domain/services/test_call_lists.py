"""Lists of calls: what shows in them at each moment, narrowed, searched, paged."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.models.activities import ActivityCode, Profile
from domain.models.calls import Call, CallState, CallStatus, next_change, status_at
from domain.policies import OPERATOR
from domain.services.pages import PageRequest
from tests.domain.services.call_steps import (
    GRAIN,
    call_in,
    listed,
    page_of,
)
from tests.world import World


def test_the_status_asked_for_is_the_status_shown_at_every_boundary(world: World) -> None:
    all_calls = [call_in(world, state, slug=state.value.replace("_", "-"), grace_minutes=30) for state in CallState]
    edges = [all_calls[0].opens_at, all_calls[0].closes_at, all_calls[0].closes_at + timedelta(minutes=30)]

    for at in (edge + shift for edge in edges for shift in (-GRAIN, timedelta(0), GRAIN)):
        asked = {status: listed(world, by=OPERATOR, at=at, status=status) for status in CallStatus}
        assert asked == {
            status: sorted(call.slug for call in all_calls if status_at(call, at) is status) for status in CallStatus
        }


def test_the_next_change_is_the_next_edge_and_then_none(world: World) -> None:
    call = world.call()
    moments = (call.opens_at - GRAIN, call.opens_at, call.closes_at - GRAIN, call.closes_at)

    assert [next_change(call, at) for at in moments] == [call.opens_at, call.closes_at, call.closes_at, None]


NARROWED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["lyon", "wien"]),
    ({"country": "RS"}, ["lyon"]),
    ({"country": "AL"}, ["wien"]),
    ({"country": "R"}, []),
    ({"activity": ActivityCode.JOB_SHADOWING}, ["wien"]),
    ({"profile": Profile.STAFF}, ["wien"]),
    ({"destination": "FR"}, ["lyon"]),
    ({"destination": "AT"}, []),
    ({"language": "sr-Cyrl"}, ["lyon"]),
    ({"language": "sq"}, ["wien"]),
    ({"language": "sr"}, []),
    ({"project": "TEST"}, ["lyon", "wien"]),
    ({"project": "OTHER"}, []),
    ({"country": "RS", "language": "sq"}, []),
]


def test_the_list_is_narrowed(world: World) -> None:
    world.call(slug="lyon")
    shadowing = {"activity_id": world.activity(ActivityCode.JOB_SHADOWING), "profile": Profile.STAFF}
    world.call(slug="wien", title={"sq": "Vjenë"}, eligible_countries=["AL"], destinations=(), **shadowing)

    found = [(wanted, listed(world, **wanted)) for wanted, _ in NARROWED]

    assert found == NARROWED


def test_the_list_is_narrowed_to_the_calls_of_one_organisation(world: World) -> None:
    world.call(slug="ours")
    world.call(slug="joint", owner_id=world.organisation("coordinator"))

    assert listed(world, owner_id=world.organisation("coordinator")) == ["joint"]


SEARCHED = {
    "a": "Tri javë në LION",
    "b": "Три недеље у Љубљани",
    "c": "Çajtore e Šabacu",
    "d": "Đerdap 100% _free_ Straße",
    "e": "Ѓорѓи оди",
}
# What is asked for, and the slugs found: a word by its case, accents and script, a wildcard as it is written.
FOUND = {
    "a": ["JAVE", "javë ne", "lion  tri"],
    "b": ["недеље", "NEDELJE", "ljubljani", "Љубљани"],
    "c": ["cajtore", "шабацу", "šabac"],
    "d": ["100%", "_free_", "strasse", "STRASSE", "%", "_"],
    "e": ["ѓорѓи", "ОДИ"],
    "": ["jave nedelje", "lionn", "l%n", "\\"],
    "abcde": ["grenoble"],  # the destination's city
}


def test_a_search_folds_case_accents_and_script_and_takes_every_word_literally(world: World) -> None:
    (place,) = world.call_input().destinations
    for slug, text in SEARCHED.items():
        world.call(slug=slug, title={"en": text}, destinations=(replace(place, city="Grenoble"),))

    found = {q: "".join(listed(world, q=q)) for words in FOUND.values() for q in words}

    assert found == {q: slugs for slugs, words in FOUND.items() for q in words}


@pytest.mark.parametrize("sort", ["opens_at", "-closes_at", "-created_at", "slug", "-slug"])
def test_pages_stay_right_while_rows_come_and_go(world: World, sort: str) -> None:
    kept = [world.call(slug=slug).slug for slug in ("b", "d", "f", "h", "j")]
    world.call(slug="g")
    pages = turned(world, sort)

    found = next(pages)
    world.do(lambda session, **_: session.delete(session.scalars(select(Call).where(Call.slug == "g")).one()))
    for slug in ("a", "c", "z"):
        world.call(slug=slug)
    found += [slug for page in pages for slug in page]

    assert len(found) == len(set(found))
    assert [slug for slug in found if slug in kept] == (kept[::-1] if sort.startswith("-") else kept)


def turned(world: World, sort: str) -> Iterator[list[str]]:
    """The pages of the list, one after the other."""
    cursor = None
    while True:
        page = page_of(world, PageRequest(limit=2, cursor=cursor, sort=sort))
        yield [call.slug for call in page.items]
        if (cursor := page.next_cursor) is None:
            return
