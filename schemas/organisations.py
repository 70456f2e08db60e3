"""Organisations on the wire."""

from typing import Any, ClassVar

from marshmallow import fields, post_dump

from domain.models.organisations import Notices, OrganisationType, Role
from domain.services.organisations import FirstMembership, OrganisationInput
from schemas.base import (
    LINE,
    Country,
    Email,
    Id,
    Instant,
    Int,
    LanguageTag,
    ListOf,
    ListQuery,
    OneOf,
    Part,
    Schema,
    Str,
    WebAddress,
    about,
)


class FirstMembershipSchema(Schema):
    """What a new organisation is from the start."""

    makes = FirstMembership

    project = Str(required=True, most=40, metadata=about("The project's code.", "INTERVET-DEMO"))
    roles = ListOf(OneOf(Role), required=True, least=1, most=len(Role), metadata=about("Its roles there.", ["sending"]))
    parent_id = Id(load_default=None, allow_none=True, metadata=about("A school's national partner."))


class OrganisationWriteSchema(Schema):
    """What an organisation is made of."""

    makes: ClassVar[Any] = OrganisationInput

    legal_name = Str(required=True, metadata=about("Legal name, in Latin script.", "Srednja mašinska škola"))
    type = OneOf(OrganisationType, required=True, metadata=about("What kind of body it is.", "vet_provider"))
    country = Country(required=True, metadata=about("Country, ISO 3166-1 alpha-2 or XK.", "RS"))
    business_name = Str(load_default=None, allow_none=True, metadata=about("What it trades as."))
    full_legal_name = Str(
        load_default=None,
        allow_none=True,
        metadata=about("Legal name, in national characters.", "Средња машинска школа"),
    )
    acronym = Str(load_default=None, allow_none=True, most=40, metadata=about("Acronym.", "SMS"))
    oid = Str(load_default=None, allow_none=True, most=20, metadata=about("Organisation ID.", "E10012345"))
    pic = Str(load_default=None, allow_none=True, most=20, metadata=about("Participant code.", "912345678"))
    city = Str(load_default=None, allow_none=True, most=120, metadata=about("City.", "Novi Sad"))
    website = WebAddress(
        load_default=None, allow_none=True, most=LINE, metadata=about("Its web site.", "https://example.org")
    )
    contact_name = Str(load_default=None, allow_none=True, most=200, metadata=about("Whom to write to.", "Mira Ilić"))
    contact_email = Email(load_default=None, allow_none=True, metadata=about("At which address.", "mira@example.org"))
    lang = LanguageTag(load_default="en", metadata=about("In which language that person is written to.", "sr-Latn"))
    notices = OneOf(
        Notices,
        load_default=Notices.NONE,
        metadata=about("How much of what concerns the organisation that person is told by mail.", "daily"),
    )


class NewOrganisationSchema(OrganisationWriteSchema):
    """A new organisation, with what it is in a project."""

    membership = Part(FirstMembershipSchema, required=True, metadata=about("What it is from the start."))


class OrganisationSchema(OrganisationWriteSchema):
    """An organisation. Its contact is there for `personal:read` alone."""

    id = Id(dump_only=True, metadata=about("The organisation's id."))
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class ContactlessOrganisationSchema(OrganisationSchema):
    """The same without the person to write to."""

    @post_dump
    def _without_contact(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"contact_name": None, "contact_email": None}


class OrganisationListSchema(Schema):
    """A page of organisations."""

    items = fields.List(fields.Nested(OrganisationSchema), metadata=about("The organisations of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class OrganisationQuery(ListQuery):
    """Which organisations are wanted."""

    project = Str(most=40, load_default=None, metadata=about("Members of the project with this code."))
    role = OneOf(Role, load_default=None, metadata=about("With this role in a project.", "sending"))
    parent_id = Id(load_default=None, metadata=about("Schools under this national partner."))
    country = Country(load_default=None, metadata=about("In this country.", "RS"))
    type = OneOf(OrganisationType, load_default=None, metadata=about("Of this kind.", "vet_provider"))
    oid = Str(most=20, load_default=None, metadata=about("With this Organisation ID.", "E10012345"))
    pic = Str(most=20, load_default=None, metadata=about("With this participant code.", "912345678"))
