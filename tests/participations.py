"""Participations by the hundred, for what is counted: rows put straight into the tables, past the services."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from domain.db import new_id
from domain.models.activities import Activity, ActivityCode, Profile, ReportedFigure, Target, Unit
from domain.models.applications import Application, ApplicationState, SubmittedVia
from domain.models.calls import Call
from domain.models.mobilities import Mobility, MobilityState
from domain.models.organisations import Organisation
from domain.models.participants import Participant
from domain.models.projects import Project, ProjectState
from domain.policies import OPERATOR
from domain.services import projects
from domain.services.projects import ProjectInput
from domain.transaction import transaction
from tests.world import World

REFERENCE = Path(__file__).parents[1] / "data" / "projects" / "intervet-wb.json"
STATES = (ProjectState.ONGOING, ProjectState.SUBMITTED, ProjectState.FINALISED)

Rows = Sequence[dict[str, Any]]


def put(world: World, model: Any, rows: Rows) -> list[UUID]:
    """Insert rows of one table in one statement; return their ids."""
    common = {"version": 1, "created_at": world.clock(), "updated_at": world.clock()}
    complete = [{"id": new_id(), **common, **row} for row in rows]
    with transaction(world.database) as session:
        if complete:
            session.execute(insert(model.__table__), complete)
    return [row["id"] for row in complete]


def put_activity(world: World, code: ActivityCode, profile: Profile, *, project_id: UUID | None = None) -> UUID:
    """An activity of the project TEST, or of another one."""
    row = {
        "project_id": project_id or world.project(),
        "key": code.value,
        "code": code,
        "profile": profile,
        "title": {},
    }
    return put(world, Activity, [row])[0]


def put_target(world: World, activities: Sequence[ActivityCode], planned: int, country: str | None = None) -> None:
    """A target of the project TEST."""
    row = {"project_id": world.project(), "activities": list(activities), "planned": planned, "country": country}
    put(world, Target, [{**row, "unit": Unit.PARTICIPATION}])


def put_participants(world: World, countries: Sequence[str], **changes: Any) -> list[UUID]:
    """A participant from each of the countries."""
    school = world.organisation("school")
    person = {"project_id": world.project(), "sending_id": school, "given_names": "A", "family_name": "B"}
    rows = [
        {**person, "reference": f"P-{str(new_id())[-12:]}", "country": country, "match_key": "", **changes}
        for country in countries
    ]
    return put(world, Participant, rows)


def put_mobilities(world: World, activity_id: UUID, countries: Sequence[str], **changes: Any) -> list[UUID]:
    """A completed mobility from each of the countries, with a participant of its own unless one is given."""
    project_id = changes.get("project_id") or world.project()
    participants = (
        [changes["participant_id"]] * len(countries)
        if "participant_id" in changes
        else put_participants(world, countries, project_id=project_id)
    )
    mobility = {
        "project_id": project_id,
        "activity_id": activity_id,
        "sending_id": world.organisation("school"),
        "violations": [],
        "state": MobilityState.COMPLETED,
    }
    rows = [
        {**mobility, "participant_id": participant_id, "sending_country": country, **changes}
        for participant_id, country in zip(participants, countries, strict=True)
    ]
    return put(world, Mobility, rows)


def put_applications(
    world: World, call: Call, states: Sequence[ApplicationState], *, country: str = "RS", **changes: Any
) -> list[UUID]:
    """An application in each of the states."""
    application = {
        "project_id": call.project_id,
        "call_id": call.id,
        "sending_id": call.owner_id,
        "given_names": "A",
        "family_name": "B",
        "email": "a@example.org",
        "birth_date": date(2005, 3, 8),
        "country": country,
        "name_key": "",
        "preferences": [],
        "answers": {},
        "form_version": 1,
        "languages": [],
        "lang": "en",
        "submitted_via": SubmittedVia.API,
        "submitted_at": world.clock(),
        "late": False,
        "likely_duplicate": False,
    }
    keys = [str(new_id())[-12:] for _ in states]
    rows = [
        {**application, "reference": f"A-{key}", "email_key": key, "state": state, **changes}
        for key, state in zip(keys, states, strict=True)
    ]
    return put(world, Application, rows)


def put_reference_project(world: World) -> None:
    """INTERVET-WB as published: targets, reported figures, and one synthetic mobility for each participation."""
    facts = json.loads(REFERENCE.read_text("utf-8"))
    project = _project(world, facts["project"])
    for activity in facts["activities"]:
        code = ActivityCode(activity["code"])
        activity_id = put_activity(world, code, Profile(activity["profile"]), project_id=project.id)
        countries = list(_sending_countries(facts, activity["key"]))
        put_mobilities(world, activity_id, countries, project_id=project.id, synthetic=True)
    put(world, Target, [{**row, "project_id": project.id, "unit": Unit(row["unit"])} for row in facts["targets"]])
    put(world, ReportedFigure, [_figure(row, project.id) for row in facts["reported_figures"]])


def _project(world: World, facts: dict[str, Any]) -> Project:
    coordinator_id = world.organisation("coordinator")
    wanted = {name: facts[name] for name in ProjectInput.__dataclass_fields__ if name in facts}
    days = {name: date.fromisoformat(facts[name]) for name in ("starts_on", "ends_on")}
    with transaction(world.database) as session:
        coordinator = session.get_one(Organisation, coordinator_id)
        options: dict[str, Any] = {"by": OPERATOR, "at": world.clock()}
        project = projects.create_project(session, ProjectInput(**wanted | days), coordinator=coordinator, **options)
        for state in STATES:
            projects.advance_project(session, project.code, state, **options)
    return project


def _sending_countries(facts: dict[str, Any], activity: str) -> Iterator[str]:
    countries = {organisation["key"]: organisation["country"] for organisation in facts["organisations"]}
    for block in facts["synthetic_participations"]:
        if block["activity"] == activity:
            for share in block["sending"]["shares"]:
                yield from [countries[share["organisation"]]] * share["weight"]


def _figure(row: dict[str, Any], project_id: UUID) -> dict[str, Any]:
    as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else None
    return {"assumption": None, **row, "project_id": project_id, "unit": Unit(row["unit"]), "as_of": as_of}
