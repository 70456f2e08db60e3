"""Drafts, edits and corrections: what an application may become until it is decided on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.errors import CallClosed, Conflict, DuplicateApplication, Forbidden, InvalidInput, NotFound
from domain.models.applications import Application
from domain.models.consents import Consent
from domain.policies import PUBLIC, Principal
from domain.services import applications, calls, corrections, erasure, my
from domain.services.applications import ApplicationFilter, ApplicationInput, PersonInput
from domain.services.pages import PageRequest
from domain.transaction import reading
from tests.domain.services.decision_steps import WIDE, E, S, act, brought_to, in_open_call
from tests.world import World

NOBODY_YET = {"person": PersonInput(), "answers": {}, "consents": ()}


def finish(world: World, application: Application, **options: Any) -> Application:
    return world.do(corrections.finish_application, application.id, **options)  # type: ignore[no-any-return]


def edit(world: World, application: Application, *, by: Principal | None = None, **changes: Any) -> Application:
    """As the applicant, unless told; changes are to what stands, those of the person among them."""
    return world.do(_edit, application, changes, by=by or world.applicant(application))  # type: ignore[no-any-return]


def _edit(session: Any, application: Application, changes: dict[str, Any], **who: Any) -> Application:
    standing = session.get_one(Application, application.id)
    before = applications.as_input(standing)
    of_person = {name: changes.pop(name) for name in list(changes) if hasattr(before.person, name)}
    wanted = replace(before, person=replace(before.person, **of_person), **changes)
    return corrections.edit_application(session, standing, wanted, **who)


def listed(world: World, **wanted: Any) -> list[str]:
    """The states of the applications that the coordinator is shown."""
    page = PageRequest(limit=50, cursor=None, sort=None)
    by = world.principal("coordinator")
    with reading(world.database) as session:
        found = applications.list_applications(session, ApplicationFilter(**wanted), by=by, page=page)
        return [one.state for one in found.items]


# ── drafts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_may_lack_everything(world: World) -> None:
    draft = world.saved(world.call(), **NOBODY_YET)

    assert (draft.state, draft.family_name, draft.country, world.recorded()[-1]) == (
        S.DRAFT,
        None,
        None,
        "call.published",
    )


def test_what_is_in_a_draft_must_be_right(world: World) -> None:
    wanted = replace(world.application_input(**NOBODY_YET), answers={"diet": "x"}, person=PersonInput(country="FR"))

    found = world.refused(applications.save_draft, str(world.call().id), wanted, via="api")

    assert found == [("/person/country", "not_a_choice"), ("/answers/diet", "unknown_field")]


def test_drafts_are_in_no_list_unless_they_are_asked_for(world: World) -> None:
    call = world.call()
    world.application(call, "Mia")
    world.saved(call)

    assert (listed(world), listed(world, state=S.DRAFT)) == ([S.SUBMITTED], [S.DRAFT])


def test_a_draft_is_submitted_once_it_is_complete(world: World) -> None:
    draft = world.saved(world.call(), **NOBODY_YET)
    world.clock.move(hours=1)  # type: ignore[attr-defined]

    missing = world.refused(corrections.finish_application, draft.id)
    whole = world.application_input()
    edit(world, draft, **vars(whole.person), answers=whole.answers, consents=whole.consents)
    sent = finish(world, draft)

    assert missing == [
        *((f"/person/{name}", "required") for name in ("given_names", "family_name", "email", "birth_date", "country")),
        ("/consents", "consent_needed"),
        ("/answers/motivation", "required"),
    ]
    assert (sent.state, sent.submitted_at, sent.late) == (S.SUBMITTED, world.clock(), False)
    assert world.recorded()[-1:] == [E.APPLICATION_SUBMITTED]


def test_a_draft_does_not_stand_in_the_way_of_an_application(world: World) -> None:
    call = world.call()
    drafts = [world.saved(call) for _ in range(2)]
    world.application(call)

    with pytest.raises(DuplicateApplication):
        finish(world, drafts[0], by=world.principal("coordinator"))


def test_who_comes_by_a_link_is_not_told_that_somebody_applied_before(world: World) -> None:
    call = world.call()
    first, draft = world.application(call), world.saved(call)

    sent = finish(world, draft, by=world.applicant(draft))

    assert (sent.state, sent.duplicate_of_id, world.recorded().count(E.APPLICATION_SUBMITTED)) == (
        S.SUBMITTED,
        first.id,
        1,
    )


def test_a_draft_that_comes_within_the_grace_is_late_and_later_it_is_refused(world: World) -> None:
    call = world.call(grace_minutes=10)
    draft, other = world.saved(call), world.saved(call, "Mia")

    sent = finish(world, draft, at=call.closes_at)

    assert sent.late
    with pytest.raises(CallClosed):
        finish(world, other, at=call.closes_at + timedelta(minutes=10))


def test_consents_of_a_draft_are_replaced(world: World) -> None:
    draft = world.saved(world.call())

    edit(world, draft, consents=())

    assert world.read(select(func.count()).select_from(Consent)) == [0]


def test_an_erased_draft_is_told_to_nobody(world: World) -> None:
    draft = world.saved(world.call())
    recorded = world.recorded()

    world.do(erasure.erase_application, draft.id, by=world.applicant(draft))

    assert (world.read(select(Application.email)), world.recorded()) == ([None], recorded)


# ── edits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_is_told_once_and_none_that_changes_nothing(world: World) -> None:
    application = in_open_call(world, S.SUBMITTED)
    known = len(world.recorded())

    for phone in ("+381 11 222 222", "+381 11 222 222"):
        edited = edit(world, application, phone=phone)

    assert (edited.phone, world.recorded()[known:]) == ("+381 11 222 222", [E.APPLICATION_UPDATED])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"answers": {}}, ("/answers/motivation", "required")),
        ({"family_name": None}, ("/person/family_name", "required")),
        ({"consents": ()}, ("/consents", "fixed")),
    ],
)
def test_what_was_sent_in_stays_whole(world: World, changes: dict[str, Any], found: tuple[str, str]) -> None:
    application = in_open_call(world, S.SUBMITTED)

    with pytest.raises(InvalidInput) as caught:
        edit(world, application, **changes)

    assert [(one.pointer, one.code) for one in caught.value.findings] == [found]


def test_nothing_is_edited_after_the_deadline(world: World) -> None:
    application = in_open_call(world, S.SUBMITTED)
    world.clock.move(days=30)  # type: ignore[attr-defined]

    with pytest.raises(CallClosed):
        edit(world, application, phone=None)


@pytest.mark.parametrize("state", [S.ELIGIBLE, S.REJECTED, S.CONFIRMED, S.WITHDRAWN])
def test_what_was_decided_on_is_not_edited_any_more(world: World, state: S) -> None:
    with pytest.raises(Conflict, match="can't be edited any more"):
        edit(world, brought_to(world, state), phone="+381 11 222 222")


def test_an_edit_that_makes_two_one_is_refused_to_a_token_and_marked_for_the_applicant(world: World) -> None:
    call = world.call()
    first, second = world.application(call), world.application(call, "Mia")
    same = vars(world.application_input().person)

    with pytest.raises(DuplicateApplication):
        edit(world, second, by=world.principal("coordinator"), **same)
    assert edit(world, second, **same).duplicate_of_id == first.id


def test_a_copy_that_becomes_somebody_elses_is_an_application_that_counts(world: World) -> None:
    call, wanted = world.call(), world.application_input()
    _, copy = (world.do(applications.submit_application, str(call.id), wanted, via="api", by=PUBLIC) for _ in range(2))

    edited = edit(world, copy, given_names="Mia")

    assert (edited.duplicate_of_id, edited.likely_duplicate) == (None, True)
    assert world.recorded()[-1] == E.APPLICATION_SUBMITTED


# ── corrections ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_returned_application_says_why_and_until_when(world: World) -> None:
    application = in_open_call(world, S.RETURNED)

    assert (application.reason, application.correct_by) == ("Look again", application.call.closes_at)


def test_after_the_deadline_there_is_a_week(world: World) -> None:
    application = world.application(world.call())
    world.clock.move(days=30)  # type: ignore[attr-defined]

    returned = act(world, "return", application)
    edit(world, returned, phone="+381 11 222 222")
    sent = finish(world, returned)

    assert returned.correct_by == world.clock() + timedelta(days=7)
    assert (sent.state, sent.late, sent.reason, sent.correct_by) == (S.SUBMITTED, False, None, None)


def test_after_its_time_nothing_is_corrected(world: World) -> None:
    application = in_open_call(world, S.RETURNED)
    world.do(calls.extend_call, str(application.call_id), closes_at=world.clock() + timedelta(days=90))
    world.clock.move(days=30)  # type: ignore[attr-defined]

    with pytest.raises(Conflict, match="The time to correct"):
        edit(world, application, phone=None)
    with pytest.raises(Conflict, match="The time to correct"):
        finish(world, application)


def test_it_is_returned_until_an_instant_that_is_still_to_come(world: World) -> None:
    application = in_open_call(world, S.SUBMITTED)

    found = world.refused(corrections.return_application, application.id, reason="No", until=world.clock())

    assert found == [("/until", "not_later")]


def test_the_history_has_both_submissions_and_no_edits(world: World) -> None:
    application = in_open_call(world, S.RETURNED)
    edit(world, application, phone="+381 11 222 222")
    finish(world, application)

    with reading(world.database) as session:
        moments = my.history(session, session.get_one(Application, application.id))
    assert [moment.state for moment in moments] == [S.SUBMITTED, S.RETURNED, S.SUBMITTED]


# ── who may ───────────────────────────────────────────────────────────────────────────────────────────────────────

MAY = {
    "coordinator": "done",
    "school": "done",
    "partner": "Forbidden",
    "albanian_partner": "NotFound",
    "host": "NotFound",
    "stranger": "NotFound",
}


def outcome(world: World, application: Application, name: str) -> str:
    by = world.principal(name)
    try:
        world.do(corrections.finish_application, application.id, by=by)
    except (Forbidden, NotFound) as refusal:
        return type(refusal).__name__
    return "done"


def test_the_school_and_the_coordinator_finish_it_and_nobody_else(world: World) -> None:
    call, school = world.call(**WIDE), world.organisation("school")

    done = {}
    for name in MAY:
        draft = world.saved(call, name.title().replace("_", ""), sending_organisation_id=school)
        done[name] = outcome(world, draft, name)

    assert done == MAY


def test_an_application_is_what_it_would_be_written_as(world: World) -> None:
    wanted = world.application_input()

    standing = applications.as_input(world.application(world.call(), "Ana"))

    assert isinstance(standing, ApplicationInput)
    assert replace(standing, sending_organisation_id=None, consents=tuple(standing.consents)) == replace(
        wanted, preferences=[], languages=[]
    )
