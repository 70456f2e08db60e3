"""Tokens on the wire."""

from typing import Any

from marshmallow import fields

from domain.models.tokens import Scope
from domain.services.tokens import TokenInput
from schemas.base import Day, Id, Instant, ListOf, OneOf, Schema, Str, about


class TokenWriteSchema(Schema):
    """What a token is made of."""

    makes = TokenInput

    holder = Str(required=True, most=200, metadata=about("The person or system that holds it.", "Mira Ilić"))
    scopes = ListOf(
        OneOf(Scope),
        required=True,
        least=1,
        most=len(Scope),
        metadata=about("What it may be used for.", ["calls:read", "applications:submit"]),
    )
    organisation_id = Id(load_default=None, allow_none=True, metadata=about("Whose it is; the caller's unless told."))
    project = Str(
        load_default=None,
        allow_none=True,
        most=40,
        metadata=about("The code of the one project it is for; null is all of the organisation's.", "INTERVET-DEMO"),
    )
    expires_at = Instant(
        load_default=None, allow_none=True, metadata=about("Its end; in a year unless told.", "2027-09-01T00:00:00Z")
    )


class TokenSchema(TokenWriteSchema):
    """A token, without its secret."""

    id = Id(dump_only=True, metadata=about("The token's id."))
    scopes: Any = fields.List(
        fields.String(), dump_only=True, metadata=about("What it may be used for.", ["calls:read"])
    )
    organisation = fields.String(
        attribute="organisation.legal_name", dump_only=True, metadata=about("The organisation's name.")
    )
    project: Any = fields.String(
        attribute="project.code", dump_only=True, dump_default=None, metadata=about("The one project it is for.")
    )
    last_four = fields.String(dump_only=True, metadata=about("The last characters of its secret.", "x7Kq"))
    last_used_on = Day(dump_only=True, allow_none=True, metadata=about("The day on which it was last used."))
    revoked_at = Instant(dump_only=True, allow_none=True, metadata=about("When it was revoked."))
    created_at = Instant(dump_only=True, metadata=about("When it was made."))


class NewTokenSchema(TokenSchema):
    """A token just made."""

    secret = fields.String(dump_only=True, metadata=about("The token itself, shown this once."))


class TokenListSchema(Schema):
    """A page of tokens."""

    items = fields.List(fields.Nested(TokenSchema), metadata=about("The tokens of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))
