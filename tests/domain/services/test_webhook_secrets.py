"""The keys that sign for an endpoint: made, replaced with an overlap, forgotten; on both engines."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.errors import Conflict, NotFound
from domain.models.webhooks import Endpoint, EndpointSecret, SignatureScheme
from domain.services import webhook_secrets, webhooks
from domain.services.webhook_secrets import MOST_AT_ONCE, NewKeys, keys_in_force, unsealed
from domain.vault import Unsealable
from tests.conftest import NOW, Clock
from tests.deliveries import VAULT, do, edit, endpoint, together
from tests.world import World

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
V1, V1A = SignatureScheme.V1, SignatureScheme.V1A


def rotate(world: World, one: Endpoint, *, hours: int = 24) -> NewKeys:
    return do(world, one, webhooks.rotate_secrets, overlap=hours * HOUR, vault=VAULT)


def in_force(world: World, one: Endpoint, at: datetime, scheme: SignatureScheme = V1) -> list[str]:
    """The keys that sign at `at`, in the clear, the newest first."""
    found = world.do(lambda session, by, at: keys_in_force(session, [one.id], at=at), at=at)
    return [unsealed(key, vault=VAULT) for key in found.get(one.id, []) if key.scheme == scheme]


def public(world: World, one: Endpoint, at: datetime) -> list[tuple[str | None, datetime | None]]:
    keys = world.do(lambda session, by, at: webhook_secrets.public_keys(session, one.id, at=at), at=at)
    return [(key.public_key, key.expires_at) for key in keys]


def test_an_endpoint_has_a_key_of_each_scheme_both_sealed(world: World) -> None:
    one = endpoint(world, "partner")

    keys = world.read(select(EndpointSecret).order_by(EndpointSecret.scheme))

    plain = [unsealed(key, vault=VAULT) for key in keys]
    assert [(key.scheme, key.public_key is None, key.expires_at) for key in keys] == [
        (V1, True, None),
        (V1A, False, None),
    ]
    assert [(text.partition("_")[0], len(text)) for text in plain] == [("whsec", 50), ("whsk", 49)]
    assert [text.encode() in bytes(key.sealed) for text, key in zip(plain, keys, strict=True)] == [False, False]
    assert in_force(world, one, NOW) == plain[:1]


def test_a_key_opens_at_its_own_endpoint_alone(world: World) -> None:
    endpoint(world, "partner")
    other = endpoint(world, "school")
    (key, *_) = world.read(select(EndpointSecret))

    key.endpoint_id = other.id

    with pytest.raises(Unsealable, match="another place"):
        unsealed(key, vault=VAULT)


@pytest.mark.parametrize("hours", [0, 1, 24, 168])
def test_the_old_key_signs_along_until_the_overlap_is_over_to_the_second(world: World, hours: int) -> None:
    one = endpoint(world, "partner")
    (old,) = in_force(world, one, NOW)

    new = rotate(world, one, hours=hours).secret

    end = NOW + hours * HOUR
    assert in_force(world, one, max(NOW, end - SECOND)) == ([new, old] if hours else [new])
    assert (in_force(world, one, end), in_force(world, one, end + 365 * 24 * HOUR)) == ([new], [new])


def test_the_public_keys_overlap_like_the_secrets(world: World) -> None:
    one = endpoint(world, "partner")
    ((first, _),) = public(world, one, NOW)

    second = rotate(world, one).public_key

    assert public(world, one, NOW) == [(second, None), (first, NOW + 24 * HOUR)]
    assert public(world, one, NOW + 24 * HOUR) == [(second, None)]


def test_a_later_rotation_never_lets_an_old_key_live_longer(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner")
    rotate(world, one, hours=1)
    clock.move(minutes=30)
    rotate(world, one, hours=168)

    counts = [len(in_force(world, one, NOW + after)) for after in (HOUR - SECOND, HOUR)]

    assert counts == [3, 2]


def test_a_rotation_without_overlap_ends_all_that_still_sign(world: World) -> None:
    one = endpoint(world, "partner")
    rotate(world, one)

    newest = rotate(world, one, hours=0)

    assert (in_force(world, one, NOW), public(world, one, NOW)) == ([newest.secret], [(newest.public_key, None)])


def test_of_rotations_at_the_same_moment_one_key_stays(world: World) -> None:
    one = endpoint(world, "partner")

    together(3, lambda _: rotate(world, one, hours=1))

    assert [len(in_force(world, one, NOW + ended)) for ended in (timedelta(), HOUR)] == [4, 1]


def test_so_many_keys_sign_at_once_and_no_more(world: World, clock: Clock) -> None:
    one = endpoint(world, "partner")
    for _ in range(MOST_AT_ONCE - 1):
        rotate(world, one)

    with pytest.raises(Conflict, match="without an overlap"):
        rotate(world, one)

    assert len(in_force(world, one, NOW)) == MOST_AT_ONCE
    clock.move(hours=24)
    rotate(world, one)
    assert len(in_force(world, one, clock())) == 2


def test_where_too_many_sign_a_rotation_without_overlap_still_helps(world: World) -> None:
    one = endpoint(world, "partner")
    for _ in range(MOST_AT_ONCE - 1):
        rotate(world, one)

    newest = rotate(world, one, hours=0).secret

    assert in_force(world, one, NOW) == [newest]


def test_keys_whose_overlap_has_ended_are_forgotten_and_no_others(world: World) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "school")
    rotate(world, one, hours=1)
    counts = []
    for at in (NOW + HOUR - SECOND, NOW + HOUR):
        world.do(lambda session, by, at: webhook_secrets.forget_expired(session, at=at), at=at)
        counts.append(len(world.read(select(EndpointSecret.id))))

    assert (counts, len(in_force(world, other, NOW))) == ([6, 4], 1)


def test_the_keys_of_many_endpoints_are_read_in_one_query(world: World, count_queries: Any) -> None:
    ids = [endpoint(world, name).id for name in ("partner", "school", "host")]

    def read(some: list[Any]) -> int:
        return count_queries(lambda: world.do(lambda session, by, at: keys_in_force(session, some, at=at)))

    assert read(ids[:1]) == read(ids)


def test_a_deleted_endpoint_has_no_public_keys(world: World) -> None:
    one = endpoint(world, "partner")
    do(world, one, webhooks.delete_endpoint)

    with pytest.raises(NotFound):
        public(world, one, NOW)


def test_an_endpoint_from_before_there_were_pairs_gets_one_when_it_asks_to_be_signed_by_one(world: World) -> None:
    one = endpoint(world, "partner")
    world.do(lambda session, by, at: session.execute(EndpointSecret.__table__.delete().where(
        EndpointSecret.scheme == V1A)))  # fmt: skip

    edit(world, one, signatures=[V1])
    before = in_force(world, one, NOW, V1A)
    for _ in range(2):
        edit(world, one, signatures=[V1, V1A])

    assert (before, len(in_force(world, one, NOW, V1A)), len(in_force(world, one, NOW))) == ([], 1, 1)


def test_a_key_that_was_tampered_with_does_not_open(world: World) -> None:
    endpoint(world, "partner")
    world.do(lambda session, by, at: session.execute(update(EndpointSecret).values(sealed=b"junk")))

    for key in world.read(select(EndpointSecret)):
        with pytest.raises(Unsealable):
            unsealed(key, vault=VAULT)
