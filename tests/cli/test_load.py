"""`intervet-admin load`: the difference shown, the same result however often, and nothing half written."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.db import Base
from domain.models.calls import Call, CallState
from domain.models.organisations import Membership, Organisation
from domain.models.projects import ActionType, Project, ProjectState
from domain.policies import OPERATOR
from domain.services import founding, projects
from domain.services.projects import ProjectInput
from domain.transaction import Database, reading, transaction, utcnow
from tests.cli.admin import Admin, Written, small_project
from tests.integrations.formats.workbooks import as_workbook

# What is left to do after the small project was loaded.
TOKEN_NEXT = "Next: a token for its coordinator: intervet-admin token create --organisation 'A Chamber' --holder WHO"
DRAFT_NEXT = "Draft spring-in-bologna is ready: POST /v1/calls/spring-in-bologna/publication"


PROJECT = ProjectInput(
    code="MY-PROJECT",
    title={"en": "My project"},
    action_type=ActionType.KA121_VET,
    rule_set="KA1-VET-2021",
    starts_on=date(2027, 1, 1),
    ends_on=date(2028, 12, 31),
    languages=["en"],
)


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with reading(database) as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def of(database: Database, model: Any, **values: Any) -> Any:
    """The one row with these values."""
    with reading(database) as session:
        return session.scalars(select(model).filter_by(**values)).unique().one()


def test_a_new_project_is_told_thing_by_thing(admin: Admin, written: Written, project: Any) -> None:
    told = admin("load", written(project))

    assert told.lines == [
        "+ organisation A Chamber (IT)",
        "+ organisation A School (AL)",
        "+ organisation A Partner (AL)",
        "+ project SMALL",
        "+ member A Chamber: coordinator, receiving",
        "+ member A Partner: national_partner",
        "+ member A School: sending",
        "+ activity stays",
        "+ target short_term_learner, AL",
        "+ reported figure learner participants (News)",
        "+ step SMALL is ongoing",
        "+ call spring-in-bologna",
        "12 added, 0 changed, 0 unchanged.",
        TOKEN_NEXT,
        DRAFT_NEXT,
    ]


def test_a_project_is_coordinated_and_started_as_the_file_says(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    admin("load", written(project))

    loaded = of(database, Project, code="SMALL")
    assert (loaded.coordinator.legal_name, loaded.state) == ("A Chamber", ProjectState.ONGOING)


def test_a_call_with_dates_is_a_draft_that_its_owner_publishes(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    admin("load", written(project))

    call = of(database, Call, slug="spring-in-bologna")
    assert (call.state, call.owner.legal_name, call.destinations[0].city) == (CallState.DRAFT, "A Partner", "Bologna")


def test_a_school_stands_under_its_partner(admin: Admin, written: Written, project: Any, database: Database) -> None:
    admin("load", written(project))

    school = of(database, Organisation, legal_name="A School")
    partner = of(database, Organisation, legal_name="A Partner")
    assert of(database, Membership, organisation_id=school.id).parent_id == partner.id


def test_the_second_time_nothing_changes(admin: Admin, written: Written, project: Any, database: Database) -> None:
    admin("load", written(project))
    before = rows(database)

    told = admin("load", written(project))

    assert {line[0] for line in told.lines[:-3]} == {"="}
    assert told.lines[-3:] == ["0 added, 0 changed, 11 unchanged.", TOKEN_NEXT, DRAFT_NEXT]
    assert rows(database) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    before = rows(database)

    preview = admin("load", written(project), "--dry-run").lines

    assert preview[-1] == "Nothing was written: this was a dry run."
    assert rows(database) == before
    assert admin("load", written(project)).lines[:-2] == preview[:-1]


def test_what_changes_is_shown_old_and_new(admin: Admin, written: Written, project: Any) -> None:
    admin("load", written(project))
    project["organisations"][1]["city"] = "Shkodër"
    project["activities"][0]["title"]["sq"] = "Qëndrime pranverore"
    project["targets"][0]["planned"] = 44
    project["calls"][0]["destinations"][0]["places"] = 5

    changed = [line for line in admin("load", written(project)).lines if line[0] in "~ "]

    assert changed == [
        "~ organisation A School (AL)",
        "    city: nothing → Shkodër",
        "~ activity stays",
        "    title.sq: Qëndrime → Qëndrime pranverore",
        "~ target short_term_learner, AL",
        "    planned: 40 → 44",
        "~ call spring-in-bologna",
        "    destinations.0.places: 4 → 5",
    ]


def test_what_the_file_leaves_out_stays(admin: Admin, written: Written, project: Any, database: Database) -> None:
    project["organisations"][1]["city"] = "Shkodër"
    admin("load", written(project))
    del project["organisations"][1]["city"]
    project["targets"] = []

    told = admin("load", written(project))

    assert "0 added, 0 changed, 10 unchanged." in told.lines
    assert of(database, Organisation, legal_name="A School").city == "Shkodër"
    assert rows(database)["targets"] == 1


def test_an_organisation_is_found_again_by_its_code(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    admin("load", written(project))
    project["organisations"][2]["legal_name"] = "A Partner, renamed"

    told = admin("load", written(project))

    assert "    legal_name: A Partner → A Partner, renamed" in told.lines
    assert rows(database)["organisations"] == 3


def test_two_projects_share_an_organisation(admin: Admin, written: Written, project: Any, database: Database) -> None:
    admin("load", written(project))
    other = deepcopy(project)
    other["project"]["code"] = "OTHER"
    other["calls"] = []

    told = admin("load", written(other))

    assert [line for line in told.lines if line.startswith(("+ organisation", "~ organisation"))] == []
    assert (rows(database)["organisations"], rows(database)["memberships"]) == (3, 6)


def test_the_organisation_without_a_name_becomes_the_coordinator_and_keeps_its_token(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    admin("migrate")

    told = admin("load", written(project))

    assert told.lines[1] == f"    legal_name: {founding.PLACEHOLDER_NAME} → A Chamber"
    assert "  A Chamber  " in admin("token", "list").lines[0]
    assert not of(database, Organisation, legal_name="A Chamber").placeholder


def test_a_project_founded_without_a_name_gives_it_to_the_next_file(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    admin("migrate")
    found_a_project(database)
    project["organisations"].reverse()  # The coordinator need not stand first.

    admin("load", written(project))

    assert of(database, Project, code="MY-PROJECT").coordinator.legal_name == "A Chamber"
    assert "  A Chamber  " in admin("token", "list").lines[0]
    assert rows(database)["organisations"] == 3


def found_a_project(database: Database) -> None:
    with transaction(database) as session:
        nameless = session.scalars(select(Organisation)).one()
        projects.create_project(session, PROJECT, by=OPERATOR, at=utcnow(), coordinator=nameless)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"state": "draft"}, "Next: start it (POST /v1/projects/SMALL/start); until then only its members see it."),
        ({}, DRAFT_NEXT.replace("is ready", "needs description, closes_at before it can be published")),
    ],
    ids=["a project that is a draft", "a call that lacks something"],
)
def test_a_load_says_what_comes_next(
    admin: Admin, written: Written, project: Any, change: dict[str, str], line: str
) -> None:
    project["project"] |= change
    del project["calls"][0]["description"], project["calls"][0]["closes_at"]

    assert line in admin("load", written(project)).lines


def test_a_placeholder_that_has_a_project_keeps_to_itself(
    admin: Admin, written: Written, project: Any, database: Database
) -> None:
    admin("migrate")
    admin("load", written(project))
    with transaction(database) as session:
        found = founding.found(session, "another-first-token-0123456789012", at=utcnow())
        session.add(_membership(session, found.organisation_id))

    other = {**project, "project": {**project["project"], "code": "OTHER", "coordinator": "partner"}, "calls": []}
    admin("load", written(other))

    assert of(database, Organisation, id=found.organisation_id).legal_name == founding.PLACEHOLDER_NAME


def _membership(session: Any, organisation_id: Any) -> Membership:
    project_id = session.scalars(select(Project.id)).one()
    now = {"created_at": utcnow(), "updated_at": utcnow()}
    return Membership(project_id=project_id, organisation_id=organisation_id, roles=["associated"], **now)


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda file: file["project"].update(coordinator="nobody"), "  /project/coordinator: This was not found."),
        (lambda file: file["calls"][0].update(activity="walks"), "  /calls/0/activity: This was not found."),
        (
            lambda file: file["organisations"].append(file["organisations"][0]),
            "  /organisations/3/key: This is listed twice. Remove one.",
        ),
        (
            lambda file: file["organisations"][0].update(phone="123"),
            "  /organisations/0/phone: There is no field named “phone” here.",
        ),
        (lambda file: file["activities"][0].pop("title"), "  /activities/0/title: This is required."),
        (
            lambda file: file["organisations"][0].update(oid="12"),
            "  /organisations/0/oid: Write the Organisation ID as E and eight digits, for example E10012345.",
        ),
    ],
    ids=["coordinator", "activity", "twice", "unknown", "missing", "a service's no"],
)
def test_what_cannot_be_is_named_by_its_place_and_nothing_is_written(
    admin: Admin, written: Written, database: Database, damage: Any, line: str
) -> None:
    project = small_project()
    damage(project)
    before = rows(database)

    told = admin("load", written(project))

    assert (told.code, told.errors[1:]) == (1, [line])
    assert rows(database) == before


def test_a_project_keeps_its_coordinator(admin: Admin, written: Written, project: Any) -> None:
    admin("load", written(project))
    project["project"]["coordinator"] = "partner"

    told = admin("load", written(project))

    refusal = "/project: SMALL is coordinated by A Chamber, and loading can't change that."
    assert (told.code, told.errors) == (1, [refusal])


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00", '{"format": "intervet-project/1", "format": 1}'])
def test_what_is_no_project_is_refused_in_a_line_or_two(
    admin: Admin, written: Written, project: Any, content: str
) -> None:
    path = written(project)
    path.write_text(content)

    told = admin("load", path)

    assert told.code in (1, 2)
    assert 1 <= len(told.errors) <= 2


def test_a_file_that_is_not_there_is_named(admin: Admin) -> None:
    told = admin("load", "/nowhere/project.json")

    assert (told.code, told.errors) == (2, ["/nowhere/project.json can't be read: No such file or directory."])


def test_a_workbook_loads_as_json_does(admin: Admin, written: Written, project: Any) -> None:
    path = written(project).with_suffix(".xlsx")
    path.write_bytes(as_workbook(project))
    preview = admin("load", written(project), "--dry-run").lines[:-1]

    assert admin("load", path).lines[:-2] == preview
    assert "0 added, 0 changed, 11 unchanged." in admin("load", written(project)).lines


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda file: file["organisations"][1].update(type="school"), "organisations, row 3, column type"),
        (lambda file: file["organisations"][1].update(oid="12"), "organisations, row 3, column oid"),
        (lambda file: file["calls"][0].update(activity="walks"), "calls, row 2, column activity"),
        (lambda file: file["organisations"][0].update(phone="1"), "organisations, row 2, column phone"),
    ],
    ids=["a field's own", "a service's no", "a key that leads nowhere", "unknown"],
)
def test_what_is_wrong_in_a_workbook_is_named_by_its_sheet_row_and_column(
    admin: Admin, written: Written, project: Any, damage: Any, line: str
) -> None:
    damage(project)
    path = written(project).with_suffix(".xlsx")
    path.write_bytes(as_workbook(project))

    told = admin("load", path)

    assert (told.code, [error.strip().partition(": ")[0] for error in told.errors[1:]]) == (1, [line])


def test_a_step_that_a_workbook_cannot_take_names_its_row(admin: Admin, written: Written, project: Any) -> None:
    admin("load", written(project))
    project["project"]["coordinator"] = "partner"
    path = written(project).with_suffix(".xlsx")
    path.write_bytes(as_workbook(project))

    told = admin("load", path)

    refusal = "project, row 2: SMALL is coordinated by A Chamber, and loading can't change that."
    assert (told.code, told.errors) == (1, [refusal])
