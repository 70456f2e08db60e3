"""`intervet-admin secrets`: counts by key, everything under the first, and a number for scripts."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from domain.config import Config
from domain.models.kept_answers import KeptAnswer
from domain.services import resealing, webhooks
from domain.services.webhooks import EndpointInput
from domain.transaction import transaction
from domain.vault import Vault
from tests.cli.admin import Admin
from tests.deliveries import CONFIG
from tests.e2e.running import ROOT, wait_until
from tests.world import World

OLD, NEW = "an-old-key-for-tests-of-no-use-elsewhere", "a-new-key-for-tests-of-no-use-elsewhere"
KEPT = 2000  # answers, in ten parts
Set = Callable[..., None]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set the operator's keys, the newest first."""
    return lambda *keys: monkeypatch.setenv("INTERVET_SECRET_KEY", ",".join(keys))


def seal(world: World, key: str, *names: str) -> None:
    """Make an endpoint for each of `names`, sealed under `key`: two keys and some headers."""
    for name in names:
        wanted = EndpointInput(url="https://x.example.org", event_types=("*",), headers={"X-Canary": "tweet"})
        by = world.principal(name)
        world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=Vault([key]), by=by)


def keep_answers(world: World, count: int) -> None:
    """Keep so many answers under the old key."""
    vault = Vault([OLD])
    common = {"scope": "somebody", "fingerprint": b"f", "created_at": world.clock()}
    rows = [
        {"key": f"{number:05}", "answer": vault.seal(b"yes", place=f"kept_answers/somebody/{number:05}")}
        for number in range(count)
    ]
    with transaction(world.database) as session:
        session.execute(insert(KeptAnswer), [row | common for row in rows])


def answers(world: World) -> list[bytes]:
    """The answers as they are kept."""
    return world.read(select(KeptAnswer.answer))


def test_with_nothing_sealed_no_other_key_is_needed(admin: Admin, keys: Set) -> None:
    keys(NEW)

    told = admin("secrets", "status")

    assert (told.code, told.lines[-1]) == (0, "Everything sealed is under the first key; no other is needed.")


def test_the_count_is_told_by_column_and_key(admin: Admin, world: World, keys: Set) -> None:
    seal(world, OLD, "partner")
    seal(world, NEW, "school", "coordinator")
    keys(NEW, OLD)

    told = admin("secrets", "status")

    assert (told.code, told.lines) == (
        1,
        [
            "endpoint_secrets.sealed: 4 under the first key, 2 under key 2",
            "endpoints.sealed_headers: 2 under the first key, 1 under key 2",
            "kept_answers.answer: 0 under the first key",
            "3 depend on keys that are not the first; run `intervet-admin secrets rotate`.",
        ],
    )


def test_a_rotation_puts_everything_under_the_first_key(
    admin: Admin, world: World, keys: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH", 1)
    seal(world, OLD, "partner", "school")
    keys(NEW, OLD)

    told = admin("secrets", "rotate")
    keys(NEW)

    assert (told.code, told.lines[0]) == (0, "6 sealed anew under the first key.")
    assert admin("secrets", "status").lines[:2] == [
        "endpoint_secrets.sealed: 4 under the first key",
        "endpoints.sealed_headers: 2 under the first key",
    ]


def test_a_key_removed_too_early_is_told(admin: Admin, world: World, keys: Set) -> None:
    seal(world, OLD, "partner")
    keys(NEW)

    told = admin("secrets", "rotate")

    assert (told.code, told.lines[0], told.lines[1]) == (
        1,
        "0 sealed anew under the first key.",
        "endpoint_secrets.sealed: 0 under the first key, 2 under a key that we don't have",
    )
    assert told.lines[-1] == "3 can't be opened by any key: was one removed from INTERVET_SECRET_KEY too early?"


@pytest.mark.parametrize(
    ("at_hand", "line"),
    [
        ([OLD], "ok   sealed: 3 under the first key, none under another"),
        ([NEW, OLD], "BAD  sealed: 3 depend on keys that are not the first; run `intervet-admin secrets rotate`."),
        ([NEW], "BAD  sealed: 3 can't be opened by any key: was one removed from INTERVET_SECRET_KEY too early?"),
    ],
)
def test_the_doctor_says_when_an_old_key_is_still_needed(
    admin: Admin, world: World, keys: Set, at_hand: list[str], line: str
) -> None:
    seal(world, OLD, "partner")
    keys(*at_hand)

    assert [said for said in admin("doctor").lines if "sealed:" in said] == [line]


def test_the_key_kept_in_the_data_directory_can_be_left_behind(
    admin: Admin, world: World, keys: Set, config: Config
) -> None:
    admin("migrate")
    kept = (config.data_dir / "secret_key").read_text()
    seal(world, kept, "partner")
    keys(NEW, kept)

    rotated = admin("secrets", "rotate")
    keys(NEW)

    assert (rotated.code, admin("secrets", "status").code) == (0, 0)


def test_a_rotation_that_is_killed_is_finished_by_the_next(admin: Admin, world: World, keys: Set) -> None:
    keep_answers(world, KEPT)
    keys(NEW, OLD)
    killed = subprocess.Popen([sys.executable, "-m", "cli.main", "secrets", "rotate"], cwd=ROOT, env=os.environ)
    first = select(KeptAnswer.answer).where(KeptAnswer.key == "00000")
    wait_until(lambda: Vault([NEW]).key_of(world.read(first)[0]) == 0)
    killed.kill()
    killed.wait()
    done = sum(Vault([NEW]).key_of(answer) == 0 for answer in answers(world))

    told = admin("secrets", "rotate")

    assert (told.code, told.lines[0]) == (0, f"{KEPT - done} sealed anew under the first key.")
    assert done % resealing.BATCH == 0
