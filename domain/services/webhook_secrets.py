"""The keys that sign for an endpoint: made with it, replaced with an overlap, sealed at rest.

An endpoint has one of each scheme (https://www.standardwebhooks.com, "Signature scheme"): a shared secret, shown once,
and a key pair of which anybody may have the public half. A key that was replaced signs along until the overlap ends, so
that a receiver can change over whenever it suits it.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.errors import Conflict, NotFound
from domain.models.webhooks import Endpoint, EndpointSecret, SignatureScheme
from domain.vault import Vault

KEY_BYTES = 32  # within the 24 to 64 of the specification, and what Ed25519 has
MOST_AT_ONCE = 4  # of a scheme: each is one more signature in the header of every message


@dataclass(frozen=True)
class NewKeys:
    """Keys just made: the shared secret (`whsec_…`), shown this once, and the public key (`whpk_…`)."""

    secret: str
    public_key: str


def make_keys(session: Session, endpoint: Endpoint, *, vault: Vault, at: datetime) -> NewKeys:
    """Make a key of each scheme for an endpoint."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    _keep(session, endpoint, SignatureScheme.V1, secret, None, vault=vault, at=at)
    return NewKeys(secret, public_key=_make_pair(session, endpoint, vault=vault, at=at))


def make_missing_keys(session: Session, endpoint: Endpoint, *, vault: Vault, at: datetime) -> None:
    """Make the key pair of an endpoint that was made when there were none. A secret every endpoint has."""
    made = _in_force([endpoint.id], at).where(EndpointSecret.scheme == SignatureScheme.V1A)
    if SignatureScheme.V1A in endpoint.signatures and session.scalars(made).first() is None:
        _make_pair(session, endpoint, vault=vault, at=at)


def _make_pair(session: Session, endpoint: Endpoint, *, vault: Vault, at: datetime) -> str:
    private = Ed25519PrivateKey.generate()
    signing = "whsk_" + base64.b64encode(private.private_bytes_raw()).decode()
    public_key = "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()
    _keep(session, endpoint, SignatureScheme.V1A, signing, public_key, vault=vault, at=at)
    return public_key


def replace_keys(session: Session, endpoint: Endpoint, *, overlap: timedelta, vault: Vault, at: datetime) -> NewKeys:
    """Replace an endpoint's keys; the old ones sign along for `overlap`. Raises Conflict while too many still do."""
    # One after the other: of two at once, each would leave the other's new key in force for good.
    session.execute(select(Endpoint.id).where(Endpoint.id == endpoint.id).with_for_update())
    standing = list(session.scalars(_in_force([endpoint.id], at)))
    if overlap and len(standing) >= MOST_AT_ONCE * len(SignatureScheme):
        raise Conflict(f"{MOST_AT_ONCE} keys sign at once already; wait until one ends, or rotate without an overlap.")
    for key in standing:
        key.expires_at = min(key.expires_at or at + overlap, at + overlap)
    return make_keys(session, endpoint, vault=vault, at=at)


def public_keys(session: Session, endpoint_id: UUID, *, at: datetime) -> Sequence[EndpointSecret]:
    """The public keys that verify an endpoint's messages now, the newest first; anybody may have them."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or endpoint.deleted_at is not None:
        raise NotFound("There is no such endpoint.")
    query = _in_force([endpoint_id], at).where(EndpointSecret.scheme == SignatureScheme.V1A)
    return session.scalars(query).all()


def keys_in_force(
    session: Session, endpoint_ids: Iterable[UUID], *, at: datetime
) -> Mapping[UUID, Sequence[EndpointSecret]]:
    """The keys that sign for each of these endpoints at `at`, of all schemes, the newest first."""
    found: dict[UUID, list[EndpointSecret]] = {}
    for key in session.scalars(_in_force(endpoint_ids, at)):
        found.setdefault(key.endpoint_id, []).append(key)
    return found


def unsealed(key: EndpointSecret, *, vault: Vault) -> str:
    """The key in the clear, `whsec_…` or `whsk_…`."""
    return vault.open(key.sealed, place=_place(key.endpoint_id)).decode()


def forget_expired(session: Session, *, at: datetime) -> None:
    """Drop keys whose overlap has ended."""
    for key in session.scalars(select(EndpointSecret).where(EndpointSecret.expires_at <= at)):
        session.delete(key)


def _in_force(endpoint_ids: Iterable[UUID], at: datetime) -> Select[EndpointSecret]:
    unexpired = or_(EndpointSecret.expires_at.is_(None), EndpointSecret.expires_at > at)
    query = select(EndpointSecret).where(EndpointSecret.endpoint_id.in_(endpoint_ids), unexpired)
    return query.order_by(EndpointSecret.created_at.desc(), EndpointSecret.id.desc())


def _keep(
    session: Session,
    endpoint: Endpoint,
    scheme: SignatureScheme,
    key: str,
    public_key: str | None,
    *,
    vault: Vault,
    at: datetime,
) -> None:
    sealed = vault.seal(key.encode(), place=_place(endpoint.id))
    values = {"scheme": scheme, "sealed": sealed, "public_key": public_key}
    session.add(EndpointSecret(id=new_id(), endpoint_id=endpoint.id, created_at=at, **values))


def _place(endpoint_id: UUID) -> str:
    return f"endpoints/{endpoint_id}"
