"""Calls: made, published, extended, brought to a decision."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session, selectinload

from domain import events, policies
from domain.db import Text, change, holds, instant_text, new_id
from domain.errors import Conflict, Finding, InvalidInput, NotFound, refuse
from domain.languages import fold, written_in
from domain.models.activities import Activity, ActivityCode, Profile
from domain.models.calls import (
    Call,
    CallState,
    CallStatus,
    Destination,
    HowToApply,
    accepts_until,
    shows,
)
from domain.models.catalogue import Catalogue
from domain.models.events import EventType
from domain.models.organisations import Organisation
from domain.models.projects import Project
from domain.policies import Principal
from domain.services import call_rules, consent_texts, destinations
from domain.services.destinations import DestinationInput
from domain.services.forms import question_texts
from domain.services.message_words import copy_wordings
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.projects import code_of, named_project
from domain.states import move_to

SLUG_LENGTH = 80
EDITABLE = {CallState.DRAFT, CallState.PUBLISHED, CallState.IN_SELECTION}


@dataclass(frozen=True)
class CallInput:
    """A call as it should be."""

    project: str
    activity_id: UUID
    title: Text
    eligible_countries: Sequence[str]
    places: int
    timezone: str
    owner_id: UUID | None = None
    organiser_id: UUID | None = None
    slug: str | None = None
    summary: Text | None = None
    description: Text | None = None
    profile: Profile | None = None
    destinations: Sequence[DestinationInput] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    grace_minutes: int = 0
    form: Sequence[Mapping[str, Any]] = ()
    how_to_apply: HowToApply = HowToApply.HERE
    external_url: str | None = None
    public_intake: bool = False
    consent_purposes: Sequence[str] = ()
    contact: str | None = None


@dataclass(frozen=True)
class CallFilter:
    """Which calls are wanted; what is none doesn't narrow."""

    status: CallStatus | None = None
    project: str | None = None
    country: str | None = None
    activity: ActivityCode | None = None
    profile: Profile | None = None
    destination: str | None = None
    owner_id: UUID | None = None
    language: str | None = None
    q: str | None = None


SORT_KEYS: Mapping[str, SQLColumnExpression[Any]] = {
    "opens_at": func.coalesce(Call.opens_at, Call.created_at),
    "closes_at": func.coalesce(Call.closes_at, Call.created_at),
    "created_at": Call.created_at,
    "slug": Call.slug,
}


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def get_call(session: Session, id_or_slug: str, *, by: Principal) -> Call:
    """Find one call that the caller may see, by its id or its slug. Raises NotFound."""
    return _found(session.scalar(_named(id_or_slug).where(policies.visible_calls(by))))


def lock_call(session: Session, id_or_slug: str, *, by: Principal) -> Call:
    """Find a call for a change that must be the only one until the transaction ends (states, places)."""
    query = _named(id_or_slug).where(policies.visible_calls(by)).with_for_update(of=Call)
    return _found(session.scalar(query.execution_options(populate_existing=True)))


def list_calls(session: Session, wanted: CallFilter, *, by: Principal, at: datetime, page: PageRequest) -> Page[Call]:
    """List the calls that the caller may see, newest opening first unless told otherwise."""
    query = select(Call).where(policies.visible_calls(by), *_conditions(wanted, at))
    query = query.options(selectinload(Call.consent_texts))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Call.id, default="-opens_at")


def next_moment(session: Session, *, at: datetime) -> datetime | None:
    """The next instant at which any call shows another status by the clock."""
    coming = case((Call.opens_at > at, Call.opens_at), else_=Call.closes_at)
    still_to_come = select(func.min(coming)).where(Call.state == CallState.PUBLISHED, Call.closes_at > at)
    moment: datetime | None = session.scalar(still_to_come)
    return moment


def shown_since(call: Call, at: datetime) -> datetime:
    """Since when the call has shown what it shows: the last edit of it or of what is in it, or the clock's step."""
    shown: list[Call | Organisation] = [call, *named_in(call)]
    changed = max([row.updated_at for row in shown] + [text.created_at for text in call.consent_texts])
    passed = [moment for moment in (call.opens_at, call.closes_at) if moment is not None and moment <= at]
    return max([changed, *passed]) if call.state is CallState.PUBLISHED else changed


def named_in(call: Call) -> list[Organisation]:
    """The organisations whose names a call shows."""
    return [call.owner, *(place.host for place in call.destinations if place.host is not None)]


def missing_translations(call: Call, languages: Sequence[str]) -> list[str]:
    """Name what still lacks a text in one of the project's languages, as JSON Pointers (`/title/sq`)."""
    texts: dict[str, Text] = {"title": call.title, "summary": call.summary, "description": call.description}
    for index, each in enumerate(call.form):
        texts |= {f"form/{index}/{place}": text for place, text in question_texts(each).items()}
    missing = [f"/{name}/{lang}" for name, text in texts.items() for lang in languages if not text.get(lang)]
    for index, asked in enumerate(consent_texts.asked_by(call)):
        missing += [f"/consents/{index}/text/{lang}" for lang in languages if lang not in written_in(asked.text)]
    return missing


# ── making and editing ────────────────────────────────────────────────────────────────────────────────────────────


def create_call(session: Session, wanted: CallInput, *, by: Principal, at: datetime) -> Call:
    """Make a draft. Raises Forbidden, and InvalidInput naming what can't be."""
    project = named_project(session, wanted.project, by=by)
    owner_id = wanted.owner_id or by.organisation_id or project.coordinator_id
    policies.may_manage_calls(by, project.id, owner_id=owner_id, countries=wanted.eligible_countries)
    refuse(call_rules.contradictions(wanted) + call_rules.strangers(session, wanted, project))
    # Of two calls that are made at once under the same title the second waits here, and gets the next number.
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update(key_share=True))
    call = Call(
        id=new_id(),
        project_id=project.id,
        activity_id=wanted.activity_id,
        owner_id=owner_id,
        slug=_free_slug(session, wanted.slug or _slug(wanted.title), given=wanted.slug is not None),
        profile=wanted.profile or session.get_one(Activity, wanted.activity_id).profile,
        form_version=1,
        created_at=at,
        updated_at=at,
        **_plain_values(wanted),
    )
    destinations.set_destinations(session, call, wanted.destinations, at=at)
    session.add(call)
    session.flush()
    return call


def edit_call(session: Session, call: Call, wanted: CallInput, *, by: Principal, at: datetime) -> Call:
    """Make `call` as wanted. Records call.updated once it is published.

    Raises Conflict when it can't be edited any more, InvalidInput for what an open call can't change.
    """
    # Both: who may manage a call for one country must neither widen it nor narrow one for several to its own.
    for countries in (call.eligible_countries, wanted.eligible_countries):
        policies.may_manage_calls(by, call.project_id, owner_id=call.owner_id, countries=countries)
    if call.state not in EDITABLE:
        raise Conflict(f"This call is {call.state} and can't be edited; copy it to make a new one.")
    project = named_project(session, wanted.project, by=by)
    found = call_rules.contradictions(wanted) + call_rules.strangers(session, wanted, project)
    refuse(found + call_rules.fixed(call, wanted, at))
    if wanted.slug is not None and wanted.slug != call.slug:
        change(call, {"slug": _free_slug(session, wanted.slug, given=True)}, at=at)
    if list(wanted.form) != call.form:
        change(call, {"form_version": call.form_version + 1}, at=at)
    moved = destinations.set_destinations(session, call, wanted.destinations, at=at)
    values = _plain_values(wanted) | {"profile": wanted.profile or call.profile}
    if (change(call, values, at=at) or moved) and call.state is not CallState.DRAFT:
        events.record(session, EventType.CALL_UPDATED, call, at=at)
    session.flush()
    return call


def copy_call(session: Session, id_or_slug: str, *, by: Principal, at: datetime) -> Call:
    """Make a draft with everything of this call but its dates and countries. Destinations keep city and host."""
    original = get_call(session, id_or_slug, by=by)
    wanted = as_input(original, code_of(session, original.project_id))
    fresh = tuple(replace(place, id=None, starts_on=None, ends_on=None) for place in wanted.destinations)
    copy = create_call(
        session,
        replace(wanted, slug=None, eligible_countries=(), opens_at=None, closes_at=None, destinations=fresh),
        by=by,
        at=at,
    )
    copy_wordings(session, original, copy, at=at)
    return copy


def as_input(call: Call, project: str) -> CallInput:
    """The call as it stands, in the form in which it is wanted."""
    names = CallInput.__dataclass_fields__.keys() - {"project", "destinations"}
    places = DestinationInput.__dataclass_fields__
    return CallInput(
        project=project,
        destinations=tuple(
            DestinationInput(**{name: getattr(place, name) for name in places}) for place in call.destinations
        ),
        **{name: getattr(call, name) for name in names},
    )


# ── the life of a call ────────────────────────────────────────────────────────────────────────────────────────────


def publish_call(session: Session, id_or_slug: str, *, by: Principal, at: datetime) -> Call:
    """Show the call to everyone. Records call.published. Raises InvalidInput naming what is still missing."""
    call = _managed(session, id_or_slug, by=by)
    refuse(call_rules.unready(call, at))
    return _step(session, call, CallState.PUBLISHED, EventType.CALL_PUBLISHED, at=at)


def extend_call(session: Session, id_or_slug: str, *, closes_at: datetime, by: Principal, at: datetime) -> Call:
    """Move the deadline later, also after it has passed. Records call.deadline_extended with both instants."""
    call = _managed(session, id_or_slug, by=by)
    if call.state is not CallState.PUBLISHED or call.closes_at is None:
        raise Conflict(f"This call is {call.state}; only a published call's deadline can be extended.")
    if closes_at <= max(call.closes_at, at):
        raise InvalidInput([Finding("/closes_at", "not_later", {"than": max(call.closes_at, at).isoformat()})])
    previous = call.closes_at
    change(call, {"closes_at": closes_at}, at=at)
    extra = {"previous_closes_at": instant_text(previous), "closes_at": instant_text(closes_at)}
    events.record(session, EventType.CALL_DEADLINE_EXTENDED, call, at=at, **extra)
    return call


def cancel_call(session: Session, id_or_slug: str, *, by: Principal, at: datetime) -> Call:
    """Call it off, before it is decided. Records call.cancelled. A draft loses its dates, and stays unseen."""
    call = _managed(session, id_or_slug, by=by)
    if call.state is CallState.DRAFT:
        change(call, {"opens_at": None, "closes_at": None}, at=at)
    return _step(session, call, CallState.CANCELLED, EventType.CALL_CANCELLED, at=at)


def begin_selection(session: Session, id_or_slug: str, *, by: Principal, at: datetime) -> Call:
    """Begin to select, once the deadline and its grace are over. Records call.selection_started."""
    call = _managed(session, id_or_slug, by=by)
    if call.state is CallState.PUBLISHED and at < accepts_until(call):
        raise Conflict(
            f"This call takes applications until {instant_text(accepts_until(call))}; selection begins after that."
        )
    return _step(session, call, CallState.IN_SELECTION, EventType.CALL_SELECTION_STARTED, at=at)


def decide_call(session: Session, id_or_slug: str, *, by: Principal, at: datetime) -> Call:
    """Close the selection. Records call.decided."""
    call = _managed(session, id_or_slug, by=by)
    return _step(session, call, CallState.DECIDED, EventType.CALL_DECIDED, at=at)


def archive_call(session: Session, id_or_slug: str, *, by: Principal, at: datetime) -> Call:
    """Put a decided or cancelled call away. Records call.archived."""
    call = _managed(session, id_or_slug, by=by)
    return _step(session, call, CallState.ARCHIVED, EventType.CALL_ARCHIVED, at=at)


def _step(session: Session, call: Call, state: CallState, kind: EventType, *, at: datetime) -> Call:
    move_to(call, state, at=at)
    events.record(session, kind, call, at=at)
    return call


def _managed(session: Session, id_or_slug: str, *, by: Principal) -> Call:
    call = lock_call(session, id_or_slug, by=by)
    policies.may_manage_calls(by, call.project_id, owner_id=call.owner_id, countries=call.eligible_countries)
    return call


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _named(id_or_slug: str) -> Select[Call]:
    if call_rules.reads_as_id(id_or_slug):
        return select(Call).where(Call.id == UUID(id_or_slug))
    return select(Call).where(Call.slug == id_or_slug)


def _found(call: Call | None) -> Call:
    if call is None:
        raise NotFound("There is no such call, or it isn't published.")
    return call


def _conditions(wanted: CallFilter, at: datetime) -> list[Any]:
    conditions: list[Any] = []
    if wanted.status is not None:
        conditions.append(shows(wanted.status, at))
    if wanted.project is not None:
        conditions.append(Call.project_id.in_(select(Project.id).where(Project.code == wanted.project)))
    if wanted.country is not None:
        conditions.append(holds(Call.eligible_countries, wanted.country))
    if wanted.activity is not None:
        conditions.append(Call.activity_id.in_(select(Activity.id).where(Activity.code == wanted.activity)))
    if wanted.profile is not None:
        conditions.append(Call.profile == wanted.profile)
    if wanted.destination is not None:
        conditions.append(Call.id.in_(select(Destination.call_id).where(Destination.country == wanted.destination)))
    if wanted.owner_id is not None:
        conditions.append(Call.owner_id == wanted.owner_id)
    if wanted.language is not None:
        conditions.append(Call.title[wanted.language].as_string().is_not(None))
    conditions += [Call.search_text.contains(word, autoescape=True) for word in fold(wanted.q or "").split()]
    return conditions


def _plain_values(wanted: CallInput) -> dict[str, Any]:
    texts = {name: dict(getattr(wanted, name) or {}) for name in ("title", "summary", "description")}
    lists = {name: list(getattr(wanted, name)) for name in ("eligible_countries", "consent_purposes", "form")}
    same = (
        "organiser_id",
        "places",
        "opens_at",
        "closes_at",
        "timezone",
        "grace_minutes",
        "how_to_apply",
        "external_url",
        "public_intake",
        "contact",
    )
    return texts | lists | {name: getattr(wanted, name) for name in same} | {"search_text": _search_text(wanted)}


def _search_text(wanted: CallInput) -> str:
    texts = [text for field in (wanted.title, wanted.summary, wanted.description) for text in (field or {}).values()]
    return fold(" ".join([*texts, *(place.city for place in wanted.destinations)]))


def _slug(title: Text) -> str:
    text = title.get("en") or next(iter(title.values()))
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[: SLUG_LENGTH - 8].strip("-") or "call"


def _free_slug(session: Session, wanted: str, *, given: bool) -> str:
    """A slug that no call has: a given one is refused when taken, a derived one gets a number."""
    # One at a time: of several that derive the same slug at once, each is to see the one before it.
    session.scalars(select(Catalogue.version).with_for_update()).one()
    taken = set(session.scalars(select(Call.slug).where(Call.slug.startswith(wanted, autoescape=True))))
    if wanted not in taken:
        return wanted
    if given:
        raise InvalidInput([Finding("/slug", "taken")])
    return next(slug for number in range(2, 10_000) if (slug := f"{wanted}-{number}") not in taken)
