"""What operations of the contract share: parameters, headers, security schemes, and the refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.models.tokens import Scope

Json = dict[str, Any]

PROBLEM = "application/problem+json"
HOST = "https://intervet.example"
TAG = '"3-5d41402abc4b"'

SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "ivt_…",
        "description": "A token of an organisation. Its scopes narrow what the organisation may do: "
        + ", ".join(f"`{scope}`" for scope in Scope)
        + ".",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "For spreadsheets and whatever else knows no bearer tokens: the token is the user name.",
    },
}

# Name in the contract: the header. Headers that a request may carry.
PARAMETERS: Json = {
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "In which languages the reader reads, best first; `lang` goes before it.",
        "schema": {"type": "string", "examples": ["sr-Latn, en;q=0.5"]},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes the request safe to repeat: for 7 days, the same key with the same request gets the same "
        "answer. Without a token it must be a UUID.",
        "schema": {
            "type": "string",
            "pattern": "^[\\x21-\\x7e]{1,255}$",
            "examples": ["5f0c7e6e-58a5-4d7c-8b6a-2f1d3c4b5a69"],
        },
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag under which you read this: the change is refused if somebody else made one since.",
        "schema": {"type": "string", "examples": [TAG]},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag that you have already: if it still holds, the answer is 304 without a body.",
        "schema": {"type": "string", "examples": [TAG]},
    },
    "WebhookId": {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The event's id: the same over every retry. Whoever has seen it need not act again.",
        "schema": {"type": "string", "format": "uuid", "examples": ["01938f6e-5c00-7000-8000-000000000009"]},
    },
    "WebhookTimestamp": {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "When this attempt was made, in seconds since 1970. Refuse what is older than five minutes.",
        "schema": {"type": "string", "pattern": "^[0-9]+$", "examples": ["1795338000"]},
    },
    "WebhookSignature": {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and in Base64 the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>` under the "
        "endpoint's secret; several, with a space between them, while a secret is being replaced.",
        "schema": {"type": "string", "examples": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="]},
    },
}

HEADERS: Json = {
    "ETag": {
        "description": "The version, and a hash of what else decides the bytes.",
        "schema": {"type": "string", "examples": [TAG]},
    },
    "Location": {
        "description": "Where the thing just made stands.",
        "schema": {"type": "string", "format": "uri", "examples": [f"{HOST}/v1/calls/three-weeks-in-lyon"]},
    },
    "Link": {
        "description": 'The next page, as `rel="next"`; absent on the last.',
        "schema": {"type": "string", "examples": [f'<{HOST}/v1/calls?cursor=WyJ>; rel="next"']},
    },
    "Retry-After": {
        "description": "In how many seconds the same request may work.",
        "schema": {"type": "integer", "minimum": 1, "examples": [5]},
    },
    "WWW-Authenticate": {
        "description": "How to say who is calling.",
        "schema": {"type": "string", "examples": ['Bearer realm="intervet"']},
    },
    "Idempotency-Replayed": {
        "description": "`true` on an answer that this Idempotency-Key got before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}

NOT_MODIFIED: Json = {
    "NotModified": {
        "description": "What you have still holds.",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
    }
}


@dataclass(frozen=True)
class Refusal:
    """One status of no: its name in the contract, a code and a sentence that come with it, and its headers."""

    name: str
    description: str
    code: str
    detail: str
    headers: tuple[str, ...] = ()


REFUSALS: Mapping[int, Refusal] = {
    400: Refusal(
        "BadRequest",
        "The request can't be read.",
        "bad_request",
        "The body is not JSON: Expecting value at line 1, column 1.",
    ),
    401: Refusal(
        "Unauthenticated",
        "There is no token, or none of ours.",
        "unauthenticated",
        "This needs a token; send `Authorization: Bearer ivt_…`.",
        ("WWW-Authenticate",),
    ),
    403: Refusal(
        "Forbidden",
        "The token lacks the scope, or its organisation may not do this.",
        "forbidden",
        "This token lacks the scope calls:write; make one that has it.",
    ),
    404: Refusal(
        "NotFound",
        "There is no such thing, or the caller can't see it.",
        "not_found",
        "There is no such call, or it isn't published.",
    ),
    409: Refusal(
        "Conflict",
        "This can't be done in the present state, or a twin of the request is still being answered.",
        "state_conflict",
        "This is draft and can't become decided; possible from here: cancelled, published.",
        ("Retry-After",),
    ),
    412: Refusal(
        "PreconditionFailed",
        "Somebody changed this since it was read.",
        "precondition_failed",
        "Somebody changed this since you read it; read it again and repeat the change.",
    ),
    413: Refusal(
        "TooLarge",
        "The body is too large.",
        "too_large",
        "The body is larger than 262144 bytes.",
    ),
    415: Refusal(
        "UnsupportedMediaType",
        "The body is of a kind that isn't taken here.",
        "unsupported_media_type",
        "Send the body as application/json.",
    ),
    422: Refusal(
        "InvalidInput",
        "Fields or parameters can't be accepted; `errors` names each. Or the Idempotency-Key was used for another "
        "request.",
        "invalid_input",
        "Some fields can't be accepted.",
    ),
    500: Refusal(
        "Internal",
        "Something went wrong on our side; nothing was kept.",
        "internal",
        "Something went wrong on our side; try again later.",
    ),
    503: Refusal(
        "Unavailable",
        "Not just now: `Retry-After` says when.",
        "unavailable",
        "The database can't be reached just now; try again in a moment.",
        ("Retry-After",),
    ),
}


def refusals(schema: Json) -> Json:
    """The answers that say no, for the contract's components; `schema` is that of a problem document."""
    return {
        refusal.name: {
            "description": refusal.description,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in refusal.headers},
            "content": {PROBLEM: {"schema": schema, "example": _problem(status, refusal)}},
        }
        for status, refusal in REFUSALS.items()
    }


def _problem(status: int, refusal: Refusal) -> Json:
    errors = [{"pointer": "/person/email", "code": "not_an_email", "detail": "This is not an e-mail address."}]
    return {
        "type": f"{HOST}/docs/problems#{refusal.code}",
        "title": refusal.description,
        "status": status,
        "detail": refusal.detail,
        "instance": "/v1/calls",
        "code": refusal.code,
        "request_id": "9f86d081884c7d65",
        **({"errors": errors} if status == 422 else {}),
    }
