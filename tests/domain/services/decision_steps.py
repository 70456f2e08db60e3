"""Applications brought to each state, as tests of services do it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.models.applications import Application, ApplicationState
from domain.models.events import EventType
from domain.services import calls, corrections, decisions
from tests.world import World

S, E = ApplicationState, EventType
FOREVER = datetime(2027, 1, 10, tzinfo=UTC)
WIDE = {"places": 100, "destinations": ()}

ranks = iter(range(1, 10_000))


def next_rank() -> int:
    return next(ranks)


def select_for(session: Any, application: Application, destination: str | None = None, **options: Any) -> Application:
    """Select, for the destination in that city where one is named."""
    known = {place.city: place.id for place in application.call.destinations}
    wanted = {"destination_id": known.get(destination), "confirm_by": FOREVER, **options}
    return decisions.select_application(session, application.id, **wanted)


VERBS: dict[str, Callable[..., Any]] = {
    "eligible": lambda s, a, **who: decisions.decide_eligibility(s, a.id, eligible=True, reason=None, **who),
    "ineligible": lambda s, a, **who: decisions.decide_eligibility(s, a.id, eligible=False, reason="No", **who),
    "select": select_for,
    "reserve": lambda s, a, **who: decisions.reserve_application(s, a.id, rank=next_rank(), **who),
    "promote": lambda s, a, **who: decisions.promote_application(
        s, a.id, destination_id=None, confirm_by=FOREVER, **who
    ),
    "reject": lambda s, a, **who: decisions.reject_application(s, a.id, reason="No", **who),
    "confirm": lambda s, a, **who: decisions.confirm_application(s, a.id, participant_id=None, **who),
    "decline": lambda s, a, **who: decisions.decline_application(s, a.id, **who),
    "return": lambda s, a, **who: corrections.return_application(s, a.id, reason="Look again", until=None, **who),
    "finish": lambda s, a, **who: corrections.finish_application(s, a.id, **who),
    "withdraw": lambda s, a, **who: decisions.withdraw_application(s, a.id, **who),
}
WAY_TO: dict[ApplicationState, Sequence[str]] = {
    S.DRAFT: (),
    S.SUBMITTED: (),
    S.RETURNED: ("return",),
    S.ELIGIBLE: ("eligible",),
    S.INELIGIBLE: ("ineligible",),
    S.SELECTED: ("eligible", "select"),
    S.RESERVE: ("eligible", "reserve"),
    S.REJECTED: ("eligible", "reject"),
    S.CONFIRMED: ("eligible", "select", "confirm"),
    S.DECLINED: ("eligible", "select", "decline"),
    S.WITHDRAWN: ("withdraw",),
}


def act(world: World, verb: str, application: Application, **options: Any) -> Application:
    return world.do(VERBS[verb], application, **options)


def brought_to(world: World, state: ApplicationState, **changes: Any) -> Application:
    """An application in that state, to a call of its own whose selection has begun."""
    application = in_open_call(world, S.DRAFT if state is S.DRAFT else S.SUBMITTED, **changes)
    call = application.call
    world.do(calls.begin_selection, str(call.id), at=call.closes_at)
    for verb in WAY_TO[state]:
        application = act(world, verb, application)
    return application


def in_open_call(world: World, state: ApplicationState, **changes: Any) -> Application:
    """An application in a state in which it is still its applicant's, to a call of its own that is open."""
    call = world.call(**{**WIDE, **changes})
    application = world.saved(call) if state is S.DRAFT else world.application(call)
    return act(world, "return", application) if state is S.RETURNED else application
