"""The demonstration: calls whose deadlines move with the day, and rows that are invented and can be taken out again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.models.calls import Call, CallState, CallStatus, accepts_until, status_at
from domain.models.projects import Project
from domain.policies import Principal
from domain.services import calls
from domain.services.calls import CallInput
from domain.services.loading_calls import announced_at, dates, family, first_start, moved
from domain.services.loading_files import Schedule

# What a call shows has aged when it will be over within this time: after a refresh it lasts some days at least.
NEAR = timedelta(days=3)


@dataclass(frozen=True)
class ScheduledCall:
    """A call that should show the same on any day: scheduled, open or closed."""

    slug: str
    schedule: Schedule

    @property
    def status(self) -> CallStatus:
        """What it should show."""
        if self.schedule.opens_in_days > 0:
            return CallStatus.SCHEDULED
        return CallStatus.OPEN if self.schedule.closes_in_days > 0 else CallStatus.CLOSED


def refresh(
    session: Session, project: Project, wanted: Sequence[ScheduledCall], *, by: Principal, at: datetime
) -> list[str]:
    """Bring aged calls back to what they should show; say in words what was done. Again on the same day: nothing.

    A deadline is extended, an opening that is near is put off. What can't be turned back (a call that has opened and
    should be yet to open) is copied, the copy takes its place, and what it leaves behind runs out its term.
    """
    done = (_refresh(session, project, one, by=by, at=at) for one in wanted)
    return [sentence for sentence in done if sentence is not None]


def _refresh(session: Session, project: Project, wanted: ScheduledCall, *, by: Principal, at: datetime) -> str | None:
    kin = family(session, project, wanted.slug)
    if not kin or wanted.status is CallStatus.CLOSED:
        return None
    call = kin[0]
    assert call.opens_at is not None and call.closes_at is not None, "a demonstration's calls are published"
    if wanted.status is CallStatus.OPEN and call.state is CallState.PUBLISHED:
        return None if at + NEAR < call.closes_at else _extend(session, project, call, wanted, by=by, at=at)
    if status_at(call, at) is CallStatus.SCHEDULED:
        return None if at + NEAR < call.opens_at else _put_off(session, project, call, wanted, by=by, at=at)
    return _replace(session, project, kin, wanted, by=by, at=at)


def _extend(
    session: Session, project: Project, call: Call, wanted: ScheduledCall, *, by: Principal, at: datetime
) -> str:
    _, closes_at = dates(wanted.schedule, call.timezone, at=at)
    calls.extend_call(session, str(call.id), closes_at=closes_at, by=by, at=at)
    calls.edit_call(session, call, _with_later_stays(project, call, wanted, at=at), by=by, at=at)
    return f"{call.slug}: extended to {closes_at:%Y-%m-%d}"


def _put_off(
    session: Session, project: Project, call: Call, wanted: ScheduledCall, *, by: Principal, at: datetime
) -> str:
    opens_at, closes_at = dates(wanted.schedule, call.timezone, at=at)
    calls.extend_call(session, str(call.id), closes_at=closes_at, by=by, at=at)
    later = replace(_with_later_stays(project, call, wanted, at=at), opens_at=opens_at)
    calls.edit_call(session, call, later, by=by, at=at)
    return f"{call.slug}: opening put off to {opens_at:%Y-%m-%d}"


def _replace(
    session: Session, project: Project, kin: Sequence[Call], wanted: ScheduledCall, *, by: Principal, at: datetime
) -> str:
    call, slugs = kin[0], {each.slug for each in kin}
    opens_at, closes_at = dates(wanted.schedule, call.timezone, at=at)
    days = (opens_at + timedelta(days=number) for number in range(len(slugs) + 1))
    slug = next(name for name in (f"{wanted.slug}-{day:%Y-%m-%d}" for day in days) if name not in slugs)
    copy = calls.copy_call(session, str(call.id), by=by, at=at)
    copy.synthetic = call.synthetic
    later = _with_later_stays(project, call, wanted, at=at)
    places = tuple(replace(place, id=None) for place in later.destinations)
    later = replace(later, slug=slug, opens_at=opens_at, closes_at=closes_at, destinations=places)
    calls.edit_call(session, copy, later, by=by, at=at)
    calls.publish_call(session, slug, by=by, at=announced_at(opens_at, at=at))
    for left_behind in kin[1:]:
        _put_away(session, left_behind, by=by, at=at)
    return f"{slug}: takes the place of {call.slug}"


def _put_away(session: Session, call: Call, *, by: Principal, at: datetime) -> None:
    """Bring a call to its end whose grace is over; what people have begun to decide on is left to them."""
    if call.state is CallState.PUBLISHED and at >= accepts_until(call):
        calls.begin_selection(session, str(call.id), by=by, at=at)
        calls.decide_call(session, str(call.id), by=by, at=at)
        calls.archive_call(session, str(call.id), by=by, at=at)


def _with_later_stays(project: Project, call: Call, wanted: ScheduledCall, *, at: datetime) -> CallInput:
    now = calls.as_input(call, project.code)
    return replace(now, destinations=moved(now.destinations, first=first_start(wanted.schedule, at=at)))
