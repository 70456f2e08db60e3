"""The words of messages: a call's own, kept and checked. Ours are files beside what renders them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import change, new_id
from domain.errors import Finding, pointer_step, refuse
from domain.languages import CATALOGUES, LAST_RESORT, choose
from domain.models.calls import Call
from domain.models.messages import PLACEHOLDERS, CallMessage, MessageKind
from domain.policies import Principal

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
ANY_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Wording:
    """Own words for a message, by language: of its subject, of its body, of both."""

    subject: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)

    def language(self, wanted: Sequence[str]) -> str:
        """In which language a message is written to who wants these: those that we write, and those written here."""
        whole = [tag for tag in self.subject if tag in self.body]
        return choose([*CATALOGUES, *whole], wanted) or LAST_RESORT


OURS = Wording()


def wording_of(session: Session, call_id: UUID, kind: MessageKind) -> Wording:
    """A call's own words for a kind of message; empty where it has none."""
    kept = _kept(session, call_id, kind)
    return OURS if kept is None else Wording(kept.subject, kept.body)


def see_wording(session: Session, call: Call, kind: MessageKind, *, by: Principal) -> Wording:
    """The same for those who manage the call. Raises Forbidden."""
    may_word(by, call)
    return wording_of(session, call.id, kind)


def set_wording(
    session: Session, call: Call, kind: MessageKind, wanted: Wording, *, by: Principal, at: datetime
) -> Wording:
    """Let a call say it in its own words; none at all brings ours back. Raises Forbidden, InvalidInput."""
    may_word(by, call)
    refuse([*_misspoken("subject", wanted.subject, kind), *_misspoken("body", wanted.body, kind), *_half(wanted)])
    kept = _kept(session, call.id, kind)
    if kept is None:
        kept = _new(call, kind, at=at)
        session.add(kept)
    change(kept, {"subject": dict(wanted.subject), "body": dict(wanted.body)}, at=at)
    session.flush()
    return wanted


def copy_wordings(session: Session, original: Call, copy: Call, *, at: datetime) -> None:
    """Give a copied call the words of the original."""
    for kept in session.scalars(select(CallMessage).where(CallMessage.call_id == original.id)):
        twin = _new(copy, kept.kind, at=at)
        twin.subject, twin.body = dict(kept.subject), dict(kept.body)
        session.add(twin)


def may_word(by: Principal, call: Call) -> None:
    """Whoever may edit the call. Raises Forbidden."""
    policies.may_manage_calls(by, call.project_id, owner_id=call.owner_id, countries=call.eligible_countries)


def _kept(session: Session, call_id: UUID, kind: MessageKind) -> CallMessage | None:
    return session.scalar(select(CallMessage).where(CallMessage.call_id == call_id, CallMessage.kind == kind))


def _new(call: Call, kind: MessageKind, *, at: datetime) -> CallMessage:
    about: dict[str, Any] = {"project_id": call.project_id, "call_id": call.id, "kind": kind}
    return CallMessage(id=new_id(), subject={}, body={}, created_at=at, updated_at=at, **about)


def _misspoken(part: str, texts: Mapping[str, str], kind: MessageKind) -> Iterator[Finding]:
    """What can't be filled in: nothing but names is ever looked up, so there is nothing to run or to reach through."""
    known = PLACEHOLDERS[kind]
    for lang, text in texts.items():
        pointer = f"/{part}/{pointer_step(lang)}"
        for name in dict.fromkeys(ANY_BRACES.findall(text)):
            if name not in known:
                choices = ", ".join(sorted(known))
                yield Finding(pointer, "unknown_placeholder", {"name": name, "choices": choices})
        if set("{}") & set(ANY_BRACES.sub("", text)):
            yield Finding(pointer, "stray_brace")


def _half(wanted: Wording) -> Iterator[Finding]:
    """A language that we don't write has both parts or none."""
    parts = {"subject": wanted.subject, "body": wanted.body}
    for part, other in (("subject", "body"), ("body", "subject")):
        for lang in parts[other].keys() - parts[part].keys() - CATALOGUES.keys():
            yield Finding(f"/{part}/{pointer_step(lang)}", "required")
