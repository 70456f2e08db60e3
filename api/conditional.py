"""Conditional requests: entity tags, modification dates, and how long an answer may be kept."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime

from flask import Response, request

from domain.errors import PreconditionFailed

LONGEST_KEPT = 60  # seconds a cache may lag behind
STALE_IF_ERROR = 86_400  # seconds a cache may stand in for us while we are down


def etag(version: int, *facets: object) -> str:
    """`"<version>-<hash of what else decides the bytes>"`. If-Match looks at the version alone."""
    digest = hashlib.sha256(repr(facets).encode()).hexdigest()[:12]
    return f'"{version}-{digest}"'


def tagged(response: Response) -> Response:
    """The same answer, tagged by its bytes where nothing better is known: a list has no version of its own."""
    if response.status_code == 200 and not response.is_streamed:
        response.headers.setdefault("ETag", f'"0-{hashlib.sha256(response.get_data()).hexdigest()[:12]}"')
    return response


def http_date(moment: datetime) -> str:
    """An instant as HTTP writes it, to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def cache_control(at: datetime, next_change: datetime | None) -> str:
    """Public, for at most a minute, and never beyond the next change by the clock."""
    seconds = LONGEST_KEPT if next_change is None else int((next_change - at).total_seconds())
    return f"public, max-age={max(0, min(LONGEST_KEPT, seconds))}, stale-if-error={STALE_IF_ERROR}"


def tags(header: str | None) -> list[str]:
    """The tags of an If-Match or If-None-Match header, as written."""
    return [tag.strip() for tag in (header or "").split(",") if tag.strip()]


def check_if_match(version: int) -> None:
    """Raise PreconditionFailed when If-Match names other versions than this one. Weak tags match nothing (RFC 9110)."""
    header = request.headers.get("If-Match")
    wanted = tags(header)
    if header is not None and wanted != ["*"] and not any(tag.startswith(f'"{version}-') for tag in wanted):
        raise PreconditionFailed("Somebody changed this since you read it; read it again and repeat the change.")


def names(if_none_match: str, etag: str) -> bool:
    """Whether the header names this tag (compared weakly, as GET does): then the reader has these bytes already."""
    return if_none_match == etag or any(tag in (etag, "*") for tag in map(_strong, tags(if_none_match)))


def _strong(tag: str) -> str:
    # A proxy that compresses makes our tags weak.
    return tag.removeprefix("W/")


def shortened(response: Response) -> Response:
    """The same answer, or 304 without its body when the reader has it already."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    if "If-None-Match" in request.headers:
        known = "ETag" in response.headers and names(request.headers["If-None-Match"], response.headers["ETag"])
    else:
        known = bool(response.last_modified) and request.headers.get("If-Modified-Since") == response.headers.get(
            "Last-Modified"
        )
    if known:
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
        response.headers.pop("Content-Length", None)
    return response
