"""Memberships on the wire."""

from typing import Any

from marshmallow import fields

from domain.models.organisations import Role
from domain.services.memberships import MemberInput
from schemas.base import Id, Instant, Int, ListOf, OneOf, Schema, about


class MembershipWriteSchema(Schema):
    """What a membership is made of."""

    makes = MemberInput

    organisation_id = Id(required=True, metadata=about("The member."))
    roles = ListOf(
        OneOf(Role), required=True, least=1, most=len(Role), metadata=about("Its roles in the project.", ["sending"])
    )
    parent_id = Id(load_default=None, allow_none=True, metadata=about("A school's national partner."))


class MembershipSchema(MembershipWriteSchema):
    """One organisation in one project."""

    id = Id(dump_only=True, metadata=about("The membership's id."))
    organisation = fields.String(
        attribute="organisation.legal_name", dump_only=True, metadata=about("The member's name.")
    )
    country = fields.String(attribute="organisation.country", dump_only=True, metadata=about("Its country.", "RS"))
    roles: Any = fields.List(fields.String(), dump_only=True, metadata=about("Its roles in the project.", ["sending"]))
    version = Int(dump_only=True, metadata=about("Counts its changes."))
    created_at = Instant(dump_only=True, metadata=about("When it joined."))
    updated_at = Instant(dump_only=True, metadata=about("When it last changed."))


class MembershipListSchema(Schema):
    """A page of memberships."""

    items = fields.List(fields.Nested(MembershipSchema), metadata=about("The memberships of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
