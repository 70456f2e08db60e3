"""Consents given later and taken back: what is kept, what is told, and what comes of it."""

from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Conflict, Forbidden
from domain.models.applications import Application, ApplicationState
from domain.models.consents import ASKED_BY_CALLS, Consent, ConsentSource
from domain.models.events import Event
from domain.models.mobilities import Mobility, MobilityState
from domain.services import calls, consent_changes, mobilities
from domain.services.consents import ConsentInput
from tests.conftest import Clock
from tests.domain.services.changed_mobilities import edited
from tests.domain.services.decision_steps import WAY_TO, WIDE, S, act
from tests.world import World

EVERYTHING = list(ASKED_BY_CALLS)
AGREES = ConsentInput(purpose="newsletter", granted=True, text_version="1", lang="en")


def applied(world: World, state: ApplicationState = S.SUBMITTED, *agreed: str, **changes: Any) -> Application:
    """Ana's application in that state, to a call that asks for everything; she agrees to what is named."""
    call = world.call(**{**WIDE, "consent_purposes": EVERYTHING, **changes})
    application = world.application(call, consents=world.agreed(*(agreed or EVERYTHING)))
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    for verb in WAY_TO[state]:
        application = act(world, verb, application)
    return application


def withdraw(world: World, application: Application, purpose: str, **options: Any) -> Application:
    return world.do(consent_changes.withdraw_consent, application.id, purpose, **options)  # type: ignore[no-any-return]


def give(world: World, application: Application, wanted: ConsentInput = AGREES, **options: Any) -> Application:
    return world.do(  # type: ignore[no-any-return]
        consent_changes.give_consent, application.id, wanted, source=ConsentSource.LINK, **options
    )


def told(world: World, since: int) -> list[str]:
    return [str(kind) for kind in world.recorded()[since:]]


def stay(world: World) -> Mobility:
    return world.read(select(Mobility))[0]  # type: ignore[no-any-return]


# ── what is kept and told ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_taken_back_stays_on_record_with_its_end(world: World, clock: Clock) -> None:
    application = applied(world)
    clock.move(days=1)

    after = withdraw(world, application, "newsletter")

    (kept,) = world.read(select(Consent).where(Consent.purpose == "newsletter"))
    assert (kept.granted, kept.withdrawn_at) == (True, clock())
    assert (after.agrees_to("newsletter"), after.agrees_to("photographs")) == (False, True)


def test_it_is_told_with_the_purpose_and_without_the_person(world: World) -> None:
    application = applied(world)
    since = len(world.recorded())

    after = withdraw(world, application, "newsletter")

    event = world.read(select(Event).order_by(Event.id))[-1]
    assert told(world, since) == ["consent.withdrawn"]
    assert (event.resource_type, event.resource_id, event.resource_version, event.extra) == (
        "application",
        application.id,
        after.version,
        {"purpose": "newsletter"},
    )


def test_the_application_has_another_version_then(world: World) -> None:
    application = applied(world)

    assert withdraw(world, application, "newsletter").version > application.version


@pytest.mark.parametrize("purpose", ["newsletter", "ads"])
def test_what_was_not_agreed_to_can_not_be_taken_back(world: World, purpose: str) -> None:
    application = applied(world, S.SUBMITTED, "processing")

    with pytest.raises(Conflict, match=purpose):
        withdraw(world, application, purpose)


def test_it_can_be_given_again_to_the_text_of_that_day(world: World, clock: Clock) -> None:
    application = applied(world)
    withdraw(world, application, "newsletter")
    clock.move(days=1)
    since = len(world.recorded())

    after = give(world, application)

    assert (after.agrees_to("newsletter"), told(world, since)) == (True, ["consent.given"])
    answer = after.answer_to("newsletter")
    assert answer is not None
    assert (answer.given_at, answer.source) == (clock(), ConsentSource.LINK)


def test_a_refusal_later_takes_the_place_of_an_agreement(world: World) -> None:
    application = applied(world)
    since = len(world.recorded())

    after = give(world, application, ConsentInput("newsletter", granted=False, text_version="1", lang="en"))

    assert (after.agrees_to("newsletter"), told(world, since)) == (False, ["consent.withdrawn"])


def test_the_same_answer_again_changes_nothing(world: World) -> None:
    application = applied(world)
    since = len(world.recorded())

    after = give(world, application)

    assert (after.version, told(world, since)) == (application.version, [])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"purpose": "ads"}, ("/purpose", "not_a_choice")),
        ({"text_version": "9"}, ("/text_version", "outdated_text")),
        ({"lang": "it"}, ("/lang", "no_text_in_language")),
        ({"attested": True}, ("/attested", "attested_without_token")),
        ({"purpose": "processing", "granted": False}, ("/granted", "consent_needed")),
    ],
)
def test_an_answer_is_held_against_the_text_as_in_an_application(world: World, changes: Any, found: Any) -> None:
    application = applied(world, S.SUBMITTED, "processing")
    wanted = ConsentInput(**{**vars(AGREES), **changes})

    assert world.refused(
        consent_changes.give_consent,
        application.id,
        wanted,
        source=ConsentSource.LINK,
        by=world.applicant(application),
    ) == [found]


@pytest.mark.parametrize("name", ["coordinator", "partner"])
def test_who_answers_for_the_applicant_may_record_it(world: World, name: str) -> None:
    after = withdraw(world, applied(world), "newsletter", by=world.principal(name))

    assert not after.agrees_to("newsletter")


def test_who_may_only_read_may_not(world: World) -> None:
    application, by = applied(world), world.principal("coordinator", scopes=frozenset({"applications:read"}))

    with pytest.raises(Forbidden):
        withdraw(world, application, "newsletter", by=by)


# ── processing ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [S.SUBMITTED, S.ELIGIBLE, S.RESERVE, S.SELECTED])
def test_without_processing_the_application_ends(world: World, state: ApplicationState) -> None:
    application = applied(world, state)
    since = len(world.recorded())

    after = withdraw(world, application, "processing", by=world.applicant(application))

    assert (after.state, after.call.taken) == (S.WITHDRAWN, 0)
    assert told(world, since) == ["consent.withdrawn", "application.withdrawn"]


@pytest.mark.parametrize("state", [S.INELIGIBLE, S.REJECTED, S.DECLINED, S.WITHDRAWN])
def test_one_that_has_ended_stays_as_it_was(world: World, state: ApplicationState) -> None:
    application = applied(world, state)
    since = len(world.recorded())

    after = withdraw(world, application, "processing")

    assert (after.state, told(world, since)) == (state, ["consent.withdrawn"])


def test_once_it_is_confirmed_a_stay_that_has_not_begun_is_called_off(world: World) -> None:
    application = applied(world, S.CONFIRMED)
    since = len(world.recorded())

    withdraw(world, application, "processing", by=world.applicant(application))

    assert stay(world).state == MobilityState.CANCELLED
    assert told(world, since) == ["consent.withdrawn", "mobility.cancelled"]


def test_a_stay_that_has_begun_is_for_people_to_settle(world: World) -> None:
    application = applied(world, S.CONFIRMED)
    world.live(stay(world))
    since = len(world.recorded())

    withdraw(world, application, "processing")

    assert (stay(world).state, told(world, since)) == (MobilityState.LIVE, ["consent.withdrawn"])


# ── sharing with hosts ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "agreed", "hidden_from"),
    [
        (["processing"], ["processing"], []),
        (["processing", "sharing_with_hosts"], ["processing", "sharing_with_hosts"], []),
        (["processing", "sharing_with_hosts"], ["processing"], ["host"]),
    ],
)
def test_hosts_are_shown_who_comes_only_with_consent_where_it_is_asked_for(
    world: World, asked: list[str], agreed: list[str], hidden_from: list[str]
) -> None:
    applied(world, S.CONFIRMED, *agreed, consent_purposes=asked)

    assert stay(world).shared_with_host is (hidden_from == [])


def test_taking_it_back_hides_the_person_and_is_told(world: World) -> None:
    application = applied(world, S.CONFIRMED)
    before, since = stay(world), len(world.recorded())

    withdraw(world, application, "sharing_with_hosts")

    assert (stay(world).shared_with_host, stay(world).version) == (False, before.version + 1)
    assert told(world, since) == ["consent.withdrawn", "mobility.updated"]


def test_giving_it_again_shows_the_person(world: World) -> None:
    application = applied(world, S.CONFIRMED, "processing")

    give(world, application, world.agreed("sharing_with_hosts")[0])

    assert stay(world).shared_with_host is True


def test_a_stay_with_a_host_who_may_not_know_is_not_confirmed(world: World) -> None:
    applied(world, S.CONFIRMED, "processing")
    hosted = edited(world, stay(world), receiving_id=world.organisation("host"))

    with pytest.raises(Conflict, match="sharing_with_hosts"):
        world.do(mobilities.confirm_mobility, hosted.id)
