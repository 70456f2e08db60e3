"""Applications on the wire."""

from typing import Any

from marshmallow import fields, post_dump, post_load, validate

from domain import policies
from domain.models.applications import Application, ApplicationState, SubmittedVia
from domain.models.consents import ConsentSource, GivenBy
from domain.policies import Principal
from domain.services.application_rules import missing_parts
from domain.services.applications import ApplicationInput, PersonInput
from domain.services.consents import ConsentInput
from schemas.base import (
    PARAGRAPH,
    Bool,
    Country,
    Day,
    Email,
    Id,
    Instant,
    Int,
    LanguageTag,
    ListOf,
    ListQuery,
    Map,
    OneOf,
    OwnPart,
    Part,
    QueryBool,
    Schema,
    Str,
    about,
    reader,
)
from schemas.links import LinkSchema
from schemas.persons import Gender, Phone

GUARDIAN = {
    "given_names": "Besa",
    "family_name": "Hoxha",
    "email": "besa@example.org",
    "phone": None,
    "relation": "mother",
}
CEFR = "A1|A2|B1|B2|C1|C2"
ANSWERS = {"motivation": "I want to learn how others work."}  # to the question that a call has as its example
DESTINATION = "01938f6e-5c00-7000-8000-000000000001"


class PersonSchema(Schema):
    """A person, as they are when they apply."""

    makes = PersonInput

    given_names = Str(required=True, most=200, metadata=about("Given names.", "Arta"))
    family_name = Str(required=True, most=200, metadata=about("Family name.", "Hoxha"))
    email = Email(required=True, metadata=about("Where they are written to.", "arta@example.org"))
    birth_date = Day(required=True, metadata=about("Birth date.", "2008-05-17"))
    country = Country(required=True, metadata=about("Where they learn or work.", "AL"))
    gender = Gender()
    nationality = Country(load_default=None, allow_none=True, metadata=about("Nationality.", "AL"))
    phone = Phone()


class GuardianSchema(Schema):
    """A minor's parent or guardian. By the link that goes to them, or on paper at the school, they consent."""

    given_names = Str(required=True, most=200, metadata=about("Given names.", "Besa"))
    family_name = Str(required=True, most=200, metadata=about("Family name.", "Hoxha"))
    email = Email(
        load_default=None,
        allow_none=True,
        metadata=about("Where their link is sent; needed unless a token applies.", "besa@example.org"),
    )
    phone = Phone()
    relation = Str(load_default=None, allow_none=True, most=60, metadata=about("What they are to them.", "mother"))


class ConsentSchema(Schema):
    """An agreement to a purpose, or its refusal."""

    makes = ConsentInput

    purpose = Str(required=True, most=60, metadata=about("One of those that the call asks for.", "processing"))
    granted = Bool(required=True, metadata=about("Whether it was given.", True))
    attested = Bool(load_default=False, metadata=about("Whether a school holds it on paper."))
    text_version = Str(required=True, most=40, metadata=about("The version of the text, as the call shows it.", "1"))
    lang = LanguageTag(required=True, metadata=about("The language it was read in, as the call shows it.", "sq"))


class GivenConsentSchema(ConsentSchema):
    """An agreement to a purpose, or its refusal, as it was given."""

    given_at = Instant(metadata=about("When."))
    source = OneOf(ConsentSource, metadata=about("The way by which it came.", "api"))
    given_by = OneOf(GivenBy, metadata=about("Whose word it is.", "applicant"))
    withdrawn_at = Instant(allow_none=True, metadata=about("When it was taken back, or another answer took its place."))


class ConsentWithdrawalSchema(Schema):
    """A consent taken back."""

    purpose = Str(required=True, most=60, metadata=about("What is agreed to no more.", "sharing_with_hosts"))


class LanguageSkillSchema(Schema):
    """A language and how well it is known."""

    tag = LanguageTag(required=True, metadata=about("The language.", "it"))
    cefr = Str(required=True, most=2, pattern=CEFR, code="not_a_level", metadata=about("A1 to C2.", "B1"))


class PersonSoFarSchema(PersonSchema):
    """A person, as far as it is known who they are."""

    given_names: Any = Str(load_default=None, allow_none=True, most=200, metadata=about("Given names.", "Arta"))
    family_name: Any = Str(load_default=None, allow_none=True, most=200, metadata=about("Family name.", "Hoxha"))
    email: Any = Email(
        load_default=None, allow_none=True, metadata=about("Where they are written to.", "arta@example.org")
    )
    birth_date: Any = Day(load_default=None, allow_none=True, metadata=about("Birth date.", "2008-05-17"))
    country: Any = Country(load_default=None, allow_none=True, metadata=about("Where they learn or work.", "AL"))


class ApplicationEditSchema(Schema):
    """What can be edited of an application; its consents as long as it is a draft."""

    makes = ApplicationInput

    person: Any = Part(PersonSoFarSchema, load_default=PersonInput, metadata=about("Who applies."))
    answers: Any = Map(load_default=dict, metadata=about("Answers to the call's form, by name.", ANSWERS))
    consents = ListOf(Part(ConsentSchema), load_default=(), most=20, metadata=about("What they agreed to."))
    guardian = Part(GuardianSchema, load_default=None, allow_none=True, metadata=about("Needed for a minor."))
    preferences = ListOf(Id(), load_default=(), metadata=about("Destination ids, best first."))
    languages = ListOf(Part(LanguageSkillSchema), load_default=(), most=20, metadata=about("Languages they know."))
    lang = LanguageTag(load_default="en", metadata=about("In which they are written to.", "sq"))
    isced_f = Str(
        load_default=None,
        allow_none=True,
        most=4,
        pattern="[0-9]{2,4}",
        code="not_isced_f",
        metadata=about("Field of study, ISCED-F 2013.", "0715"),
    )
    eqf_level = Int(load_default=None, allow_none=True, least=1, most=8, metadata=about("EQF level.", 4))
    graduation_date = Day(load_default=None, allow_none=True, metadata=about("When they finish or finished."))


class ApplicationDraftSchema(ApplicationEditSchema):
    """What is yet to be finished: nothing is required, and what is there must be right."""

    draft = Bool(required=True, validate=[validate.Equal(True)], metadata=about("That it is a draft.", True))
    sending_organisation_id = Id(
        load_default=None, allow_none=True, metadata=about("Their school; the caller's own, or the call's owner.")
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**{name: value for name, value in data.items() if name != "draft"})


class ApplicationWriteSchema(ApplicationEditSchema):
    """What an application is made of."""

    person: Any = Part(PersonSchema, required=True, metadata=about("Who applies."))
    answers: Any = Map(required=True, metadata=about("Answers to the call's form, by name.", ANSWERS))
    draft = Bool(
        load_default=False,
        validate=[validate.Equal(False)],
        metadata=about("Whether it is yet to be finished (true: see ApplicationDraft), or submitted now.", False),
    )
    sending_organisation_id = Id(
        load_default=None, allow_none=True, metadata=about("Their school; the caller's own, or the call's owner.")
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**{name: value for name, value in data.items() if name != "draft"})


class ReceiptSchema(Schema):
    """What comes back to those who apply."""

    id = Id(metadata=about("The application's id."))
    reference = fields.String(metadata=about("For people to quote.", "A-7K3M-9QXC"))
    call_id = Id(metadata=about("The call."))
    state = OneOf(ApplicationState, metadata=about("Where it stands.", "submitted"))
    late = fields.Boolean(metadata=about("Whether it came after the deadline, within the grace."))
    submitted_at = Instant(metadata=about("When it was received; of a draft, when it was begun."))


class ReceiptWithLinkSchema(LinkSchema, ReceiptSchema):
    """What comes back to those who apply, with the link of who does."""


class ApplicationSchema(ReceiptSchema):
    """An application, for those who handle it. What identifies the person is there for `personal:read` alone."""

    project_id = Id(metadata=about("The project."))
    person = OwnPart(
        PersonSoFarSchema, allow_none=True, metadata=about("Who applies; null without personal:read, or once erased.")
    )
    answers = fields.Dict(
        allow_none=True, metadata=about("The answers; null without personal:read, or once erased.", ANSWERS)
    )
    guardian = fields.Nested(
        GuardianSchema, allow_none=True, metadata=about("A minor's guardian; null without sensitive:read.", None)
    )
    missing = fields.Method(
        "lacking",
        metadata=about(
            "What it lacks: names of questions, of purposes, and `guardian_consent` while a minor's guardian has yet "
            "to agree.",
            ["guardian_consent"],
        ),
    )
    country = fields.String(allow_none=True, metadata=about("The applicant's country.", "AL"))
    sending_organisation_id = Id(attribute="sending_id", metadata=about("The school."))
    sending_organisation = fields.String(
        attribute="sending.legal_name", metadata=about("The school's name.", "Shkolla profesionale")
    )
    preferences = fields.List(fields.String(), metadata=about("Destination ids, best first.", [DESTINATION]))
    languages = fields.List(fields.Nested(LanguageSkillSchema), metadata=about("Languages they know."))
    isced_f = fields.String(allow_none=True, metadata=about("Field of study."))
    eqf_level = fields.Integer(allow_none=True, metadata=about("EQF level."))
    graduation_date = Day(allow_none=True, metadata=about("When they finish or finished."))
    lang = fields.String(metadata=about("In which they are written to.", "sq"))
    consents = fields.List(fields.Nested(GivenConsentSchema), metadata=about("What they agreed to."))
    form_version = fields.Integer(metadata=about("The version of the form that was answered."))
    submitted_via = OneOf(SubmittedVia, metadata=about("Through which door it came."))
    likely_duplicate = fields.Boolean(metadata=about("Another has the same e-mail, or the same name and birth date."))
    destination_id = Id(allow_none=True, metadata=about("The destination it was selected for."))
    confirm_by = Instant(allow_none=True, metadata=about("Until when the place is to be confirmed."))
    rank = fields.Integer(allow_none=True, metadata=about("The place on the reserve list."))
    reason = fields.String(allow_none=True, metadata=about("Why it was so decided, or returned."))
    correct_by = Instant(allow_none=True, metadata=about("Until when one that was returned may be corrected."))
    participant_id = Id(allow_none=True, metadata=about("The participant, once confirmed."))
    erased_at = Instant(allow_none=True, metadata=about("When who applied was erased."))
    version = Int(metadata=about("Counts its changes."))
    updated_at = Instant(metadata=about("When it last changed."))

    PERSONAL = ("person", "answers", "participant_id")

    def lacking(self, application: Application) -> list[str]:
        """What is missing at the request's instant."""
        return missing_parts(application.call, application, at=reader.get().at)


class PseudonymousApplicationSchema(ApplicationSchema):
    """The same without what identifies the person."""

    @post_dump
    def _without_person(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | dict.fromkeys(self.PERSONAL)


def application_seen(application: Application, *, by: Principal) -> dict[str, Any]:
    """The application as `by`, who may know of it, is shown it."""
    known = policies.sees_persons(by) and application.erased_at is None
    schema = ApplicationSchema if known else PseudonymousApplicationSchema
    shown: dict[str, Any] = schema().dump(application)
    return shown if policies.sees_guardians(by) else shown | {"guardian": None}


class ApplicationListSchema(Schema):
    """A page of applications."""

    items = fields.List(fields.Nested(ApplicationSchema), metadata=about("The applications of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class ApplicationFilterQuery(Schema):
    """Which applications are wanted, whatever the call."""

    state = OneOf(ApplicationState, load_default=None, metadata=about("In this state; drafts are shown for it alone."))
    sending_organisation_id = Id(load_default=None, metadata=about("Sent by this school."))
    destination_id = Id(load_default=None, metadata=about("Selected for this destination."))
    country = Country(load_default=None, metadata=about("From this country."))
    late = QueryBool(load_default=None, metadata=about("Received within the grace."))
    modified_since = Instant(load_default=None, metadata=about("Changed at this instant or later."))


class ApplicationQuery(ListQuery, ApplicationFilterQuery):
    """Which applications are wanted, page by page."""

    call_id = Id(load_default=None, metadata=about("Of this call."))
    project_id = Id(load_default=None, metadata=about("Of this project."))


class ReturnSchema(Schema):
    """Something is to be corrected."""

    reason = Str(required=True, most=PARAGRAPH, metadata=about("What is to be corrected.", "The e-mail has no answer."))
    until = Instant(
        load_default=None,
        allow_none=True,
        metadata=about("Until when; until the deadline unless told, or for a week once that has passed."),
    )


class EligibilitySchema(Schema):
    """Whether it may take part."""

    outcome = Str(
        required=True,
        most=20,
        pattern="eligible|ineligible",
        code="not_a_choice",
        metadata=about("eligible or ineligible.", "eligible"),
    )
    reason = Str(load_default=None, allow_none=True, most=PARAGRAPH, metadata=about("Why."))


class OfferSchema(Schema):
    """A place offered."""

    destination_id = Id(
        load_default=None,
        allow_none=True,
        metadata=about("Which of the call's destinations; needed where the call has some.", DESTINATION),
    )
    confirm_by = Instant(
        load_default=None,
        allow_none=True,
        metadata=about("Until when it is to be confirmed; no time limit unless told.", "2027-01-25T16:00:00Z"),
    )


class ReservationSchema(Schema):
    """A rank on the reserve list."""

    rank = Int(required=True, least=1, most=100_000, metadata=about("1 is next.", 1))


class RejectionSchema(Schema):
    """A refusal on the call's side."""

    reason = Str(load_default=None, allow_none=True, most=PARAGRAPH, metadata=about("Why.", "All places are taken."))


class ConfirmationSchema(Schema):
    """The place is taken."""

    participant_id = Id(
        load_default=None, allow_none=True, metadata=about("The participant this person is already; else a new one.")
    )
