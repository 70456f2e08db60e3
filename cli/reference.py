"""The two projects that come along: what they are, whether they are loaded, and the demonstration's schedule.

Asked on every start, before anything serves, so this imports as little as it can.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from domain.models.projects import Project, ProjectState
from domain.policies import OPERATOR
from domain.transaction import Database, reading, transaction

FOLDER = Path(__file__).parents[1] / "data" / "projects"
FILES = ("intervet-wb.json", "intervet-demo.json")
LIFE = list(ProjectState)


def missing(database: Database) -> list[Path]:
    """The files that are not loaded, or not to the end: what loading does last is the project's last step."""
    with reading(database) as session:
        states = dict(session.execute(select(Project.code, Project.state)).all())
    return [path for path, plain in _files() if not _is_loaded(plain["project"], states)]


def refresh(database: Database, *, at: datetime) -> Sequence[str]:
    """Bring the calls of the demonstration back to what they should show; say what was done."""
    from domain.services import demo  # noqa: PLC0415  every start asks what is missing, and waits for the answer
    from domain.services.loading_files import Schedule  # noqa: PLC0415

    done: list[str] = []
    for _, plain in _files():
        calls = [demo.ScheduledCall(call["slug"], Schedule(**call["schedule"])) for call in plain["calls"]]
        if calls:
            with transaction(database) as session:
                project = session.scalar(select(Project).where(Project.code == plain["project"]["code"]))
                done += demo.refresh(session, project, calls, by=OPERATOR, at=at) if project else []
    return done


def _files() -> Iterator[tuple[Path, dict[str, Any]]]:
    for name in FILES:
        yield FOLDER / name, json.loads((FOLDER / name).read_text("utf-8"))


def _is_loaded(project: dict[str, Any], states: dict[str, ProjectState]) -> bool:
    state = states.get(project["code"])
    return state is not None and LIFE.index(state) >= LIFE.index(ProjectState(project["state"]))
