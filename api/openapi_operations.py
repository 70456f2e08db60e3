"""What the contract says of one operation: its name, who may call it, what it may be sent, what it may answer."""

from collections.abc import Mapping
from typing import Any

from api.http import Policy
from api.openapi_examples import JSON
from api.openapi_parts import REFUSALS
from api.openapi_schemas import plain
from api.openapi_sorts import choices
from api.openapi_steps import said, who
from api.parsing import MERGE_PATCH
from domain.models.events import EventType
from schemas.event_types import body_schema, example

Json = dict[str, Any]

WRITES = ("post", "put", "patch", "delete")

# The last word of a class, and what its POST does; the rest of the name says to what.
VERBS: Mapping[str, str] = {
    "Archival": "archive",
    "Cancellation": "cancel",
    "Completion": "complete",
    "Confirmation": "confirm",
    "Copies": "copy",
    "Decision": "decide",
    "Decline": "decline",
    "Erasure": "erase",
    "Extension": "extend",
    "Finalisation": "finalise",
    "Merges": "merge",
    "Pause": "pause",
    "Ping": "ping",
    "Promotion": "promote",
    "Publication": "publish",
    "Recognition": "recognise",
    "Rejection": "reject",
    "Reservation": "reserve",
    "Resend": "resend",
    "Resume": "resume",
    "Retry": "retry",
    "Return": "return",
    "Selection": "select",
    "Start": "start",
    "Submission": "submit",
    "Termination": "terminate",
    "Withdrawal": "withdraw",
}
# Where the rule gives a name that misleads.
NAMES: Mapping[tuple[str, str], str] = {
    ("CallSelection", "post"): "beginCallSelection",
    ("CallApplications", "post"): "submitApplication",
    ("CallDecisions", "post"): "decideApplications",
    ("ApplicationDocuments", "post"): "uploadApplicationDocument",
    ("ApplicationDocumentContent", "get"): "downloadApplicationDocument",
    ("ApplicationEligibility", "post"): "decideApplicationEligibility",
    ("ApplicationSubmission", "post"): "finishApplication",
    ("ApplicationConsents", "post"): "giveApplicationConsent",
    ("ApplicationConsentWithdrawals", "post"): "withdrawApplicationConsent",
    ("ApplicationLinkRevocation", "post"): "replaceApplicationLink",
    ("MyConsents", "post"): "giveMyConsent",
    ("MyConsentWithdrawals", "post"): "withdrawMyConsent",
    ("MyErasure", "post"): "eraseMe",
    ("WebhookSecretRotations", "post"): "rotateWebhookSecrets",
}
SIGNED = ("WebhookId", "WebhookTimestamp", "WebhookSignature")
CONDITIONAL_DELETES = {"deleteMembership", "deleteMobility", "deleteReportedFigure", "deleteTarget"}
# What an endpoint may answer, and what we make of it.
REPLIES: Json = {
    "2XX": {"description": "It has arrived. Answer within 15 seconds, and do the work afterwards."},
    "410": {"description": "The endpoint is no more: it is disabled."},
    "429": {"description": "Too much at once: it is sent again, after `Retry-After` where that is given."},
    "default": {"description": "It has not arrived, and is sent again; redirections are not followed."},
}
ON_ITEM = {"patch": "edit", "put": "replace", "delete": "delete"}


def operation_id(view: str, method: str, *, reads: str = "read") -> str:
    """An operation's name, from that of its class: `CallItem.get` is readCall, `CallPublication.post` publishCall."""
    if (view, method) in NAMES:
        return NAMES[view, method]
    if method == "post":
        for noun, verb in VERBS.items():
            if view.endswith(noun) and view != noun:
                return verb + view.removesuffix(noun)
        return f"create{_singular(view)}"
    return (reads if method == "get" else ON_ITEM[method]) + view.removesuffix("Item")


def _singular(plural: str) -> str:
    return f"{plural.removesuffix('ies')}y" if plural.endswith("ies") else plural.removesuffix("s")


def described(
    operation: Json, *, path: str, method: str, view: str, policy: Policy, schemas: Mapping[str, Json]
) -> Json:
    """An operation with everything that holds by rule added to what its decorators say."""
    answers = {str(status): answer for status, answer in operation["responses"].items() if str(status).startswith("2")}
    fields = _fields(answers, schemas)
    tagged = "version" in fields or (policy.public and method == "get")
    name = operation_id(view, method, reads=_reads(answers, fields))
    return {
        "operationId": name,
        "summary": operation["summary"],
        "description": "\n\n".join(filter(None, [operation.get("description"), said(name), who(name) or _who(policy)])),
        "tags": operation["tags"],
        **({"x-scope": str(policy.scope)} if policy.scope else {}),
        "security": [{}] if policy.link else [*([{}] if policy.public else []), {"bearer": []}, {"basic": []}],
        "parameters": [
            *(_query(name, one) for one in operation.get("parameters", ())),
            *_headers(name, method, tagged=tagged),
        ],
        **_body(operation, method),
        "responses": {
            **{status: _answer(answer, method, status, fields, tagged=tagged) for status, answer in answers.items()},
            **_others(path, method, policy, name=name, tagged=tagged),
        },
    }


def _reads(answers: Mapping[str, Json], fields: frozenset[str]) -> str:
    kinds = {kind for answer in answers.values() for kind in answer.get("content", {})}
    if kinds and not any(kind.endswith(JSON) for kind in kinds):
        return "export"
    return "list" if fields >= {"items", "next"} else "read"


def _who(policy: Policy) -> str:
    if policy.link:
        return "For who holds the link; it takes no token."
    if policy.public:
        return "Open to all; a token shows its holder more."
    return f"Needs a token with the scope `{policy.scope}`." if policy.scope else "Needs a token, of whatever scope."


def _fields(answers: Mapping[str, Json], schemas: Mapping[str, Json]) -> frozenset[str]:
    """The names of the fields that a success has."""
    for answer in answers.values():
        for media in answer.get("content", {}).values():
            schema = media.get("schema", {})
            name = schema.get("$ref", "").rpartition("/")[2]
            return frozenset(schemas.get(name, schema).get("properties", {}))
    return frozenset()


def _body(operation: Json, method: str) -> Json:
    body = operation.get("requestBody")
    if body is None:
        return {}
    content = body["content"]
    if method == "patch" and MERGE_PATCH in content:
        content = content | {"application/json": content[MERGE_PATCH]}
    return {"requestBody": {"required": body.get("required", False), "content": content}}


def _query(operation: str, parameter: Json) -> Json:
    """A parameter of an address, where there is no null; by what a list may be sorted, it knows itself."""
    schema = {word: said for word, said in plain(parameter["schema"]).items() if (word, said) != ("default", None)}
    if isinstance(schema.get("type"), list):
        schema["type"] = next(kind for kind in schema["type"] if kind != "null")
    if "enum" in schema:
        schema["enum"] = [choice for choice in schema["enum"] if choice is not None]
    if parameter["name"] == "sort":
        schema = {"type": "string", "enum": choices(operation)}
    return parameter | {"schema": schema}


def _headers(operation: str, method: str, *, tagged: bool) -> list[Json]:
    sent = {
        "AcceptLanguage": True,
        "IdempotencyKey": method == "post",
        "IfMatch": _is_conditional(operation, method),
        "IfNoneMatch": method == "get" and tagged,
    }
    return [{"$ref": f"#/components/parameters/{name}"} for name, is_sent in sent.items() if is_sent]


def _is_conditional(operation: str, method: str) -> bool:
    """Whether it is refused, when asked to be, to who has not seen the latest version."""
    return method == "patch" or operation in CONDITIONAL_DELETES


def _answer(answer: Json, method: str, status: str, fields: frozenset[str], *, tagged: bool) -> Json:
    sent = {
        "ETag": tagged,
        "Link": fields >= {"items", "next"},
        "Location": status == "201",
        "Idempotency-Replayed": method == "post",
    }
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name, is_sent in sent.items() if is_sent}
    return answer | ({"headers": headers | answer.get("headers", {})} if headers else {})


def _others(path: str, method: str, policy: Policy, *, name: str, tagged: bool) -> Json:
    """Every other answer: by rule, since the same few places give them."""
    writes, has_body, names_one = method in WRITES, method in ("post", "put", "patch"), "{" in path
    given = {
        400: True,
        401: True,
        403: writes or policy.scope is not None,
        404: names_one,
        409: writes,
        412: _is_conditional(name, method),
        413: has_body,
        415: has_body,
        422: True,
        500: True,
        503: True,
    }
    known = {"304": {"$ref": "#/components/responses/NotModified"}} if method == "get" and tagged else {}
    names = {str(status): REFUSALS[status].name for status, is_given in given.items() if is_given}
    return known | {status: {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}


def webhook(kind: EventType, meaning: str, data: Json) -> Json:
    """What we send when `kind` happens, and what we make of the reply; `data` is the schema of what it tells."""
    noun, _, happened = kind.partition(".")
    return {
        "operationId": f"on{noun.title()}{happened.title().replace('_', '')}",
        "summary": f"{noun} {happened}".replace("_", " ").capitalize(),
        "description": f"{meaning}\n\nSigned as Standard Webhooks 1.0.0 says, and sent again until it arrives.",
        "tags": ["webhooks"],
        "security": [],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in SIGNED],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body_schema(kind, data), "example": example(kind)}},
        },
        "responses": REPLIES,
    }
