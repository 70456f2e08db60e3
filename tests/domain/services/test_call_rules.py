"""What keeps a call from being made, changed or published, on both engines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.db import new_id
from domain.models.activities import ActivityCode
from domain.models.calls import Call, HowToApply
from domain.models.projects import Project
from domain.policies import OPERATOR, Principal
from domain.services import activities, calls
from domain.services.activities import ActivityInput
from domain.services.destinations import DestinationInput
from domain.transaction import reading
from tests.world import World

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
NOWHERE = new_id()
REVERSED = DestinationInput(country="FR", city="Lyon", starts_on=date(2027, 2, 2), ends_on=date(2027, 2, 1))


def meant(world: World, changes: dict[str, Any]) -> dict[str, Any]:
    """Organisations are named, and activities by their code: the ids are the world's."""
    organisations = {
        name: world.organisation(who) for name, who in changes.items() if name in ("owner_id", "organiser_id")
    }
    codes = {name: world.activity(code) for name, code in changes.items() if isinstance(code, ActivityCode)}
    return changes | organisations | codes


def edit(session: Session, call: Call, *, by: Principal, at: datetime, **changes: Any) -> Call:
    held = calls.lock_call(session, str(call.id), by=OPERATOR)
    return calls.edit_call(session, held, replace(calls.as_input(held, "TEST"), **changes), by=by, at=at)


Refusals = list[tuple[dict[str, Any], list[tuple[str, str]]]]
IMPOSSIBLE: Refusals = [
    ({"title": {}}, [("/title", "required")]),
    ({"opens_at": NEW_YEAR}, [("/closes_at", "not_later")]),
    ({"how_to_apply": HowToApply.EXTERNAL_URL}, [("/external_url", "required")]),
    (
        {"owner_id": "stranger", "organiser_id": "stranger"},
        [("/owner_id", "not_found"), ("/organiser_id", "not_found")],
    ),
    ({"activity_id": NOWHERE}, [("/activity_id", "not_found")]),
    ({"project": "NOWHERE"}, [("/project", "not_found")]),
    ({"form": [{"name": "Diet", "type": "text", "label": {"en": "Diet"}}]}, [("/form/0/name", "not_a_name")]),
    ({"destinations": [REVERSED]}, [("/destinations/0/ends_on", "not_later")]),
    (
        {"destinations": [replace(REVERSED, ends_on=None, host_id=NOWHERE)]},
        [("/destinations/0/host_id", "not_found")],
    ),
]


def test_a_call_that_can_not_be_is_refused(world: World) -> None:
    found = []
    for changes, _ in IMPOSSIBLE:
        wanted = world.call_input(**{"closes_at": NEW_YEAR, **meant(world, changes)})
        found.append((changes, world.refused(calls.create_call, wanted)))

    assert found == IMPOSSIBLE


def test_an_activity_of_another_project_is_none_of_this_one(world: World) -> None:
    code = world.other_project("stranger")
    wanted = ActivityInput(key="there", code=ActivityCode.SHORT_TERM_LEARNER, title={"en": "There"})
    there = world.do(
        lambda session, by, at: activities.create_activity(
            session, session.query(Project).filter_by(code=code).one(), wanted, by=by, at=at
        )
    )

    found = world.refused(calls.create_call, world.call_input(activity_id=there.id))

    assert found == [("/activity_id", "not_found")]


RELIED_ON: Refusals = [
    ({"places": 1}, [("/places", "fewer_than_taken")]),
    ({"activity_id": ActivityCode.JOB_SHADOWING}, [("/activity_id", "fixed")]),
    ({"owner_id": "coordinator"}, [("/owner_id", "fixed")]),
    ({"closes_at": NEW_YEAR}, [("/closes_at", "use_extension")]),
    ({"closes_at": None}, [("/closes_at", "use_extension")]),
    ({"opens_at": datetime(2026, 11, 23, tzinfo=UTC)}, [("/opens_at", "fixed")]),
    ({"opens_at": None}, [("/opens_at", "fixed")]),
    ({"form": []}, [("/form", "field_removed")]),
    ({"title": {}}, [("/title", "required")]),
    ({"summary": None, "description": {}}, [("/summary", "required"), ("/description", "required")]),
    ({"eligible_countries": []}, [("/eligible_countries", "required")]),
]


def test_an_open_call_keeps_what_people_rely_on(world: World) -> None:
    call = world.call()
    world.do(lambda session, **_: setattr(session.get(Call, call.id), "taken", 2))

    found = [(changes, world.refused(edit, call, **meant(world, changes))) for changes, _ in RELIED_ON]

    assert found == RELIED_ON


def test_a_scheduled_call_may_still_move_its_opening_and_change_its_questions(world: World) -> None:
    call = world.call(opens_at=world.clock() + timedelta(days=2))

    edited = world.do(edit, call, opens_at=world.clock() + timedelta(days=1), form=[])

    assert (edited.opens_at, edited.form) == (world.clock() + timedelta(days=1), [])


def test_a_draft_may_change_but_for_what_it_belongs_to(world: World) -> None:
    call = world.draft()

    edited = world.do(edit, call, closes_at=None, opens_at=None, form=[], eligible_countries=[], places=1)

    assert (edited.closes_at, edited.opens_at, edited.form, edited.eligible_countries) == (None, None, [], [])


def test_what_is_not_translated_yet_is_named(world: World) -> None:
    choices = [{"value": "spring", "label": {"en": "Spring"}}]
    form = [{"name": "when", "type": "choice", "label": {"en": "When?", "sq": "Kur?"}, "choices": choices}]
    call = world.draft(title={"en": "Lyon"}, summary={"en": "For cooks.", "sr-Cyrl": "За куваре."}, form=form)

    with reading(world.database) as session:
        missing = calls.missing_translations(session.merge(call, load=False), ["en", "sr-Cyrl", "sq", "it"])

    lacking = ["/title/sr-Cyrl", "/title/sq", "/title/it", "/summary/sq", "/summary/it"]
    label, choice = "/form/0/label", "/form/0/choices/0/label"
    assert missing == [
        *lacking,
        "/description/sq",
        "/description/it",
        *(f"{label}/{lang}" for lang in ("sr-Cyrl", "it")),
        *(f"{choice}/{lang}" for lang in ("sr-Cyrl", "sq", "it")),
        "/consents/0/text/it",
    ]
