"""`intervet-admin load FILE`: a project set up from a file, with the difference shown, as often as one likes."""

import argparse
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from api.parsing import BadJson, read_json
from domain.config import Config, ConfigError
from domain.errors import DomainError, Finding, InvalidInput
from domain.models.calls import CallState
from domain.models.projects import ProjectState
from domain.models.tokens import Token
from domain.policies import OPERATOR
from domain.services import call_rules, loading, loading_calls, loading_participations, projects
from domain.services.loading_differences import Change, Mark
from domain.services.loading_files import ProjectFile
from domain.services.loading_participations import Numbered
from domain.transaction import Database, reading, transaction, utcnow
from integrations.formats.project_workbook import is_workbook, read_project, where
from integrations.formats.xlsx import LARGEST_FILE, BadWorkbook
from migrations.opened import opened
from schemas.findings import findings_of
from schemas.project_files import ProjectFileSchema

AT_ONCE = 100  # participations in one transaction: about a second in which nobody else writes to SQLite
DRY = "Nothing was written: this was a dry run."
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
    plain = read_plain(arguments.file)
    with in_words_of(plain), opened(config) as database:
        file = understood(plain, arguments.file)
        changes = (preview if arguments.dry_run else load)(database, file, at=utcnow())
        rest = [DRY] if arguments.dry_run else next_steps(database, file, at=utcnow())
        print("\n".join([*lines(changes), *rest]))
    return 0


def read_project_file(path: Path) -> ProjectFile:
    """What the file says. Raises ConfigError for one that can't be read, InvalidInput for what it can't say."""
    return understood(read_plain(path), path)


def read_plain(path: Path) -> Any:
    """The plain values of a file, whatever they are. Raises ConfigError."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"{path} is larger than {LARGEST_FILE // 1024**2} MB.")
        return _plain(path, path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    except (BadJson, BadWorkbook) as error:
        raise ConfigError(f"{path}: {error}") from error


def understood(plain: Any, path: Path) -> ProjectFile:
    """The same as a project. Raises InvalidInput."""
    try:
        file: ProjectFile = ProjectFileSchema().load(plain)
    except ValidationError as error:
        raise InvalidInput(list(findings_of(error.messages)), f"{path} can't be loaded.") from error
    return file


@contextmanager
def in_words_of(plain: Any) -> Iterator[None]:
    """Say where in a workbook a no belongs by sheet, row and column: nobody counts its rows from zero."""
    try:
        yield
    except InvalidInput as error:
        if not is_workbook(plain):
            raise
        raise InvalidInput([_in_sheet(plain, each) for each in error.findings], error.detail) from error
    except DomainError as error:
        pointer, colon, sentence = error.detail.partition(": ")
        if is_workbook(plain) and colon and pointer.startswith("/"):
            error.detail = f"{where(plain, pointer)}: {sentence}"
        raise


def _in_sheet(plain: Any, found: Finding) -> Finding:
    name = found.pointer.rpartition("/")[2]
    return Finding(where(plain, found.pointer), found.code, {"name": name, **found.values})


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


def next_steps(database: Database, file: ProjectFile, *, at: datetime) -> Iterator[str]:
    """What is left for people to do after a load: the steps that a file doesn't take for them."""
    with reading(database) as session:
        project = projects.project_by_code(session, file.code, by=OPERATOR)
        holders = session.scalars(select(Token.organisation_id)).all()
        if project.state is ProjectState.DRAFT:
            yield f"Next: start it (POST /v1/projects/{project.code}/start); until then only its members see it."
        if project.coordinator_id not in holders:
            name = shlex.quote(project.coordinator.legal_name)
            yield f"Next: a token for its coordinator: intervet-admin token create --organisation {name} --holder WHO"
        drafts = (loading_calls.family(session, project, entry.slug)[0] for entry in file.calls)
        for call in (call for call in drafts if call.state is CallState.DRAFT):
            lacking = ", ".join(found.pointer.removeprefix("/") for found in call_rules.unready(call, at))
            needs = f"needs {lacking} before it can be published" if lacking else "is ready"
            yield f"Draft {call.slug} {needs}: POST /v1/calls/{call.slug}/publication"


def shown(value: object) -> str:
    """A value on one line, its beginning if it is long."""
    if value in (None, "", [], {}):
        return "nothing"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value).replace("\n", " ")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _plain(path: Path, content: bytes) -> Any:
    return read_project(content) if path.suffix.lower() == ".xlsx" else read_json(content)
