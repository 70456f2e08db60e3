"""A project file on its way in: the fields of each noun as in the API, with keys of the file instead of ids."""

from dataclasses import fields as fields_of
from typing import Any

from marshmallow import ValidationError, post_load

from domain.models.organisations import Role
from domain.models.projects import ProjectState
from domain.services.loading_files import (
    ActivityEntry,
    CallEntry,
    DestinationEntry,
    OrganisationEntry,
    ParticipationBlock,
    PeriodShare,
    ProjectEntry,
    ProjectFile,
    ReceivingShare,
    Schedule,
    SendingShare,
    Spread,
)
from schemas.activities import ActivityWriteSchema
from schemas.base import Bool, Coded, Country, Day, Int, ListOf, OneOf, Part, Schema, Str, about
from schemas.calls import SLUG, CallWriteSchema, DestinationSchema
from schemas.organisations import OrganisationWriteSchema
from schemas.projects import ProjectWriteSchema
from schemas.reported_figures import ReportedFigureWriteSchema
from schemas.targets import TargetWriteSchema

FORMAT = "intervet-project/1"
LONGEST_SCHEDULE = 3660  # days, ten years
MOST_ROWS = 10_000
MOST_PARTICIPATIONS = 100_000


class Key(Str):
    """The name of something within the file."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=60, pattern="[a-z0-9]+([_-][a-z0-9]+)*", code="not_a_slug", **options)


class Entry(Schema):
    """Something in the file. What it doesn't state isn't in `values`, and stays as it is."""

    @post_load(pass_original=True)
    def _make(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> Any:
        of_file = {field.name for field in fields_of(self.makes)} - {"values"}
        values = {name: value for name, value in data.items() if name in original and name not in of_file}
        return self.makes(values=values, **{name: data[name] for name in of_file & data.keys()})


class ProjectEntrySchema(Entry, ProjectWriteSchema):
    """The project."""

    makes = ProjectEntry

    coordinator = Key(required=True, metadata=about("The organisation that coordinates it.", "uniser"))
    state = OneOf(ProjectState, load_default=ProjectState.DRAFT, metadata=about("How far it has come.", "ongoing"))
    synthetic = Bool(load_default=False, metadata=about("Whether it is invented, and may be taken out as a demo."))


class OrganisationEntrySchema(Entry, OrganisationWriteSchema):
    """An organisation, and what it is in the project."""

    makes = OrganisationEntry

    key = Key(required=True, metadata=about("Its name in the file.", "pks"))
    roles = ListOf(OneOf(Role), required=True, least=1, most=len(Role), metadata=about("Its roles.", ["sending"]))
    parent = Key(load_default=None, allow_none=True, metadata=about("A school's national partner."))


class PlaceSchema(Schema):
    """Where an activity leads."""

    country = Country(required=True, metadata=about("Country.", "FR"))
    city = Str(required=True, most=120, metadata=about("City.", "Lyon"))


class ActivityEntrySchema(Entry, ActivityWriteSchema):
    """An activity."""

    makes = ActivityEntry

    class Meta(Schema.Meta):
        """Organisations are named by their key."""

        exclude = ("organiser_id",)

    organiser = Key(load_default=None, allow_none=True, metadata=about("The member that organises it."))
    hosts = ListOf(Key(), load_default=(), metadata=about("Who receives."))
    destinations = ListOf(Part(PlaceSchema), load_default=(), metadata=about("Where it leads."))


class DestinationEntrySchema(Entry, DestinationSchema):
    """A destination of a call."""

    makes = DestinationEntry

    class Meta(Schema.Meta):
        """Hosts are named by their key."""

        exclude = ("id", "host_id", "places_left")

    key = Key(load_default=None, metadata=about("Its name in the file.", "lyon"))
    host = Key(load_default=None, allow_none=True, metadata=about("The receiving organisation."))


class ScheduleSchema(Schema):
    """When a demonstration's call opens, closes and sends the first away, in days from loading."""

    makes = Schedule

    opens_in_days = Int(required=True, least=-LONGEST_SCHEDULE, most=LONGEST_SCHEDULE, metadata=about("Opens.", -12))
    closes_in_days = Int(required=True, least=-LONGEST_SCHEDULE, most=LONGEST_SCHEDULE, metadata=about("Closes.", 23))
    starts_in_days = Int(required=True, least=-LONGEST_SCHEDULE, most=LONGEST_SCHEDULE, metadata=about("Starts.", 98))


class CallEntrySchema(Entry, CallWriteSchema):
    """A call."""

    makes = CallEntry

    class Meta(Schema.Meta):
        """Organisations and activities are named by their keys, and the project is the file's."""

        exclude = ("project", "activity_id", "owner_id", "organiser_id")

    key = Key(load_default=None, metadata=about("Its name in the file.", "rs-placement"))
    slug = Str(required=True, most=80, pattern=SLUG, code="not_a_slug", metadata=about("Its address.", "work-in-lyon"))
    owner = Key(required=True, metadata=about("The organisation whose call it is."))
    organiser = Key(load_default=None, allow_none=True, metadata=about("Who organises it, where not the owner."))
    activity = Key(required=True, metadata=about("The activity that is offered."))
    destinations = ListOf(Part(DestinationEntrySchema), load_default=(), metadata=about("Where it leads to."))
    schedule = Part(ScheduleSchema, load_default=None, allow_none=True, metadata=about("For a demonstration."))


class SendingShareSchema(Schema):
    """Who sends how many."""

    makes = SendingShare

    organisation = Key(required=True, metadata=about("Who sends."))
    weight = Int(required=True, least=1, most=MOST_PARTICIPATIONS, metadata=about("How many."))


class ReceivingShareSchema(Schema):
    """Who receives how many, and where."""

    makes = ReceivingShare

    organisation = Key(required=True, metadata=about("Who receives."))
    weight = Int(required=True, least=1, most=MOST_PARTICIPATIONS, metadata=about("How many."))
    country = Country(required=True, metadata=about("In which country."))
    city = Str(required=True, most=120, metadata=about("In which city."))


class PeriodShareSchema(Schema):
    """When how many were away."""

    makes = PeriodShare

    starts_on = Day(required=True, metadata=about("First day."))
    ends_on = Day(required=True, metadata=about("Last day."))
    weight = Int(required=True, least=1, most=MOST_PARTICIPATIONS, metadata=about("How many."))


class SpreadSchema(Schema):
    """How participations are spread (data/README.md)."""

    makes = Spread

    stride = Int(required=True, least=1, metadata=about("How far apart two neighbours are."))


class SendingSpreadSchema(SpreadSchema):
    """Over those who send."""

    shares = ListOf(Part(SendingShareSchema), required=True, least=1, metadata=about("The shares."))


class ReceivingSpreadSchema(SpreadSchema):
    """Over those who receive."""

    shares = ListOf(Part(ReceivingShareSchema), required=True, least=1, metadata=about("The shares."))


class PeriodSpreadSchema(SpreadSchema):
    """Over time."""

    shares = ListOf(Part(PeriodShareSchema), required=True, least=1, metadata=about("The shares."))


def _marked(value: bool) -> None:  # noqa: FBT001  marshmallow calls it with the value alone
    if not value:
        raise ValidationError(Coded("not_a_choice", choices="true"))


class ParticipationBlockSchema(Schema):
    """Invented participations of one activity."""

    makes = ParticipationBlock

    activity = Key(required=True, metadata=about("Which activity."))
    count = Int(required=True, least=1, most=MOST_PARTICIPATIONS, metadata=about("How many."))
    synthetic = Bool(
        required=True, validate=_marked, metadata=about("Always true: nobody may take them for real ones.")
    )
    sending = Part(SendingSpreadSchema, required=True, metadata=about("Who sends."))
    receiving = Part(ReceivingSpreadSchema, required=True, metadata=about("Who receives."))
    period = Part(PeriodSpreadSchema, required=True, metadata=about("When."))


def _known(value: str) -> None:
    if value != FORMAT:
        raise ValidationError(Coded("not_a_choice", choices=FORMAT))


class ProjectFileSchema(Schema):
    """A whole file."""

    makes = ProjectFile

    format = Str(required=True, most=40, validate=[_known], metadata=about("The format.", FORMAT))
    project = Part(ProjectEntrySchema, required=True, metadata=about("The project."))
    organisations = ListOf(Part(OrganisationEntrySchema), required=True, most=MOST_ROWS, metadata=about("Members."))
    activities = ListOf(Part(ActivityEntrySchema), load_default=(), metadata=about("What it offers."))
    targets = ListOf(Part(TargetWriteSchema), load_default=(), most=MOST_ROWS, metadata=about("What it promised."))
    reported_figures = ListOf(
        Part(ReportedFigureWriteSchema), load_default=(), most=MOST_ROWS, metadata=about("What was published.")
    )
    calls = ListOf(Part(CallEntrySchema), load_default=(), most=MOST_ROWS, metadata=about("Its calls."))
    synthetic_participations = ListOf(
        Part(ParticipationBlockSchema), load_default=(), metadata=about("Invented participations.")
    )
