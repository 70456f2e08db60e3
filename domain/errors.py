"""Every way a rule can say no. Each is a sentence its reader can act on; the edge translates them once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True)
class Finding:
    """One thing wrong with an input: where (JSON Pointer), what (a stable code), and the figures the sentence needs."""

    pointer: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)


def pointer_step(name: str) -> str:
    """A name as one step of a JSON Pointer: what would begin another step is written otherwise (RFC 6901, 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def under(root: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings of what stands at `root` in what was sent."""
    return [replace(finding, pointer=root + finding.pointer) for finding in findings]


class DomainError(Exception):
    """A rule says no. `code` is stable; `detail` says what, why, and what would work."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str, **values: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.values = values


class Unauthenticated(DomainError):
    """Nobody we know is calling."""

    code = "unauthenticated"


class Forbidden(DomainError):
    """The caller sees the thing and may not do this to it."""

    code = "forbidden"


class NotFound(DomainError):
    """There is no such thing, or the caller can't see it: the two are not told apart."""

    code = "not_found"


class InvalidInput(DomainError):
    """The input can't be accepted; `findings` name each field."""

    code = "invalid_input"

    def __init__(self, findings: Sequence[Finding], detail: str = "Some fields can't be accepted.") -> None:
        super().__init__(detail)
        self.findings = tuple(findings)


def refuse(findings: Iterable[Finding]) -> None:
    """Raise InvalidInput with all that was found, if anything was."""
    found = tuple(findings)
    if found:
        raise InvalidInput(found)


class Conflict(DomainError):
    """The thing is not in a condition in which this can be done."""

    code = "conflict"


class StateConflict(Conflict):
    """The life cycle has no such step from here; the sentence names the steps it has."""

    code = "state_conflict"


class CallNotOpen(Conflict):
    """The call takes no applications yet."""

    code = "call_not_open_yet"

    def __init__(self, opens_at: datetime, timezone: str) -> None:
        super().__init__(f"This call opens at {opens_at.isoformat()}.", opens_at=opens_at, timezone=timezone)


class CallClosed(Conflict):
    """The deadline, and the grace after it, has passed."""

    code = "call_closed"

    def __init__(self, closes_at: datetime, timezone: str) -> None:
        super().__init__(f"This call closed at {closes_at.isoformat()}.", closes_at=closes_at, timezone=timezone)


class DuplicateApplication(Conflict):
    """The same person has applied to this call already."""

    code = "duplicate_application"

    def __init__(self, reference: str) -> None:
        super().__init__(f"This person has applied already; see application {reference}.", reference=reference)


class NoPlaceLeft(Conflict):
    """Rule R13: no more may be selected and confirmed than there are places."""

    code = "no_place_left"


class RankTaken(Conflict):
    """Two can't have the same rank on a call's reserve list."""

    code = "rank_taken"

    def __init__(self, rank: int) -> None:
        super().__init__(f"Rank {rank} of this call's reserve list is taken; use the next free one.", rank=rank)


class OutOfTurn(Conflict):
    """Another stands before this one on the reserve list."""

    code = "out_of_turn"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Application {reference} stands before this one on the reserve list.", reference=reference)


class SelectionNotBegun(Conflict):
    """Places are offered only while the call is in selection, or once it is decided."""

    code = "selection_not_begun"


class DocumentNotClean(Conflict):
    """The file may not be handed out: it waits to be scanned, or something was found in it."""

    code = "document_not_clean"

    def __init__(self, state: str) -> None:
        super().__init__(f"This file is {state}; only clean ones are handed out.", state=state)


class StorageFull(Conflict):
    """The project's files take all the room that they may."""

    code = "storage_full"


class GuardianConsentNeeded(Conflict):
    """A minor gets a place only once their guardian has agreed."""

    code = "guardian_consent_needed"


class PreconditionFailed(DomainError):
    """The caller's copy is stale: somebody changed the thing since."""

    code = "precondition_failed"


class IdempotencyMismatch(DomainError):
    """The Idempotency-Key was used before, for another request."""

    code = "idempotency_mismatch"


class Busy(DomainError):
    """Another request holds what this one needs; the same request will work in `retry_after` seconds."""

    code = "busy"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Busy):
    """The database can't be reached or written just now."""

    code = "unavailable"
