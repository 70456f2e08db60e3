"""One outbound POST and what became of it: plain values, known to those who ask for it and those who make it.

They are tuples, not frozen dataclasses, because thousands are made in a second and a tuple costs a fifth.
"""

import re
from collections.abc import Hashable, Mapping
from enum import StrEnum
from typing import NamedTuple

MAX_REPLY_BYTES = 64 * 1024  # head and body together
KEPT_REPLY_BYTES = 16 * 1024  # of the body: what the log of attempts shows
TIMEOUT_S = 15.0  # seconds; what the Standard Webhooks specification recommends at the least

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?:[ \n]|\Z)")


class ErrorClass(StrEnum):
    """Why an exchange brought no whole reply: as coarse as an endpoint's owner may know it.

    A port that refuses and one that stays silent are both `connect`: we are nobody's port scanner.
    """

    REFUSED_ADDRESS = "refused_address"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    NOT_STARTED = "not_started"


EXPLANATIONS: Mapping[ErrorClass, str] = {
    ErrorClass.REFUSED_ADDRESS: "The address is not on the public internet, or its port is closed to us.",
    ErrorClass.RESOLVE: "The host's name could not be resolved; check its DNS records.",
    ErrorClass.CONNECT: "No connection could be made; check that the receiver is running and can be reached.",
    ErrorClass.TLS: "No secure connection could be made; check the certificate, its names and its dates, and TLS 1.2.",
    ErrorClass.TIMEOUT: "The reply was not complete in time; acknowledge first and work afterwards.",
    ErrorClass.DISCONNECTED: "The connection ended before the reply was complete.",
    ErrorClass.PROTOCOL: "The reply was not valid HTTP/1.1.",
    ErrorClass.TOO_LARGE: f"The reply's head exceeds {MAX_REPLY_BYTES // 1024} KiB.",
    ErrorClass.NOT_STARTED: "It was not sent in time for its lease; it will be sent later.",
}


class Exchange(NamedTuple):
    """One POST to be made. `key` comes back with its outcome; `endpoint` is what shares a bound and connections.

    `timeout_s` covers all of it, from the name to the reply's last byte. After `start_by` (on the monotonic clock) it
    is not begun any more: whoever leased it must have it back in time.
    """

    key: Hashable
    endpoint: Hashable
    url: str
    body: bytes
    headers: Mapping[str, str]
    timeout_s: float = TIMEOUT_S
    max_reply_bytes: int = MAX_REPLY_BYTES
    start_by: float | None = None


class Outcome(NamedTuple):
    """What became of an exchange. It succeeded when `error` is None and `status` says so, and in no other case.

    `status` is that of a reply whose head came whole, else None. `reply` is the first 16 KiB of its body, as sent. A
    body beyond the bound is cut off and the status stands: the receiver has answered, and it is our choice to hear no
    more. `raw_head` is all that was read as head, of interim replies and trailers too.
    """

    key: Hashable
    url: str
    status: int | None
    error: ErrorClass | None
    duration_ms: int
    raw_head: bytes = b""
    reply: bytes = b""

    @property
    def headers(self) -> dict[str, str]:
        """The reply's headers by lower-case name; repeated ones are joined by a comma."""
        headers: dict[str, str] = {}
        for line in last_head(self.raw_head).decode("latin-1").split("\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                before = headers.get(name.lower())
                headers[name.lower()] = value.strip() if before is None else f"{before}, {value.strip()}"
        return headers


def last_head(raw: bytes) -> bytes:
    """The last head that came whole, its lines ended by LF and without the blank one; empty when none did."""
    # Before it there may be interim replies, after it trailers, or a part of the next one.
    text = raw.replace(b"\r\n", b"\n")
    if text.find(b"\n\n") == len(text) - 2 and _STATUS_LINE.match(text):
        return text[:-2]  # Nearly always there is one, and nothing behind it.
    blocks = text.split(b"\n\n")
    return next((block for block in reversed(blocks[:-1]) if _STATUS_LINE.match(block)), b"")


def final_status(raw: bytes) -> int | None:
    """The status of the last head that came whole; an interim one (100 to 199) is none."""
    found = _STATUS_LINE.match(last_head(raw))
    status = int(found.group(1)) if found else 0
    return status if status >= 200 else None


def check_headers(headers: Mapping[str, str]) -> list[str]:
    """The lines that are sent. Raise ValueError at a header that would not stay one: what follows is one of its own."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    text = "".join(lines)
    if not (text.isascii() and text.isprintable()):
        raise ValueError("A header holds a line end or a character outside visible ASCII; it can't be sent.")
    return lines
