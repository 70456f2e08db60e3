"""What operations that change a state ask for, and what they are told as: a table, for the contract to say in words.

States come from the models and events from their list; tests hold each row against what the services do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.models.applications import ApplicationState as A
from domain.models.calls import CallState as C
from domain.models.events import EventType as E
from domain.models.mobilities import MobilityState as M
from domain.models.projects import ProjectState as P

MANY = 2  # from here on, names are told apart by commas


@dataclass(frozen=True)
class Step:
    """From which states to which, what else must be so, and the events that tell of it.

    Of several states that may come of it, each has its own event, in the same order.
    """

    before: tuple[StrEnum, ...] = ()
    after: tuple[StrEnum, ...] = ()
    needs: str = ""
    told: tuple[E, ...] = ()
    who: str = ""  # where a scope alone doesn't say who may do it


SELECTING = "The call's selection must have begun."
A_PLACE = "A place must be left, in the call and at the destination, which has to be named where the call has some."
FOR_THE_APPLICANT = (
    "Done on the applicant's word: by who sent it in or is their school, with the scope `applications:submit`, or by "
    "who decides, with `applications:decide`."
)
LATER = (
    "What was agreed to with the application needs no second word. The same answer to the same text changes nothing "
    "and is told to nobody; a refusal is told as `consent.withdrawn`."
)
WITHOUT = (
    "There must be such a consent. Without `processing` the application is withdrawn or, once it is confirmed, a stay "
    "that has not begun is cancelled; without `sharing_with_hosts` hosts are no longer shown who comes. Each is told, "
    "too."
)
FOR_THEMSELVES = (
    "Done by who sent it in, the applicant's school, or the coordinator, with the scope `applications:submit`."
)
EDITS = (
    "One that was returned may be edited until `correct_by`, others while the call takes applications. Something may "
    "be missing in a draft; once it is sent in, its consents stay as they are. An edit of a draft, or one that changes "
    "nothing, is told to nobody."
)
FINISHES = (
    "It must have all that the call asks for. A draft is received now, and must be in time; one that was returned "
    "keeps the instant at which it came, and must be in time for `correct_by`."
)
ERASED = (
    "It may be in any state; one that may still be withdrawn is withdrawn first. What identifies the person goes from "
    "the application, its copies, the answers kept for `Idempotency-Key`, and, unless another application belongs to "
    "them, the participant; the rows stay for the counts. Each mobility of theirs has an event of its own."
)
UNDATED = (
    "Steps are noted when they are known, and not held against dates: this may be done before `start_date`, "
    "or long after `end_date`."
)

STEPS: Mapping[str, Step] = {
    # Projects: by their coordinator.
    "createProject": Step((), (P.DRAFT,), "Only its members see a draft."),
    "startProject": Step((P.DRAFT,), (P.ONGOING,), "From then on everybody sees it.", (E.PROJECT_STARTED,)),
    "submitProject": Step((P.ONGOING,), (P.SUBMITTED,), "", (E.PROJECT_SUBMITTED,)),
    "finaliseProject": Step((P.SUBMITTED,), (P.FINALISED,), "", (E.PROJECT_FINALISED,)),
    "archiveProject": Step((P.FINALISED,), (P.ARCHIVED,), "", (E.PROJECT_ARCHIVED,)),
    # Calls: by the coordinator, or by a national partner for a call of its own, for its own country.
    "createCall": Step((), (C.DRAFT,), "A draft may lack what only publication asks for."),
    "editCall": Step(
        (C.DRAFT, C.PUBLISHED, C.IN_SELECTION), (),
        "Once it is published, the deadline moves by an extension alone; once it has opened, its opening is fixed and "
        "its form takes only changes under which the answers given still fit. An edit of a draft is told to nobody.",
        (E.CALL_UPDATED,),
    ),
    "copyCall": Step((), (C.DRAFT,), "The call may be in any state."),
    "publishCall": Step(
        (C.DRAFT,), (C.PUBLISHED,),
        "It must have `title`, `summary`, `description`, `opens_at`, and a `closes_at` that is still to come.",
        (E.CALL_PUBLISHED,),
    ),
    "extendCall": Step(
        (C.PUBLISHED,), (C.PUBLISHED,),
        "The new deadline must be later than the old one, and still to come; the old one may have passed.",
        (E.CALL_DEADLINE_EXTENDED,),
    ),
    "cancelCall": Step(
        (C.DRAFT, C.PUBLISHED, C.IN_SELECTION), (C.CANCELLED,), "A draft loses its dates.", (E.CALL_CANCELLED,)
    ),
    "beginCallSelection": Step(
        (C.PUBLISHED,), (C.IN_SELECTION,), "The deadline, and the grace after it, must be over.",
        (E.CALL_SELECTION_STARTED,),
    ),
    "decideCall": Step(
        (C.IN_SELECTION,), (C.DECIDED,), "Places that come free may still be offered.", (E.CALL_DECIDED,)
    ),
    "archiveCall": Step((C.DECIDED, C.CANCELLED), (C.ARCHIVED,), "", (E.CALL_ARCHIVED,)),
    # Applications.
    "submitApplication": Step(
        (), (A.SUBMITTED,),
        "With `\"draft\": true` it is kept as a `draft` instead, told to nobody: nothing is required of one. The call "
        "must be open, or within its grace, and take applications here. Somebody who has applied already is refused to "
        "a token (409); without one the answer is the ordinary one and no event tells of it, so that nobody finds out "
        "who applied. Send an `Idempotency-Key` (without a token, a UUID): with it an application is taken in once, "
        "however often it is sent.",
        (E.APPLICATION_SUBMITTED,),
        who="Open to all where the call has `public_intake`. A token needs the scope `applications:submit`; it is that "
        "of the coordinator, a national partner or a sending school.",
    ),
    "decideApplicationEligibility": Step(
        (A.SUBMITTED,), (A.ELIGIBLE, A.INELIGIBLE), "The call may still be open.",
        (E.APPLICATION_ELIGIBLE, E.APPLICATION_INELIGIBLE),
    ),
    "selectApplication": Step((A.ELIGIBLE,), (A.SELECTED,), f"{SELECTING} {A_PLACE}", (E.APPLICATION_SELECTED,)),
    "reserveApplication": Step(
        (A.ELIGIBLE,), (A.RESERVE,), f"{SELECTING} The rank must be free.", (E.APPLICATION_RESERVED,)
    ),
    "promoteApplication": Step(
        (A.RESERVE,), (A.SELECTED,), f"{SELECTING} It must be the first on the reserve list. {A_PLACE}",
        (E.APPLICATION_PROMOTED,),
    ),
    "rejectApplication": Step((A.ELIGIBLE,), (A.REJECTED,), SELECTING, (E.APPLICATION_REJECTED,)),
    "confirmApplication": Step(
        (A.SELECTED,), (A.CONFIRMED,),
        "`confirm_by` must not have passed, nor the call been cancelled. The person becomes a participant, or is the "
        "one that is named, and gets a mobility.",
        (E.APPLICATION_CONFIRMED, E.MOBILITY_NOMINATED), who=FOR_THE_APPLICANT,
    ),
    "declineApplication": Step(
        (A.SELECTED,), (A.DECLINED,), "The place comes free.", (E.APPLICATION_DECLINED,), who=FOR_THE_APPLICANT
    ),
    "withdrawApplication": Step(
        (A.SUBMITTED, A.RETURNED, A.ELIGIBLE, A.RESERVE, A.SELECTED), (A.WITHDRAWN,),
        "A place that it held comes free.",
        (E.APPLICATION_WITHDRAWN,), who=FOR_THE_APPLICANT,
    ),
    "editApplication": Step(
        (A.DRAFT, A.SUBMITTED, A.RETURNED), (), EDITS, (E.APPLICATION_UPDATED,), who=FOR_THEMSELVES
    ),
    "finishApplication": Step(
        (A.DRAFT, A.RETURNED), (A.SUBMITTED,), FINISHES, (E.APPLICATION_SUBMITTED,), who=FOR_THEMSELVES
    ),
    "returnApplication": Step(
        (A.SUBMITTED,), (A.RETURNED,), "The applicant may correct it until `until`, and submits it again.",
        (E.APPLICATION_RETURNED,),
    ),
    "eraseApplication": Step((), (), ERASED, (E.PERSON_ERASED,)),
    "giveApplicationConsent": Step((), (), LATER, (E.CONSENT_GIVEN,), who=FOR_THE_APPLICANT),
    "withdrawApplicationConsent": Step((), (), WITHOUT, (E.CONSENT_WITHDRAWN,), who=FOR_THE_APPLICANT),
    # By the link of who applied.
    "editMyApplication": Step((A.DRAFT, A.SUBMITTED, A.RETURNED), (), EDITS, (E.APPLICATION_UPDATED,)),
    "submitMyApplication": Step((A.DRAFT, A.RETURNED), (A.SUBMITTED,), FINISHES, (E.APPLICATION_SUBMITTED,)),
    "eraseMe": Step((), (), ERASED, (E.PERSON_ERASED,)),
    "giveMyConsent": Step((), (), LATER, (E.CONSENT_GIVEN,)),
    "withdrawMyConsent": Step((), (), WITHOUT, (E.CONSENT_WITHDRAWN,)),
    "confirmMyApplication": Step(
        (A.SELECTED,), (A.CONFIRMED,), "`confirm_by` must not have passed, nor the call been cancelled.",
        (E.APPLICATION_CONFIRMED, E.MOBILITY_NOMINATED),
    ),
    "declineMyApplication": Step((A.SELECTED,), (A.DECLINED,), "The place comes free.", (E.APPLICATION_DECLINED,)),
    "withdrawMyApplication": Step(
        (A.SUBMITTED, A.RETURNED, A.ELIGIBLE, A.RESERVE, A.SELECTED), (A.WITHDRAWN,),
        "A place that was held comes free.",
        (E.APPLICATION_WITHDRAWN,),
    ),
    # Mobilities.
    "createMobility": Step(
        (), (M.NOMINATED,), "The participant and the activity must belong to the project.", (E.MOBILITY_NOMINATED,)
    ),
    "editMobility": Step(
        (M.NOMINATED, M.CONFIRMED, M.LIVE, M.COMPLETED, M.RECOGNISED, M.TERMINATED), (),
        "Who goes never changes, nor who receives, once that is set. An edit that changes nothing is told to nobody.",
        (E.MOBILITY_UPDATED,),
    ),
    "deleteMobility": Step(
        (M.NOMINATED, M.CONFIRMED), (M.CANCELLED,), "Lists of changes show it as deleted.", (E.MOBILITY_CANCELLED,)
    ),
    "confirmMobility": Step((M.NOMINATED,), (M.CONFIRMED,), "", (E.MOBILITY_CONFIRMED,)),
    "startMobility": Step((M.CONFIRMED,), (M.LIVE,), UNDATED, (E.MOBILITY_STARTED,)),
    "completeMobility": Step((M.LIVE,), (M.COMPLETED,), UNDATED, (E.MOBILITY_COMPLETED,)),
    "recogniseMobility": Step((M.COMPLETED,), (M.RECOGNISED,), "", (E.MOBILITY_RECOGNISED,)),
    "cancelMobility": Step((M.NOMINATED, M.CONFIRMED), (M.CANCELLED,), "", (E.MOBILITY_CANCELLED,)),
    "terminateMobility": Step(
        (M.LIVE,), (M.TERMINATED,), "With cause, it still counts as a participation.", (E.MOBILITY_TERMINATED,)
    ),
    "mergeParticipant": Step(
        (), (), "Both must belong to one project. Each mobility that moves has an event of its own.",
        (E.MOBILITY_UPDATED,),
    ),
}  # fmt: skip


def said(operation_id: str) -> str:
    """What the operation asks for and is told as, in sentences; nothing for one that changes no state."""
    step = STEPS.get(operation_id)
    if step is None:
        return ""
    return " ".join(sentence for sentence in (_path(step), step.needs, _told(step)) if sentence)


def who(operation_id: str) -> str:
    """Who may do it, where that is more than a scope."""
    return STEPS.get(operation_id, Step()).who


def _path(step: Step) -> str:
    if not step.before:
        return f"It is {_or(step.after)} then." if step.after else ""
    if step.after in ((), step.before):
        return f"It must be {_or(step.before)}."
    return f"From {_or(step.before)} to {_or(step.after)}."


def _told(step: Step) -> str:
    if not step.told:
        return "No event tells of it."
    word = "or" if len(step.after) == len(step.told) else "and"
    return f"Told as {_listed(step.told, word)}."


def _or(states: Sequence[StrEnum]) -> str:
    return _listed(states, "or")


def _listed(names: Sequence[StrEnum], word: str) -> str:
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < MANY:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
