"""The texts that people are asked to agree to: the standard ones, a project's own, and which of them still count."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Forbidden, NotFound
from domain.models.consents import ConsentText, Purpose
from domain.models.projects import Project
from domain.policies import Principal
from domain.services import consent_texts
from domain.services.consent_texts import STANDARD, STILL_TAKEN
from domain.transaction import reading
from tests.conftest import Clock
from tests.world import World

OURS = {"en": "I agree.", "sq": "Pajtohem."}


def project(session: Session, world: World) -> Project:
    return session.get_one(Project, world.project())


def write(world: World, text: Mapping[str, str] = OURS, *, purpose: str = "processing", **options: Any) -> ConsentText:
    world.project()
    return world.do(  # type: ignore[no-any-return]
        lambda session, by, at: consent_texts.write_text(session, project(session, world), purpose, text, by=by, at=at),
        **options,
    )


def current(world: World) -> dict[Purpose, tuple[int, Mapping[str, str]]]:
    world.project()
    with reading(world.database) as session:
        texts = consent_texts.list_texts(session, project(session, world))
        return {text.purpose: (text.version, text.text) for text in texts}


def test_a_project_that_has_written_none_has_the_standard_texts(world: World) -> None:
    assert current(world) == {purpose: (1, STANDARD[purpose]) for purpose in Purpose}
    assert world.read(select(ConsentText)) == []


def test_a_projects_own_text_is_the_version_after_the_standard_one(world: World) -> None:
    write(world)

    texts = world.read(select(ConsentText).order_by(ConsentText.version))
    assert [(text.version, text.text) for text in texts] == [(1, STANDARD[Purpose.PROCESSING]), (2, OURS)]
    assert current(world)[Purpose.PROCESSING] == (2, OURS)


def test_a_changed_text_is_the_next_version_and_the_one_before_stays(world: World) -> None:
    write(world)

    write(world, OURS | {"en": "I do agree."})

    texts = world.read(select(ConsentText).order_by(ConsentText.version))
    assert [(text.version, text.text["en"]) for text in texts][1:] == [(2, "I agree."), (3, "I do agree.")]


@pytest.mark.parametrize("same", [OURS, OURS | {"mk": ""}], ids=["the same", "with an empty translation"])
def test_an_unchanged_text_is_the_same_version(world: World, same: Mapping[str, str]) -> None:
    first = write(world)

    assert (write(world, same).id, current(world)[Purpose.PROCESSING]) == (first.id, (2, OURS))


def test_the_standard_text_written_by_hand_is_version_1(world: World) -> None:
    assert write(world, STANDARD[Purpose.PROCESSING]).version == 1


def test_a_text_for_one_purpose_leaves_the_others_alone(world: World) -> None:
    write(world, purpose="newsletter")

    assert [version for version, _ in current(world).values()] == [1, 1, 1, 2, 1]


def test_what_people_agreed_to_earlier_can_be_read(world: World) -> None:
    write(world)

    with reading(world.database) as session:
        earlier = consent_texts.get_text(session, project(session, world), "processing", version=1)
        assert earlier.text == STANDARD[Purpose.PROCESSING]
        with pytest.raises(NotFound, match="the current one is 2"):
            consent_texts.get_text(session, project(session, world), "processing", version=3)


@pytest.mark.parametrize("text", [{}, {"en": ""}])
def test_a_text_without_words_is_refused(world: World, text: dict[str, str]) -> None:
    project_id = world.project()

    def attempt(session: Session, **options: Any) -> None:
        consent_texts.write_text(session, session.get_one(Project, project_id), "processing", text, **options)

    assert world.refused(attempt) == [("/text", "required")]


def test_a_purpose_that_there_is_not_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="there are processing, sharing_with_hosts, photographs, newsletter"):
        write(world, purpose="ads")


@pytest.mark.parametrize("name", ["partner", "school", "host", "agency", "stranger"])
def test_nobody_but_the_coordinator_writes_a_text(world: World, name: str) -> None:
    by: Principal = world.principal(name)

    with pytest.raises(Forbidden):
        write(world, by=by)


def test_a_replaced_text_is_taken_for_a_week(world: World, clock: Clock) -> None:
    first, second = clock(), clock() + timedelta(days=30)
    write(world, {"en": "One"}, at=first)
    write(world, {"en": "Two"}, at=second)
    texts = sorted(world.read(select(ConsentText)), key=lambda text: -text.version)
    moments = [second, second + STILL_TAKEN - timedelta(seconds=1), second + STILL_TAKEN]

    taken = [[text.version for text in consent_texts.still_taken(texts, at=at)] for at in moments]

    assert taken == [[3, 2], [3, 2], [3]]


def test_a_call_asks_for_its_purposes_in_its_own_order(world: World) -> None:
    call = world.call(consent_purposes=["photographs", "processing"])
    write(world, purpose="photographs")

    with reading(world.database) as session:
        asked = consent_texts.asked_by(session.merge(call, load=False))

    assert [(one.purpose, one.required, one.text_version, one.text) for one in asked] == [
        ("photographs", False, "2", OURS),
        ("processing", True, "1", STANDARD[Purpose.PROCESSING]),
    ]
