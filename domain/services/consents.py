"""What people agree to when they apply: held against what the call asks for, and kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain import policies
from domain.db import new_id
from domain.errors import Finding
from domain.languages import written_in
from domain.models.calls import Call
from domain.models.consents import INDISPENSABLE, Consent, ConsentSource, ConsentText, GivenBy, Purpose
from domain.policies import Principal
from domain.services import consent_texts


@dataclass(frozen=True)
class ConsentInput:
    """An agreement or its refusal: for what, to which text, in which language; attested when a school has the paper."""

    purpose: str
    granted: bool
    text_version: str
    lang: str
    attested: bool = False


def check_consents(call: Call, wanted: Sequence[ConsentInput], *, by: Principal, at: datetime) -> Iterator[Finding]:
    """What keeps these from being the consents of an application to `call`."""
    purposes = [consent.purpose for consent in wanted]
    for index, consent in enumerate(wanted):
        here = f"/consents/{index}"
        if consent.purpose in purposes[:index]:
            yield Finding(f"{here}/purpose", "repeated")
        yield from check_consent(call, consent, here, by=by, at=at)
    if INDISPENSABLE in call.consent_purposes and INDISPENSABLE not in purposes:
        yield Finding("/consents", "consent_needed")


def check_consent(
    call: Call, consent: ConsentInput, here: str = "", *, by: Principal, at: datetime
) -> Iterator[Finding]:
    """What keeps this from being an answer to what `call` asks of `by`."""
    choices = _asked_of(call, by)
    if consent.purpose not in choices:
        yield Finding(f"{here}/purpose", "not_a_choice", {"choices": ", ".join(choices)})
        return
    if consent.purpose == INDISPENSABLE and not consent.granted:
        yield Finding(f"{here}/granted", "consent_needed")
    if consent.attested and not policies.attests_consents(by):
        yield Finding(f"{here}/attested", "attested_without_token")
    if consent.purpose == Purpose.PARENTAL_CONSENT and by.guardian_of is None and not consent.attested:
        yield Finding(f"{here}/attested", "required")
    yield from _text(call, consent, here, at=at)


def _asked_of(call: Call, by: Principal) -> Sequence[str]:
    """What `by` may answer: a guardian for themselves alone, a school also for a guardian whose paper it has."""
    if by.guardian_of is not None:
        return [Purpose.PARENTAL_CONSENT]
    return [*call.consent_purposes, *([Purpose.PARENTAL_CONSENT] if policies.attests_consents(by) else [])]


def _text(call: Call, consent: ConsentInput, here: str, *, at: datetime) -> Iterator[Finding]:
    texts = _texts(call, consent)
    read = next((text for text in consent_texts.still_taken(texts, at=at) if _is_read(consent, text)), None)
    if read is None:
        yield Finding(f"{here}/text_version", "outdated_text", {"current": texts[0].version})
    elif consent.lang.lower() not in {lang.lower() for lang in written_in(read.text)}:
        yield Finding(f"{here}/lang", "no_text_in_language", {"languages": ", ".join(written_in(read.text))})


def record_consents(
    session: Session,
    call: Call,
    wanted: Sequence[ConsentInput],
    *,
    source: ConsentSource,
    by: Principal,
    at: datetime,
) -> list[Consent]:
    """The consents as rows, for an application, to texts that last from now on."""
    if wanted:
        consent_texts.write_standard_down(session, call, at=at)
    return [_consent(call, consent, source=source, by=by, at=at) for consent in wanted]


def _consent(call: Call, wanted: ConsentInput, *, source: ConsentSource, by: Principal, at: datetime) -> Consent:
    himself = GivenBy.APPLICANT if by.guardian_of is None else GivenBy.GUARDIAN
    given_by = GivenBy.SCHOOL if wanted.attested else himself
    return Consent(
        id=new_id(), project_id=call.project_id, given_at=at, source=source, given_by=given_by, **vars(wanted)
    )


def _texts(call: Call, consent: ConsentInput) -> Sequence[ConsentText]:
    return consent_texts.versions(call.project_id, Purpose(consent.purpose), call.consent_texts)


def _is_read(consent: ConsentInput, text: ConsentText) -> bool:
    return str(text.version) == consent.text_version
