"""`intervet-admin demo`: deadlines moved to today, or everything invented taken out."""

import argparse

from sqlalchemy.exc import IntegrityError

from cli import reference
from domain.config import Config
from domain.errors import Conflict
from domain.services import demo_removal
from domain.transaction import Database, transaction, utcnow
from migrations.opened import opened


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A verb."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("refresh", help="move aged deadlines, so that some calls are scheduled, some open, some closed")
    remove = verbs.add_parser("remove", help="remove rows marked synthetic, and invented projects with all in them")
    remove.add_argument("--with-trials", action="store_true", help="also what people made in invented projects")


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
    except IntegrityError as error:
        raise Conflict("Something real leans on what is invented, so nothing was removed.") from error
    for table, number in sorted(removed.items()):
        print(f"{table}: {number} removed")
    print("Nothing invented is left. Start with DEMO=0 from now on, or it comes back.")
