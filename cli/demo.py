"""`intervet-admin demo`: deadlines moved to today, or everything invented taken out."""

import argparse
from collections.abc import Iterator, Mapping

from sqlalchemy.exc import IntegrityError

from cli import reference
from domain.config import Config
from domain.errors import Conflict
from domain.services import demo_removal
from domain.transaction import Database, transaction, utcnow
from migrations.opened import opened


class NothingRemoved(Exception):
    """A dry run has seen what would go, by table: all of it is rolled back."""

    def __init__(self, removed: Mapping[str, int]) -> None:
        super().__init__()
        self.removed = removed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A verb."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("refresh", help="move aged deadlines, so that some calls are scheduled, some open, some closed")
    remove = verbs.add_parser("remove", help="remove rows marked synthetic, and invented projects with all in them")
    remove.add_argument("--with-trials", action="store_true", help="also what people made in invented projects")
    remove.add_argument("--dry-run", action="store_true", help="show what would go, and remove nothing")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Do what the verb says."""
    with opened(config) as database:
        {"refresh": _refresh, "remove": _remove}[arguments.verb](database, arguments)
    return 0


def _refresh(database: Database, _arguments: argparse.Namespace) -> None:
    print("\n".join(reference.refresh(database, at=utcnow())) or "Nothing has aged.")


def _remove(database: Database, arguments: argparse.Namespace) -> None:
    try:
        with transaction(database) as session:
            own = demo_removal.trials(session)
            if own and not arguments.with_trials:
                counted = ", ".join(f"{number} {table}" for table, number in own.items())
                raise Conflict(f"People made {counted} in invented projects; --with-trials removes them too.")
            removed = demo_removal.remove(session)
            if arguments.dry_run:
                raise NothingRemoved(removed)
    except IntegrityError as error:
        raise Conflict("Something real leans on what is invented, so nothing was removed.") from error
    except NothingRemoved as seen:
        print(*_counted(seen.removed, "would be removed"), "Nothing was removed: this was a dry run.", sep="\n")
    else:
        last = "Nothing invented is left. Start with DEMO=0 from now on, or it comes back."
        print(*_counted(removed, "removed"), last, sep="\n")


def _counted(removed: Mapping[str, int], what: str) -> Iterator[str]:
    return (f"{table}: {number} {what}" for table, number in sorted(removed.items()))
