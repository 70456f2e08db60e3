"""`intervet-admin migrate`: the schema of this release, and on an empty database the first token."""

import argparse

from sqlalchemy.exc import IntegrityError

import migrations
from domain.config import Config, ConfigError, kept_secret, with_keys
from domain.services import founding
from domain.services.tokens import live_token, looks_like_token, new_secret
from domain.transaction import Database, reading, transaction, utcnow
from migrations.opened import made

KEPT = "bootstrap_token"  # in the data directory, readable by its owner alone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_arguments: argparse.Namespace, config: Config) -> int:
    """Migrate, and show the first token when it is made now."""
    with made(config) as database:
        secret = migrate(database, config)
    print(f"The schema is at {migrations.newest()}.")
    if secret is not None:
        print(f"First token: {secret}")
        if config.bootstrap_token is None:
            print(f"It is kept in {config.data_dir / KEPT}.")
    return 0


def migrate(database: Database, config: Config) -> str | None:
    """Bring the schema up to date, see to the keys, and return the first token if it is made now."""
    migrations.upgrade(database)
    with_keys(config)
    with reading(database) as session:
        if founding.has_tokens(session):
            return None
    secret = config.bootstrap_token or kept_secret(config.data_dir / KEPT, new_secret())
    if not looks_like_token(secret):
        raise ConfigError("INTERVET_BOOTSTRAP_TOKEN begins with ivt_ and isn't a token of ours; choose another one.")
    try:
        with transaction(database) as session:
            if founding.has_tokens(session):
                return None
            founding.found(session, secret, at=utcnow())
    except IntegrityError:
        return None  # Another process was quicker, with the same secret.
    return secret


def known_token(database: Database, config: Config) -> str | None:
    """The first token, as far as we know it and it still opens something."""
    path = config.data_dir / KEPT
    known = [config.bootstrap_token, path.read_text().strip() if path.exists() else None]
    with reading(database) as session:
        return next((one for one in known if one and live_token(session, one, at=utcnow())), None)
