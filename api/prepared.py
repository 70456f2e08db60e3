"""Prepared public answers: what anyone may read of calls is made once, and handed out for as long as it is true.

A thin layer before the application, one a process. At each request it asks for the catalogue's version; while that
stands, and the next opening or deadline hasn't come, the answer made before goes out again without a view, a query or a
schema. Whatever else comes (a token, another address, an error, a database that doesn't say its version) is the
application's, as if nothing stood before it.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gzip import compress
from re import compile as pattern
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

from api import conditional
from api.parsing import in_one_order
from domain.languages import parse_accept_language
from domain.services.catalogue import CatalogueVersion

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREPARED = pattern(r"/v1/calls(?:/[0-9A-Za-z-]{1,80}(?:/form(?:/ui)?)?)?")
MOST_ANSWERS = 500  # a process: 20 lists and 80 calls in five languages
MOST_BYTES = 16 * 1024 * 1024  # a process, of bodies; a list of 20 calls has 20 KB
LONGEST_KEY = 1000  # characters; what is asked at greater length is asked once
ZIPPED = 6  # zlib's level: beyond it a list gets 1 % smaller and takes twice as long

FACTS = "intervet.facts"  # where in a request's environment the view says until when its answer is true
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
BY_REQUEST = ("cache-control", "content-length", "etag", "vary", "x-request-id")
NOT_IN_304 = ("Content-Type", "Content-Length", "Content-Encoding")

Headers = tuple[tuple[str, str], ...]
Note = Callable[["WSGIEnvironment", int, str, float], None]


class Key(NamedTuple):
    """What decides an answer. The host is in it so that only those which the application trusts find anything."""

    host: str
    path: str
    query: str
    languages: tuple[str, ...]
    zipped: bool


@dataclass(slots=True)
class Facts:
    """What a view says of its answer: that everyone gets the same, and the next instant at which it will differ."""

    public: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer but for what each request adds to it; true for one version of the catalogue, before `until`."""

    version: int
    until: datetime | None
    etag: str
    modified: str | None
    head: Headers
    head_of_304: Headers
    body: bytes

    def is_true(self, version: int, at: datetime) -> bool:
        """Whether it still says what the application would."""
        return self.version == version and (self.until is None or at < self.until)

    def is_known(self, environ: "WSGIEnvironment") -> bool:
        """Whether the reader has these bytes already."""
        if "HTTP_IF_NONE_MATCH" in environ:
            return conditional.names(environ["HTTP_IF_NONE_MATCH"], self.etag)
        return self.modified is not None and environ.get("HTTP_IF_MODIFIED_SINCE") == self.modified


class Shelf:
    """Keeps answers, the oldest of which go when there are too many or too much."""

    def __init__(self, *, most_answers: int, most_bytes: int) -> None:
        self._most_answers, self._most_bytes = most_answers, most_bytes
        self._answers: dict[Key, Answer] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Answer | None:
        """The answer kept under `key`, true or not."""
        return self._answers.get(key)

    def put(self, key: Key, answer: Answer) -> None:
        """Keep `answer` in place of what was there."""
        with self._lock:
            self._drop(key)
            self._answers[key] = answer
            self._bytes += len(answer.body)
            while len(self._answers) > self._most_answers or self._bytes > self._most_bytes:
                self._drop(next(iter(self._answers)))

    def _drop(self, key: Key) -> None:
        dropped = self._answers.pop(key, None)
        self._bytes -= len(dropped.body) if dropped else 0


class Prepared:
    """A WSGI application before another. `note` is told of every answer that the other one had no part in."""

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        version: CatalogueVersion,
        clock: Callable[[], datetime],
        note: Note = lambda *_: None,
        most_answers: int = MOST_ANSWERS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._app, self._version, self._clock, self._note = app, version, clock, note
        self._shelf = Shelf(most_answers=most_answers, most_bytes=most_bytes)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        began = perf_counter()
        key = _key(environ)
        # Before the answer is made: what changes meanwhile makes it look older than it is, never newer.
        version = None if key is None else self._version.now()
        if key is None or version is None:
            return self._app(environ, start_response)
        answer, at = self._shelf.get(key), self._clock()
        if answer is None or not answer.is_true(version, at):
            return self._made(environ, start_response, key, version)
        request_id = secrets.token_hex(8)
        status, body = _send(answer, environ, start_response, at=at, request_id=request_id)
        self._note(environ, status, request_id, perf_counter() - began)
        return body

    def _made(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", key: Key, version: int
    ) -> Iterable[bytes]:
        """Let the application answer; keep what it says everyone gets."""
        facts = Facts()
        whole = {name: value for name, value in environ.items() if name not in CONDITIONS}
        response = Response.from_app(self._app, whole | {"REQUEST_METHOD": "GET", FACTS: facts}, buffered=True)
        if response.status_code != 200 or not facts.public:
            return response(environ, start_response)
        answer = _answer(response, version=version, until=facts.until, zipped=key.zipped)
        self._shelf.put(key, answer)
        request_id = response.headers.get("X-Request-Id", "")
        return _send(answer, environ, start_response, at=self._clock(), request_id=request_id)[1]


def everyone_gets_this(environ: "WSGIEnvironment", *, until: datetime | None) -> None:
    """Say of the answer being made that it depends on nothing but its key, and is true before `until`."""
    facts = environ.get(FACTS)
    if facts is not None:
        facts.public, facts.until = True, until


def _key(environ: "WSGIEnvironment") -> Key | None:
    """Under what the request's answer is kept; none when it isn't a matter of ours."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
        return None
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    if not PREPARED.fullmatch(path) or len(query) > LONGEST_KEY:
        return None
    return Key(
        environ.get("HTTP_HOST", ""),
        path,
        in_one_order(query),
        parse_accept_language(environ.get("HTTP_ACCEPT_LANGUAGE")),
        _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")),
    )


@lru_cache(maxsize=256)
def _takes_gzip(header: str) -> bool:
    return parse_accept_header(header)["gzip"] > 0


def _answer(response: Response, *, version: int, until: datetime | None, zipped: bool) -> Answer:
    body = compress(response.get_data(), ZIPPED, mtime=0) if zipped else response.get_data()
    number = response.headers.get("ETag", f'"{version}-').strip('"').partition("-")[0]
    etag = f'"{number}-{hashlib.sha256(body).hexdigest()[:12]}"'
    vary = f"{response.headers.get('Vary', '')}, Accept-Encoding".removeprefix(", ")
    kept = [(name, value) for name, value in response.headers if name.lower() not in BY_REQUEST]
    added = [("ETag", etag), ("Vary", vary), ("Content-Length", str(len(body)))]
    head = (*kept, *added, *([("Content-Encoding", "gzip")] if zipped else []))
    return Answer(
        version=version,
        until=until,
        etag=etag,
        modified=response.headers.get("Last-Modified"),
        head=head,
        head_of_304=tuple(header for header in head if header[0] not in NOT_IN_304),
        body=body,
    )


def _send(
    answer: Answer, environ: "WSGIEnvironment", start_response: "StartResponse", *, at: datetime, request_id: str
) -> tuple[int, list[bytes]]:
    fresh: list[Any] = [("Cache-Control", conditional.cache_control(at, answer.until)), ("X-Request-Id", request_id)]
    if answer.is_known(environ):
        start_response("304 NOT MODIFIED", [*answer.head_of_304, *fresh])
        return 304, []
    start_response("200 OK", [*answer.head, *fresh])
    return 200, [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]
