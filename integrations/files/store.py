"""What every store of files does, and which one the settings ask for."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from domain.config import Config
from domain.db import new_id
from domain.errors import Unavailable
from integrations.files.bucket import BucketStore
from integrations.files.local import LocalStore


class Store(Protocol):
    """Keeps bytes under ids. A file is written once, whole or not at all, and never changed.

    Each verb raises Unavailable when the store is out of reach or full.
    """

    def put(self, file_id: UUID, content: bytes) -> None:
        """Keep `content`; when this returns, it survives a power failure."""

    def read(self, file_id: UUID) -> bytes:
        """What was kept. Raises NotFound."""

    def remove(self, file_id: UUID) -> None:
        """Forget it; what isn't there is forgotten already."""

    def kept_before(self, moment: datetime) -> Iterator[UUID]:
        """Every file that was put before `moment`, in no order."""


def store_of(config: Config) -> Store:
    """The store that the settings name; a folder in the data directory unless told. Raises ConfigError."""
    return _bucket(config.files_url) if config.files_url else LocalStore(config.data_dir / "files")


@lru_cache
def _bucket(url: str) -> Store:
    return BucketStore(url)  # once: it reads files and the environment, and keeps connections


@contextmanager
def stored(store: Store, content: bytes) -> Iterator[UUID]:
    """Keep `content` under a new id, for a row to be made that names it; if none is, it goes again.

    Whatever fails after this, at the commit, leaves a file that nobody names: the worker removes those.
    """
    file_id = new_id()
    store.put(file_id, content)
    try:
        yield file_id
    except BaseException:
        with suppress(Unavailable):
            store.remove(file_id)
        raise
