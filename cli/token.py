"""`intervet-admin token`: made, listed and revoked as the operator."""

import argparse
from argparse import ArgumentTypeError
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.config import Config
from domain.errors import Conflict, NotFound
from domain.languages import fold
from domain.models.organisations import Organisation
from domain.models.tokens import Scope, Token
from domain.policies import OPERATOR
from domain.services import tokens
from domain.services.pages import LARGEST_LIMIT, PageRequest
from domain.services.tokens import TokenInput
from domain.transaction import Database, reading, transaction, utcnow
from migrations.opened import opened

ALIKE = 0.7  # of 1; legal names begin and end alike ("Chamber of …"), and half of one in common says nothing
MOST_NEAR = 5  # names that may be meant; more are a list to read, not a hint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, and what it needs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a token, and show it this once")
    create.add_argument("--organisation", required=True, metavar="ID-OR-NAME", help="for which organisation")
    create.add_argument("--holder", required=True, help="the person or system that will hold it")
    create.add_argument("--project", metavar="CODE", help="for this project alone")
    known = ", ".join(Scope)
    create.add_argument(
        "--scopes",
        type=_scopes,
        default=list(Scope),
        metavar="SCOPES",
        help=f"separated by commas; all unless told: {known}",
    )
    create.add_argument("--expires", type=_day, metavar="YYYY-MM-DD", help="when it ends; in a year unless told")
    verbs.add_parser("list", help="list all tokens; secrets are kept nowhere")
    revoke = verbs.add_parser("revoke", help="end a token now")
    revoke.add_argument("id", type=UUID, help="as listed")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Do what the verb says."""
    with opened(config) as database:
        {"create": _create, "list": _list, "revoke": _revoke}[arguments.verb](database, arguments)
    return 0


def _create(database: Database, arguments: argparse.Namespace) -> None:
    with transaction(database) as session:
        wanted = TokenInput(
            holder=arguments.holder,
            scopes=arguments.scopes,
            organisation_id=_organisation(session, arguments.organisation).id,
            project=arguments.project,
            expires_at=arguments.expires,
        )
        made = tokens.create_token(session, wanted, by=OPERATOR, at=utcnow())
    print(made.secret)


def _list(database: Database, _arguments: argparse.Namespace) -> None:
    now = utcnow()
    with reading(database) as session:
        for token in _all(session):
            print(_line(token, now))


def _revoke(database: Database, arguments: argparse.Namespace) -> None:
    with transaction(database) as session:
        tokens.revoke_token(session, arguments.id, by=OPERATOR, at=utcnow())
    print(f"{arguments.id} is revoked.")


def _all(session: Session) -> Iterator[Token]:
    page = PageRequest(limit=LARGEST_LIMIT)
    while True:
        found = tokens.list_tokens(session, by=OPERATOR, page=page)
        yield from found.items
        if found.next_cursor is None:
            return
        page = replace(page, cursor=found.next_cursor)


def _line(token: Token, now: datetime) -> str:
    state = "live"
    if token.revoked_at is not None:
        state = "revoked"
    elif token.expires_at is not None and token.expires_at <= now:
        state = "expired"
    used = f"last used {token.last_used_on}" if token.last_used_on else "never used"
    scopes = "all scopes" if set(token.scopes) == set(Scope) else ",".join(token.scopes)
    return f"{token.id}  …{token.last_four}  {state}  {token.organisation.legal_name}  {token.holder}  {scopes}  {used}"


def _organisation(session: Session, id_or_name: str) -> Organisation:
    try:
        matches = Organisation.id == UUID(id_or_name)
    except ValueError:
        matches = Organisation.legal_name == id_or_name
    found = session.scalars(select(Organisation).where(matches).limit(2)).all()
    if not found:
        raise NotFound(f"There is no organisation with the id or legal name {id_or_name}.{_near(session, id_or_name)}")
    if len(found) > 1:
        raise Conflict(f"More than one organisation is called {id_or_name}; give the id.")
    return found[0]


def _near(session: Session, name: str) -> str:
    """The organisations that may be meant: whose name holds these words, or is written much like them."""
    names = session.scalars(select(Organisation.legal_name).order_by(Organisation.legal_name)).all()
    holding = [each for each in names if fold(name) in fold(each)]
    near = (holding or get_close_matches(name, names, cutoff=ALIKE))[:MOST_NEAR]
    return f" Is it one of these? {'; '.join(near)}." if near else ""


def _scopes(text: str) -> list[Scope]:
    """The scopes that are counted out; argparse keeps the sentence of no other kind of error."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in set(Scope)]
    if unknown:
        raise ArgumentTypeError(f"there is no scope {unknown[0]!r}; the scopes are {', '.join(Scope)}")
    return [Scope(name) for name in names]


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no day; write it as YYYY-MM-DD, such as 2027-09-01") from None
