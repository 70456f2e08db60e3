"""Tokens: made once, shown once, recognised by their hash."""

import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, selectinload

from domain import policies
from domain.config import BOOTSTRAP_TOKEN
from domain.db import instant_text, new_id
from domain.errors import Finding, InvalidInput, NotFound, Unauthenticated
from domain.models.organisations import Membership, Organisation, Role
from domain.models.tokens import Scope, Token
from domain.policies import Principal, Standing
from domain.services.pages import Page, PageRequest, fetch_page
from domain.services.projects import named_project

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Published for secret scanners; 43 characters of base 62 carry 256 bits, six more check them.
OURS = re.compile(r"ivt_[a-z]{2,8}_[0-9A-Za-z]{43}[0-9A-Za-z]{6}")
LIFETIME = timedelta(days=365)
SORT_KEYS = {"created_at": Token.created_at}


@dataclass(frozen=True)
class TokenInput:
    """The token wanted; without an organisation it is for the caller's own."""

    holder: str
    scopes: Sequence[Scope]
    organisation_id: UUID | None = None
    project: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class NewToken:
    """A token just made, with the secret that is shown this once."""

    token: Token
    secret: str


def looks_like_token(secret: str) -> bool:
    """Whether `secret` has the shape (and for `ivt_…` the checksum) of a token: asked before any look-up."""
    if secret.startswith("ivt_"):
        return OURS.fullmatch(secret) is not None and _checksum(secret[:-6]) == secret[-6:]
    return BOOTSTRAP_TOKEN.fullmatch(secret) is not None


def new_secret() -> str:
    """A secret of 256 random bits in the published shape."""
    body = "ivt_org_" + "".join(secrets.choice(BASE62) for _ in range(43))
    return body + _checksum(body)


def hash_of(secret: str) -> bytes:
    """What is stored and looked up: a fast hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def authenticate(session: Session, secret: str, *, at: datetime) -> Principal:
    """Find who is calling, with what their organisation is in its projects as of now. Raises Unauthenticated."""
    token = live_token(session, secret, at=at)
    if token is None:
        raise Unauthenticated("This token is unknown, expired or revoked.")
    return holder_of(session, token, at=at)


def holder_of(session: Session, token: Token, *, at: datetime) -> Principal:
    """Who calls by this token, with what their organisation is in its projects as of now."""
    return Principal(
        organisation_id=token.organisation_id,
        country=token.organisation.country,
        token_id=token.id,
        holder=token.holder,
        scopes=frozenset(Scope(scope) for scope in token.scopes),
        standings=standings(session, token.organisation_id, within=token.project_id),
        within=token.project_id,
        unnoted=token.last_used_on != at.date(),
    )


def live_token(session: Session, secret: str, *, at: datetime) -> Token | None:
    """The token with this secret, if there is one that still opens something."""
    not_ended = (Token.revoked_at.is_(None), or_(Token.expires_at.is_(None), Token.expires_at > at))
    return session.scalar(select(Token).where(Token.sha256 == hash_of(secret), *not_ended))


def standings(session: Session, organisation_id: UUID, *, within: UUID | None = None) -> tuple[Standing, ...]:
    """What an organisation is in each of its projects (or in the one given), and whom it looks after there."""
    own = select(Membership).where(Membership.organisation_id == organisation_id)
    if within is not None:
        own = own.where(Membership.project_id == within)
    return tuple(
        Standing(m.project_id, frozenset(Role(role) for role in m.roles), _charges(session, m))
        for m in session.scalars(own)
    )


def touch_token(session: Session, token_id: UUID, *, at: datetime) -> None:
    """Note the day on which a token was last used. Its version stays: nobody edits it, and two uses are no conflict."""
    unnoted = or_(Token.last_used_on.is_(None), Token.last_used_on != at.date())
    session.execute(update(Token).where(Token.id == token_id, unnoted).values(last_used_on=at.date()))


def create_token(session: Session, wanted: TokenInput, *, by: Principal, at: datetime) -> NewToken:
    """Make a token of a year's life unless told otherwise, for no more than the project that its maker's is for.

    Raises Forbidden, InvalidInput naming what can't be.
    """
    project_id = named_project(session, wanted.project, by=by).id if wanted.project else by.within
    organisation_id = _holding_organisation(session, wanted, by=by)
    if not wanted.scopes:
        raise InvalidInput([Finding("/scopes", "required")])
    if wanted.expires_at is not None and wanted.expires_at <= at:
        raise InvalidInput([Finding("/expires_at", "not_later", {"than": instant_text(at)})])
    policies.may_manage_tokens(by, organisation_id, project_id=project_id, scopes=wanted.scopes)
    secret = new_secret()
    token = keep_token(session, secret, organisation_id=organisation_id, wanted=wanted, project_id=project_id, at=at)
    return NewToken(token, secret)


def keep_token(
    session: Session, secret: str, *, organisation_id: UUID, wanted: TokenInput, project_id: UUID | None, at: datetime
) -> Token:
    """Store the hash of a secret made elsewhere (the operator's bootstrap token) or just now."""
    token = Token(
        id=new_id(),
        organisation_id=organisation_id,
        project_id=project_id,
        sha256=hash_of(secret),
        last_four=secret[-4:],
        holder=wanted.holder,
        scopes=sorted(set(wanted.scopes)),
        expires_at=wanted.expires_at or at + LIFETIME,
        created_at=at,
        updated_at=at,
    )
    session.add(token)
    session.flush()
    return token


def get_token(session: Session, token_id: UUID, *, by: Principal) -> Token:
    """Find one token that the caller may see. Raises NotFound."""
    token = session.scalar(select(Token).where(Token.id == token_id, policies.visible_tokens(by)))
    if token is None:
        raise NotFound("There is no such token.")
    return token


def list_tokens(session: Session, *, by: Principal, page: PageRequest) -> Page[Token]:
    """List the tokens that the caller looks after."""
    query = select(Token).where(policies.visible_tokens(by)).options(selectinload(Token.project))
    return fetch_page(session, query, page=page, keys=SORT_KEYS, id_column=Token.id, default="-created_at")


def revoke_token(session: Session, token_id: UUID, *, by: Principal, at: datetime) -> None:
    """End a token now. Revoking it again changes nothing."""
    token = get_token(session, token_id, by=by)
    if token.revoked_at is None:
        token.revoked_at, token.updated_at = at, at


def revoke_tokens_within(session: Session, project_id: UUID, *, organisation_id: UUID, at: datetime) -> None:
    """End what an organisation has of tokens for one project: it isn't a member any more."""
    own = select(Token).where(Token.project_id == project_id, Token.organisation_id == organisation_id)
    for token in session.scalars(own.where(Token.revoked_at.is_(None))):
        token.revoked_at, token.updated_at = at, at


def own_token(session: Session, *, by: Principal) -> Token:
    """The token that the caller came with. Raises Unauthenticated for a caller without one."""
    token = session.get(Token, by.token_id) if by.token_id is not None else None
    if token is None:
        raise Unauthenticated("This needs a token; send `Authorization: Bearer ivt_…`.")
    return token


def _holding_organisation(session: Session, wanted: TokenInput, *, by: Principal) -> UUID:
    organisation_id = wanted.organisation_id or by.organisation_id
    visible = select(Organisation.id).where(Organisation.id == organisation_id, policies.visible_organisations(by))
    found = session.scalar(visible)
    if found is None:
        raise InvalidInput([Finding("/organisation_id", "not_found")])
    return found


def _charges(session: Session, membership: Membership) -> frozenset[UUID]:
    members = select(Membership.organisation_id).where(Membership.project_id == membership.project_id)
    if Role.COORDINATOR in membership.roles:
        return frozenset(session.scalars(members))
    if Role.NATIONAL_PARTNER in membership.roles:
        return frozenset(session.scalars(members.where(Membership.parent_id == membership.organisation_id)))
    return frozenset()


def _checksum(body: str) -> str:
    value, digits = binascii.crc32(body.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return digits
