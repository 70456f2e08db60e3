"""Links of applicants: made again at will, opened by nobody who guesses, ended when they are replaced."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.errors import Forbidden, NotFound
from domain.models.applications import Application
from domain.models.links import Link
from domain.models.tokens import Scope
from domain.policies import PUBLIC, Principal
from domain.services import applications, links
from domain.services.links import id_in, secret_of
from domain.transaction import reading
from tests.world import LINK_KEY, World

KEY, OTHER = "k" * 32, "K" * 32
ID = UUID("01938f6e-5c00-7000-8000-000000000001")


def test_a_secret_is_the_same_whenever_it_is_made() -> None:
    # Links are in people's mailboxes: whatever makes another one of the same id and key breaks them all.
    assert secret_of(ID, key="x" * 32) == "0NAwW4sdIIFOS5Szt0JsHUySrN4CHv21I5YZXuDUnun"


def test_a_secret_leads_back_to_its_link_and_under_another_key_nowhere() -> None:
    ids = [ID, UUID(int=0), UUID(int=2**128 - 1), new_id()]

    secrets = [secret_of(link_id, key=KEY) for link_id in ids]

    assert [id_in(secret, key=KEY) for secret in secrets] == ids
    assert ({len(secret) for secret in secrets}, {id_in(secret, key=OTHER) for secret in secrets}) == ({43}, {None})


def test_a_secret_with_one_letter_changed_leads_nowhere() -> None:
    secret = secret_of(ID, key=KEY)

    changed = [f"{secret[:at]}{'a' if secret[at] != 'a' else 'b'}{secret[at + 1 :]}" for at in range(43)]

    assert {id_in(one, key=KEY) for one in changed} == {None}


@pytest.mark.parametrize(
    "secret", ["", "z" * 43, "0" * 42, "0" * 44, "é" * 43, "٣" * 43, "0" * 42 + "\n", "0" * 42 + "-"]
)
def test_what_is_no_secret_leads_nowhere(secret: str) -> None:
    assert id_in(secret, key=KEY) is None


def opened(world: World, secret: str) -> Principal:
    with reading(world.database) as session:
        return links.authenticate(session, secret, key=LINK_KEY)


def test_a_link_opens_one_application(world: World) -> None:
    first, other = world.application(world.call(), "Ana"), world.application(world.call(), "Mia")

    by = opened(world, world.secret(first))

    assert (by.application_id, by.organisation_id, by.scopes) == (first.id, None, frozenset())
    with pytest.raises(NotFound):
        world.do(lambda session, by, at: applications.get_application(session, other.id, by=by), by=by)


def test_a_well_made_secret_of_no_link_opens_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        opened(world, secret_of(new_id(), key=LINK_KEY))


def replace(session: Session, application_id: UUID, *, by: Principal, at: datetime) -> Link:
    application = applications.get_application(session, application_id, by=by)
    return links.replace_link(session, application, by=by, at=at)


def test_a_replaced_link_opens_nothing_and_the_new_one_the_same(world: World) -> None:
    application = world.application(world.call())
    old = world.secret(application)

    world.do(replace, application.id)

    assert opened(world, world.secret(application)).application_id == application.id
    with pytest.raises(NotFound):
        opened(world, old)


WHO_REPLACES: dict[str, Any] = {
    "coordinator": None,
    "partner": None,
    "school": None,
    "albanian_partner": NotFound,
    "host": NotFound,
    "public": NotFound,
}


def test_those_who_answer_for_the_applicant_replace_a_link_and_nobody_else(world: World) -> None:
    application = world.application(world.call(), sending_organisation_id=world.organisation("school"))

    for name, refusal in WHO_REPLACES.items():
        by = PUBLIC if name == "public" else world.principal(name)
        assert _refusal(world, application, by) is refusal, name


def test_who_may_not_see_the_person_gets_no_link(world: World) -> None:
    application = world.application(world.call())
    by = world.principal("coordinator", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    assert _refusal(world, application, by) is Forbidden


def _refusal(world: World, application: Application, by: Principal) -> Any:
    try:
        world.do(replace, application.id, by=by)
    except (Forbidden, NotFound) as refusal:
        return type(refusal)
    return None


def test_an_application_older_than_links_gets_one_when_it_is_needed(world: World) -> None:
    application = world.application(world.call())
    world.do(lambda session, by, at: session.execute(delete(Link)))

    world.do(lambda session, by, at: links.link_of(session.get_one(Application, application.id), at=at))

    assert world.read(select(Link.application_id)) == [application.id]
