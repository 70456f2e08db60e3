"""Files in a folder of this machine: random names, written aside, made durable, then given their name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from domain.errors import NotFound, Unavailable

DRAFT = ".draft"  # what is being written, or was when the power went


class LocalStore:
    """A folder, with 256 folders in it so that none gets too long to list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, file_id: UUID, content: bytes) -> None:
        """Keep `content`, readable by its owner alone."""
        path = self._path(file_id)
        draft = path.with_name(path.name + DRAFT)
        with _reachable():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.rename(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            for folder in (path.parent, self.folder):
                _make_durable(folder)

    def read(self, file_id: UUID) -> bytes:
        """What was kept. Raises NotFound."""
        with _reachable():
            try:
                return self._path(file_id).read_bytes()
            except FileNotFoundError:
                raise NotFound("The file is no longer there.") from None

    def remove(self, file_id: UUID) -> None:
        """Forget it."""
        with _reachable():
            self._path(file_id).unlink(missing_ok=True)

    def kept_before(self, moment: datetime) -> Iterator[UUID]:
        """Every file that was put before `moment`; drafts as old as that are removed on the way."""
        with _reachable():
            for path in self.folder.glob("??/*"):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime >= moment.timestamp():
                        continue
                    if path.suffix == DRAFT:
                        path.unlink()
                        continue
                with suppress(ValueError):  # Whatever else lies there is not ours.
                    yield UUID(hex=path.name)

    def _path(self, file_id: UUID) -> Path:
        # By the last digits: the first ones are the time, and would be the same for days.
        return self.folder / file_id.hex[-2:] / file_id.hex


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("Files can't be kept or read just now; try again in a moment.", retry_after=30) from error


def _make_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
