"""The results file beside the input: what became of each row, written down before the next one is sent."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from io import StringIO
from pathlib import Path

from filelock import FileLock, Timeout

from intervet_client.encodings import decode
from intervet_client.errors import BadFile

STANDS = ("added", "already")  # outcomes after which a row is not sent again
BOM = "\ufeff"  # by which Excel knows UTF-8


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    `outcome` is added (taken in now or by an earlier run), already (the person had applied), repeated (the same as a
    row above) or rejected, which names the cell and says what to correct. `key` is the request's Idempotency-Key.
    """

    row: str
    name: str
    outcome: str
    reference: str = ""
    state: str = ""
    my_url: str = ""
    application_id: str = ""
    cell: str = ""
    error: str = ""
    call: str = ""
    key: str = ""

    @property
    def stands(self) -> bool:
        """Whether the row's application is with the server."""
        return self.outcome in STANDS


NAMES = [each.name for each in fields(Outcome)]


def path_for(file: Path) -> Path:
    """The results file of an input: pupils.xlsx has pupils.xlsx.results.csv."""
    return file if file.name.endswith(".results.csv") else file.with_name(f"{file.name}.results.csv")


class Results:
    """An open results file. A line is on the disk before `write` returns, whole or, after a kill, not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = {outcome.key: outcome for outcome in read(path)}
        with _writable(path):
            _cut_torn_line(path)
            # What is in it, names and links to applications, is for its owner alone.
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if not path.stat().st_size:
            self._append(BOM + _line(NAMES))

    def write(self, outcome: Outcome) -> None:
        """Keep what became of a row."""
        self._append(_line(asdict(outcome).values()))
        self.known[outcome.key] = outcome

    def _append(self, text: str) -> None:
        with _writable(self.path):
            os.write(self._file, text.encode())
            os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def finish(self, keys: Sequence[str]) -> None:
        """Write the file anew: a line a row, in the sheet's order, and below what earlier runs sent besides."""
        self.close()
        ordered = list(dict.fromkeys([*keys, *(key for key, outcome in self.known.items() if outcome.stands)]))
        lines = [_line(asdict(self.known[key]).values()) for key in ordered if key in self.known]
        part = self.path.with_name(f"{self.path.name}.part")
        with _writable(self.path):
            part.unlink(missing_ok=True)
            private = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(private, "w", encoding="utf-8", newline="") as file:
                file.write(BOM + _line(NAMES) + "".join(lines))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)


def read(path: Path) -> Iterator[Outcome]:
    """What a results file holds, the latest of each key last. Raises BadFile for another file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    text = decode(content[: content.rfind(b"\n") + 1])
    rows = csv.DictReader(StringIO(text, newline=""))
    if text and rows.fieldnames != NAMES:
        raise BadFile(f"{path} is not a results file.\nNext: move it away, and run the same command again.")
    for row in rows:
        yield Outcome(**row)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the results file against a second run of the same command. Raises BadFile when there is one."""
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise BadFile(f"Another run is writing {path}.\nNext: wait until it has ended.") from error


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """Turn what the system says into what its reader can do."""
    try:
        yield
    except OSError as error:
        raise BadFile(
            f"{path} can't be written: {error.strerror}.\nNext: close it in the spreadsheet, see that there is room on "
            "the disk, and run the same command again; nothing is sent twice by that."
        ) from error


def _cut_torn_line(path: Path) -> None:
    """Take off a last line that a kill left half written."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)


def _line(values: Iterable[str]) -> str:
    text = StringIO(newline="")
    # One outcome is one line, and none is what a spreadsheet would run.
    csv.writer(text, lineterminator="\n").writerow([_harmless(" ".join(value.split())) for value in values])
    return text.getvalue()


def _harmless(value: str) -> str:
    return f"'{value}" if value[:1] in "=+-@" and value else value
