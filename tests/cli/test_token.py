"""`intervet-admin token`: made, listed and ended by the operator."""

import pytest

from domain.errors import Unauthenticated
from domain.models.tokens import Scope
from domain.services.tokens import authenticate
from domain.transaction import Database, reading, utcnow
from tests.cli.admin import Admin
from tests.world import World


@pytest.fixture
def partner(world: World) -> str:
    """The id of an organisation that is in a project."""
    return str(world.organisation("partner"))


def test_a_token_is_shown_once_and_works(admin: Admin, partner: str, database: Database) -> None:
    told = admin("token", "create", "--organisation", partner, "--holder", "their system")

    with reading(database) as session:
        caller = authenticate(session, told.lines[0], at=utcnow())
    assert (str(caller.organisation_id), caller.holder, caller.scopes) == (partner, "their system", frozenset(Scope))


def test_an_organisation_may_be_named_and_scopes_counted_out(admin: Admin, partner: str, database: Database) -> None:
    scopes = "calls:read,mobilities:read"
    told = admin("token", "create", "--organisation", "The partner", "--holder", "reader", "--scopes", scopes)

    with reading(database) as session:
        caller = authenticate(session, told.lines[0], at=utcnow())
    assert caller.scopes == {Scope.CALLS_READ, Scope.MOBILITIES_READ}


def test_a_list_tells_tokens_apart_and_shows_no_secret(admin: Admin, partner: str) -> None:
    secret = admin("token", "create", "--organisation", partner, "--holder", "their system").lines[0]

    (line,) = admin("token", "list").lines

    assert line.split("  ")[1:] == [
        f"…{secret[-4:]}",
        "live",
        "The partner",
        "their system",
        "all scopes",
        "never used",
    ]


def test_a_revoked_token_opens_nothing(admin: Admin, partner: str, database: Database) -> None:
    secret = admin("token", "create", "--organisation", partner, "--holder", "their system").lines[0]
    token_id = admin("token", "list").lines[0].split()[0]

    admin("token", "revoke", token_id)

    assert admin("token", "list").lines[0].split("  ")[2] == "revoked"
    with reading(database) as session, pytest.raises(Unauthenticated):
        authenticate(session, secret, at=utcnow())


def test_nobody_gets_a_token_who_is_not_there(admin: Admin) -> None:
    told = admin("token", "create", "--organisation", "Nobody", "--holder", "them")

    assert (told.code, told.errors) == (1, ["There is no organisation with the id or legal name Nobody."])


@pytest.mark.parametrize(
    "words", [["--scopes", "everything"], ["--expires", "soon"]], ids=["no such scope", "no such day"]
)
def test_what_cannot_be_meant_is_a_mistake_in_the_words(admin: Admin, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        admin("token", "create", "--organisation", "x", "--holder", "x", *words)

    assert ending.value.code == 2
