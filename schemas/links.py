"""The links of persons on the wire."""

from marshmallow import fields

from domain.models.links import LinkKind
from schemas.base import OneOf, Schema, about

MY_URL = "https://intervet.example/my/0NAwW4sdIIFOS5Szt0JsHUySrN4CHv21I5YZXuDUnun"


class LinkRevocationSchema(Schema):
    """Whose link is to open nothing any more."""

    whose = OneOf(
        LinkKind,
        load_default=LinkKind.APPLICANT.value,
        metadata=about("The applicant's, unless told; the guardian's takes `sensitive:read`.", "applicant"),
    )


class LinkSchema(Schema):
    """Where a person finds their application, or the guardian what they are asked."""

    my_url = fields.String(
        metadata=about(
            "The person's own page. Whoever has the address may act for them: give it to nobody else.", MY_URL
        )
    )
