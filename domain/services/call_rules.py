"""What keeps a call from being made, changed or published."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from domain.db import instant_text
from domain.errors import Finding
from domain.models.activities import Activity
from domain.models.calls import Call, CallState, CallStatus, HowToApply, status_at
from domain.models.consents import ASKED_BY_CALLS
from domain.models.projects import Project
from domain.services import form_rules
from domain.services.form_changes import compatible_change
from domain.services.form_schemas import Fields
from domain.services.memberships import not_members

if TYPE_CHECKING:
    from domain.services.calls import CallInput

# What readers are shown beside the title, which no call lacks: a draft may still lack it, a published call may not.
SHOWN = ("summary", "description", "eligible_countries")


def contradictions(wanted: "CallInput") -> list[Finding]:
    """What can't be true together, whatever else there is."""
    found = form_rules.check_form(list(wanted.form), root="/form")
    if not any(wanted.title.values()):
        found.append(Finding("/title", "required"))
    for index, purpose in enumerate(wanted.consent_purposes):
        if purpose not in ASKED_BY_CALLS:
            found.append(Finding(f"/consent_purposes/{index}", "not_a_choice", {"choices": ", ".join(ASKED_BY_CALLS)}))
        if purpose in wanted.consent_purposes[:index]:
            found.append(Finding(f"/consent_purposes/{index}", "repeated"))
    if wanted.slug is not None and reads_as_id(wanted.slug):
        found.append(Finding("/slug", "not_a_slug"))
    if wanted.opens_at and wanted.closes_at and wanted.closes_at <= wanted.opens_at:
        found.append(Finding("/closes_at", "not_later", {"than": instant_text(wanted.opens_at)}))
    if wanted.how_to_apply is HowToApply.EXTERNAL_URL and not wanted.external_url:
        found.append(Finding("/external_url", "required"))
    for index, place in enumerate(wanted.destinations):
        if place.starts_on and place.ends_on and place.ends_on < place.starts_on:
            found.append(Finding(f"/destinations/{index}/ends_on", "not_later", {"than": place.starts_on.isoformat()}))
    return found


def reads_as_id(text: str) -> bool:
    """Whether an address with this in it is taken for a call's id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def strangers(session: Session, wanted: "CallInput", project: Project) -> list[Finding]:
    """What is named and doesn't belong to the project: its activity, its organisations."""
    named = {"/owner_id": wanted.owner_id, "/organiser_id": wanted.organiser_id}
    named |= {f"/destinations/{index}/host_id": place.host_id for index, place in enumerate(wanted.destinations)}
    named |= _asked_for(wanted.form)
    found = not_members(session, project.id, named)
    activity = session.get(Activity, wanted.activity_id)
    if activity is None or activity.project_id != project.id:
        found.append(Finding("/activity_id", "not_found"))
    return found


def _asked_for(form: Fields) -> dict[str, UUID]:
    """The organisations that the questions list; what is no id is told of as a contradiction."""
    return {
        f"/form/{index}/organisations/{at}": UUID(named)
        for index, each in enumerate(form)
        for at, named in enumerate(each.get("organisations", ()))
        if reads_as_id(named)
    }


def fixed(call: Call, wanted: "CallInput", at: datetime) -> list[Finding]:
    """What can't change on this call: its belongings ever, its dates and form once people rely on them."""
    found = []
    if wanted.activity_id != call.activity_id:
        found.append(Finding("/activity_id", "fixed"))
    if wanted.owner_id not in (None, call.owner_id):
        found.append(Finding("/owner_id", "fixed"))
    if wanted.places < call.taken:
        found.append(Finding("/places", "fewer_than_taken", {"taken": call.taken}))
    if call.state is CallState.DRAFT:
        return found
    found += _lacking(wanted, (*SHOWN, *_asked_about(wanted.form)))
    if wanted.closes_at != call.closes_at:
        found.append(Finding("/closes_at", "use_extension"))
    if wanted.opens_at != call.opens_at and (wanted.opens_at is None or status_at(call, at) != CallStatus.SCHEDULED):
        found.append(Finding("/opens_at", "fixed"))
    if status_at(call, at) is not CallStatus.SCHEDULED:
        found += _changed_questions(call, wanted)
    return found


def _changed_questions(call: Call, wanted: "CallInput") -> list[Finding]:
    """What submitted answers would no longer fit. Of questions that can't be, there is nothing more to say."""
    if form_rules.check_form(list(wanted.form)):
        return []
    return compatible_change(call.form, wanted.form, root="/form") + _left_out(call, wanted)


def _asked_about(form: Fields) -> list[str]:
    """What of the call itself its questions ask about."""
    return ["destinations"] if any(each.get("type") == "destinations" for each in form) else []


def _left_out(call: Call, wanted: "CallInput") -> list[Finding]:
    """The destinations that somebody may have put among their own."""
    if not _asked_about(call.form):
        return []
    kept = {place.id for place in wanted.destinations}
    gone = [place.city for place in call.destinations if place.id not in kept]
    return [Finding("/destinations", "destination_asked_about", {"city": city}) for city in gone]


def unready(call: Call, at: datetime) -> list[Finding]:
    """What a draft still lacks before it can be shown to everyone."""
    found = _lacking(call, ("title", *SHOWN, "opens_at", "closes_at", *_asked_about(call.form)))
    if call.closes_at is not None and call.closes_at <= at:
        found.append(Finding("/closes_at", "not_later", {"than": instant_text(at)}))
    return found


def _lacking(call: "Call | CallInput", names: Iterable[str]) -> list[Finding]:
    return [Finding(f"/{name}", "required") for name in names if not getattr(call, name)]
