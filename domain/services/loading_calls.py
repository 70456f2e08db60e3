"""The calls of a project file: drafts for their owners, and a demonstration's, published and dated by the day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.models.calls import Call
from domain.models.projects import Project
from domain.services import calls
from domain.services.calls import CallInput
from domain.services.destinations import DestinationInput
from domain.services.loading import Load, placed
from domain.services.loading_differences import added
from domain.services.loading_files import CallEntry, DestinationEntry, Schedule

OPENS, CLOSES = time(9), time(17)  # in the call's own zone, when somebody is there
ANNOUNCED = timedelta(days=7)  # before it opens


def load_calls(load: Load, project: Project) -> None:
    """Make the calls that aren't there; change those that differ, but for the days of a demonstration's (see demo)."""
    for index, entry in enumerate(load.file.calls):
        with placed(f"/calls/{index}"):
            standing = next(iter(family(load.session, project, entry.slug)), None)
            if standing is None:
                _make(load, project, entry)
            else:
                _compare(load, project, entry, standing)


def family(session: Session, project: Project, slug: str) -> Sequence[Call]:
    """The call with this slug and the copies that took its place (`slug-2027-02-03`), the latest first."""
    same = or_(Call.slug == slug, Call.slug.like(f"{slug}-____-__-__"))
    return session.scalars(select(Call).where(Call.project_id == project.id, same).order_by(Call.id.desc())).all()


def dates(schedule: Schedule, timezone: str, *, at: datetime) -> tuple[datetime, datetime]:
    """When a call with this schedule opens and closes, counted from the day that `at` is in its zone."""
    zone = ZoneInfo(timezone)
    today = at.astimezone(zone).date()
    opens = datetime.combine(today + timedelta(days=schedule.opens_in_days), OPENS, tzinfo=zone)
    closes = datetime.combine(today + timedelta(days=schedule.closes_in_days), CLOSES, tzinfo=zone)
    return opens, closes


def moved(places: Sequence[DestinationInput], *, first: date) -> tuple[DestinationInput, ...]:
    """The same stays, each as long and as far from the others as before, the earliest of them from `first` on."""
    starts = [place.starts_on for place in places if place.starts_on is not None]
    shift = first - min(starts) if starts else timedelta()
    return tuple(
        replace(place, starts_on=_later(place.starts_on, shift), ends_on=_later(place.ends_on, shift))
        for place in places
    )


def first_start(schedule: Schedule, *, at: datetime) -> date:
    """The day on which the first stay begins."""
    return at.date() + timedelta(days=schedule.starts_in_days)


def announced_at(opens_at: datetime, *, at: datetime) -> datetime:
    """When a call that opens then was published: a week before, or now if that is still to come."""
    return min(at, opens_at - ANNOUNCED)


def _later(day: date | None, shift: timedelta) -> date | None:
    return None if day is None else day + shift


def _make(load: Load, project: Project, entry: CallEntry) -> None:
    places = tuple(
        DestinationInput(**place.values, host_id=load.organisation(place.host)) for place in entry.destinations
    )
    wanted = CallInput(project=project.code, destinations=places, **entry.values, **_belongings(load, entry))
    load.changes.append(added("call", entry.slug))
    if entry.schedule is None:
        calls.create_call(load.session, replace(wanted, slug=entry.slug), by=load.by, at=load.at)
        return
    opens_at, closes_at = dates(entry.schedule, wanted.timezone, at=load.at)
    places = moved(places, first=first_start(entry.schedule, at=load.at))
    wanted = replace(wanted, slug=entry.slug, opens_at=opens_at, closes_at=closes_at, destinations=places)
    at = announced_at(opens_at, at=load.at)
    call = calls.create_call(load.session, wanted, by=load.by, at=at)
    call.synthetic = project.synthetic
    calls.publish_call(load.session, str(call.id), by=load.by, at=at)


def _compare(load: Load, project: Project, entry: CallEntry, standing: Call) -> None:
    now = calls.as_input(standing, project.code)
    places = _places(load, entry, now.destinations) if entry.destinations else now.destinations
    wanted = replace(now, destinations=places, **entry.values, **_belongings(load, entry))
    if load.differs("call", standing.slug, now, wanted):
        calls.edit_call(load.session, standing, wanted, by=load.by, at=load.at)


def _belongings(load: Load, entry: CallEntry) -> dict[str, Any]:
    own = {"owner_id": load.organisation(entry.owner), "activity_id": load.activities[entry.activity].id}
    return own if entry.organiser is None else own | {"organiser_id": load.organisation(entry.organiser)}


def _places(load: Load, entry: CallEntry, standing: Sequence[DestinationInput]) -> tuple[DestinationInput, ...]:
    """The file's destinations, each with the id of the one that stands in the same city, as far as there is one."""
    left = list(standing)
    places = []
    for wanted in entry.destinations:
        city = (wanted.values["country"], wanted.values["city"])
        now = next((place for place in left if (place.country, place.city) == city), None)
        if now is not None:
            left.remove(now)
        places.append(_place(load, wanted, now, dated=entry.schedule is None))
    return tuple(places)


def _place(load: Load, wanted: DestinationEntry, now: DestinationInput | None, *, dated: bool) -> DestinationInput:
    values = dict(wanted.values) | ({"host_id": load.organisation(wanted.host)} if wanted.host else {})
    if now is None:
        return DestinationInput(**values)
    if not dated:
        values |= {"starts_on": now.starts_on, "ends_on": now.ends_on}
    return replace(now, **values)
