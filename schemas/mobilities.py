"""Mobilities on the wire."""

from typing import Any

from marshmallow import fields

from domain import policies
from domain.languages import message, sentence_language
from domain.models.activities import ActivityCode
from domain.models.mobilities import Mobility, MobilityRole, MobilityState, RecordStatus
from domain.policies import Principal
from domain.services.mobilities import MobilityInput
from domain.services.mobility_rules import missing
from schemas.base import (
    EVERY_LANGUAGE,
    PARAGRAPH,
    Bool,
    Country,
    Day,
    Either,
    Id,
    Instant,
    Int,
    LanguageTag,
    ListQuery,
    LongStr,
    OneOf,
    Part,
    Schema,
    Str,
    about,
    reader,
)

MOST_DAYS = 3650


class MobilityWriteSchema(Schema):
    """What a mobility is made of. Who sends it is the participant's school."""

    makes = MobilityInput

    project = Str(required=True, most=40, metadata=about("The project's code.", "INTERVET-DEMO"))
    participant_id = Id(required=True, metadata=about("Who goes; never changes."))
    activity_id = Id(required=True, metadata=about("The project's activity that it belongs to."))
    role = OneOf(
        MobilityRole,
        load_default=MobilityRole.PARTICIPANT,
        metadata=about("Who accompanies isn't counted.", "participant"),
    )
    receiving_organisation_id = Id(
        attribute="receiving_id",
        load_default=None,
        allow_none=True,
        metadata=about("The host, a member of the project; may be set once."),
    )
    intermediary_organisation_id = Id(
        attribute="intermediary_id", load_default=None, allow_none=True, metadata=about("Who arranges the stay.")
    )
    receiving_country = Country(
        load_default=None, allow_none=True, metadata=about("Where to; the host's country unless told.", "FR")
    )
    receiving_city = Str(
        load_default=None, allow_none=True, most=120, metadata=about("The city; the host's unless told.", "Lyon")
    )
    workplace = Str(load_default=None, allow_none=True, metadata=about("The company or school where they work."))
    start_date = Day(load_default=None, allow_none=True, metadata=about("First day, without travel.", "2027-02-01"))
    end_date = Day(load_default=None, allow_none=True, metadata=about("Last day, without travel.", "2027-02-21"))
    interruption_days = Int(load_default=0, most=MOST_DAYS, metadata=about("Days of interruption.", 0))
    funded_travel_days = Int(load_default=0, most=MOST_DAYS, metadata=about("Funded travel days.", 2))
    blended = Bool(load_default=False, metadata=about("Whether a virtual part belongs to it.", False))
    virtual_days = Int(load_default=0, most=MOST_DAYS, metadata=about("Days of the virtual part.", 0))
    transport_means = Str(load_default=None, allow_none=True, most=40, metadata=about("Main means of travel.", "train"))
    green_travel = Bool(load_default=False, metadata=about("Whether they travel with green means.", True))
    distance_band = Str(load_default=None, allow_none=True, most=20, metadata=about("Distance in km.", "500-1999"))
    recent_graduate = Bool(load_default=False, metadata=about("Whether they have finished school.", False))
    fewer_opportunities = Bool(load_default=False, metadata=about("Whether they have fewer opportunities.", False))
    force_majeure = Bool(load_default=False, metadata=about("Whether force majeure changed it.", False))
    force_majeure_explanation = LongStr(load_default=None, allow_none=True, most=PARAGRAPH, metadata=about("How."))
    main_language = LanguageTag(load_default=None, allow_none=True, metadata=about("The language spoken there.", "fr"))
    comments = LongStr(load_default=None, allow_none=True, most=PARAGRAPH, metadata=about("Comments."))


class NamesSchema(Schema):
    """Who goes."""

    reference = fields.String(metadata=about("For people to quote.", "P-0A1B2C3D4E"))
    given_names = fields.String(allow_none=True, metadata=about("Given names; null once erased.", "Arta"))
    family_name = fields.String(allow_none=True, metadata=about("Family name; null once erased.", "Hoxha"))


class MobilitySchema(Schema):
    """A mobility, as lists and exports show it."""

    id = Id(metadata=about("The mobility's id."))
    project_id = Id(metadata=about("Its project."))
    participant_id = Id(metadata=about("Who goes."))
    role = OneOf(MobilityRole, metadata=about("Who accompanies isn't counted.", "participant"))
    activity_id = Id(metadata=about("The project's activity."))
    activity = fields.String(attribute="activity.code", metadata=about("The kind of activity.", "short_term_learner"))
    application_id = Id(allow_none=True, metadata=about("The application that it came from."))
    destination_id = Id(allow_none=True, metadata=about("The call's destination."))
    sending_organisation_id = Id(attribute="sending_id", metadata=about("Who sends."))
    sending_organisation = fields.String(
        attribute="sending.legal_name", metadata=about("Their name.", "Shkolla profesionale")
    )
    sending_country = fields.String(
        metadata=about(
            "The participant's country when they were nominated: what results are counted by, and what decides which "
            "national partner looks after it. It need not be the sending organisation's.",
            "AL",
        )
    )
    receiving_organisation_id = Id(attribute="receiving_id", allow_none=True, metadata=about("Who receives."))
    receiving_organisation = fields.String(
        attribute="receiving.legal_name", dump_default=None, allow_none=True, metadata=about("Their name.")
    )
    receiving_country = fields.String(allow_none=True, metadata=about("Where to.", "FR"))
    receiving_city = fields.String(allow_none=True, metadata=about("In which city.", "Lyon"))
    intermediary_organisation_id = Id(
        attribute="intermediary_id", allow_none=True, metadata=about("Who arranges the stay.")
    )
    workplace = fields.String(allow_none=True, metadata=about("The company or school where they work."))
    start_date = Day(allow_none=True, metadata=about("First day.", "2027-02-01"))
    end_date = Day(allow_none=True, metadata=about("Last day.", "2027-02-21"))
    interruption_days = Int(metadata=about("Days of interruption.", 0))
    mobility_duration_days = Int(
        allow_none=True, metadata=about("Calendar days less the interruption, without travel.", 21)
    )
    funded_travel_days = Int(metadata=about("Funded travel days.", 2))
    blended = Bool(metadata=about("Whether a virtual part belongs to it."))
    virtual_days = Int(metadata=about("Days of the virtual part.", 0))
    transport_means = fields.String(allow_none=True, metadata=about("Main means of travel.", "train"))
    green_travel = Bool(metadata=about("Whether they travel with green means."))
    distance_band = fields.String(allow_none=True, metadata=about("Distance in km.", "500-1999"))
    recent_graduate = Bool(metadata=about("Whether they have finished school."))
    fewer_opportunities = Bool(metadata=about("Whether they have fewer opportunities."))
    force_majeure = Bool(metadata=about("Whether force majeure changed it."))
    force_majeure_explanation = fields.String(allow_none=True, metadata=about("How."))
    main_language = fields.String(allow_none=True, metadata=about("The language spoken there.", "fr"))
    comments = fields.String(allow_none=True, metadata=about("Comments."))
    with_cause = Bool(allow_none=True, metadata=about("Whether there was cause to terminate it."))
    violations = fields.List(fields.String(), metadata=about("The ids of the rules that the record breaks.", ["R01"]))
    record_status = OneOf(RecordStatus, metadata=about("Complete when it breaks none and lacks nothing.", "complete"))
    state = OneOf(MobilityState, metadata=about("Where it stands.", "confirmed"))
    version = Int(metadata=about("Counts its changes."))
    created_at = Instant(metadata=about("When it was made."))
    updated_at = Instant(metadata=about("When it last changed."))
    participant = Part(
        NamesSchema,
        allow_none=True,
        metadata=about(
            "Who goes; null for who isn't shown names: they take personal:read, and a host from confirmation on."
        ),
    )


# What stands in the place of who goes, for a reader who isn't shown it.
NAMELESS = {"participant": None}


class MobilityItemSchema(MobilitySchema):
    """A mobility by itself, with what is still wrong or wanting."""

    explanations = fields.Method(
        "explained", metadata=about("What the record breaks, by rule.", {"R03": "At most 2 funded travel days."})
    )
    missing = fields.Method("lacking", metadata=about("The fields that a complete record needs.", ["end_date"]))

    def explained(self, mobility: Any) -> dict[str, str]:
        """A sentence for each rule that is broken, in the reader's language."""
        lang = sentence_language([tag for tag in reader.get().languages if tag != EVERY_LANGUAGE])
        return {rule: message(f"rule_{rule}", lang) for rule in mobility.violations}

    def lacking(self, mobility: Any) -> list[str]:
        """The fields still to be filled in, by their names here."""
        names = {field.attribute or name: name for name, field in self.fields.items()}
        return [names[column] for column in missing(mobility)]


def mobility_seen(
    mobility: Mobility, *, by: Principal, schema: type[MobilitySchema] = MobilitySchema
) -> dict[str, Any]:
    """The mobility as `by`, who may know of it, is shown it."""
    shown: dict[str, Any] = schema().dump(mobility)
    return shown if policies.sees_participant(by, mobility) else shown | NAMELESS


class TombstoneSchema(Schema):
    """What stands in a list for a mobility that has gone from it."""

    id = Id(metadata=about("The mobility's id."))
    deleted = fields.Constant(True, metadata=about("It was deleted, or is no longer what the filters ask for."))
    updated_at = Instant(metadata=about("When it went, or last changed."))


class MobilityListSchema(Schema):
    """A page of mobilities."""

    items = fields.List(
        Either(MobilitySchema, TombstoneSchema),
        metadata=about("The mobilities of this page; with `modified_since`, tombstones among them."),
    )
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
    as_of = Instant(metadata=about("Pass this as `modified_since` next time, and no change is missed."))


class MobilityFilterQuery(Schema):
    """Which mobilities are wanted."""

    project = Str(most=40, load_default=None, metadata=about("Of this project, by its code."))
    activity = OneOf(ActivityCode, load_default=None, metadata=about("Of this kind of activity."))
    state = OneOf(MobilityState, load_default=None, metadata=about("In this state."))
    sending_organisation_id = Id(load_default=None, metadata=about("Sent by this organisation."))
    receiving_organisation_id = Id(load_default=None, metadata=about("Received by this organisation."))
    sending_country = Country(load_default=None, metadata=about("Of participants from this country."))
    receiving_country = Country(load_default=None, metadata=about("To this country."))
    record_status = OneOf(RecordStatus, load_default=None, metadata=about("Whether the record is complete."))
    participant_id = Id(load_default=None, metadata=about("Of this participant."))
    modified_since = Instant(load_default=None, metadata=about("Changed at this instant or later."))


class MobilityQuery(ListQuery, MobilityFilterQuery):
    """Which mobilities are wanted, page by page."""


class MobilityCsvQuery(MobilityFilterQuery):
    """Which mobilities are wanted in a file."""

    bom = Str(
        most=1,
        load_default="1",
        pattern="[01]",
        code="not_a_choice",
        metadata=about("0 leaves out the byte order mark by which Excel knows UTF-8.", "0"),
    )


class TerminationSchema(Schema):
    """Why it was broken off."""

    with_cause = Bool(required=True, metadata=about("With cause, it still counts as a participation.", True))
