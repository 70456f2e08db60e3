"""Everything that can go wrong, each with a text that ends with what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class IntervetError(Exception):
    """Something went wrong; the text says what, and what to do next."""


class NotReachable(IntervetError):
    """The server did not answer, for as long as one was willing to wait."""


class BadSettings(IntervetError):
    """The address or the token isn't there, or can't be used."""


class BadFile(IntervetError):
    """A file can't be read, or isn't what it should be."""


class BadSignature(IntervetError):
    """A message doesn't bear a signature by this secret, or is too old."""


@dataclass(frozen=True)
class FieldError:
    """One thing that the server finds wrong: where (JSON Pointer), what (a stable code), and a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(IntervetError):
    """A problem document (RFC 9457): the server says no, and why."""

    def __init__(self, status: int, document: Mapping[str, Any], *, retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(document.get("code") or f"status_{status}")
        self.title = str(document.get("title") or "The server refused.")
        self.detail = str(document.get("detail") or self.title)
        self.request_id = document.get("request_id")
        self.errors = [
            FieldError(str(each.get("pointer", "")), str(each.get("code", "")), str(each.get("detail", "")))
            for each in document.get("errors") or ()
        ]
        self.document = document
        self.retry_after = retry_after
        super().__init__(self._text())

    def _text(self) -> str:
        findings = [f"  {each.pointer or '/'}: {each.detail}" for each in self.errors]
        number = f" (request {self.request_id})" if self.request_id and self.status >= 500 else ""
        return "\n".join([f"{self.detail}{number}", *findings, self.next_step])

    @property
    def next_step(self) -> str:
        """What its reader can do now."""
        return NEXT_BY_CODE.get(self.code) or NEXT_BY_STATUS.get(self.status) or NEXT_BY_STATUS[self.status // 100]


class Unauthenticated(Problem):
    """401: no token, or none that the server knows."""


class Forbidden(Problem):
    """403: the token may not do this."""


class NotFound(Problem):
    """404: there is no such thing, or the token can't see it."""


class Conflict(Problem):
    """409: not in the condition in which this can be done."""


class DuplicateApplication(Conflict):
    """409: the same person has applied to this call already; `reference` names that application."""

    @property
    def reference(self) -> str:
        """The reference of the application that stands."""
        return str(self.document.get("reference") or "")


class PreconditionFailed(Problem):
    """412: somebody changed it since it was read."""


class InvalidInput(Problem):
    """422: `errors` names each field."""


class TooManyRequests(Problem):
    """429: wait for `retry_after` seconds."""


class ServerTrouble(Problem):
    """5xx: nothing of the request was kept."""


CLASSES: Mapping[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    422: InvalidInput,
    429: TooManyRequests,
}

NEXT_BY_CODE: Mapping[str, str] = {
    "call_closed": "Next: ask the call's contact (`intervet calls --json` shows it) whether the deadline is extended.",
    "call_not_open_yet": "Next: run the same command again once it is open.",
    "duplicate_application": "Next: nothing, the person has applied; look at the application by its reference.",
    "idempotency_mismatch": "Next: use a new Idempotency-Key, or send exactly what was sent before.",
}
# By status, and where there is none by its first digit.
NEXT_BY_STATUS: Mapping[int, str] = {
    400: "Next: the server can't read the request; is this client as new as the server?",
    401: "Next: log in with `intervet login`, or set INTERVET_TOKEN to a token that is valid.",
    403: "Next: ask whoever made your token for one that may do this; `intervet login` shows what yours may.",
    404: "Next: check the spelling, and whether your token may see it; `intervet calls` lists what is open.",
    409: "Next: look at its state first; what is asked for can't be done in it.",
    412: "Next: read it again, and send the change again if it is still wanted.",
    422: "Next: correct what is named, and send it again.",
    429: "Next: wait, then run the same command again.",
    3: "Next: set the server's address to the one it names (INTERVET_URL, or `intervet login`).",
    4: "Next: correct the request; the server's /docs names what it takes.",
    5: "Next: run the same command again in a few minutes; nothing is sent twice by that.",
}


def problem(status: int, document: Mapping[str, Any], *, retry_after: float | None = None) -> Problem:
    """The exception for a problem document."""
    if document.get("code") == "duplicate_application":
        return DuplicateApplication(status, document, retry_after=retry_after)
    kind = CLASSES.get(status) or (ServerTrouble if status >= 500 else Problem)
    return kind(status, document, retry_after=retry_after)
