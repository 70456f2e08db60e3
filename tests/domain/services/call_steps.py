"""Calls brought to each state, and listed, as tests of services do it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from domain.models.calls import Call, CallState
from domain.policies import PUBLIC, Principal
from domain.services import calls
from domain.services.calls import CallFilter
from domain.services.pages import Page, PageRequest
from tests.world import World

PUBLISH, BEGIN, DECIDE, CANCEL, ARCHIVE = (
    calls.publish_call,
    calls.begin_selection,
    calls.decide_call,
    calls.cancel_call,
    calls.archive_call,
)
WAY_TO: dict[CallState, Sequence[Callable[..., Any]]] = {
    CallState.DRAFT: (),
    CallState.PUBLISHED: (PUBLISH,),
    CallState.IN_SELECTION: (PUBLISH, BEGIN),
    CallState.DECIDED: (PUBLISH, BEGIN, DECIDE),
    CallState.CANCELLED: (PUBLISH, CANCEL),
    CallState.ARCHIVED: (PUBLISH, CANCEL, ARCHIVE),
}
GRAIN = timedelta(microseconds=1)


def call_in(world: World, state: CallState, **changes: Any) -> Call:
    call = world.draft(**changes)
    for verb in WAY_TO[state]:
        call = step(world, call, verb)
    return call


def step(world: World, call: Call, verb: Callable[..., Any]) -> Call:
    late = call.closes_at and call.closes_at + timedelta(minutes=call.grace_minutes)
    return world.do(verb, str(call.id), at=late if verb is BEGIN else world.clock())


def page_of(world: World, page: PageRequest, *, by: Principal = PUBLIC, **wanted: Any) -> Page[Call]:
    at = wanted.pop("at", world.clock())
    return world.do(calls.list_calls, CallFilter(**wanted), by=by, at=at, page=page)


def listed(world: World, **wanted: Any) -> list[str]:
    return sorted(call.slug for call in page_of(world, PageRequest(limit=200), **wanted).items)
