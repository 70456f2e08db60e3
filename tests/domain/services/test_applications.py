"""Applications through the services, on both engines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.errors import CallClosed, CallNotOpen, Conflict, DuplicateApplication, Forbidden, NotFound
from domain.models.applications import Application, ApplicationState, SubmittedVia
from domain.models.calls import Call, HowToApply
from domain.models.consents import Consent, ConsentSource, GivenBy
from domain.models.events import Event, EventType
from domain.models.tokens import Scope
from domain.policies import OPERATOR, PUBLIC, Principal
from domain.services import applications, calls, decisions
from domain.services.applications import ApplicationFilter, ApplicationInput
from domain.services.consents import ConsentInput
from domain.services.pages import PageRequest
from domain.transaction import transaction
from tests.conftest import Clock
from tests.world import World

BELGRADE = ZoneInfo("Europe/Belgrade")
SECOND = timedelta(seconds=1)
GRANTED = ConsentInput(purpose="processing", granted=True, text_version="1", lang="en")


def apply(
    session: Session, call: Call, wanted: ApplicationInput, *, by: Principal = PUBLIC, at: datetime
) -> Application:
    return applications.submit_application(session, str(call.id), wanted, by=by, at=at, via=SubmittedVia.API)


def somebody(world: World, name: str = "Ana", **person: Any) -> ApplicationInput:
    wanted = world.application_input(name)
    return replace(wanted, person=replace(wanted.person, **person))


def listed(world: World, *, by: Principal = OPERATOR, **wanted: Any) -> list[str]:
    page = world.do(
        lambda session, by, at: applications.list_applications(
            session, ApplicationFilter(**wanted), by=by, page=PageRequest()
        ),
        by=by,
    )
    return sorted(application.given_names for application in page.items)


# ── when ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(world: World, call: Call, at: datetime) -> str:
    """What somebody new is told who applies at that instant."""
    try:
        application = world.do(apply, call, somebody(world, f"A{new_id().hex}"), by=PUBLIC, at=at)
    except (CallNotOpen, CallClosed) as refusal:
        return type(refusal).__name__
    return "late" if application.late else "in time"


def test_a_call_opens_and_closes_to_the_second(world: World) -> None:
    call = world.call(grace_minutes=30)
    grace_over = call.closes_at + timedelta(minutes=30)
    moments = [edge + shift for edge in (call.opens_at, call.closes_at, grace_over) for shift in (-SECOND, 0 * SECOND)]

    answers = [answer(world, call, at) for at in moments]

    assert answers == ["CallNotOpen", "in time", "in time", "late", "late", "CallClosed"]


@pytest.mark.parametrize(
    ("deadline", "deadline_utc"),
    [
        (datetime(2027, 3, 28, 3, 0, tzinfo=BELGRADE), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BELGRADE), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BELGRADE, fold=1), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
    ids=["the hour that is left out", "the first of the hour that comes twice", "the second of it"],
)
def test_a_deadline_holds_through_a_change_of_the_clocks(
    world: World, clock: Clock, deadline: datetime, deadline_utc: datetime
) -> None:
    clock.now = deadline_utc - timedelta(days=10)
    call = world.call(opens_at=clock.now, closes_at=deadline)

    answers = [answer(world, call, at) for at in (deadline_utc - SECOND, deadline_utc)]

    assert answers == ["in time", "CallClosed"]


def test_an_extended_call_takes_applications_again(world: World) -> None:
    call = world.call()
    after = call.closes_at + timedelta(hours=1)

    world.do(calls.extend_call, str(call.id), closes_at=after + timedelta(days=1), at=after)

    assert answer(world, call, after) == "in time"


def test_an_external_call_says_where_to_apply(world: World) -> None:
    call = world.call(how_to_apply=HowToApply.EXTERNAL_URL, external_url="https://example.org/apply")

    with pytest.raises(Conflict, match=r"https://example\.org/apply"):
        world.do(apply, call, somebody(world))


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], "isn't published"),
        ([calls.publish_call, calls.cancel_call], "cancelled"),
        ([calls.publish_call, calls.begin_selection], "closed"),
    ],
)
def test_a_call_that_takes_nothing_says_why(world: World, steps: Any, sentence: str) -> None:
    call = world.draft()
    for step in steps:
        world.do(step, str(call.id), at=call.closes_at if step is calls.begin_selection else world.clock())

    with pytest.raises(Conflict, match=sentence):
        world.do(apply, call, somebody(world), by=OPERATOR)


# ── what ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = [
    ({"person": {"country": "AL"}}, [("/person/country", "not_a_choice")]),
    ({"answers": {}}, [("/answers/motivation", "required")]),
    ({"answers": {"motivation": "x" * 2001}}, [("/answers/motivation", "too_long")]),
    ({"answers": {"motivation": "I want", "shoe": 38}}, [("/answers/shoe", "unknown_field")]),
    ({"answers": {"motivation": "a\x00b"}}, [("/answers/motivation", "control_character")]),
    ({"preferences": [UUID(int=1)]}, [("/preferences/0", "not_found")]),
    ({"consents": ()}, [("/consents", "consent_needed")]),
    ({"sending_organisation_id": UUID(int=1)}, [("/sending_organisation_id", "not_found")]),
    ({"answers": {}, "consents": ()}, [("/consents", "consent_needed"), ("/answers/motivation", "required")]),
]


def test_what_is_wrong_with_an_application_is_named_field_by_field(world: World) -> None:
    call, good = world.call(), somebody(world)

    found = []
    for changes, _ in REFUSED:
        person = {"person": replace(good.person, **changes["person"])} if "person" in changes else {}
        found.append((changes, world.refused(apply, call, replace(good, **{**changes, **person}))))

    assert found == REFUSED
    assert world.recorded()[-1] is EventType.CALL_PUBLISHED


def test_a_preference_named_twice_is_refused(world: World) -> None:
    call = world.call()
    place = call.destinations[0].id

    wanted = replace(somebody(world), preferences=[place, place])

    assert world.refused(apply, call, wanted) == [("/preferences/1", "repeated")]


def test_an_application_pins_the_form_that_it_answered(world: World) -> None:
    call = world.call()
    before = world.do(apply, call, somebody(world, "Ana"))
    question = {"name": "diet", "type": "text", "label": {"en": "What don't you eat?"}, "required": False}
    with transaction(world.database) as session:
        held = calls.lock_call(session, str(call.id), by=OPERATOR)
        wanted = replace(calls.as_input(held, "TEST"), form=[*held.form, question])
        calls.edit_call(session, held, wanted, by=OPERATOR, at=world.clock())

    after = world.do(apply, call, somebody(world, "Mia"))

    assert (before.form_version, after.form_version) == (1, 2)


def test_a_submitted_application_is_an_event_in_the_same_transaction(world: World) -> None:
    application = world.do(apply, world.call(), somebody(world))

    (event,) = world.read(select(Event).where(Event.type == EventType.APPLICATION_SUBMITTED))
    assert (event.resource_id, event.resource_version, event.resource_state) == (application.id, 1, "submitted")


def test_nothing_is_half_written_when_something_fails_after_the_rows(world: World) -> None:
    call = world.call()
    before = world.recorded()

    def fail(session: Session, **options: Any) -> None:
        first = apply(session, call, somebody(world), **options)
        orphan = {"id": new_id(), "project_id": first.project_id, "application_id": new_id(), "given_at": world.clock()}
        origin = {"source": ConsentSource.API, "given_by": GivenBy.APPLICANT}
        session.add(Consent(**orphan, **origin, **vars(GRANTED)))

    with pytest.raises(IntegrityError):
        world.do(fail)

    assert (world.read(select(Application)), world.read(select(Consent)), world.recorded()) == ([], [], before)


# ── twice ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_that_applies_again_gets_the_reference(world: World) -> None:
    call = world.call()
    first = world.do(apply, call, somebody(world), by=PUBLIC)

    with pytest.raises(DuplicateApplication) as caught:
        world.do(apply, call, somebody(world, "ANA", family_name="PETROVIC"), by=world.principal("partner"))

    assert caught.value.values == {"reference": first.reference}


def test_the_publics_second_is_kept_as_a_copy_without_event_in_no_list(world: World) -> None:
    call = world.call()
    first = world.do(apply, call, somebody(world), by=PUBLIC)
    before = world.recorded()

    copy = world.do(apply, call, somebody(world, "Ана", email="ANA@example.org", family_name="Петровић"), by=PUBLIC)

    assert (copy.duplicate_of_id, copy.likely_duplicate, copy.state) == (first.id, False, ApplicationState.SUBMITTED)
    assert (listed(world), world.recorded()) == (["Ana"], before)


def test_a_copy_is_not_decided_on(world: World) -> None:
    call = world.call()
    world.do(apply, call, somebody(world), by=PUBLIC)
    copy = world.do(apply, call, somebody(world), by=PUBLIC)

    with pytest.raises(Conflict, match="copy of an application"):
        world.do(decisions.decide_eligibility, copy.id, eligible=True, reason=None)


@pytest.mark.parametrize(
    ("name", "person", "flags"),
    [
        ("Ana", {"email": "school@example.org"}, [False, True]),
        ("Mia", {"email": "ana@example.org"}, [False, True]),
        ("Ana", {"email": "school@example.org", "birth_date": date(2004, 1, 1)}, [False, False]),
        ("Mia", {}, [False, False]),
    ],
    ids=["the same name and birth date", "the same e-mail", "only the same name", "somebody else"],
)
def test_one_of_the_two_alone_flags_a_likely_duplicate(world: World, name: str, person: Any, flags: list[bool]) -> None:
    call = world.call()

    both = [world.do(apply, call, somebody(world, "Ana")), world.do(apply, call, somebody(world, name, **person))]

    assert [application.likely_duplicate for application in both] == flags
    assert [application.duplicate_of_id for application in both] == [None, None]


def test_who_has_withdrawn_may_apply_again(world: World) -> None:
    call = world.call()
    first = world.do(apply, call, somebody(world))
    world.do(decisions.withdraw_application, first.id)

    second = world.do(apply, call, somebody(world), by=world.principal("partner"))

    assert (second.state, second.duplicate_of_id, second.likely_duplicate) == (ApplicationState.SUBMITTED, None, False)


def test_the_same_person_may_apply_to_another_call(world: World) -> None:
    first, second = world.call(), world.call()
    world.do(apply, first, somebody(world))

    other = world.do(apply, second, somebody(world), by=world.principal("partner"))

    assert (other.duplicate_of_id, other.likely_duplicate) == (None, False)


# ── who ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def outcome(world: World, call: Call, caller: str, sending: str | None) -> str:
    by = PUBLIC if caller == "public" else world.principal(caller)
    sending_id = world.organisation(sending) if sending else None
    wanted = replace(somebody(world, f"A{new_id().hex}"), sending_organisation_id=sending_id)
    try:
        application = world.do(apply, call, wanted, by=by)
    except Forbidden:
        return "forbidden"
    return next(name for name, known in world.names().items() if known == application.sending_id)


SENT_FOR = {
    ("coordinator", None): "coordinator",
    ("coordinator", "albanian_school"): "albanian_school",
    ("partner", None): "partner",
    ("partner", "school"): "school",
    ("partner", "albanian_school"): "forbidden",
    ("school", None): "school",
    ("school", "partner"): "forbidden",
    ("albanian_partner", None): "albanian_partner",
    ("host", None): "forbidden",
    ("agency", None): "forbidden",
    ("network", None): "forbidden",
    ("stranger", None): "forbidden",
    ("public", None): "partner",
    ("public", "school"): "school",
}


def test_who_applies_for_whom(world: World) -> None:
    call = world.call()

    assert {case: outcome(world, call, *case) for case in SENT_FOR} == SENT_FOR


def test_nobody_is_sent_by_who_sends_nobody(world: World) -> None:
    call = world.call()

    for name in ("host", "agency", "stranger"):
        wanted = replace(somebody(world), sending_organisation_id=world.organisation(name))
        assert world.refused(apply, call, wanted) == [("/sending_organisation_id", "not_found")]


def test_the_public_applies_only_where_the_call_allows_it(world: World) -> None:
    call = world.call(public_intake=False)

    with pytest.raises(Forbidden, match="a token is needed"):
        world.do(apply, call, somebody(world), by=PUBLIC)


def test_an_application_is_seen_by_those_who_sent_it_and_those_who_decide(world: World) -> None:
    world.application(world.call(), "Ana", sending_organisation_id=world.organisation("school"))
    names = ("coordinator", "partner", "albanian_partner", "school", "albanian_school", "host", "agency", "stranger")

    seen = {name for name in names if listed(world, by=world.principal(name))}

    assert seen == {"coordinator", "partner", "school"}


def test_a_token_without_the_scope_reads_no_application(world: World) -> None:
    application = world.application(world.call())
    by = world.principal("coordinator", scopes=frozenset(Scope) - {Scope.APPLICATIONS_READ})

    with pytest.raises(NotFound):
        world.do(lambda session, by, at: applications.get_application(session, application.id, by=by), by=by)


def test_the_list_is_narrowed(world: World, clock: Clock) -> None:
    call, other = world.call(grace_minutes=30), world.call()
    world.application(call, "Ana", sending_organisation_id=world.organisation("school"))
    clock.move(hours=1)
    world.eligible(other, "Mia")
    clock.now = call.closes_at
    world.application(call, "Eva")

    wanted: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["Ana", "Eva", "Mia"]),
        ({"call_id": call.id}, ["Ana", "Eva"]),
        ({"state": ApplicationState.ELIGIBLE}, ["Mia"]),
        ({"sending_organisation_id": world.organisation("school")}, ["Ana"]),
        ({"country": "AL"}, []),
        ({"late": True}, ["Eva"]),
        ({"late": False, "call_id": call.id}, ["Ana"]),
        ({"modified_since": call.opens_at + timedelta(days=1, hours=1)}, ["Eva", "Mia"]),
    ]
    assert [(narrow, listed(world, **narrow)) for narrow, _ in wanted] == wanted
