"""Calls on the wire."""

from typing import Any, ClassVar

from marshmallow import fields

from domain.models.activities import ActivityCode, Profile
from domain.models.calls import CallState, CallStatus, HowToApply, status_at
from domain.models.consents import ASKED_BY_CALLS, Purpose
from domain.services.calls import CallInput
from domain.services.destinations import DestinationInput
from schemas.base import (
    ESSAY,
    PARAGRAPH,
    Bool,
    Country,
    Day,
    Email,
    Id,
    InLanguageSchema,
    Instant,
    Int,
    LanguageQuery,
    LanguageTag,
    ListOf,
    ListQuery,
    OneOf,
    Part,
    Schema,
    Str,
    TextInLanguage,
    TextMap,
    TimeZone,
    WebAddress,
    about,
    reader,
)
from schemas.consent_texts import ConsentAskedInLanguageSchema, ConsentAskedSchema, ConsentsAsked
from schemas.forms import FormFieldSchema

MOST_PLACES = 100_000
LONGEST_GRACE = 7 * 24 * 60  # minutes
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"

ADDRESS = "https://intervet.example/v1/calls/01938f6e-5c00-7000-8000-000000000001"
SUMMARY = {"en": "For apprentice cooks.", "sq": "Për kuzhinierë nxënës."}
DESCRIPTION = {
    "en": "Work in a kitchen, and learn how others do.",
    "sq": "Punoni në një kuzhinë dhe mësoni nga të tjerët.",
}


class DestinationSchema(Schema):
    """A destination of a call."""

    makes: ClassVar[Any] = DestinationInput

    id = Id(metadata=about("Names a destination that stands already; leave it out for a new one."))
    country = Country(required=True, metadata=about("Country, ISO 3166-1 alpha-2 or XK.", "FR"))
    city = Str(required=True, most=120, metadata=about("City.", "Lyon"))
    host_id = Id(load_default=None, allow_none=True, metadata=about("The receiving organisation, when it is known."))
    places = Int(load_default=None, allow_none=True, most=MOST_PLACES, metadata=about("Places here.", 8))
    starts_on = Day(load_default=None, allow_none=True, metadata=about("First day.", "2027-02-01"))
    ends_on = Day(load_default=None, allow_none=True, metadata=about("Last day.", "2027-02-21"))
    host = fields.String(
        attribute="host.legal_name", dump_only=True, dump_default=None, metadata=about("The host's name.")
    )
    places_left = fields.Integer(dump_only=True, allow_none=True, metadata=about("Places nobody holds yet."))


class CallWriteSchema(Schema):
    """What a call is made of."""

    makes: ClassVar[Any] = CallInput

    project = Str(required=True, most=40, metadata=about("The project's code.", "INTERVET-DEMO"))
    activity_id = Id(required=True, metadata=about("The project's activity that is offered."))
    owner_id = Id(load_default=None, metadata=about("The organisation whose call it is; the caller's unless told."))
    organiser_id = Id(load_default=None, allow_none=True, metadata=about("Who organises it, where not the owner."))
    slug = Str(
        load_default=None,
        most=80,
        pattern=SLUG,
        code="not_a_slug",
        metadata=about("The readable part of its address; made from the title unless told.", "three-weeks-in-lyon"),
    )
    title: Any = TextMap(required=True, metadata=about("Title, by language."))
    summary: Any = TextMap(
        load_default=None, allow_none=True, most=PARAGRAPH, metadata=about("One or two sentences.", SUMMARY)
    )
    description: Any = TextMap(
        load_default=None, allow_none=True, most=ESSAY, metadata=about("The whole text.", DESCRIPTION)
    )
    eligible_countries = ListOf(Country(), required=True, metadata=about("Who may apply, by country.", ["AL"]))
    profile = OneOf(Profile, load_default=None, metadata=about("For learners, staff or anyone.", "learner"))
    destinations = ListOf(Part(DestinationSchema), load_default=(), metadata=about("Where it leads to."))
    places = Int(required=True, least=1, most=MOST_PLACES, metadata=about("Places in all.", 12))
    opens_at = Instant(load_default=None, allow_none=True, metadata=about("When it opens.", "2026-12-01T07:00:00Z"))
    closes_at = Instant(
        load_default=None, allow_none=True, metadata=about("The deadline: before this instant.", "2027-01-15T22:59:59Z")
    )
    timezone = TimeZone(required=True, metadata=about("The zone the deadline is meant in.", "Europe/Tirane"))
    grace_minutes = Int(
        load_default=0, most=LONGEST_GRACE, metadata=about("Minutes after the deadline in which it still accepts.", 30)
    )
    form = ListOf(Part(FormFieldSchema), load_default=(), metadata=about("The questions asked."))
    how_to_apply = OneOf(HowToApply, load_default=HowToApply.HERE, metadata=about("Here, or elsewhere.", "here"))
    external_url = WebAddress(load_default=None, allow_none=True, metadata=about("Where, if elsewhere."))
    public_intake = Bool(load_default=False, metadata=about("Whether anyone may apply without a token.", True))
    consent_purposes = ListOf(
        OneOf(Purpose),
        load_default=(),
        most=len(ASKED_BY_CALLS),
        metadata=about("What applicants are asked to agree to.", ["processing"]),
    )
    contact = Email(load_default=None, allow_none=True, metadata=about("A role address.", "mobility@example.org"))


class CallSchema(CallWriteSchema):
    """A call, with its texts in every language."""

    class Meta:
        """What a reader is shown beside what a writer sends."""

        exclude: tuple[str, ...] = ("project",)

    id = Id(dump_only=True, metadata=about("The call's id."))
    project_id = Id(dump_only=True, metadata=about("Its project."))
    state = OneOf(CallState, dump_only=True, metadata=about("What people decided about it.", "published"))
    status = fields.Method(
        "status_now", dump_only=True, metadata=about("What it shows now, by state and clock.", "open")
    )
    activity = fields.String(
        attribute="activity.code", dump_only=True, metadata=about("The kind of activity.", "short_term_learner")
    )
    owner = fields.String(
        attribute="owner.legal_name", dump_only=True, metadata=about("The owner's name.", "A chamber")
    )
    form_version = Int(dump_only=True, metadata=about("Which version of the form stands."))
    consents: Any = ConsentsAsked(
        fields.Nested(ConsentAskedSchema),
        dump_only=True,
        metadata=about("What applicants are asked to agree to, with the texts as they stand."),
    )
    places_left = fields.Integer(dump_only=True, metadata=about("Places nobody holds yet.", 5))
    form_url = fields.Method(
        "form_address", dump_only=True, metadata=about("Where its form is, as JSON Schema.", f"{ADDRESS}/form")
    )
    apply_url = fields.Method(
        "apply_address", dump_only=True, metadata=about("Where applications go.", f"{ADDRESS}/applications")
    )
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))

    def status_now(self, call: Any) -> str:
        """The status at the request's instant."""
        return str(status_at(call, reader.get().at))

    def form_address(self, call: Any) -> str:
        """The form's address."""
        return f"{reader.get().base_url}/v1/calls/{call.id}/form"

    def apply_address(self, call: Any) -> str:
        """Our own intake, or the owner's address."""
        if call.how_to_apply is HowToApply.EXTERNAL_URL:
            return str(call.external_url)
        return f"{reader.get().base_url}/v1/calls/{call.id}/applications"


class CallInLanguageSchema(InLanguageSchema, CallSchema):
    """A call, with its texts in one language."""

    texts = ("title", "summary", "description")

    class Meta(CallSchema.Meta):
        """As every call that is shown; the form stands at an address of its own."""

        exclude: tuple[str, ...] = ("project", "form")

    title: Any = TextInLanguage(metadata=about("Title."))
    summary: Any = TextInLanguage(metadata=about("One or two sentences.", SUMMARY["en"]))
    description: Any = TextInLanguage(metadata=about("The whole text.", DESCRIPTION["en"]))
    consents: Any = ConsentsAsked(
        fields.Nested(ConsentAskedInLanguageSchema),
        dump_only=True,
        metadata=about("What applicants are asked to agree to, with the texts as they stand."),
    )


class PublishedCallSchema(CallSchema):
    """A call just published, with what is still to be translated."""

    missing_translations = fields.List(
        fields.String(),
        dump_only=True,
        metadata=about("Texts that lack one of the project's languages, as JSON Pointers.", ["/title/sq"]),
    )


class CallListSchema(Schema):
    """A page of calls."""

    items = fields.List(fields.Nested(CallInLanguageSchema), metadata=about("The calls of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class CallQuery(ListQuery, LanguageQuery):
    """Which calls are wanted."""

    status = OneOf(CallStatus, load_default=None, metadata=about("What they show now.", "open"))
    project = Str(most=40, load_default=None, metadata=about("The project's code."))
    country = Country(load_default=None, metadata=about("Open to applicants from this country.", "RS"))
    activity = OneOf(ActivityCode, load_default=None, metadata=about("The kind of activity."))
    profile = OneOf(Profile, load_default=None, metadata=about("For learners or staff."))
    destination = Country(load_default=None, metadata=about("Leads to this country.", "FR"))
    owner_id = Id(load_default=None, metadata=about("Of this organisation."))
    language = LanguageTag(load_default=None, metadata=about("Has a title in this language."))
    q = Str(most=200, load_default=None, metadata=about("Words in its texts, whatever the case, accents or script."))


class ExtensionSchema(Schema):
    """A later deadline."""

    closes_at = Instant(required=True, metadata=about("The new deadline.", "2027-01-31T22:59:59Z"))


class NothingSchema(Schema):
    """An action that needs no particulars: an empty object, or no body at all."""
