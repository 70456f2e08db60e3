"""`intervet-admin token`: made, listed and ended by the operator."""

import pytest

from cli.main import main
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


ALL_SCOPES = ", ".join(Scope)
MEANT = [
    (["--scopes", "calls:reed"], f"--scopes: there is no scope 'calls:reed'; the scopes are {ALL_SCOPES}"),
    (["--scopes", "calls:read,,"], f"--scopes: there is no scope ''; the scopes are {ALL_SCOPES}"),
    (["--expires", "tomorrow"], "--expires: tomorrow is no day; write it as YYYY-MM-DD, such as 2027-09-01"),
    (["--expires", "2027-9-1"], "--expires: 2027-9-1 is no day; write it as YYYY-MM-DD, such as 2027-09-01"),
]


@pytest.mark.parametrize(("words", "sentence"), MEANT, ids=["no such scope", "no scope at all", "no day", "half a day"])
def test_what_cannot_be_meant_is_answered_with_what_would_work(
    capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["token", "create", "--organisation", "x", "--holder", "x", *words])

    assert (ending.value.code, capsys.readouterr().err.strip().rpartition("argument ")[2]) == (2, sentence)


def test_help_names_every_scope(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["token", "create", "--help"])

    shown = "".join(capsys.readouterr().out.split())
    assert [scope for scope in Scope if scope not in shown] == []


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("partner", "The albanian_partner; The partner"),
        ("The Coordinater", "The coordinator"),
        ("the SCHOOL", "The school"),
    ],
    ids=["a part of the name", "mistyped", "another case"],
)
def test_an_organisation_that_is_not_quite_named_is_offered(admin: Admin, world: World, name: str, near: str) -> None:
    for one in ("partner", "school", "albanian_partner"):
        world.organisation(one)

    told = admin("token", "create", "--organisation", name, "--holder", "them")

    sentence = f"There is no organisation with the id or legal name {name}. Is it one of these? {near}."
    assert (told.code, told.errors) == (1, [sentence])
