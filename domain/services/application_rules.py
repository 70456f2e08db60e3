"""What an application must satisfy beyond its shape: the call's countries, destinations, consents and questions."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from domain.errors import Finding, refuse
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.consents import INDISPENSABLE
from domain.policies import Principal
from domain.services import forms, guardians
from domain.services.consents import check_consents

if TYPE_CHECKING:
    from domain.services.applications import ApplicationInput


def check(call: Call, wanted: "ApplicationInput", *, by: Principal, at: datetime) -> None:
    """Raise InvalidInput with everything that keeps `wanted` from being an application to `call`."""
    answers = forms.check_answers(forms.questions(call), wanted.answers)
    consents = check_consents(call, wanted.consents, by=by, at=at)
    guardian = guardians.check_guardian(call, wanted, by=by, at=at)
    refuse([*_person(call, wanted), *guardian, *_preferences(call, wanted), *consents, *answers])


def missing_parts(call: Call, application: Application, *, at: datetime) -> list[str]:
    """What a complete application to the call has and this one lacks: questions, purposes, a guardian's consent."""
    unanswered = forms.unanswered(forms.questions(call), application.answers)
    lacks_consent = INDISPENSABLE in call.consent_purposes and not application.agrees_to(INDISPENSABLE)
    waits = guardians.waits_for_guardian(application, at=at)
    return unanswered + [INDISPENSABLE] * lacks_consent + [guardians.MISSING] * waits


def _person(call: Call, wanted: "ApplicationInput") -> Iterator[Finding]:
    if wanted.person.country not in call.eligible_countries:
        yield Finding("/person/country", "not_a_choice", {"choices": ", ".join(call.eligible_countries)})


def _preferences(call: Call, wanted: "ApplicationInput") -> Iterator[Finding]:
    known = {place.id for place in call.destinations}
    for index, choice in enumerate(wanted.preferences):
        if choice not in known:
            yield Finding(f"/preferences/{index}", "not_found")
        elif choice in wanted.preferences[:index]:
            yield Finding(f"/preferences/{index}", "repeated")
