"""What an application must satisfy beyond its shape: the call's countries, destinations, consents and questions."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from domain.errors import Finding, refuse
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.consents import INDISPENSABLE
from domain.policies import Principal
from domain.services import forms, guardians
from domain.services.consents import check_consents

# Of a person; the rest nobody has to say.
NEEDED = ("given_names", "family_name", "email", "birth_date", "country")

# The documents that an application has: for which question each is, and its id. A new one has none yet.
Files = Collection[tuple[str | None, str]]

if TYPE_CHECKING:
    from domain.services.applications import ApplicationInput


def check(call: Call, wanted: "ApplicationInput", *, by: Principal, at: datetime) -> None:
    """Raise InvalidInput with everything that keeps `wanted` from being an application to `call`."""
    consents = check_consents(call, wanted.consents, by=by, at=at)
    guardian = guardians.check_guardian(call, wanted, by=by, at=at)
    refuse([*_person(call, wanted), *guardian, *_preferences(call, wanted), *consents, *_answers(call, wanted)])


def check_draft(call: Call, wanted: "ApplicationInput", *, by: Principal, at: datetime, files: Files = ()) -> None:
    """Raise InvalidInput with what is wrong in a draft of an application to `call`; nothing is missing yet."""
    consents = check_consents(call, wanted.consents, by=by, at=at)
    found = [*_person(call, wanted), *_preferences(call, wanted), *consents, *_answers(call, wanted, files)]
    refuse(finding for finding in found if finding.code not in forms.MISSING and finding.pointer != "/consents")


def check_sent(call: Call, wanted: "ApplicationInput", *, by: Principal, at: datetime, files: Files) -> None:
    """Raise InvalidInput with what keeps what was kept here from standing as an application to `call`.

    Its consents were held against the texts of the day on which they were given; that one was given is enough.
    """
    granted = {consent.purpose for consent in wanted.consents if consent.granted}
    lacks = INDISPENSABLE in call.consent_purposes and INDISPENSABLE not in granted
    consents = [Finding("/consents", "consent_needed")] * lacks
    guardian = guardians.check_guardian(call, wanted, by=by, at=at)
    refuse([*_person(call, wanted), *guardian, *_preferences(call, wanted), *consents, *_answers(call, wanted, files)])


def missing_parts(call: Call, application: Application, *, at: datetime) -> list[str]:
    """What a complete application has and this one lacks: of the person, questions, purposes, the guardian's word."""
    unsaid = [name for name in NEEDED if getattr(application, name) is None]
    unanswered = forms.unanswered(forms.questions(call), application.answers)
    lacks = INDISPENSABLE in call.consent_purposes and not application.agrees_to(INDISPENSABLE)
    waits = guardians.waits_for_guardian(application, at=at)
    return unsaid + unanswered + [INDISPENSABLE] * lacks + [guardians.MISSING] * waits


def _answers(call: Call, wanted: "ApplicationInput", files: Files = ()) -> list[Finding]:
    found = forms.check_answers(forms.questions(call), wanted.answers)
    wrong = {finding.pointer for finding in found}
    return [*found, *(unknown for unknown in _unknown_files(call, wanted, files) if unknown.pointer not in wrong)]


def _unknown_files(call: Call, wanted: "ApplicationInput", files: Files) -> Iterator[Finding]:
    for asked in forms.file_questions(call.form):
        named = wanted.answers.get(asked.question)
        for index, document in enumerate(named if isinstance(named, list) else ()):
            if (asked.question, document) not in files:
                yield Finding(f"/answers/{asked.question}/{index}", "not_found")


def _person(call: Call, wanted: "ApplicationInput") -> Iterator[Finding]:
    for name in NEEDED:
        if getattr(wanted.person, name) is None:
            yield Finding(f"/person/{name}", "required")
    if wanted.person.country is not None and wanted.person.country not in call.eligible_countries:
        yield Finding("/person/country", "not_a_choice", {"choices": ", ".join(call.eligible_countries)})


def _preferences(call: Call, wanted: "ApplicationInput") -> Iterator[Finding]:
    known = {place.id for place in call.destinations}
    for index, choice in enumerate(wanted.preferences):
        if choice not in known:
            yield Finding(f"/preferences/{index}", "not_found")
        elif choice in wanted.preferences[:index]:
            yield Finding(f"/preferences/{index}", "repeated")
