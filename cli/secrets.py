"""`intervet-admin secrets`: what is sealed under which of the operator's keys, and all of it put under the first."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping

from sqlalchemy.exc import DBAPIError

from domain.config import Config, with_keys
from domain.errors import Busy
from domain.services import resealing
from domain.services.resealing import SEALED, Part, SealedColumn
from domain.transaction import Database, reading, should_retry, transaction
from domain.vault import Vault
from migrations.opened import opened

TRIES = 5  # of one part; somebody else may be writing the same rows

ByKey = Counter[int | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A verb."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("status", help="count what is sealed under which key")
    verbs.add_parser("rotate", help="seal everything anew under the first key; may be stopped and begun again")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Do what the verb says; zero when everything is under the first key, and all others can be removed."""
    vault = Vault(with_keys(config).secret_keys)
    with opened(config) as database:
        if arguments.verb == "rotate":
            print(f"{_rotated(database, vault)} sealed anew under the first key.")
        counts = count(database, vault)
    for name, by_key in counts.items():
        print(f"{name}: {_told(by_key)}")
    print(verdict(counts))
    return 0 if in_order(counts) else 1


def count(database: Database, vault: Vault) -> Mapping[str, ByKey]:
    """How much each column holds under which key: 0 is the first, none is one that we don't have."""
    return {
        name: sum((part.by_key(vault) for part in _parts(database, column)), start=ByKey())
        for name, column in SEALED.items()
    }


def in_order(counts: Mapping[str, ByKey]) -> bool:
    """Whether everything is under the first key."""
    return all(by_key.keys() <= {0} for by_key in counts.values())


def verdict(counts: Mapping[str, ByKey]) -> str:
    """What there is to do about it, in a sentence."""
    whole = sum(counts.values(), start=ByKey())
    older = sum(number for key, number in whole.items() if key)
    if whole[None]:
        return f"{whole[None]} can't be opened by any key: was one removed from INTERVET_SECRET_KEY too early?"
    if older:
        return f"{older} depend on keys that are not the first; run `intervet-admin secrets rotate`."
    return "Everything sealed is under the first key; no other is needed."


def _rotated(database: Database, vault: Vault) -> int:
    return sum(_reseal(database, part, vault) for column in SEALED.values() for part in _parts(database, column))


def _parts(database: Database, column: SealedColumn) -> Iterator[Part]:
    after = None
    while True:
        with reading(database) as session:
            part = resealing.read_part(session, column, after=after)
        yield part
        after = part.after
        if after is None:
            return


def _reseal(database: Database, part: Part, vault: Vault) -> int:
    """Seal a part anew; the work is done before the writer's place is taken."""
    resealed = part.resealed(vault)
    for left in reversed(range(TRIES)):
        try:
            with transaction(database) as session:
                return resealing.write_part(session, part, resealed)
        except (Busy, DBAPIError) as error:
            if not left or not (isinstance(error, Busy) or should_retry(error)):
                raise
    raise AssertionError("the last try raises or returns")


def _told(by_key: ByKey) -> str:
    said = [f"{by_key[0]} under the first key"]
    said += [f"{by_key[key]} under key {key + 1}" for key in sorted(key for key in by_key if key)]
    return ", ".join(said + ([f"{by_key[None]} under a key that we don't have"] if by_key[None] else []))
