"""Problem documents (RFC 9457) on the wire: their shape, and what every code means and asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import fields

from schemas.base import ListOf, Part, Schema, about


class ProblemErrorSchema(Schema):
    """One thing wrong with an input."""

    pointer = fields.String(required=True, metadata=about("Where: a JSON Pointer into what was sent.", "/person/email"))
    code = fields.String(required=True, metadata=about("What, for programs; it is stable.", "not_an_email"))
    detail = fields.String(
        required=True, metadata=about("What, for people, in the reader's language.", "This is not an e-mail address.")
    )
    cell = fields.String(metadata=about("In which cell of the table that was sent, as a spreadsheet names it.", "K7"))
    in_ = fields.String(data_key="in", metadata=about("Where the pointer leads into, unless it is the body.", "query"))


class ProblemSchema(Schema):
    """Why a request was refused, and what would work. Some codes add figures, such as `closes_at`."""

    type = fields.String(
        required=True,
        metadata=about("An address that explains the code.", "https://intervet.example/docs/problems#invalid_input")
        | {"format": "uri"},
    )
    title = fields.String(
        required=True, metadata=about("The kind of problem, in the reader's language.", "The request has errors in it.")
    )
    status = fields.Integer(required=True, metadata=about("The answer's status.", 422))
    detail = fields.String(required=True, metadata=about("What happened this time.", "Some fields can't be accepted."))
    instance = fields.String(required=True, metadata=about("The address that was called.", "/v1/calls"))
    code = fields.String(required=True, metadata=about("The code, for programs; it is stable.", "invalid_input"))
    request_id = fields.String(
        required=True, allow_none=True, metadata=about("To quote when you write to the operator.", "9f86d081884c7d65")
    )
    errors = ListOf(Part(ProblemErrorSchema), metadata=about("What is wrong with an input, field by field."))


@dataclass(frozen=True)
class Meaning:
    """What a code means, and what its reader does about it."""

    status: int
    meaning: str
    remedy: str


PROBLEMS: Mapping[str, Meaning] = {
    "bad_request": Meaning(
        400,
        "The request can't be read: the body is not JSON as we read it, or the address is not one of ours.",
        "Send UTF-8 JSON in which no name stands twice in an object, nested 32 levels deep at most.",
    ),
    "unauthenticated": Meaning(
        401,
        "The operation needs a token, or the token sent is unknown, expired or revoked.",
        "Send `Authorization: Bearer ivt_…`. If the token has ended, ask whoever made it for a new one.",
    ),
    "forbidden": Meaning(
        403,
        "The token lacks the scope that the operation needs, or its organisation may not do this.",
        "Read `detail`; `GET /v1/me` says which scopes the token has.",
    ),
    "not_found": Meaning(
        404,
        "There is no such thing, or the caller can't see it: the two are not told apart.",
        "Check the id, and whether the token's organisation takes part in the project.",
    ),
    "method_not_allowed": Meaning(
        405,
        "The address does not have this method.",
        "Use one of the methods in the `Allow` header.",
    ),
    "conflict": Meaning(
        409,
        "The thing is not in a condition in which this can be done, or it changed in this moment.",
        "Read it again, and decide anew.",
    ),
    "state_conflict": Meaning(
        409,
        "The life cycle has no such step from the present state.",
        "Read `detail`: it names the steps that are possible.",
    ),
    "call_not_open_yet": Meaning(
        409,
        "The call takes no applications yet.",
        "Apply again at `opens_at`.",
    ),
    "call_closed": Meaning(
        409,
        "The deadline, and the grace after it, has passed.",
        "Nothing is to be done, unless the call is extended: the event `call.deadline_extended` tells.",
    ),
    "duplicate_application": Meaning(
        409,
        "The same person has applied to this call already.",
        "Look at the application with this `reference` instead.",
    ),
    "no_place_left": Meaning(
        409,
        "As many are selected and confirmed as there are places.",
        "Reserve the application; promote it when a place becomes free.",
    ),
    "rank_taken": Meaning(
        409,
        "Another application has this rank on the call's reserve list.",
        "Use the next free rank.",
    ),
    "out_of_turn": Meaning(
        409,
        "Another application stands before this one on the call's reserve list.",
        "Promote the application with this `reference` first.",
    ),
    "selection_not_begun": Meaning(
        409,
        "Places are offered, ranks given and applications rejected only once the call's selection has begun.",
        "Begin it: `POST /v1/calls/{id}/selection`, after the deadline.",
    ),
    "document_not_clean": Meaning(
        409,
        "The file waits to be scanned for viruses (`state` is pending), or one was found in it (infected).",
        "Try again in a few seconds while it is pending; ask for another file when it is infected.",
    ),
    "storage_full": Meaning(
        409,
        "The files of the project's applications take all the room that they may.",
        "Delete what isn't needed, or ask the operator of the server for more room.",
    ),
    "guardian_consent_needed": Meaning(
        409,
        "Nobody under eighteen is offered a place, or takes it, before their guardian has consented.",
        "Let the guardian answer by their link, or record the paper that the school has: "
        "`POST /v1/applications/{id}/consents` with `parental_consent`, `attested`.",
    ),
    "busy": Meaning(
        409,
        "A twin of this request, with the same Idempotency-Key, is still being answered.",
        "Send the same request again after `Retry-After` seconds.",
    ),
    "precondition_failed": Meaning(
        412,
        "Somebody changed this since you read it: If-Match names an older version.",
        "Read it again, and repeat the change on what you find.",
    ),
    "too_large": Meaning(
        413,
        "The body is larger than this address takes.",
        "Send at most 256 KiB of JSON, or 12 MB where a file is taken.",
    ),
    "unsupported_media_type": Meaning(
        415,
        "The body is of a kind that this address does not take.",
        "Send `Content-Type: application/json`; a PATCH may be `application/merge-patch+json`. "
        "Where a file is taken, the operation names its kinds.",
    ),
    "invalid_input": Meaning(
        422,
        "Some fields or parameters can't be accepted.",
        "Mend what `errors` names, each with a JSON Pointer and a code; the codes are listed below.",
    ),
    "idempotency_mismatch": Meaning(
        422,
        "The Idempotency-Key was used before, with another request.",
        "Take a fresh key for every new request; keep one only to repeat the same request.",
    ),
    "internal": Meaning(
        500,
        "Something went wrong on our side. Nothing of the request was kept.",
        "Repeat it later, with the same Idempotency-Key; quote `request_id` if it goes on.",
    ),
    "unavailable": Meaning(
        503,
        "The database can't be reached or written just now, or the server is not ready.",
        "Send the same request again after `Retry-After` seconds.",
    ),
}
