"""How an installation begins: a first token, and an organisation that holds it until the coordinator has a name."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.models.organisations import Membership, Organisation, OrganisationType
from domain.models.tokens import Scope, Token
from domain.services.tokens import TokenInput, keep_token

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
    """The organisation that waits for a name; none once it has one, or is in a project while others are here, too."""
    nameless = (Organisation.placeholder, Organisation.legal_name == PLACEHOLDER_NAME)
    unused = ~select(Membership.id).where(Membership.organisation_id == Organisation.id).exists()
    alone = select(func.count()).select_from(Organisation).scalar_subquery() == 1
    return session.scalar(select(Organisation).where(*nameless, or_(unused, alone)).limit(1))
