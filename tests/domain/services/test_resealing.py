"""Seals put under another key: all of them, one part at a time, whatever else is written meanwhile."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, delete, select, update
from sqlalchemy.orm import Session

from domain.db import Base
from domain.models.kept_answers import KeptAnswer
from domain.models.webhooks import Endpoint, EndpointSecret
from domain.services import kept_answers, resealing, webhook_headers, webhooks
from domain.services.resealing import SEALED, Part
from domain.services.webhook_secrets import unsealed
from domain.services.webhooks import EndpointInput
from domain.transaction import reading, transaction
from domain.vault import Vault
from tests.deliveries import CONFIG
from tests.world import World

OLD, NEW = "an-old-key-for-tests-of-no-use-elsewhere", "a-new-key-for-tests-of-no-use-elsewhere"
OF_OLD, OF_BOTH, OF_NEW = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
ROOT = Path(__file__).parents[3]
# Bytes that nobody seals, and why not.
IN_THE_CLEAR = {
    "kept_answers.fingerprint": "a hash of the request",
    "tokens.sha256": "a hash of the token",
    "attempts.reply": "what a receiver answered: not ours, shown to its owner, forgotten after a while",
}


@pytest.fixture
def endpoint(world: World) -> Endpoint:
    """An endpoint with headers of its own, sealed with its two keys under the old key."""
    wanted = EndpointInput(url="https://partner.example.org/hook", event_types=("*",), headers={"X-Canary": "tweet"})
    by = world.principal("partner")
    made: Endpoint = world.do(webhooks.create_endpoint, wanted, config=CONFIG, vault=OF_OLD, by=by).endpoint
    return made


def keep_answers(world: World, count: int) -> None:
    """Keep so many answers under the old key."""
    with transaction(world.database) as session:
        for number in range(count):
            row = kept_answers.claim(session, "somebody", f"key-{number}", fingerprint=b"f", at=world.clock())
            kept_answers.keep(row, b"answer %d" % number, vault=OF_OLD)


def parts(world: World, name: str) -> Iterator[Part]:
    """A column, part by part."""
    after = None
    while True:
        with reading(world.database) as session:
            part = resealing.read_part(session, SEALED[name], after=after)
        yield part
        after = part.after
        if after is None:
            return


def reseal(world: World, part: Part) -> int:
    """Put what is in a part under the new key."""
    with transaction(world.database) as session:
        return resealing.write_part(session, part, part.resealed(OF_BOTH))


def reseal_all(world: World) -> Mapping[str, int]:
    """Put everything under the new key; how much was."""
    return {name: sum(reseal(world, part) for part in parts(world, name)) for name in SEALED}


def binary_columns(tables: Any) -> dict[str, Any]:
    """Every column that holds bytes."""
    columns = [column for table in tables for column in table.columns]
    return {str(column): column for column in columns if isinstance(column.type, LargeBinary)}


def test_every_column_of_bytes_is_known_to_the_rotation_or_is_no_seal() -> None:
    assert binary_columns(Base.metadata.tables.values()).keys() == SEALED.keys() | IN_THE_CLEAR.keys()


def test_each_name_is_its_columns() -> None:
    columns = {name: str(column.property.columns[0]) for name, column in SEALED.items()}

    assert columns == {name: name for name in SEALED}


def test_nothing_else_seals() -> None:
    sources = [path for package in ("api", "cli", "domain", "integrations") for path in (ROOT / package).rglob("*.py")]

    sealing = {path.stem for path in sources if re.search(r"\bseal\(", path.read_text())} - {"vault"}

    assert sealing == {"kept_answers", "webhook_headers", "webhook_secrets"}


def test_what_holds_no_seal_would_be_found_out(world: World, endpoint: Endpoint) -> None:
    keep_answers(world, 1)
    with reading(world.database) as session:
        held = {
            name
            for name, column in binary_columns(Base.metadata.tables.values()).items()
            for value in session.scalars(select(column).where(column.is_not(None)))
            if OF_OLD.key_of(value) == 0
        }

    assert held == SEALED.keys()


def test_everything_is_opened_by_the_new_key_alone_afterwards(world: World, endpoint: Endpoint) -> None:
    keep_answers(world, 1)

    resealed = reseal_all(world)

    assert resealed == {"endpoint_secrets.sealed": 2, "endpoints.sealed_headers": 1, "kept_answers.answer": 1}
    with reading(world.database) as session:
        keys = [unsealed(key, vault=OF_NEW).partition("_")[0] for key in session.scalars(select(EndpointSecret))]
        headers, _ = webhook_headers.unsealed(session.get_one(Endpoint, endpoint.id), vault=OF_NEW)
        answer = kept_answers.recall(session.scalars(select(KeptAnswer)).one(), vault=OF_NEW)
    assert (sorted(keys), headers, answer) == (["whsec", "whsk"], {"X-Canary": "tweet"}, b"answer 0")


def test_a_second_time_there_is_nothing_to_do(world: World, endpoint: Endpoint) -> None:
    reseal_all(world)

    assert set(reseal_all(world).values()) == {0}


def test_a_column_is_taken_in_parts_and_none_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 3)
    keep_answers(world, 8)

    sizes = [reseal(world, part) for part in parts(world, "kept_answers.answer")]

    assert sizes == [3, 3, 2]


def test_a_column_that_ends_with_a_part_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 3)
    keep_answers(world, 6)

    assert [len(part.rows) for part in parts(world, "kept_answers.answer")] == [3, 3, 0]


def test_one_that_was_stopped_half_way_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 3)
    keep_answers(world, 5)
    reseal(world, next(parts(world, "kept_answers.answer")))

    assert [reseal(world, part) for part in parts(world, "kept_answers.answer")] == [0, 2]


def test_what_somebody_writes_meanwhile_stands(world: World, endpoint: Endpoint) -> None:
    [part] = parts(world, "endpoints.sealed_headers")
    theirs = webhook_headers.sealed(endpoint.id, {"X-Other": "1"}, None, vault=OF_OLD)["sealed_headers"]
    with transaction(world.database) as session:
        session.execute(update(Endpoint).values(sealed_headers=theirs))

    assert (reseal(world, part), world.read(select(Endpoint.sealed_headers))) == (0, [theirs])


def test_what_is_forgotten_meanwhile_stays_forgotten(world: World) -> None:
    keep_answers(world, 1)
    [part] = parts(world, "kept_answers.answer")
    with transaction(world.database) as session:
        session.execute(delete(KeptAnswer))

    assert (reseal(world, part), world.read(select(KeptAnswer))) == (0, [])


def test_an_endpoint_has_no_new_version(world: World, endpoint: Endpoint) -> None:
    reseal_all(world)

    [found] = world.read(select(Endpoint))
    assert (found.version, found.updated_at) == (endpoint.version, endpoint.updated_at)


def test_what_no_key_opens_is_counted_and_left(session: Session, world: World) -> None:
    row = kept_answers.claim(session, "somebody", "key", fingerprint=b"f", at=world.clock())
    row.answer = lost = Vault(["a key that was lost, of no use to anybody"]).seal(b"answer", place="x")
    session.flush()

    part = resealing.read_part(session, SEALED["kept_answers.answer"])

    assert (part.by_key(OF_BOTH), part.resealed(OF_BOTH)) == ({None: 1}, [])
    assert session.scalars(select(KeptAnswer.answer)).all() == [lost]
