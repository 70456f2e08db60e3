"""One line for every request: what was asked by its route and how it ended, never by whom or with what."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from api.auth import presented_token
from domain.errors import Unauthenticated
from domain.services.tokens import hash_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SHOWN = 8  # hexadecimal digits of a token's hash: enough to find its row, too few to be it
REMEMBERED = 1000  # addresses whose routes are known, for answers that nobody had to look for

log = logging.getLogger("intervet.requests")


def set_up(app: Flask) -> None:
    """Log every request that `app` answers, once the last byte is out."""
    app.before_request(_begin)
    app.after_request(_noted)


def note_prepared(app: Flask) -> Callable[["WSGIEnvironment", int, str, float], None]:
    """Make the note for answers in which `app` had no part, as the layer before it takes it."""

    @lru_cache(maxsize=REMEMBERED)
    def route_of(path: str) -> str:
        try:
            rule, _ = app.url_map.bind("").match(path, method="GET", return_rule=True)
        except HTTPException:
            return "unmatched"
        return rule.rule

    def note(environ: "WSGIEnvironment", status: int, request_id: str, seconds: float) -> None:
        facts = {"request_id": request_id, "route": route_of(environ.get("PATH_INFO", ""))}
        log.info("request", extra=facts | {"method": environ["REQUEST_METHOD"], "status": status, "ms": _ms(seconds)})

    return note


def _begin() -> None:
    g.began = perf_counter()


def _noted(response: Response) -> Response:
    began = g.get("began", perf_counter())
    facts = {
        "request_id": g.get("request_id"),
        "route": "unmatched" if request.url_rule is None else request.url_rule.rule,
        "method": request.method,
        "status": response.status_code,
        "token": _token(),
        "error_class": g.get("error_class"),
    }
    size = Size(response.content_length or 0)
    if response.is_streamed and not response.direct_passthrough:
        response.response = size.of(response.iter_encoded())

    def note() -> None:
        log.info("request", extra=facts | {"bytes": size.sent, "ms": _ms(perf_counter() - began)})

    response.call_on_close(note)
    return response


@dataclass
class Size:
    """How many bytes go out: known beforehand, or counted while they go."""

    sent: int

    def of(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks of a stream, as they are."""
        self.sent = 0
        for chunk in chunks:
            self.sent += len(chunk)
            yield chunk


def _token() -> str | None:
    try:
        secret = presented_token()
    except Unauthenticated:
        return None
    return None if secret is None else hash_of(secret).hex()[:SHOWN]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
