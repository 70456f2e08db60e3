"""Tokens: made once, shown once, recognised by their hash; on both engines."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Forbidden, NotFound, Unauthenticated
from domain.models.organisations import Membership, Role
from domain.models.tokens import Scope, Token
from domain.services import tokens
from domain.services.pages import PageRequest
from domain.services.tokens import TokenInput, hash_of, looks_like_token, new_secret
from domain.transaction import Database, reading, transaction
from tests.conftest import Clock
from tests.world import World

CLERK = TokenInput(holder="A clerk", scopes=[Scope.CALLS_READ])


def make(world: World, maker: str, **changes: Any) -> tokens.NewToken:
    return world.do(tokens.create_token, replace(CLERK, **changes), by=world.principal(maker))


# ── shape ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_secret_has_the_published_shape_and_never_comes_twice() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert all(tokens.OURS.fullmatch(secret) and looks_like_token(secret) for secret in secrets)


def test_one_wrong_letter_shows_in_the_checksum() -> None:
    secret = new_secret()
    swapped = [secret[:at] + ("1" if secret[at] == "0" else "0") + secret[at + 1 :] for at in range(8, len(secret))]

    assert [looks_like_token(wrong) for wrong in swapped] == [False] * 49


@pytest.mark.parametrize(
    ("secret", "looks"),
    [
        ("x" * 32, True),
        ("A-Z.a_z~0-9" + "0" * 21, True),
        ("x" * 31, False),
        ("x" * 31 + "é", False),
        ("x" * 31 + " ", False),
        ("ivt_" + "x" * 40, False),
        ("ivt_org_" + "0" * 49, False),
        ("", False),
    ],
)
def test_other_tokens_are_the_operators_and_long_enough(secret: str, looks: Any) -> None:
    assert looks_like_token(secret) == looks


# ── made and kept ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_a_hash_is_kept(world: World) -> None:
    made = make(world, "partner")

    (row,) = world.read(select(Token).where(Token.id == made.token.id))
    columns = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    assert (row.sha256, row.last_four) == (hash_of(made.secret), made.secret[-4:])
    assert not any(made.secret in str(value) for value in columns.values())


def test_a_token_lasts_a_year_unless_told(world: World) -> None:
    day = world.clock() + timedelta(days=1)

    lives = [make(world, "partner").token.expires_at, make(world, "partner", expires_at=day).token.expires_at]

    assert lives == [world.clock() + timedelta(days=365), day]


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({"scopes": []}, [("/scopes", "required")]),
        ({"project": "NOWHERE"}, [("/project", "not_found")]),
        ({"organisation_id": "stranger"}, [("/organisation_id", "not_found")]),
        ({"expires_at": "now"}, [("/expires_at", "not_later")]),
    ],
)
def test_a_token_that_can_not_be_is_refused(world: World, changes: Any, findings: Any) -> None:
    known = {"stranger": world.organisation("stranger"), "now": world.clock()}
    wanted = {name: known.get(str(value), value) for name, value in changes.items()}

    assert world.refused(tokens.create_token, replace(CLERK, **wanted), by=world.principal("coordinator")) == findings


WHO: dict[tuple[str, str, bool], str] = {
    ("partner", "partner", False): "made",
    ("partner", "school", True): "made",
    ("partner", "school", False): "Forbidden",
    ("partner", "albanian_school", True): "Forbidden",
    ("partner", "coordinator", True): "Forbidden",
    ("coordinator", "albanian_school", True): "made",
    ("coordinator", "albanian_school", False): "Forbidden",
    ("school", "school", False): "made",
    ("school", "partner", True): "Forbidden",
    ("host", "host", False): "made",
}


def test_tokens_are_made_for_oneself_and_for_ones_charges_within_the_project(world: World) -> None:
    found = {}
    for maker, holder, narrowed in WHO:
        wanted = {"organisation_id": world.organisation(holder), "project": "TEST" if narrowed else None}
        try:
            make(world, maker, **wanted)
            found[maker, holder, narrowed] = "made"
        except Forbidden as refusal:
            found[maker, holder, narrowed] = type(refusal).__name__

    assert found == WHO


def test_nobody_gives_a_scope_that_they_lack(world: World) -> None:
    maker = world.principal("partner", scopes=frozenset({Scope.TOKENS_MANAGE, Scope.CALLS_READ}))

    with pytest.raises(Forbidden, match="scopes that its maker's token lacks"):
        world.do(tokens.create_token, replace(CLERK, scopes=[Scope.PERSONAL_READ]), by=maker)


def test_a_token_for_one_project_makes_none_beyond_it(world: World) -> None:
    code = world.other_project("stranger", "partner")
    narrowed = world.principal("partner", project="TEST")

    made = world.do(tokens.create_token, CLERK, by=narrowed)

    assert made.token.project_id == world.project()
    with pytest.raises(Forbidden):
        world.do(tokens.create_token, replace(CLERK, project=code), by=narrowed)


# ── recognised ────────────────────────────────────────────────────────────────────────────────────────────────────


def authenticated(world: World, secret: str) -> Any:
    with reading(world.database) as session:
        return tokens.authenticate(session, secret, at=world.clock())


def test_a_token_tells_who_is_calling(world: World) -> None:
    world.organisation("school")
    by = authenticated(world, world.token("partner"))

    (standing,) = by.standings
    assert (by.organisation_id, by.country, by.holder, by.scopes) == (
        world.organisation("partner"),
        "RS",
        "partner's clerk",
        frozenset(Scope),
    )
    assert (standing.roles, standing.charges) == ({Role.NATIONAL_PARTNER}, {world.organisation("school")})


def test_unknown_expired_and_revoked_are_not_told_apart(world: World, clock: Clock) -> None:
    expiring, revoked = make(world, "partner", expires_at=clock.now + timedelta(days=1)), make(world, "partner")
    world.do(tokens.revoke_token, revoked.token.id, by=world.principal("partner"))
    clock.move(days=1)

    said = set()
    for secret in (new_secret(), expiring.secret, revoked.secret):
        with pytest.raises(Unauthenticated) as caught:
            authenticated(world, secret)
        said.add((caught.value.detail, *caught.value.values))

    assert said == {("This token is unknown, expired or revoked.",)}


def test_a_token_works_until_the_instant_at_which_it_expires(world: World, clock: Clock) -> None:
    made = make(world, "partner", expires_at=clock.now + timedelta(days=1))

    clock.move(days=1, microseconds=-1)

    assert authenticated(world, made.secret).token_id == made.token.id


def test_rights_are_those_of_today_and_not_of_when_the_token_was_made(world: World) -> None:
    secret = world.token("school")
    before = authenticated(world, secret).standings[0].roles
    world.do(
        lambda session, **_: session.query(Membership).filter_by(organisation_id=world.organisation("school")).delete()
    )

    assert (before, authenticated(world, secret).standings) == ({Role.SENDING}, ())


def test_a_narrowed_token_knows_one_project(world: World) -> None:
    code = world.other_project("stranger", "partner")
    wide, narrow = world.principal("partner"), world.principal("partner", project=code)

    assert ({s.project_id for s in wide.standings} - {s.project_id for s in narrow.standings}) == {world.project()}


# ── the day of the last use ───────────────────────────────────────────────────────────────────────────────────────


def test_the_day_of_the_last_use_is_noted_once_a_day(world: World, clock: Clock) -> None:
    secret = world.token("partner")
    seen: Sequence[Any] = []
    for hours in (0, 12, 12):
        clock.move(hours=hours)
        by = authenticated(world, secret)
        world.do(lambda session, by, at, token_id=by.token_id: tokens.touch_token(session, token_id, at=at))
        seen = [*seen, by.unnoted]

    assert (seen, world.read(select(Token.last_used_on))) == ([True, False, True], [clock.now.date()])


def test_to_note_the_use_leaves_the_token_as_it_was(world: World, database: Database) -> None:
    """Two first requests of the day would otherwise race for the version, and one would fail after its work is done."""
    by = world.principal("partner")
    start, failed = threading.Barrier(4), []

    def touch() -> None:
        start.wait()
        try:
            with transaction(database) as session:
                tokens.touch_token(session, by.token_id, at=world.clock())
        except Exception as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=touch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (failed, world.read(select(Token.version))) == ([], [1])


# ── read and revoked ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_partner_lists_its_own_tokens_and_those_of_its_schools_here(world: World) -> None:
    wanted = {
        "own": make(world, "partner"),
        "school's": make(world, "partner", organisation_id=world.organisation("school"), project="TEST"),
    }
    make(world, "school")
    make(world, "albanian_partner")
    by = world.principal("partner")

    page = world.do(lambda session, by, at: tokens.list_tokens(session, by=by, page=PageRequest()), by=by)

    assert {token.id for token in page.items} == {made.token.id for made in wanted.values()} | {by.token_id}


def test_nobody_revokes_the_tokens_of_others(world: World) -> None:
    made = make(world, "school")

    for name in ("partner", "coordinator", "stranger"):
        with pytest.raises(NotFound):
            world.do(tokens.revoke_token, made.token.id, by=world.principal(name))


def test_revoking_again_changes_nothing(world: World, clock: Clock) -> None:
    made, first = make(world, "partner"), clock.now
    for _ in range(2):
        world.do(tokens.revoke_token, made.token.id, by=world.principal("partner"))
        clock.move(hours=1)

    assert world.read(select(Token.revoked_at).where(Token.id == made.token.id)) == [first]
