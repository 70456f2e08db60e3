"""`intervet-admin load FILE`: a project set up from a file, with the difference shown, as often as one likes."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from api.errors import findings_of
from api.parsing import BadJson, read_json
from domain.config import Config, ConfigError
from domain.errors import InvalidInput
from domain.policies import OPERATOR
from domain.services import loading, loading_calls, loading_participations
from domain.services.loading_differences import Change, Mark
from domain.services.loading_files import ProjectFile
from domain.services.loading_participations import Numbered
from domain.transaction import Database, transaction, utcnow
from integrations.formats.project_workbook import read_project
from integrations.formats.xlsx import LARGEST_FILE, BadWorkbook
from migrations.opened import opened
from schemas.project_files import ProjectFileSchema

AT_ONCE = 100  # participations in one transaction: about a second in which nobody else writes to SQLite
SHOWN = 60  # characters of a value


class NothingWritten(Exception):
    """A dry run has seen enough: what it did is rolled back, and these are the changes that it would have made."""

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__()
        self.changes = changes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A file, and whether it is meant."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a project as .json or .xlsx (see data/README.md)")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Load the file, or show what that would do."""
    file = read_project_file(arguments.file)
    with opened(config) as database:
        changes = (preview if arguments.dry_run else load)(database, file, at=utcnow())
    print("\n".join(lines(changes)))
    if arguments.dry_run:
        print("Nothing was written: this was a dry run.")
    return 0


def read_project_file(path: Path) -> ProjectFile:
    """What the file says. Raises ConfigError for one that can't be read, InvalidInput for what it can't say."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"{path} is larger than {LARGEST_FILE // 1024**2} MB.")
        plain = _plain(path, path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    except (BadJson, BadWorkbook) as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        file: ProjectFile = ProjectFileSchema().load(plain)
    except ValidationError as error:
        raise InvalidInput(list(findings_of(error.messages)), f"{path} can't be loaded.") from error
    return file


def load(database: Database, file: ProjectFile, *, at: datetime) -> Sequence[Change]:
    """Load it: the project in one transaction, participations by the hundred, and then the project's last steps."""
    with transaction(database) as session:
        begun, project = loading.begin_load(session, file, by=OPERATOR, at=at)
        loading_calls.load_calls(begun, project)
        missing = loading_participations.still_to_make(session, file)
    for start in range(0, len(missing), AT_ONCE):
        with transaction(database) as session:
            loading_participations.make(*loading.resume(session, begun), missing[start : start + AT_ONCE])
    begun.changes.extend(participations(file, missing))
    with transaction(database) as session:
        loading.advance(*loading.resume(session, begun), to=file.project.state)
    return begun.changes


def preview(database: Database, file: ProjectFile, *, at: datetime) -> Sequence[Change]:
    """What loading it would do, found out by doing it and taking it back."""
    try:
        with transaction(database) as session:
            begun, project = loading.begin_load(session, file, by=OPERATOR, at=at)
            loading_calls.load_calls(begun, project)
            begun.changes.extend(participations(file, loading_participations.still_to_make(session, file)))
            loading.advance(begun, project, to=file.project.state)
            raise NothingWritten(begun.changes)
    except NothingWritten as seen:
        return seen.changes


def participations(file: ProjectFile, missing: Sequence[Numbered]) -> Iterator[Change]:
    """What becomes of the invented participations, in one line an activity."""
    made = Counter(one.activity for one in missing)
    for block in file.synthetic_participations:
        new = made[block.activity]
        mark = Mark.ADDED if new else Mark.UNCHANGED
        yield Change(mark, "invented participations", f"{block.activity}: {new or block.count}")


def lines(changes: Sequence[Change]) -> Iterator[str]:
    """The difference, for reading: + for what is new, ~ for what changes and how, = for what stays."""
    for change in changes:
        yield f"{change.mark} {change.kind} {change.name}"
        for field in change.fields:
            yield f"    {field.name}: {shown(field.old)} → {shown(field.new)}"
    marks = Counter(change.mark for change in changes)
    yield f"{marks[Mark.ADDED]} added, {marks[Mark.CHANGED]} changed, {marks[Mark.UNCHANGED]} unchanged."


def shown(value: object) -> str:
    """A value on one line, its beginning if it is long."""
    if value in (None, "", [], {}):
        return "nothing"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value).replace("\n", " ")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _plain(path: Path, content: bytes) -> Any:
    return read_project(content) if path.suffix.lower() == ".xlsx" else read_json(content)
