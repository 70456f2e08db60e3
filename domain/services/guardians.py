"""Guardians: whose consent a minor needs before anybody offers them a place."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from domain.errors import Finding, GuardianConsentNeeded
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.consents import Purpose
from domain.policies import PUBLIC, Principal
from domain.services.rule_sets import OF_AGE, months_after

if TYPE_CHECKING:
    from domain.services.applications import ApplicationInput

MISSING = "guardian_consent"  # what such an application is said to lack


def is_minor(birth_date: date | None, call: Call, *, at: datetime) -> bool:
    """Whether a person is not of age on that day where the call is: then they are not, either, when they apply."""
    today = at.astimezone(ZoneInfo(call.timezone)).date()
    return birth_date is not None and today < months_after(birth_date, OF_AGE)


def waits_for_guardian(application: Application, *, at: datetime) -> bool:
    """Whether a minor's guardian has yet to agree; who comes of age needs nobody any more."""
    minor = is_minor(application.birth_date, application.call, at=at)
    return minor and not application.agrees_to(Purpose.PARENTAL_CONSENT)


def must_not_wait(application: Application, *, at: datetime) -> None:
    """Raise GuardianConsentNeeded unless a place may be offered to the applicant, and taken."""
    if waits_for_guardian(application, at=at):
        raise GuardianConsentNeeded("A minor's guardian has yet to agree, by their link or on paper that a school has.")


def check_guardian(call: Call, wanted: "ApplicationInput", *, by: Principal, at: datetime) -> Iterator[Finding]:
    """What a minor's application lacks: a guardian, and for the public the address to which their link can be sent."""
    if not is_minor(wanted.person.birth_date, call, at=at):
        return
    if wanted.guardian is None:
        yield Finding("/guardian", "required")
    elif by is PUBLIC and not wanted.guardian["email"]:
        yield Finding("/guardian/email", "required")
