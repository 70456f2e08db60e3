"""How the server is, on the wire."""

from marshmallow import fields

from schemas.base import Schema, about


class HealthSchema(Schema):
    """That all is well; whoever is unwell answers with a problem document."""

    status = fields.String(metadata=about("Always `ok`.", "ok"))
