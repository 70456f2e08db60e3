"""How an installation begins: a first token, and an organisation that holds it until the coordinator has a name."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.models.organisations import Membership, Organisation, OrganisationType
from domain.models.tokens import Scope, Token
from domain.services.tokens import TokenInput, hash_of, keep_token

PLACEHOLDER_NAME = "The coordinator (not named yet)"
NOWHERE = "XX"  # ISO 3166-1 leaves it to its users and will never give it to a country.
HOLDER = "first token"


def has_tokens(session: Session) -> bool:
    """Whether anybody was ever given a token here."""
    return bool(session.scalar(select(func.count()).select_from(Token)))


def found(session: Session, secret: str, *, at: datetime) -> Token:
    """Make `secret` the first token, with all scopes, and the placeholder organisation that holds it."""
    organisation = Organisation(
        id=new_id(),
        legal_name=PLACEHOLDER_NAME,
        type=OrganisationType.OTHER,
        country=NOWHERE,
        placeholder=True,
        created_at=at,
        updated_at=at,
    )
    session.add(organisation)
    session.flush()
    wanted = TokenInput(holder=HOLDER, scopes=list(Scope))
    return keep_token(session, secret, organisation_id=organisation.id, wanted=wanted, project_id=None, at=at)


def placeholder(session: Session) -> Organisation | None:
    """The organisation that waits for a name; none once it has one, or coordinates something of its own."""
    nameless = (Organisation.placeholder, Organisation.legal_name == PLACEHOLDER_NAME)
    unused = ~select(Membership.id).where(Membership.organisation_id == Organisation.id).exists()
    return session.scalar(select(Organisation).where(*nameless, unused).limit(1))


def works(session: Session, secret: str, *, at: datetime) -> bool:
    """Whether `secret` is a token that still opens something."""
    token = session.scalar(select(Token).where(Token.sha256 == hash_of(secret)))
    return token is not None and token.revoked_at is None and (token.expires_at is None or token.expires_at > at)
