"""Guardians of minors: who needs one, how they consent, and what waits for it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Conflict, Forbidden, GuardianConsentNeeded, NotFound
from domain.models.applications import Application, SubmittedVia
from domain.models.consents import Consent, ConsentSource, GivenBy
from domain.models.links import Link, LinkKind
from domain.models.mobilities import Mobility
from domain.models.tokens import Scope
from domain.policies import OPERATOR, PUBLIC
from domain.services import applications, calls, consent_changes, links, my
from domain.services.application_rules import missing_parts
from domain.services.consents import ConsentInput
from domain.transaction import reading
from tests.conftest import Clock
from tests.domain.services.changed_mobilities import edited
from tests.domain.services.decision_steps import WIDE, act
from tests.world import GUARDIAN, World

AGREES = ConsentInput(purpose="parental_consent", granted=True, text_version="1", lang="en")
ON_PAPER = replace(AGREES, attested=True)


def answer(world: World, application: Application, wanted: ConsentInput = AGREES, **options: Any) -> Application:
    """What the guardian says by their link, unless told."""
    by = options.pop("by", None) or world.applicant(application, LinkKind.GUARDIAN)
    return world.do(  # type: ignore[no-any-return]
        consent_changes.give_consent, application.id, wanted, source=ConsentSource.LINK, by=by, **options
    )


def wanted(world: World, born: date, guardian: Any = None, **changes: Any) -> Any:
    base = world.application_input(guardian=guardian, **changes)
    return replace(base, person=replace(base.person, birth_date=born))


def refused(world: World, born: date, guardian: Any = None, by: Any = OPERATOR) -> list[tuple[str, str]]:
    call = world.call()
    via = SubmittedVia.API
    return world.refused(applications.submit_application, str(call.id), wanted(world, born, guardian), via=via, by=by)


@pytest.fixture
def minor(world: World) -> Application:
    """Ana, sixteen, eligible in a call whose selection has begun; her guardian has yet to answer."""
    call = world.call(**WIDE)
    application = act(world, "eligible", world.minor(call))
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    return application


# ── who needs one ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_comes_of_age_tomorrow_needs_a_guardian(world: World) -> None:
    assert refused(world, date(2008, 11, 23)) == [("/guardian", "required")]


def test_who_came_of_age_today_needs_none(world: World) -> None:
    born = date(2008, 11, 22)

    taken = world.do(applications.submit_application, str(world.call().id), wanted(world, born), via=SubmittedVia.API)

    assert (taken.guardian, missing_parts(taken.call, taken, at=world.clock())) == (None, [])


def test_the_day_is_that_of_the_calls_zone(world: World, clock: Clock) -> None:
    clock.move(hours=14, minutes=30)  # 23:30 in London, half past midnight in Belgrade

    taken = world.do(
        applications.submit_application,
        str(world.call().id),
        wanted(world, date(2008, 11, 23)),
        via=SubmittedVia.API,
    )

    assert taken.guardian is None


def test_the_public_says_where_the_guardians_link_is_sent(world: World) -> None:
    nowhere = GUARDIAN | {"email": None}

    assert refused(world, date(2010, 3, 8), nowhere, by=PUBLIC) == [("/guardian/email", "required")]


# ── their answer ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_application_waits_for_the_guardian_until_they_agree(world: World, minor: Application) -> None:
    before = missing_parts(minor.call, minor, at=world.clock())

    after = answer(world, minor)

    assert (before, missing_parts(after.call, after, at=world.clock())) == (["guardian_consent"], [])


def test_the_answer_says_whose_it_is_and_by_which_way_it_came(world: World, minor: Application) -> None:
    answer(world, minor)

    (kept,) = world.read(select(Consent).where(Consent.purpose == "parental_consent"))
    assert (kept.given_by, kept.source, kept.text_version, kept.lang) == (
        GivenBy.GUARDIAN,
        ConsentSource.LINK,
        "1",
        "en",
    )
    assert world.recorded()[-1] == "consent.given"


def test_a_refusal_is_kept_and_told_and_can_be_reconsidered(world: World, minor: Application) -> None:
    refusal = answer(world, minor, replace(AGREES, granted=False))
    told = world.recorded()[-1]

    assert (refusal.agrees_to("parental_consent"), told) == (False, "consent.withdrawn")
    assert answer(world, minor).agrees_to("parental_consent")


@pytest.mark.parametrize("who", ["applicant", "public"])
def test_nobody_else_agrees_for_the_guardian(world: World, minor: Application, who: str) -> None:
    by = world.applicant(minor) if who == "applicant" else PUBLIC

    if who == "public":
        with pytest.raises(NotFound):
            answer(world, minor, by=by)
    else:
        found = world.refused(consent_changes.give_consent, minor.id, AGREES, source=ConsentSource.LINK, by=by)
        assert found == [("/purpose", "not_a_choice")]


def test_a_guardian_answers_for_themselves_alone(world: World, minor: Application) -> None:
    by = world.applicant(minor, LinkKind.GUARDIAN)

    found = world.refused(
        consent_changes.give_consent,
        minor.id,
        replace(AGREES, purpose="processing"),
        source=ConsentSource.LINK,
        by=by,
    )

    assert found == [("/purpose", "not_a_choice")]


def test_a_token_says_only_that_there_is_a_paper(world: World, minor: Application) -> None:
    by = world.principal("partner")

    found = world.refused(consent_changes.give_consent, minor.id, AGREES, source=ConsentSource.API, by=by)
    after = answer(world, minor, ON_PAPER, by=by)

    assert found == [("/attested", "required")]
    given = after.answer_to("parental_consent")
    assert given is not None
    assert (given.given_by, given.attested) == (GivenBy.SCHOOL, True)


def test_a_school_sends_the_paper_along(world: World) -> None:
    consents = (*world.agreed("processing"), ON_PAPER)

    application = world.minor(world.call(), consents=consents)

    assert missing_parts(application.call, application, at=world.clock()) == []


def test_the_guardian_takes_back_what_the_applicant_agreed_to(world: World) -> None:
    call = world.call(consent_purposes=["processing", "photographs"])
    application = world.minor(call, consents=world.agreed("processing", "photographs"))
    by = world.applicant(application, LinkKind.GUARDIAN)

    after = world.do(consent_changes.withdraw_consent, application.id, "photographs", by=by)

    assert not after.agrees_to("photographs")


def test_an_applicant_does_not_take_back_what_the_guardian_agreed_to(world: World, minor: Application) -> None:
    answer(world, minor)

    with pytest.raises(Forbidden):
        world.do(consent_changes.withdraw_consent, minor.id, "parental_consent", by=world.applicant(minor))


# ── what waits for it ─────────────────────────────────────────────────────────────────────────────────────────────


def test_no_place_is_offered_to_a_minor_before_the_guardian_agrees(world: World, minor: Application) -> None:
    with pytest.raises(GuardianConsentNeeded):
        act(world, "select", minor)

    answer(world, minor)

    assert act(world, "select", minor).state == "selected"


def test_nor_by_promotion(world: World, minor: Application) -> None:
    act(world, "reserve", minor)

    with pytest.raises(GuardianConsentNeeded):
        act(world, "promote", minor)


def test_no_place_is_taken_once_the_guardian_has_taken_it_back(world: World, minor: Application) -> None:
    answer(world, minor)
    act(world, "select", minor)
    by = world.applicant(minor, LinkKind.GUARDIAN)
    world.do(consent_changes.withdraw_consent, minor.id, "parental_consent", by=by)

    with pytest.raises(GuardianConsentNeeded):
        act(world, "confirm", minor)


def test_who_comes_of_age_waits_for_nobody(world: World, minor: Application) -> None:
    assert act(world, "select", minor, confirm_by=None, at=world.clock().replace(year=2028)).state == "selected"


def test_a_minors_mobility_keeps_rule_r07_as_long_as_the_consent_stands(world: World, minor: Application) -> None:
    answer(world, minor)
    act(world, "select", minor)
    act(world, "confirm", minor)
    (stay,) = world.read(select(Mobility))
    dates = {"start_date": date(2027, 2, 1), "end_date": date(2027, 2, 21)}
    before = edited(world, stay, **dates).violations
    by = world.applicant(minor, LinkKind.GUARDIAN)
    world.do(consent_changes.withdraw_consent, minor.id, "parental_consent", by=by)

    (after,) = world.read(select(Mobility.violations))
    assert ("R07" in before, "R07" in after, world.recorded()[-1]) == (False, True, "mobility.updated")


# ── their link ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guardian_has_a_link_of_their_own(world: World, minor: Application) -> None:
    kinds = world.read(select(Link.kind).where(Link.application_id == minor.id).order_by(Link.kind))

    assert kinds == [LinkKind.APPLICANT, LinkKind.GUARDIAN]


@pytest.mark.parametrize("action", list(my.Action))
def test_a_guardian_takes_no_step_of_the_applicants(world: World, minor: Application, action: my.Action) -> None:
    with pytest.raises(Forbidden):
        world.do(my.take_step, action, by=world.applicant(minor, LinkKind.GUARDIAN))


def test_a_guardian_sees_no_other_application(world: World, minor: Application) -> None:
    other = world.application(world.call(), "Bojan")

    with reading(world.database) as session, pytest.raises(NotFound):
        applications.get_application(session, other.id, by=world.applicant(minor, LinkKind.GUARDIAN))


def replace_link(session: Any, application_id: Any, *, by: Any, at: Any) -> Link:
    application = applications.get_application(session, application_id, by=OPERATOR)
    return links.replace_link(session, application, LinkKind.GUARDIAN, by=by, at=at)


def test_a_new_link_ends_the_guardians_and_not_the_applicants(world: World, minor: Application) -> None:
    before = world.secret(minor), world.secret(minor, LinkKind.GUARDIAN)

    world.do(replace_link, minor.id, by=world.principal("partner"))

    after = world.secret(minor), world.secret(minor, LinkKind.GUARDIAN)
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


def test_who_may_not_see_guardians_makes_no_link_of_theirs(world: World, minor: Application) -> None:
    scopes = frozenset(Scope) - {Scope.SENSITIVE_READ}

    with pytest.raises(Forbidden, match="sensitive:read"):
        world.do(replace_link, minor.id, by=world.principal("partner", scopes=scopes))


def test_there_is_no_link_for_a_guardian_whom_nobody_named(world: World) -> None:
    application = world.application(world.call())

    with pytest.raises(Conflict, match="names no guardian"):
        world.do(replace_link, application.id)
