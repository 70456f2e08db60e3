"""Imports of applications on the wire."""

from typing import Any

from marshmallow import fields

from domain.models.imports import ImportState, RowOutcome
from schemas.base import Bool, Id, Instant, Int, LanguageTag, ListOf, ListQuery, Map, OneOf, Schema, Str, about

MOST_ROWS = 10_000
CALL = "three-weeks-in-lyon"
ROW = {
    "given_names": "Arta",
    "family_name": "Hoxha",
    "email": "arta@example.org",
    "birth_date": "2008-05-17",
    "country": "AL",
    "motivation": "I want to learn how others work.",
    "consent_processing": True,
}


class ImportOptionsSchema(Schema):
    """For which call, and how."""

    call = Str(required=True, most=80, metadata=about("The call's id or slug.", CALL))
    lang = LanguageTag(
        load_default="en",
        metadata=about("In which those are written to whose row doesn't say.", "sq"),
    )


class ImportFormSchema(ImportOptionsSchema):
    """The fields of a form beside its file."""

    dry_run = Str(load_default="0", most=1, pattern="[01]", code="not_a_choice", metadata=about("`1` to foresee it."))


class ImportWriteSchema(ImportOptionsSchema):
    """Rows for a call: in each, the names of columns with what stands there, as in the template."""

    dry_run = Bool(load_default=False, metadata=about("Find out what would become of each row, and take none in."))
    rows = ListOf(Map(), required=True, least=1, most=MOST_ROWS, metadata=about("One application each.", [ROW]))


class ImportSchema(Schema):
    """An import, and how far it is."""

    id = Id(metadata=about("The import's id."))
    call_id = Id(metadata=about("The call."))
    dry_run = fields.Boolean(metadata=about("Whether nothing is taken in."))
    lang = fields.String(metadata=about("In which those are written to whose row doesn't say.", "sq"))
    state = OneOf(ImportState, metadata=about("How far it is.", "running"))
    total = Int(metadata=about("How many rows there are.", 40))
    done = Int(metadata=about("How many of them are done with.", 25))
    added = Int(metadata=about("How many are in now, or would be.", 22))
    unchanged = Int(metadata=about("How many people were in before; nothing of theirs is changed.", 1))
    rejected = Int(metadata=about("How many can't be taken as they stand.", 2))
    rows_until = Instant(metadata=about("Until when its rows are kept, for corrections."))
    version = Int(metadata=about("Counts its changes."))
    created_at = Instant(metadata=about("When it was received: what counts for the deadline."))
    updated_at = Instant(metadata=about("When it last got on."))


class ImportListSchema(Schema):
    """A page of imports."""

    items = fields.List(fields.Nested(ImportSchema), metadata=about("The imports of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class RowErrorSchema(Schema):
    """One thing against a row."""

    column = fields.String(allow_none=True, metadata=about("The column, as the file calls it.", "E-mail"))
    cell = fields.String(allow_none=True, metadata=about("The cell in a spreadsheet.", "C7"))
    code = fields.String(metadata=about("What is wrong; stable.", "not_an_email"))
    detail = fields.String(metadata=about("The same in words.", "This is not an e-mail address."))


class ImportRowSchema(Schema):
    """What became of a row. What stands in it is in the feedback file."""

    number = Int(metadata=about("Its number in the file, where a sheet's titles are row 1; in JSON from 1.", 7))
    outcome = OneOf(RowOutcome, allow_none=True, metadata=about("What became of it; null before.", "rejected"))
    application_id = Id(allow_none=True, metadata=about("The application that it became."))
    reference = fields.String(allow_none=True, metadata=about("Its reference, or that of the one that was there."))
    errors: Any = fields.List(fields.Nested(RowErrorSchema), metadata=about("What is against it."))


class ImportRowListSchema(Schema):
    """A page of rows."""

    items = fields.List(fields.Nested(ImportRowSchema), metadata=about("The rows of this page."))
    next = fields.String(allow_none=True, metadata=about("The address of the next page; null on the last."))


class ImportRowQuery(ListQuery):
    """Which rows are wanted."""

    outcome = OneOf(RowOutcome, load_default=None, metadata=about("Those of which this became."))
    lang = Str(load_default=None, most=20, metadata=about("In which language, before Accept-Language.", "sq"))
