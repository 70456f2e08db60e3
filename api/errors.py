"""The one table from a rule's no to a status, and the documents that say it (RFC 9457)."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from api.parsing import BadJson
from domain import errors
from domain.db import instant_text
from domain.errors import DomainError, Finding, InvalidInput
from domain.languages import format_instant, message, sentence_language
from schemas.base import EVERY_LANGUAGE, reader
from schemas.findings import findings_of

PROBLEM = "application/problem+json"
LINK = re.compile("^((?:/v1)?/my/)[^/]+")

STATUS: dict[type[DomainError], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Busy: 409,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.InvalidInput: 422,
    errors.IdempotencyMismatch: 422,
    errors.Unavailable: 503,
}

CODE_OF_STATUS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    500: "internal",
    503: "unavailable",
}


def set_up(app: Flask) -> None:
    """Answer every error of `app` with a problem document."""
    app.register_error_handler(DomainError, _noted(_domain_error))
    app.register_error_handler(ValidationError, _noted(_invalid))
    app.register_error_handler(BadJson, _noted(_bad_json))
    app.register_error_handler(IntegrityError, _noted(_raced))
    app.register_error_handler(StaleDataError, _noted(_stale))
    app.register_error_handler(HTTPException, _noted(_http_error))
    app.register_error_handler(Exception, _noted(_unexpected))


def status_of(error: DomainError) -> int:
    """The status for a rule's no: that of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Make a problem document; its title is in the reader's language."""
    lang = _reader()
    body = {
        "type": f"{current_app.config['BASE_URL']}/docs/problems#{code}",
        "title": message(code if code in TITLED else CODE_OF_STATUS.get(status, "internal"), lang, **_figures(more)),
        "status": status,
        "detail": detail,
        "instance": _instance(),
        "code": code,
        "request_id": g.get("request_id"),
    }
    extra = {name: _plain(value) for name, value in more.items() if name != "timezone"}
    answer = Response(orjson.dumps(body | extra), status=status, content_type=PROBLEM)
    answer.headers["Content-Language"] = lang
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(headers or {})
    return answer


def _instance() -> str:
    """What was asked for; without the secret of a link, since problems are shown to those who are asked for help."""
    return LINK.sub(r"\1…", request.path)


# What is told of a refusal by the server's own parts, unless they say more.
OURS = {
    400: "The request can't be read.",
    404: "There is nothing at this address; /docs names every address that there is.",
    405: "This address doesn't have this method; the header Allow names those that it has.",
    500: "Something went wrong on our side, and nothing of the request was kept. Quote request_id if it goes on.",
}
LOCATIONS = {"json", "query"}
WHERE = ("cell", "in")  # what a finding's figures say of its place, beside the pointer
MOST_TOLD = 100  # findings in one answer; a body of 256 KB could have fifty thousand, and a reader mends ten at a time

# Codes whose title says more than their status does.
TITLED = {
    "call_not_open_yet",
    "call_closed",
    "document_not_clean",
    "duplicate_application",
    "idempotency_mismatch",
    "storage_full",
}


def _noted(answer: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """The same answer, with the error's class kept for the log."""

    def noted(error: Exception) -> Response:
        g.error_class = type(error).__name__
        return answer(error)

    return noted


def _domain_error(error: DomainError) -> Response:
    status = status_of(error)
    headers = {}
    if isinstance(error, errors.Busy):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="intervet"'
    if isinstance(error, InvalidInput):
        found = described(error.findings)
        # What is read has no body: whatever is wrong with it stands in the address.
        told = _in("query", found) if request.method in ("GET", "HEAD") else found
        return problem(status, error.code, error.detail, headers=headers, errors=told)
    return problem(status, error.code, error.detail, headers=headers, **error.values)


def _invalid(error: ValidationError) -> Response:
    # What the parser read says where it read it; a merged patch is validated by us and says nothing.
    read: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    location, messages = next(iter(read.items())) if read.keys() <= LOCATIONS else ("json", read)
    found = described(findings_of(messages))
    told = found if location == "json" else _in(location, found)
    return problem(422, "invalid_input", "Some fields can't be accepted.", errors=told)


def _in(location: str, found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**finding, "in": location} for finding in found]


def described(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """What was found, in the reader's language."""
    lang = _reader()
    told = islice(findings, MOST_TOLD)
    return [
        {
            "pointer": _whole(found.pointer),
            "code": found.code,
            "detail": _whole(_sentence(found, lang)),
            **{name: found.values[name] for name in WHERE if name in found.values},
        }
        for found in told
    ]


def _whole(text: str) -> str:
    """The text without halves of characters: a name that was sent may hold some, and no answer can."""
    return text.encode("utf-8", "replace").decode()


def _sentence(found: Finding, lang: str) -> str:
    values = _figures({"name": found.pointer.rpartition("/")[2], **found.values})
    sentence = message(found.code, lang, **values)
    return f"{sentence} {message('did_you_mean', lang, **values)}" if "near" in values else sentence


def _bad_json(error: BadJson) -> Response:
    return problem(400, "bad_request", str(error))


def _raced(_error: IntegrityError) -> Response:
    return problem(409, "conflict", "Another request changed the same thing in this moment; read it again and repeat.")


def _stale(_error: StaleDataError) -> Response:
    return problem(412, "precondition_failed", "Somebody changed this since you read it; read it again and repeat.")


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    code = CODE_OF_STATUS.get(status, "bad_request" if status < 500 else "internal")
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "Location")}
    # werkzeug's own sentences are for people before a browser.
    said = error.description if error.description != type(error).description else OURS.get(status)
    return problem(status, code, said or error.name, headers=headers)


def _unexpected(error: Exception) -> Response:
    current_app.logger.error("unexpected error", exc_info=error, extra={"request_id": g.get("request_id")})
    return problem(500, "internal", OURS[500])


def _reader() -> str:
    return sentence_language([tag for tag in reader.get().languages if tag != EVERY_LANGUAGE])


def _figures(values: Mapping[str, Any]) -> dict[str, str | int]:
    zone = str(values.get("timezone", "UTC"))
    shown = {}
    for name, value in values.items():
        shown[name] = format_instant(value, timezone=zone, lang=_reader()) if isinstance(value, datetime) else value
    return {name: value if isinstance(value, int) else str(value) for name, value in shown.items()}


def _plain(value: Any) -> Any:
    return instant_text(value) if isinstance(value, datetime) else value
