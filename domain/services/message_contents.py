"""What a message says, made anew at each attempt from what is true then: values for its words, and where it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from domain.config import Config
from domain.languages import format_instant, localise
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.links import LinkKind
from domain.models.messages import TRUE_IN, Message, MessageKind, Recipient
from domain.services.guardians import waits_for_guardian
from domain.services.links import page_address
from domain.services.message_words import Wording, wording_of

A_WEEK = timedelta(days=7)
SOMEBODY: Mapping[str, Any] = {
    "given_names": "Ana",
    "family_name": "Petrović",
    "email": "ana@example.org",
    "reference": "A-7K3M-9QXZ",
    "rank": 3,
}


class Dropped(StrEnum):
    """Why there is nothing to send."""

    PASSED = "passed"  # what it was to tell is not so any more
    NO_ADDRESS = "no_address"  # nobody is left to tell


class Happening(NamedTuple):
    """One event as it is told: its type, the call that it is of, and which application or mobility."""

    type: str
    call: str
    reference: str


@dataclass(frozen=True)
class Contents:
    """All that a message is made of; `lang` is the language in which its values were written."""

    kind: MessageKind
    lang: str
    address: str
    name: str
    reply_to: str | None
    values: Mapping[str, str]
    wording: Wording
    happenings: Sequence[Happening] = ()


def of_application(session: Session, message: Message, *, config: Config) -> Contents | Dropped:
    """What a message about an application says now, and to whom; or why it is not sent at all."""
    application = session.get(Application, message.application_id) if message.application_id else None
    if application is None or not application.email:
        return Dropped.NO_ADDRESS
    if application.state not in TRUE_IN[message.kind]:
        return Dropped.PASSED
    wording = wording_of(session, application.call_id, message.kind)
    lang = wording.language((application.lang,))
    whose, address, name = LinkKind.APPLICANT, application.email, name_of(application)
    if message.recipient is Recipient.GUARDIAN:
        guardian = application.guardian
        if guardian is None or not guardian["email"]:
            return Dropped.NO_ADDRESS
        if not waits_for_guardian(application, at=application.submitted_at):
            return Dropped.PASSED
        whose, address = LinkKind.GUARDIAN, guardian["email"]
        name = f"{guardian['given_names']} {guardian['family_name']}"
    return Contents(
        kind=message.kind,
        lang=lang,
        address=address,
        name=name,
        reply_to=application.call.contact,
        values=values_of(application, lang=lang)
        | {"name": name, "my_url": my_address(application, whose, config=config)},
        wording=wording,
    )


def sample(
    session: Session, call: Call, kind: MessageKind, *, wanted: Sequence[str], config: Config, at: datetime
) -> Contents:
    """What a message about an application to this call would say to somebody who doesn't exist."""
    wording = wording_of(session, call.id, kind)
    lang = wording.language(wanted)
    application = Application(
        **SOMEBODY,
        call=call,
        destination=next(iter(call.destinations), None),
        submitted_at=at,
        confirm_by=at + A_WEEK,
        correct_by=at + A_WEEK,
    )
    values = values_of(application, lang=lang) | {"my_url": f"{config.base_url}/my/…"}
    return Contents(kind, lang, SOMEBODY["email"], name_of(application), call.contact, values, wording)


def values_of(application: Application, *, lang: str) -> dict[str, str]:
    """What the words of a message about an application may speak of; empty where there is nothing to say."""
    call, place = application.call, application.destination

    def instant(moment: datetime | None) -> str:
        return "" if moment is None else format_instant(moment, timezone=call.timezone, lang=lang)

    return {
        "name": name_of(application),
        "applicant": name_of(application),
        "reference": application.reference,
        "call": localise(call.title, lang),
        "organisation": call.owner.business_name or call.owner.legal_name,
        "contact": call.contact or "",
        "submitted_at": instant(application.submitted_at),
        "closes_at": instant(call.closes_at),
        "correct_by": instant(application.correct_by),
        "confirm_by": instant(application.confirm_by),
        "destination": "" if place is None else place.city,
        "rank": "" if application.rank is None else str(application.rank),
        "reason": application.reason or "",
    }


def my_address(application: Application, whose: LinkKind = LinkKind.APPLICANT, *, config: Config) -> str:
    """Where the applicant's own page is, or the guardian's; empty while they have no link."""
    live = (link for link in application.links if link.kind is whose and link.revoked_at is None)
    return next((page_address(link, key=config.link_key, base_url=config.base_url) for link in live), "")


def name_of(application: Application) -> str:
    return " ".join(name for name in (application.given_names, application.family_name) if name)
