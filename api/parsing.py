"""Requests read strictly: JSON that means one thing, parameters that are known."""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NoReturn

import orjson
from flask import Flask, Request, request
from flask.json.provider import JSONProvider
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from domain.services.document_checks import Upload
from schemas.base import Coded

DEEPEST = 32  # levels; our deepest body has six, and the parser's own recursion ends near a thousand
LONGEST_NUMBER = 300  # characters; up to here the field says that it is too large, which helps more than we can
JSON_TYPES = {"application/json"}
MERGE_PATCH = "application/merge-patch+json"
MULTIPART = "multipart/form-data"
LARGEST_UPLOAD = 12 * 1024 * 1024  # bytes of a form with a file in it; a photograph has three to eight megabytes


class BadJson(ValueError):
    """The body isn't JSON as we read it; the sentence says why."""


def read_json(body: bytes) -> Any:
    """Parse a body: UTF-8, at most DEEPEST levels, no name twice in an object, no NaN, no endless numbers."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson("The body is not UTF-8.") from error
    _measure_depth(text)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise BadJson(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error


def _measure_depth(text: str) -> None:
    # Before parsing: a body of 200,000 brackets ends in a RecursionError otherwise. Brackets in strings count as well,
    # unless there are enough of them to matter, and then the strings are taken out first.
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth, inside, escaped = 0, False, False
    for sign in text:
        if inside:
            inside, escaped = escaped or sign != '"', not escaped and sign == "\\"
        elif sign == '"':
            inside = True
        elif sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJson(f"The body is nested deeper than {DEEPEST} levels.")
        elif sign in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadJson("A name stands twice in one object.")
    return value


def _constant(name: str) -> Any:
    raise BadJson(f"{name} is not a JSON value.")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise BadJson("A number in the body is too large.")
    return int(digits)


class Provider(JSONProvider):
    """JSON out: compact UTF-8, refusing NaN; written by orjson, several times as fast as the standard library."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Write `obj`."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read, with the same strictness as a request's body."""
        return read_json(s.encode() if isinstance(s, str) else s)


class StrictRequest(Request):
    """A request whose form parts are bounded as well as its body."""

    # Bytes of a text in a form. The parser also measures by it what it holds of a file: a piece of 64 KiB and, now and
    # then, the end of the one before, so that with 64 KiB as the limit most photographs would be refused.
    max_form_memory_size = 128 * 1024
    max_form_parts = 20

    @cached_property
    def parts(self) -> list[tuple[str, str | Upload]]:
        """The parts of a form, each with its name: a text, or a file. Raises 413, 415, 400 for what can't be read."""
        if self.mimetype != MULTIPART:
            raise UnsupportedMediaType(f"Send the body as {MULTIPART}.")
        self.max_content_length = LARGEST_UPLOAD
        try:
            texts, files = self.form.items(multi=True), self.files.items(multi=True)
        except RequestEntityTooLarge as error:
            raise _too_large(LARGEST_UPLOAD) from error
        except Exception as error:  # As in read_body.
            raise BadRequest("The body could not be read to its end.") from error
        return [*texts, *((name, Upload(file.filename or "", _whole(file))) for name, file in files)]

    @cached_property
    def digest(self) -> bytes:
        """A hash of the body; of a form, of its parts, because what stands between them is another each time."""
        if self.mimetype != MULTIPART:
            return hashlib.sha256(f"{self.content_type or ''}\n".encode() + read_body(self)).digest()
        return hashlib.sha256(repr((MULTIPART, sorted(map(_part_hashed, self.parts)))).encode()).digest()


def _whole(file: FileStorage) -> bytes:
    file.seek(0)  # Somebody may have read it before, and somebody else may yet.
    content: bytes = file.read()
    file.seek(0)
    return content


def _part_hashed(part: tuple[str, str | Upload]) -> tuple[str, ...]:
    name, value = part
    if isinstance(value, str):
        return name, "text", value
    return name, "file", value.name, hashlib.sha256(value.content).hexdigest()


class Parser(FlaskParser):
    """Arguments for the views: a body only as JSON (415 otherwise), unknown parameters refused."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012  the schemas say RAISE themselves

    def load_json(self, req: Request, schema: Any) -> Any:
        """Read the body as JSON; none at all is an empty object, of which the schema says what it lacks."""
        if not read_body(req):
            return {}
        allowed = JSON_TYPES | ({MERGE_PATCH} if req.method == "PATCH" else set())
        if req.mimetype not in allowed:
            raise UnsupportedMediaType(f"Send the body as {' or '.join(sorted(allowed))}.")
        return read_json(read_body(req))

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Let the one table of errors answer."""
        raise error

    def load_querystring(self, req: Request, schema: Any) -> Any:
        """Read the parameters; one given twice is refused, since it isn't clear which counts."""
        repeated = {name: [Coded("repeated")] for name, values in req.args.lists() if len(values) > 1}
        if repeated:
            raise ValidationError(repeated)
        return req.args.to_dict()


def read_form(req: Request) -> dict[str, str | Upload]:
    """The parts of a form by name; one given twice is refused, since it isn't clear which counts."""
    assert isinstance(req, StrictRequest)
    names = [name for name, _ in req.parts]
    repeated = {name: [Coded("repeated")] for name in names if names.count(name) > 1}
    if repeated:
        raise ValidationError(repeated)
    return dict(req.parts)


def refuse_parameters(given: Iterable[str]) -> None:
    """Refuse any parameter, where the address takes none: who sends one thinks that it does something."""
    unknown = {name: [Coded("unknown_field")] for name in given}
    if unknown:
        raise ValidationError({"query": unknown})


def read_body(req: Request) -> bytes:
    """The whole body, or 413 when it is larger than allowed, 400 when it breaks off."""
    most = req.max_content_length
    try:
        body = req.get_data(cache=True)
    except RequestEntityTooLarge as error:
        raise _too_large(most) from error
    except Exception as error:  # Every server has errors of its own for what it can't read, down to a bad chunk size.
        raise BadRequest("The body could not be read to its end.") from error
    if most is not None and len(body) >= most:
        # A chunked body says no length and is cut at the limit without a word.
        raise _too_large(most)
    return body


def _too_large(most: int | None) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The body must be smaller than {most} bytes.")


def set_up(app: Flask) -> None:
    """Make `app` read and write JSON this way."""
    app.json = Provider(app)
    app.request_class = StrictRequest


def query_string() -> str:
    """The request's query in one order, for fingerprints."""
    return in_one_order(request.query_string.decode("latin-1"))


def in_one_order(query: str) -> str:
    """A query that means the same, written the same."""
    return "&".join(sorted(query.split("&")))
