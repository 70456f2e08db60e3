"""Links of a person's own: made from a row's id under a key, so that the same link can be mailed again."""

import hashlib
import hmac
import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.db import new_id
from domain.errors import Conflict, NotFound
from domain.models.applications import Application
from domain.models.links import Link, LinkKind
from domain.models.tokens import Scope
from domain.policies import Principal
from domain.services.tokens import BASE62

SECRET = re.compile(r"[0-9A-Za-z]{43}")  # 256 bits: the row's id, and 128 that only the key's holder can make
HALF = 16  # bytes of either


def secret_of(link_id: UUID, *, key: str) -> str:
    """The secret of a link: always the same under the same key."""
    number = int.from_bytes(link_id.bytes + _proof(link_id.bytes, key))
    letters = ""
    while len(letters) < 43:
        number, rest = divmod(number, len(BASE62))
        letters = BASE62[rest] + letters
    return letters


def id_in(secret: str, *, key: str) -> UUID | None:
    """The id of the link whose secret this is; none for anything that we have not made. Asks no database."""
    if not SECRET.fullmatch(secret):
        return None
    number = 0
    for letter in secret:
        number = number * len(BASE62) + BASE62.index(letter)
    if number.bit_length() > 2 * HALF * 8:
        return None
    whole = number.to_bytes(2 * HALF)
    return UUID(bytes=whole[:HALF]) if hmac.compare_digest(whole[HALF:], _proof(whole[:HALF], key)) else None


def _proof(link_id: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), b"intervet link\n" + link_id, hashlib.sha256)[:HALF]


def authenticate(session: Session, secret: str, *, key: str) -> Principal:
    """Find whose link this is. Raises NotFound, whatever is wrong with it."""
    link_id = id_in(secret, key=key)
    link = (
        None if link_id is None else session.scalar(select(Link).where(Link.id == link_id, Link.revoked_at.is_(None)))
    )
    if link is None:
        raise NotFound("This link opens nothing. Was it copied whole? A newer one may have taken its place.")
    if link.kind is LinkKind.GUARDIAN:
        return Principal(link_id=link.id, guardian_of=link.application_id)
    return Principal(link_id=link.id, application_id=link.application_id)


def new_link(project_id: UUID, kind: LinkKind = LinkKind.APPLICANT, *, at: datetime) -> Link:
    """A link for who applies, or for their guardian, to be added to the application."""
    return Link(id=new_id(), project_id=project_id, kind=kind, created_at=at)


def link_of(application: Application, kind: LinkKind = LinkKind.APPLICANT, *, at: datetime) -> Link:
    """The link by which the applicant comes now, or the guardian; made for an application that has none yet."""
    live = next((link for link in application.links if link.kind is kind and link.revoked_at is None), None)
    if live is None:
        live = new_link(application.project_id, kind, at=at)
        application.links.append(live)
    return live


def replace_link(
    session: Session, application: Application, kind: LinkKind = LinkKind.APPLICANT, *, by: Principal, at: datetime
) -> Link:
    """End a person's link and make another. By those who may answer for the applicant and see whose link it is.

    Raises Conflict for a guardian where none is named.
    """
    policies.may_answer_for_applicant(by, application)
    policies.require_scope(by, Scope.PERSONAL_READ)
    if application.erased_at is not None:
        raise Conflict("Who applied was erased: there is nobody to give a link to.")
    if kind is LinkKind.GUARDIAN:
        policies.require_scope(by, Scope.SENSITIVE_READ)
        if application.guardian is None:
            raise Conflict("This application names no guardian.")
    link_of(application, kind, at=at).revoked_at = at
    session.flush()  # The old one first: two that are live are refused by the table.
    return link_of(application, kind, at=at)


def page_address(link: Link, *, key: str, base_url: str) -> str:
    """Where the page behind a link stands; under `/v1` the same is there for programs."""
    return f"{base_url}/my/{secret_of(link.id, key=key)}"
