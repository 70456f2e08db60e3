"""Imports of applications: what is kept, what becomes of each row, and that a kill makes no double."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.errors import CallClosed, Forbidden, NotFound
from domain.models.applications import Application, SubmittedVia
from domain.models.calls import Call
from domain.models.events import Event, EventType
from domain.models.imports import Import, ImportRow, ImportState, RowOutcome
from domain.services import calls, import_work, imports, tokens
from domain.services.application_rules import missing_parts
from domain.services.imports import ImportInput, SentRow
from domain.services.pages import PageRequest
from domain.transaction import reading, transaction
from integrations.import_rows import load_application
from tests.world import MOTIVATION, World

NAMES = ("given_names", "family_name", "email", "birth_date", "country", "motivation", "consent_processing")
TITLES = dict(zip(NAMES, "ABCDEFG", strict=True))
Rows = list[tuple[str | None, list[dict[str, Any]]]]


def row(number: int, name: str, **changes: Any) -> SentRow:
    """Somebody called `name`, in a row with nothing wrong in it."""
    cells = {
        "given_names": name,
        "family_name": "Petrović",
        "email": f"{name.lower()}@example.org",
        "birth_date": "8.3.2005.",
        "country": "Srbija",
        "motivation": "I want to learn.",
        "consent_processing": "da",
    }
    return SentRow(number, {title: cell for title, cell in (cells | changes).items() if cell is not None})


def sent(world: World, call: Call, *rows: SentRow, by: str = "school", **options: Any) -> Import:
    """An import of rows, as sent by the school."""
    titles = options.pop("titles", TITLES)
    wanted = ImportInput(call=str(call.id), titles=titles, rows=rows, **options)
    made: Import = world.do(imports.create_import, wanted, by=world.principal(by))
    return made


def work(world: World, load: Any = load_application) -> None:
    """Let the worker do all there is to do."""
    while _step(world, load):
        pass


def _step(world: World, load: Any = load_application) -> int:
    with transaction(world.database) as session:
        return import_work.go_on(session, load=load, at=world.clock())


def outcomes(world: World, made: Import) -> Rows:
    """What became of each row: the outcome, and the column and code of what is against it."""
    rows = world.read(select(ImportRow).where(ImportRow.import_id == made.id).order_by(ImportRow.number))
    return [(one.outcome, [{"column": each["column"], "code": each["code"]} for each in one.findings]) for one in rows]


def state(world: World, made: Import) -> tuple[ImportState, int, int, int, int]:
    """How far the import is, and its counts."""
    (now,) = world.read(select(Import).where(Import.id == made.id))
    return now.state, now.total, now.added, now.unchanged, now.rejected


def against(column: str, code: str) -> tuple[RowOutcome, list[dict[str, str]]]:
    return RowOutcome.REJECTED, [{"column": column, "code": code}]


def test_rows_become_applications_with_their_events(world: World) -> None:
    call = world.call()
    made = sent(world, call, row(2, "Ana"), row(3, "Iva"))

    work(world)

    assert state(world, made) == (ImportState.DONE, 2, 2, 0, 0)
    applications = world.read(select(Application).order_by(Application.id))
    assert [(one.given_names, one.country, one.birth_date.isoformat()) for one in applications] == [
        ("Ana", "RS", "2005-03-08"),
        ("Iva", "RS", "2005-03-08"),
    ]
    assert {(one.submitted_via, one.sending_id) for one in applications} == {
        (SubmittedVia.IMPORT, world.organisation("school"))
    }
    assert world.recorded().count(EventType.APPLICATION_SUBMITTED) == 2
    assert [(one.purpose, one.granted, one.attested) for one in applications[0].consents] == [
        ("processing", True, True)
    ]


def test_a_minor_comes_with_a_guardian_whose_paper_the_school_has(world: World) -> None:
    said = {"guardian_given_names": "Vesna", "guardian_family_name": "Petrović", "consent_parental_consent": "da"}
    titles = TITLES | dict(zip(said, "HIJ", strict=True))

    sent(world, world.call(), row(2, "Ana", birth_date="8.3.2010.", **said), titles=titles)
    work(world)

    (one,) = world.read(select(Application))
    given = one.answer_to("parental_consent")
    assert (one.guardian["given_names"], one.guardian["email"]) == ("Vesna", None)
    assert (given.granted, given.attested, given.given_by) == (True, True, "school")
    assert missing_parts(one.call, one, at=world.clock()) == []


def test_a_dry_run_foresees_the_run_row_for_row_and_leaves_nothing(world: World) -> None:
    call = world.call()
    world.application(call, "Mia")
    rows = [
        row(2, "Ana"),
        row(3, "Ana"),
        row(4, "Iva", email="nobody"),
        row(5, "Iva"),
        row(6, "Mia"),
        row(7, "Eva", country="Albania"),
        row(8, "Lea", motivation=None),
        row(9, "Una", consent_processing="ne"),
        row(10, "Zoe", consent_processing=None),
    ]

    foreseen = sent(world, call, *rows, dry_run=True)
    work(world)
    left = world.read(select(func.count()).select_from(Application))[0], world.recorded()
    run = sent(world, call, *rows)
    work(world)

    assert left == (1, [*left[1][:-1], EventType.APPLICATION_SUBMITTED])
    assert outcomes(world, foreseen) == outcomes(world, run)
    assert outcomes(world, run) == [
        (RowOutcome.ADDED, []),
        against("", "repeated_row"),
        against("email", "not_an_email"),
        (RowOutcome.ADDED, []),
        (RowOutcome.UNCHANGED, []),
        against("country", "not_a_choice"),
        against("motivation", "required"),
        against("consent_processing", "consent_needed"),
        against("consent_processing", "consent_needed"),
    ]
    assert state(world, run)[1:] == state(world, foreseen)[1:] == (9, 2, 1, 6)


class Killed(BaseException):
    """The power went."""


def test_killed_at_any_moment_and_gone_on_with_it_equals_the_one_that_was_not(world: World) -> None:
    call, other = world.call(), world.call(slug="another")
    rows = [
        row(number, f"P{number % 250}", email=None if number % 7 == 0 else f"p{number % 250}@example.org")
        for number in range(2, 302)
    ]
    whole, killed = sent(world, other, *rows), None
    work(world)
    killed = sent(world, call, *rows)

    for after in (3, 24, 26, 7, 25):
        _killed(world, after)
    work(world)

    assert outcomes(world, killed) == outcomes(world, whole)
    assert state(world, killed) == state(world, whole)
    assert _events(world, call) == _events(world, other) == state(world, whole)[2]


def _killed(world: World, after: int) -> None:
    """Do one part whole and be killed in the next, or in this one, after some rows of it."""
    left = [after]

    def load(body: Mapping[str, Any]) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return load_application(body)

    with pytest.raises(Killed):
        work(world, load)


def _events(world: World, call: Call) -> int:
    of_call = select(func.count()).select_from(Event).where(Event.call_id == call.id)
    found: int = world.read(of_call.where(Event.type == EventType.APPLICATION_SUBMITTED))[0]
    return found


def test_who_sent_the_table_in_time_is_in_time(world: World, clock: Any) -> None:
    call = world.call()
    made = sent(world, call, row(2, "Ana"))
    clock.move(days=40)

    work(world)

    (application,) = world.read(select(Application))
    assert (state(world, made)[2], application.late, application.submitted_at) == (1, False, made.created_at)
    assert application.updated_at == clock()


def test_a_table_is_not_taken_after_the_deadline(world: World, clock: Any) -> None:
    call = world.call()
    clock.move(days=40)

    with pytest.raises(CallClosed):
        sent(world, call, row(2, "Ana"))


def test_what_was_sent_for_a_call_that_is_in_selection_now_is_rejected(world: World, clock: Any) -> None:
    call = world.call()
    made = sent(world, call, row(2, "Ana"))
    clock.move(days=40)
    world.do(calls.begin_selection, str(call.id))

    work(world)

    assert outcomes(world, made) == [against("", "call_closed")]


def test_a_document_that_the_call_requires_is_named_though_it_has_no_column(world: World) -> None:
    cv = {"name": "cv", "type": "file", "label": {"en": "Your CV", "sr-Cyrl": "Ваш CV"}, "required": True}
    made = sent(world, world.call(form=[MOTIVATION, cv]), row(2, "Ana"))

    work(world)

    assert outcomes(world, made) == [against("cv", "required")]


def test_a_school_applies_for_itself_and_names_no_other(world: World) -> None:
    call = world.call()
    titles = {**TITLES, "school": "H"}
    made = sent(world, call, row(2, "Ana", school="The partner"), row(3, "Iva", school="the SCHOOL"), titles=titles)

    work(world)

    assert outcomes(world, made) == [against("school", "not_a_choice"), (RowOutcome.ADDED, [])]


def test_who_may_not_apply_may_not_import(world: World) -> None:
    call = world.call()

    with pytest.raises(Forbidden):
        sent(world, call, row(2, "Ana"), by="host")


def test_others_find_no_import_of_mine(world: World) -> None:
    made = sent(world, world.call(), row(2, "Ana"))

    for name in ("partner", "coordinator", "albanian_school"):
        with pytest.raises(NotFound):
            _read(world, made, name)


def _read(world: World, made: Import, name: str) -> Import:
    by = world.principal(name)
    with reading(world.database) as session:
        return imports.get_import(session, made.id, by=by)


@pytest.mark.parametrize(
    ("titles", "found"),
    [
        ({**TITLES, "shoe size": "H"}, [("/rows/1", "unknown_column")]),
        ({**TITLES, "Prezime": "H"}, [("/rows/1/family_name", "repeated")]),
        ({"given_names": "A", "email": "B"}, [("/rows/1", "no_column")] * 3),
    ],
)
def test_columns_that_cannot_be_are_named(world: World, titles: dict[str, str], found: Any) -> None:
    wanted = ImportInput(call=str(world.call().id), titles=titles, rows=[row(2, "Ana")])

    assert world.refused(imports.create_import, wanted, by=world.principal("school")) == found


def test_notes_and_what_we_told_last_time_are_passed_over(world: World) -> None:
    titles = {**TITLES, "# class": "H", "# Rezultat": "I", "# Errors": "J"}
    made = sent(world, world.call(), row(2, "Ana", **{"# class": "3b", "# Errors": "E-mail"}), titles=titles)

    work(world)

    (kept,) = world.read(select(ImportRow))
    assert (state(world, made)[2], [one["title"] for one in made.headings]) == (1, [*TITLES, "# class"])
    assert "# Errors" not in kept.cells


def test_an_import_is_cancelled_and_what_is_in_stays(world: World) -> None:
    made = sent(world, world.call(), *(row(number, f"P{number}") for number in range(2, 60)))
    _step(world)

    world.do(imports.cancel_import, made.id, by=world.principal("school"))
    work(world)

    assert state(world, made) == (ImportState.CANCELLED, 58, import_work.CHUNK, 0, 0)


def test_nothing_more_comes_in_by_a_token_that_was_revoked(world: World) -> None:
    made = sent(world, world.call(), row(2, "Ana"))
    world.do(tokens.revoke_token, made.token_id)

    work(world)

    assert state(world, made) == (ImportState.CANCELLED, 1, 0, 0, 0)


def test_one_row_that_we_fail_at_does_not_stop_the_others(world: World) -> None:
    made = sent(world, world.call(), row(2, "Ana"), row(3, "Iva"))

    def load(body: Mapping[str, Any]) -> Any:
        if body["person"]["given_names"] == "Ana":
            raise KeyError("ours")
        return load_application(body)

    work(world, load)

    assert outcomes(world, made) == [against("", "internal"), (RowOutcome.ADDED, [])]


def test_rows_are_gone_after_two_weeks_and_the_counts_stay(world: World, clock: Any) -> None:
    made = sent(world, world.call(), row(2, "Ana"))
    work(world)
    clock.move(days=14)

    with transaction(world.database) as session:
        import_work.forget_rows(session, at=clock())

    assert (world.read(select(ImportRow)), state(world, made)[2]) == ([], 1)


def test_rows_are_listed_in_the_order_of_the_file(world: World) -> None:
    made = sent(world, world.call(), *(row(number, f"P{number}") for number in range(2, 12)))
    work(world)
    by, page = world.principal("school"), PageRequest(limit=4, cursor=None, sort=None)

    with reading(world.database) as session:
        first = imports.list_rows(session, made.id, outcome=RowOutcome.ADDED, by=by, page=page)

    assert ([one.number for one in first.items], first.next_cursor is None) == ([2, 3, 4, 5], False)
