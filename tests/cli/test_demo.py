"""`intervet-admin demo`: everything invented goes, nothing real does."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from cli import reference
from domain.models.calls import Call
from domain.models.events import Event
from domain.models.mobilities import Mobility
from domain.models.organisations import Organisation
from domain.models.participants import Participant
from domain.models.projects import Project
from domain.policies import OPERATOR, PUBLIC
from domain.services import applications, calls, mobilities, participants
from domain.services.mobilities import MobilityInput
from domain.services.participants import ParticipantInput
from domain.transaction import Database, reading, transaction, utcnow
from tests.cli.admin import Admin, Written
from tests.cli.test_load import rows
from tests.world import World

DEMO = reference.FOLDER / "intervet-demo.json"


@pytest.fixture
def invented(admin: Admin, written: Written, project: Any) -> None:
    """A real project with two participations that stand for published ones, and the demonstration."""
    shares = {
        "sending": [{"organisation": "partner", "weight": 2}],
        "receiving": [{"organisation": "chamber", "country": "IT", "city": "Bologna", "weight": 2}],
        "period": [{"starts_on": "2026-03-02", "ends_on": "2026-03-22", "weight": 2}],
    }
    block = {"activity": "stays", "count": 2, "synthetic": True}
    block |= {name: {"stride": 1, "shares": each} for name, each in shares.items()}
    admin("migrate")
    admin("load", written({**project, "synthetic_participations": [block]}))
    admin("load", DEMO)


def of(database: Database, column: Any) -> list[Any]:
    with reading(database) as session:
        return list(session.scalars(select(column)))


@pytest.mark.usefixtures("invented")
def test_what_is_invented_goes_and_what_is_real_stays(admin: Admin, database: Database) -> None:
    told = admin("demo", "remove")

    assert told.code == 0
    assert of(database, Project.code) == ["SMALL"]
    assert of(database, Call.slug) == ["spring-in-bologna"]
    assert (of(database, Mobility.id), of(database, Participant.id)) == ([], [])


@pytest.mark.usefixtures("invented")
def test_partners_of_a_real_project_stay_and_those_of_the_demonstration_alone_go(
    admin: Admin, database: Database
) -> None:
    admin("demo", "remove")

    assert sorted(of(database, Organisation.legal_name)) == ["A Chamber", "A Partner", "A School"]


@pytest.mark.usefixtures("invented")
def test_no_event_tells_of_what_is_gone(admin: Admin, database: Database) -> None:
    admin("demo", "remove")

    assert Counter(map(str, of(database, Event.type))) == {"project.started": 1}


@pytest.mark.usefixtures("invented")
def test_the_first_token_still_opens_the_door(admin: Admin) -> None:
    admin("demo", "remove")

    assert [line.split("  ")[2] for line in admin("token", "list").lines] == ["live"]


@pytest.mark.usefixtures("invented")
def test_it_says_how_much_went(admin: Admin) -> None:
    told = admin("demo", "remove")

    assert {"calls: 12 removed", "mobilities: 2 removed", "participants: 2 removed"} < set(told.lines)


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize("words", [(), ("--with-trials",)], ids=["what is invented", "trials as well"])
def test_a_dry_run_says_how_much_would_go_and_removes_nothing(
    admin: Admin, database: Database, words: tuple[str, ...]
) -> None:
    if words:
        person_of(database, "INTERVET-DEMO", "Technical School")
    before = rows(database)

    preview = admin("demo", "remove", "--dry-run", *words)

    assert (preview.code, preview.lines[-1]) == (0, "Nothing was removed: this was a dry run.")
    assert rows(database) == before
    done = admin("demo", "remove", *words).lines
    assert [line.replace("would be removed", "removed") for line in preview.lines[:-1]] == done[:-1]


@pytest.mark.usefixtures("invented")
def test_the_demonstration_can_be_loaded_again(admin: Admin, database: Database) -> None:
    before = rows(database)["calls"]
    admin("demo", "remove")

    admin("load", DEMO)

    assert rows(database)["calls"] == before


@pytest.mark.usefixtures("invented")
def test_an_application_to_an_invented_call_goes_with_it(admin: Admin, database: Database, world: World) -> None:
    apply_to_the_demonstration(database, world)

    admin("demo", "remove")

    assert rows(database)["applications"] == rows(database)["consents"] == 0


def apply_to_the_demonstration(database: Database, world: World) -> None:
    answers = {"occupation": "Cook", "motivation": "I want to learn.", "english_level": "basic"}
    consents = world.application_input().consents
    wanted = world.application_input(answers=answers, consents=consents)
    with transaction(database) as session:
        call = calls.get_call(session, "rs-work-placement-bologna-lyon-maribor", by=PUBLIC)
        applications.submit_application(
            session, call.slug, wanted, by=OPERATOR, at=utcnow(), via=applications.SubmittedVia.API
        )


@pytest.mark.usefixtures("invented")
def test_what_people_made_themselves_is_kept_until_they_say_so(admin: Admin, database: Database) -> None:
    person_of(database, "INTERVET-DEMO", "Technical School")

    told = admin("demo", "remove")

    assert (told.code, told.errors) == (
        1,
        ["People made 1 participants in invented projects; --with-trials removes them too."],
    )
    assert admin("demo", "remove", "--with-trials").code == 0


@pytest.mark.usefixtures("invented")
def test_nothing_goes_when_something_real_leans_on_it(admin: Admin, database: Database) -> None:
    a_real_stay_of_an_invented_person(database)
    before = rows(database)

    told = admin("demo", "remove")

    assert (told.code, told.errors) == (
        1,
        ["1 real mobilities belong to invented participants; give them real ones first."],
    )
    assert rows(database) == before


def person_of(database: Database, code: str, name: str) -> None:
    with transaction(database) as session:
        project = session.scalars(select(Project).where(Project.code == code)).unique().one()
        wanted = ParticipantInput("Mira", name, "IT", project.coordinator_id)
        participants.create_participant(session, project, wanted, by=OPERATOR, at=utcnow())


def a_real_stay_of_an_invented_person(database: Database) -> None:
    with transaction(database) as session:
        stay = session.scalars(select(Mobility).limit(1)).one()
        wanted = MobilityInput("SMALL", stay.participant_id, stay.activity_id)
        mobilities.create_mobility(session, wanted, by=OPERATOR, at=utcnow()).synthetic = False


def test_a_refresh_says_what_it_did(admin: Admin) -> None:
    admin("load", DEMO)

    assert admin("demo", "refresh").lines == ["Nothing has aged."]
