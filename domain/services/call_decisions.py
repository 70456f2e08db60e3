"""Decisions on many applications of a call at once: all are taken or none, by the same steps as one by one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, instant_text
from domain.errors import DomainError, Finding, InvalidInput, refuse, under
from domain.languages import fold
from domain.models.applications import Application, ApplicationState
from domain.models.calls import Call
from domain.policies import Principal
from domain.services import decisions
from domain.services.calls import lock_call
from domain.services.destinations import destination_labels


class Outcome(StrEnum):
    """What can be decided: the state in which the application is then."""

    ELIGIBLE = ApplicationState.ELIGIBLE.value
    INELIGIBLE = ApplicationState.INELIGIBLE.value
    SELECTED = ApplicationState.SELECTED.value
    RESERVE = ApplicationState.RESERVE.value
    REJECTED = ApplicationState.REJECTED.value


@dataclass(frozen=True)
class DecisionInput:
    """One decision: on which application, as of which version of it, and what.

    The application is named by its id or its reference, the destination by its id or by what people call it.
    """

    version: int
    decision: Outcome
    application_id: UUID | None = None
    reference: str | None = None
    rank: int | None = None
    destination_id: UUID | None = None
    destination: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Decided:
    """What came of one decision."""

    application_id: UUID
    reference: str
    before: ApplicationState
    state: ApplicationState
    rank: int | None
    destination_id: UUID | None
    reason: str | None
    version: int


@dataclass(frozen=True)
class _Line:
    """A decision with the application that it is on; `root` is the pointer to it."""

    root: str
    wanted: DecisionInput
    application: Application
    before: ApplicationState


def decide_applications(
    session: Session,
    id_or_slug: str,
    wanted: Sequence[DecisionInput],
    *,
    confirm_by: datetime | None,
    by: Principal,
    at: datetime,
) -> list[Decided]:
    """Take all decisions. Records the event of each; offers are to be confirmed by `confirm_by`.

    Raises InvalidInput with everything that keeps any of them from being taken, such as a version that is no longer
    the application's; nothing is to be kept then.
    """
    if confirm_by is not None and confirm_by <= at:
        raise InvalidInput([Finding("/confirm_by", "not_later", {"than": instant_text(at), "in": "query"})])
    call = lock_call(session, id_or_slug, by=by)
    lines, findings = _lines(_locked(session, call, wanted, by=by), wanted)
    for line in _in_turn(lines):
        findings += _taken(session, call, line, confirm_by=confirm_by, by=by, at=at)
    refuse(sorted(findings, key=lambda finding: _place(finding.pointer)))
    return [_decided(line) for line in lines]


def foresee_decisions(
    session: Session,
    id_or_slug: str,
    wanted: Sequence[DecisionInput],
    *,
    confirm_by: datetime | None,
    by: Principal,
    at: datetime,
) -> list[Decided]:
    """What `decide_applications` would do or refuse, done and taken back."""
    with session.begin_nested() as trial:
        decided = decide_applications(session, id_or_slug, wanted, confirm_by=confirm_by, by=by, at=at)
        trial.rollback()
    return decided


def _locked(
    session: Session, call: Call, wanted: Sequence[DecisionInput], *, by: Principal
) -> Mapping[UUID | str, Application]:
    """The applications that are named, by id and by reference, as far as the call has them and the caller sees them."""
    ids = [one.application_id for one in wanted if one.application_id is not None]
    references = [one.reference for one in wanted if one.reference is not None]
    query = select(Application).where(
        Application.call_id == call.id,
        Application.duplicate_of_id.is_(None),
        or_(Application.id.in_(ids), Application.reference.in_(references)),
        policies.visible_applications(by),
    )
    locking = query.order_by(Application.id).with_for_update(of=Application).execution_options(populate_existing=True)
    rows = session.scalars(locking).all()
    return {row.id: row for row in rows} | {row.reference: row for row in rows}


def _lines(
    known: Mapping[UUID | str, Application], wanted: Sequence[DecisionInput]
) -> tuple[list[_Line], list[Finding]]:
    """The decisions that can be tried, and what is wrong with the others."""
    lines: list[_Line] = []
    findings: list[Finding] = []
    seen: set[UUID] = set()
    for index, one in enumerate(wanted):
        root = f"/decisions/{index}"
        application = known.get(one.application_id or one.reference or "")
        wrong = [*_wrong(one, application, seen)]
        findings += under(root, wrong)
        if application is not None:
            seen.add(application.id)
            if not wrong:
                lines.append(_Line(root, one, application, application.state))
    return lines, findings


def _wrong(one: DecisionInput, application: Application | None, seen: set[UUID]) -> Iterator[Finding]:
    named_by = "/application_id" if one.application_id is not None else "/reference"
    if application is None:
        yield Finding(named_by, "not_found")
    elif application.id in seen:
        yield Finding(named_by, "repeated")
    elif application.version != one.version:
        yield Finding("/version", "changed_since")
    if (one.rank is None) is (one.decision is Outcome.RESERVE):
        yield Finding("/rank", "required" if one.rank is None else "not_for_this_decision")
    if one.decision is not Outcome.SELECTED and (one.destination_id is not None or one.destination is not None):
        yield Finding("/destination_id", "not_for_this_decision")


def _in_turn(lines: Sequence[_Line]) -> list[_Line]:
    """First those who move up from the reserve list, in its order: they free ranks, and take what is left first."""
    promoted = [line for line in lines if _moves_up(line)]
    others = [line for line in lines if not _moves_up(line)]
    return [*sorted(promoted, key=lambda line: line.application.rank or 0), *others]


def _moves_up(line: _Line) -> bool:
    return line.before is ApplicationState.RESERVE and line.wanted.decision is Outcome.SELECTED


def _taken(
    session: Session, call: Call, line: _Line, *, confirm_by: datetime | None, by: Principal, at: datetime
) -> list[Finding]:
    """Take one decision, or say what is against it."""
    try:
        if line.wanted.reason is not None:
            change(line.application, {"reason": line.wanted.reason}, at=at)
        _step(session, call, line, confirm_by=confirm_by, by=by, at=at)
    except InvalidInput as error:
        return under(line.root, error.findings)
    except DomainError as error:
        column = "rank" if error.code == "rank_taken" else "decision"
        return [Finding(f"{line.root}/{column}", error.code, error.values)]
    return []


def _step(
    session: Session, call: Call, line: _Line, *, confirm_by: datetime | None, by: Principal, at: datetime
) -> None:
    one, application = line.wanted, line.application
    match one.decision:
        case Outcome.ELIGIBLE | Outcome.INELIGIBLE:
            eligible = one.decision is Outcome.ELIGIBLE
            decisions.decide_eligibility(session, application, eligible=eligible, reason=one.reason, by=by, at=at)
        case Outcome.RESERVE:
            decisions.reserve_application(session, application, rank=one.rank or 0, by=by, at=at)
        case Outcome.REJECTED:
            decisions.reject_application(session, application, reason=one.reason, by=by, at=at)
        case Outcome.SELECTED:
            offer = decisions.promote_application if _moves_up(line) else decisions.select_application
            place = _destination_id(call, one)
            offer(session, application, destination_id=place, confirm_by=confirm_by, by=by, at=at)


def _destination_id(call: Call, one: DecisionInput) -> UUID | None:
    if one.destination is None:
        return one.destination_id
    labels = destination_labels(call.destinations)
    named = {fold(label): place for place, label in labels.items()} | {str(place): place for place in labels}
    if fold(one.destination) not in named:
        raise InvalidInput([Finding("/destination_id", "not_a_choice", {"choices": ", ".join(labels.values())})])
    return named[fold(one.destination)]


def _decided(line: _Line) -> Decided:
    row = line.application
    return Decided(
        application_id=row.id,
        reference=row.reference,
        before=line.before,
        state=row.state,
        rank=row.rank,
        destination_id=row.destination_id,
        reason=row.reason,
        version=row.version,
    )


def _place(pointer: str) -> int:
    return int(pointer.split("/")[2])
