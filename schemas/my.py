"""An application on the wire, for its own applicant."""

from datetime import datetime
from typing import Any

from marshmallow import fields, post_dump

from domain.languages import format_instant, message, sentence_language
from domain.models.applications import Application, ApplicationState
from domain.models.calls import status_at
from domain.models.links import LinkKind
from domain.services.corrections import editable_until
from domain.services.guardians import waits_for_guardian
from domain.services.my import Action
from schemas.applications import (
    ANSWERS,
    DESTINATION,
    GUARDIAN,
    ConsentSchema,
    GuardianSchema,
    LanguageSkillSchema,
    PersonSoFarSchema,
)
from schemas.base import Day, Id, InLanguageSchema, Instant, Int, OneOf, OwnPart, Schema, TextInLanguage, about, reader
from schemas.consent_texts import ConsentAskedInLanguageSchema
from schemas.documents import DocumentSchema
from schemas.mobilities import MobilityItemSchema
from schemas.participants import ParticipantSchema


class MyCallSchema(InLanguageSchema):
    """The call that was applied to."""

    texts = ("title",)

    id = Id(metadata=about("The call's id."))
    slug = fields.String(metadata=about("The readable part of its address.", "three-weeks-in-lyon"))
    title: Any = TextInLanguage(metadata=about("Title."))
    status = fields.Method("status_now", metadata=about("What it shows now.", "open"))
    closes_at = Instant(metadata=about("The deadline."))
    closes_at_text = fields.Method(
        "closes", metadata=about("The deadline in words, in the call's zone.", "15 January 2027, 23:59 (UTC+1)")
    )
    timezone = fields.String(metadata=about("The zone the deadline is meant in.", "Europe/Tirane"))
    contact = fields.String(allow_none=True, metadata=about("Whom to ask.", "mobility@example.org"))

    def status_now(self, call: Any) -> str:
        """The status at the request's instant."""
        return str(status_at(call, reader.get().at))

    def closes(self, call: Any) -> str:
        """The deadline as its reader writes it."""
        return in_words(call.closes_at, call.timezone)


class MyDestinationSchema(Schema):
    """Where it goes."""

    id = Id(metadata=about("The destination's id.", DESTINATION))
    country = fields.String(metadata=about("Country.", "FR"))
    city = fields.String(metadata=about("City.", "Lyon"))
    host = fields.String(attribute="host.legal_name", dump_default=None, metadata=about("The host's name."))
    starts_on = Day(allow_none=True, metadata=about("First day."))
    ends_on = Day(allow_none=True, metadata=about("Last day."))


class MyConsentSchema(ConsentSchema):
    """An agreement or its refusal, as it was given."""

    given_at = Instant(metadata=about("When."))
    withdrawn_at = Instant(allow_none=True, metadata=about("When it was taken back, or another answer took its place."))


class MomentSchema(Schema):
    """A step so far."""

    state = OneOf(ApplicationState, metadata=about("What it became.", "submitted"))
    state_text = fields.Method("text", metadata=about("The same in words.", "Submitted"))
    at = Instant(metadata=about("When."))

    def text(self, moment: Any) -> str:
        """The state's name."""
        return state_name(moment.state)


class MySchema(Schema):
    """An application, for who applied."""

    role = OneOf(LinkKind, metadata=about("Whose link it is.", "applicant"))
    applicant = fields.Method("name_of", metadata=about("Who applied.", "Arta Hoxha"))
    reference = fields.String(metadata=about("To quote when asking.", "A-7K3M-9QXC"))
    state = OneOf(ApplicationState, metadata=about("Where it stands.", "submitted"))
    state_text = fields.Method("state_in_words", metadata=about("The same in words.", "Submitted"))
    meaning = fields.Method(
        "meaning_of_it",
        allow_none=True,
        metadata=about("What that means; null to a guardian.", "Your application has been received."),
    )
    next_step = fields.Method(
        "what_next",
        allow_none=True,
        metadata=about(
            "What comes next; null to a guardian.", "It is being checked. You don't have to do anything now."
        ),
    )
    actions = fields.List(
        OneOf(Action),
        metadata=about(
            "What you may do now: each is the last part of an address below this one, to which a POST is sent.",
            ["withdrawal"],
        ),
    )
    editable_until = Instant(
        allow_none=True, metadata=about("Until when it may be edited, by PATCH; null when it can't be.")
    )
    missing = fields.List(
        fields.String(),
        metadata=about("What is still missing while it may be edited: of the person, of questions, of consents.", []),
    )
    submitted_at = Instant(metadata=about("When it was received; of a draft, when it was begun."))
    late = fields.Boolean(metadata=about("Whether it came after the deadline, within the grace."))
    confirm_by = Instant(allow_none=True, metadata=about("Until when the place is to be confirmed."))
    rank = fields.Integer(allow_none=True, metadata=about("The place on the reserve list."))
    reason = fields.String(allow_none=True, metadata=about("Why it was so decided, or returned."))
    call = fields.Nested(MyCallSchema, metadata=about("The call."))
    sending_organisation = fields.String(
        attribute="sending.legal_name", metadata=about("The school's name.", "Shkolla profesionale")
    )
    destination = fields.Nested(
        MyDestinationSchema, allow_none=True, metadata=about("The destination it was selected for.")
    )
    person = OwnPart(PersonSoFarSchema, allow_none=True, metadata=about("Who applies; null to a guardian."))
    answers = fields.Dict(
        allow_none=True, metadata=about("The answers to the call's form; null to a guardian.", ANSWERS)
    )
    guardian = fields.Nested(GuardianSchema, allow_none=True, metadata=about("Whose consent a minor needs.", GUARDIAN))
    waiting_for_guardian = fields.Method(
        "waits", metadata=about("Whether no place can be offered before the guardian consents.", False)
    )
    asked = fields.List(
        fields.Nested(ConsentAskedInLanguageSchema),
        metadata=about("What may still be agreed to by this link, with the text that stands for it now."),
    )
    preferences = fields.List(fields.String(), metadata=about("Destination ids, best first.", [DESTINATION]))
    languages = fields.List(fields.Nested(LanguageSkillSchema), metadata=about("Languages known."))
    isced_f = fields.String(allow_none=True, metadata=about("Field of study."))
    eqf_level = fields.Integer(allow_none=True, metadata=about("EQF level."))
    graduation_date = Day(allow_none=True, metadata=about("When school ends or ended."))
    consents = fields.List(fields.Nested(MyConsentSchema), metadata=about("What was agreed to."))
    lang = fields.String(metadata=about("In which you are written to.", "sq"))
    history = fields.List(fields.Nested(MomentSchema), metadata=about("The steps so far, first to last."))
    version = Int(metadata=about("Counts its changes."))
    updated_at = Instant(metadata=about("When it last changed."))

    def name_of(self, application: Application) -> str:
        """The applicant's whole name."""
        return " ".join(filter(None, (application.given_names, application.family_name)))

    def waits(self, application: Application) -> bool:
        """Whether the guardian has yet to consent, at the request's instant."""
        return waits_for_guardian(application, at=reader.get().at)

    def state_in_words(self, application: Application) -> str:
        """The state's name."""
        return state_name(application.state)

    def meaning_of_it(self, application: Application) -> str:
        """What the state means."""
        return sentence(f"my_meaning_{application.state}")

    def what_next(self, application: Application) -> str:
        """What comes next, with the instant until which something is to be done."""
        early = application.state in (ApplicationState.DRAFT, ApplicationState.RETURNED)
        if self.waits(application) and application.state in application.TRANSITIONS and not early:
            return sentence("my_next_guardian")
        until = _until(application)
        if until is not None:
            return sentence(f"my_next_{application.state}_until", until=in_words(until, application.call.timezone))
        return sentence(f"my_next_{application.state}")


class GuardiansSchema(MySchema):
    """The same for a guardian: what they are asked, and what it is about, without what the applicant wrote."""

    KEPT_FROM_THEM = ("person", "answers", "isced_f", "eqf_level", "graduation_date", "reason", "rank")
    SAID_TO_APPLICANTS = ("meaning", "next_step")

    @post_dump
    def _without_the_rest(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        hidden = dict.fromkeys(self.KEPT_FROM_THEM + self.SAID_TO_APPLICANTS)
        return data | hidden | {"languages": [], "preferences": []}


class MyExportSchema(Schema):
    """All that is known of who applied."""

    exported_at = Instant(metadata=about("When it was put together."))
    application = fields.Nested(MySchema, metadata=about("The application."))
    documents = fields.List(fields.Nested(DocumentSchema), metadata=about("What is known of the files sent with it."))
    participant = fields.Nested(
        ParticipantSchema, allow_none=True, metadata=about("The person as the project knows them, once confirmed.")
    )
    mobilities = fields.List(fields.Nested(MobilityItemSchema), metadata=about("The stays."))


def _until(application: Application) -> datetime | None:
    """Until when there is something to be done, where a sentence says so."""
    if application.state is ApplicationState.SELECTED:
        return application.confirm_by
    if application.state in (ApplicationState.DRAFT, ApplicationState.RETURNED):
        return editable_until(application, at=reader.get().at)
    return None


def state_name(state: ApplicationState) -> str:
    """A state as its reader calls it."""
    return sentence(f"my_state_{state}")


def sentence(key: str, **values: str) -> str:
    """One of our sentences, in the reader's language."""
    return message(key, _language(), **values)


def in_words(moment: Any, timezone: str) -> str:
    """An instant as its reader writes it, in that zone."""
    return format_instant(moment, timezone=timezone, lang=_language())


def _language() -> str:
    return sentence_language(reader.get().languages)
