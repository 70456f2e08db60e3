"""Participants on the wire."""

from typing import Any, ClassVar

from marshmallow import fields

from domain.services.participants import ParticipantInput
from schemas.base import Country, Day, Email, Id, Instant, Int, ListQuery, Schema, Str, about
from schemas.persons import Gender, Phone


class ParticipantWriteSchema(Schema):
    """What is known of a person."""

    makes: ClassVar[Any] = ParticipantInput

    given_names: Any = Str(required=True, most=200, metadata=about("Given names.", "Arta"))
    family_name: Any = Str(required=True, most=200, metadata=about("Family name.", "Hoxha"))
    country = Country(required=True, metadata=about("Where they learn or work.", "AL"))
    sending_organisation_id = Id(required=True, metadata=about("Their school, a member of the project."))
    email = Email(load_default=None, allow_none=True, metadata=about("E-mail address.", "arta@example.org"))
    birth_date = Day(load_default=None, allow_none=True, metadata=about("Birth date.", "2008-05-17"))
    gender = Gender()
    nationality = Country(load_default=None, allow_none=True, metadata=about("Nationality.", "AL"))
    phone = Phone()


class NewParticipantSchema(ParticipantWriteSchema):
    """A new participant, with their project."""

    makes: ClassVar[Any] = None

    project = Str(required=True, most=40, metadata=about("The project's code.", "INTERVET-DEMO"))


class ParticipantSchema(ParticipantWriteSchema):
    """A participant: the person that mobilities belong to."""

    given_names: Any = fields.String(allow_none=True, metadata=about("Given names; null once erased.", "Arta"))
    family_name: Any = fields.String(allow_none=True, metadata=about("Family name; null once erased.", "Hoxha"))
    id = Id(dump_only=True, metadata=about("The participant's id."))
    project_id = Id(dump_only=True, metadata=about("Their project."))
    reference = fields.String(dump_only=True, metadata=about("For people to quote.", "P-0A1B2C3D4E"))
    sending_organisation_id = Id(attribute="sending_id", metadata=about("Their school."))
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class ParticipantListSchema(Schema):
    """A page of participants."""

    items = fields.List(fields.Nested(ParticipantSchema), metadata=about("The participants of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class ParticipantQuery(ListQuery):
    """Which participants are wanted."""

    project = Str(most=40, load_default=None, metadata=about("Of this project, by its code."))
    country = Country(load_default=None, metadata=about("From this country."))
    sending_organisation_id = Id(load_default=None, metadata=about("Sent by this school."))


class MergeSchema(Schema):
    """Who is the same person."""

    participant_id = Id(required=True, metadata=about("The participant that becomes part of this one."))
