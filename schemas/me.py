"""Who is calling, on the wire."""

from marshmallow import fields

from schemas.base import Id, Instant, Schema, about


class OwnMembershipSchema(Schema):
    """What the caller's organisation is in one project."""

    project = fields.String(metadata=about("The project's code.", "INTERVET-DEMO"))
    roles = fields.List(fields.String(), metadata=about("Its roles there.", ["sending"]))
    parent_id = Id(allow_none=True, metadata=about("The national partner above it."))


class MeSchema(Schema):
    """Who a token is, and what it may be used for."""

    token_id = Id(attribute="token.id", metadata=about("The token's id."))
    holder = fields.String(attribute="token.holder", metadata=about("Who holds it.", "Mira Ilić"))
    organisation_id = Id(attribute="token.organisation_id", metadata=about("Whose it is."))
    organisation = fields.String(
        attribute="token.organisation.legal_name", metadata=about("The organisation's name.", "Srednja mašinska škola")
    )
    country = fields.String(attribute="token.organisation.country", metadata=about("Its country.", "RS"))
    scopes = fields.List(
        fields.String(), attribute="token.scopes", metadata=about("What it may be used for.", ["calls:read"])
    )
    project = fields.String(
        attribute="token.project.code",
        dump_default=None,
        metadata=about("The one project it is for; null is all of the organisation's.", "INTERVET-DEMO"),
    )
    memberships = fields.List(
        fields.Nested(OwnMembershipSchema), metadata=about("What its organisation is in the projects it reaches.")
    )
    expires_at = Instant(attribute="token.expires_at", metadata=about("Its end.", "2027-09-01T00:00:00Z"))
