"""The links of persons on the wire."""

from marshmallow import fields

from schemas.base import Schema, about

MY_URL = "https://intervet.example/my/0NAwW4sdIIFOS5Szt0JsHUySrN4CHv21I5YZXuDUnun"


class LinkSchema(Schema):
    """Where the applicant finds their application."""

    my_url = fields.String(
        metadata=about(
            "The applicant's own page. Whoever has the address may act for them: give it to nobody else.", MY_URL
        )
    )
