"""A call's applications as a sheet for those who decide: one row an application, and empty columns for the decision.

What they write there comes back to `call_decisions`, which finds the row by `reference` and knows by `version` whether
the application is still the one that was decided on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.languages import localise, message
from domain.models.applications import Application, ApplicationState
from domain.models.calls import Call
from domain.policies import Principal
from domain.services.application_rules import missing_parts
from domain.services.applications import ApplicationFilter, matches
from domain.services.call_decisions import Outcome
from domain.services.destinations import destination_labels
from domain.services.form_answers import choices_of
from domain.services.form_schemas import Fields
from domain.services.sheet_words import column_title, distinct, state_title

CHUNK = 500  # applications: some megabytes with long answers, read in a fraction of a second

Cell = str | int | float | bool | date | datetime | None
Open = Callable[[], AbstractContextManager[Session]]
Read = Callable[[Application], Cell]

IN_SIGHT = 2  # columns that stay beside the header: the reference and the state
PERSON = ("given_names", "family_name", "email", "birth_date", "gender", "nationality", "phone")


@dataclass(frozen=True)
class SheetColumn:
    """A column: what it is called, what a row has there, and what may be chosen where it is to be filled in."""

    title: str
    read: Read
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class SheetLayout:
    """The columns of a call's sheet. `words` is the language of our own words, `lang` that of the call's questions."""

    call: Call
    questions: Fields
    words: str
    lang: str
    with_persons: bool
    at: datetime

    @cached_property
    def columns(self) -> list[SheetColumn]:
        """All columns, from the left."""
        shown = self._of_application() | (self._of_person() if self.with_persons else {})
        named = [SheetColumn(column_title(name, self.words), read) for name, read in shown.items()]
        return [*named, *(self._of_questions() if self.with_persons else ()), self._of_missing(), *self._to_fill_in()]

    def cells(self, application: Application) -> list[Cell]:
        """The row of one application."""
        return [column.read(application) for column in self.columns]

    def _of_application(self) -> dict[str, Read]:
        zone = ZoneInfo(self.call.timezone)
        return {
            "reference": lambda one: one.reference,
            "state": lambda one: state_title(one.state, self.words),
            "version": lambda one: one.version,
            "submitted_at": lambda one: one.submitted_at.astimezone(zone).replace(microsecond=0),
            "late": lambda one: one.late,
            "likely_duplicate": lambda one: one.likely_duplicate,
            "school": lambda one: one.sending.legal_name,
            "country": lambda one: one.country,
            "preferences": lambda one: ", ".join(self._place(choice) for choice in one.preferences),
            "current_rank": lambda one: one.rank if one.state is ApplicationState.RESERVE else None,
            "current_destination": lambda one: self._places.get(one.destination_id) if one.destination_id else None,
        }

    def _of_person(self) -> dict[str, Read]:
        return {name: _reader(name) for name in PERSON} | {"gender": self._gender}

    def _of_questions(self) -> Iterator[SheetColumn]:
        for each, title in zip(self.questions, self._question_titles.values(), strict=True):
            yield SheetColumn(title, self._answer(each))

    def _of_missing(self) -> SheetColumn:
        titles = self._question_titles

        def missing(application: Application) -> str:
            return ", ".join(titles.get(part, part) for part in missing_parts(self.call, application, at=self.at))

        return SheetColumn(column_title("missing", self.words), missing)

    def _to_fill_in(self) -> Iterator[SheetColumn]:
        choices = {
            "decision": [state_title(ApplicationState(outcome), self.words) for outcome in Outcome],
            "destination": [*self._places.values()],
        }
        for name in ("decision", "rank", "destination", "reason"):
            yield SheetColumn(column_title(name, self.words), lambda _: None, choices.get(name, ()))

    @cached_property
    def _question_titles(self) -> dict[str, str]:
        titles = [(each["name"], localise(each["label"], self.lang)) for each in self.questions]
        return dict(zip((name for name, _ in titles), distinct(titles), strict=True))

    @cached_property
    def _places(self) -> dict[UUID, str]:
        return destination_labels(self.call.destinations)

    def _place(self, choice: str) -> str:
        return self._places.get(UUID(choice), choice)

    def _gender(self, application: Application) -> str | None:
        return message(f"gender_{application.gender}", self.words) if application.gender in ("1", "2") else None

    def _answer(self, question: Mapping[str, Any]) -> Read:
        labels = {
            choice["value"]: localise(choice["label"], self.lang)
            for choice in choices_of(question)
            if "label" in choice
        }
        return lambda one: _as_cell(one.answers.get(question["name"]), question["type"], labels)


def _reader(name: str) -> Read:
    return lambda one: getattr(one, name)


def _as_cell(answer: Any, kind: str, labels: Mapping[str, str]) -> Cell:
    """An answer as a cell of its type; what has parts is put side by side."""
    match answer:
        case str() if kind == "date":
            return date.fromisoformat(answer)
        case str():
            return labels.get(answer, answer)
        case list():
            return ", ".join(str(_as_cell(part, kind, labels)) for part in answer)
        case dict():
            return ", ".join(str(_as_cell(part, kind, labels)) for part in answer.values())
        case _:
            return answer  # type: ignore[no-any-return]


def sheet_rows(
    opened: Open, layout: SheetLayout, wanted: ApplicationFilter, *, by: Principal
) -> Iterator[list[list[Cell]]]:
    """The rows of what the caller may see of the call's applications, in the order of their coming, chunk by chunk.

    Each chunk is read in a short transaction of its own: whoever reads slowly holds nothing up.
    """
    chosen = select(Application).where(policies.visible_applications(by), *matches(wanted)).order_by(Application.id)
    last: UUID | None = None
    while True:
        following = chosen if last is None else chosen.where(Application.id > last)
        with opened() as session:
            found = session.scalars(following.limit(CHUNK)).all()
            rows = [layout.cells(application) for application in found]
        if rows:
            yield rows
        if len(found) < CHUNK:
            return
        last = found[-1].id
