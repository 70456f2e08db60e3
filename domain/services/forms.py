"""A call's form: a list of questions, asked of those who apply and held against their answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Finding
from domain.languages import Text
from domain.models.calls import Call, Destination
from domain.models.organisations import Organisation
from domain.services.form_answers import Question, answer_schema, options
from domain.services.form_findings import MAX_FINDINGS, findings
from domain.services.form_schemas import Fields, answers_schema

MISSING = frozenset({"required", "too_few"})  # Codes of findings that more of an answer would mend.


@dataclass(frozen=True)
class FileQuestion:
    """A question that is answered with documents: how many, and of which kinds, by the ends of their names."""

    question: str
    required: bool
    max_files: int
    accept: Sequence[str]


def form_texts(fields: Fields) -> list[Text]:
    """All texts of a form, the first label first."""
    return [text for each in fields for text in question_texts(each).values()]


def question_texts(each: Question) -> dict[str, Text]:
    """The texts of one question by where they stand, its label first."""
    texts = {place: each[place] for place in ("label", "help") if place in each}
    labelled = enumerate(each.get("choices", ()))
    return texts | {f"choices/{at}/label": choice["label"] for at, choice in labelled if "label" in choice}


def file_questions(fields: Fields) -> list[FileQuestion]:
    """The questions that are answered with documents. Where `shown_when` says no, even a required one isn't asked."""
    return [
        FileQuestion(question=each["name"], required=bool(each.get("required")), **options(each))
        for each in fields
        if each["type"] == "file"
    ]


# --- as it is asked -------------------------------------------------------------------------------------------------


def questions(call: Call) -> Fields:
    """The call's form as answers are held against it: where destinations are asked for, with those of the call."""
    return [_with_destinations(each, call) if each["type"] == "destinations" else each for each in call.form]


def named_questions(session: Session, call: Call) -> Fields:
    """The call's form as readers are shown it: organisations have their names."""
    fields = questions(call)
    ids = {named for each in fields for named in each.get("organisations", ())}
    if not ids:
        return fields
    found = session.scalars(select(Organisation).where(Organisation.id.in_([UUID(named) for named in ids])))
    names = {str(one.id): one.legal_name for one in found}
    return [_with_names(each, names) if each["type"] == "organisation" else each for each in fields]


def _with_destinations(each: Question, call: Call) -> Question:
    return {**each, "choices": [_choice(str(place.id), _place_name(place)) for place in call.destinations]}


def _with_names(each: Question, names: dict[str, str]) -> Question:
    return {**each, "choices": [_choice(named, names.get(named, named)) for named in each["organisations"]]}


def _choice(value: str, name: str) -> dict[str, Any]:
    return {
        "value": value,
        "label": {"en": name},
    }  # The names of places and organisations are the same in all languages.


def _place_name(place: Destination) -> str:
    """What tells a destination from the others: host, city, country, days."""
    host = [] if place.host is None else [place.host.legal_name]
    days = [day.isoformat() for day in (place.starts_on, place.ends_on) if day is not None]
    return ", ".join([*host, f"{place.city} ({place.country})", *([" – ".join(days)] if days else [])])


# --- answers --------------------------------------------------------------------------------------------------------


def check_answers(fields: Fields, answers: object) -> list[Finding]:
    """What is wrong with the answers to a checked form, in the form's order, each place as a JSON Pointer.

    `fields` are those of `questions`. What is merely missing is told by one of the codes in MISSING.
    """
    found = findings(_validator(json.dumps(fields)), answers, "/answers")
    position = {each["name"]: index for index, each in enumerate(fields)}
    found.sort(key=lambda finding: position.get(_question(finding), len(position)))
    return found[:MAX_FINDINGS]


def unanswered(fields: Fields, answers: object) -> list[str]:
    """The names of the questions that are still to be answered, or to be answered more fully."""
    missing = [_question(finding) for finding in check_answers(fields, answers) if finding.code in MISSING]
    return list(dict.fromkeys(missing))


def _question(finding: Finding) -> str:
    return finding.pointer.removeprefix("/answers").strip("/").partition("/")[0]


# The 64 forms of the largest size that a request can bring fit into 50 MB, ordinary ones into one.
@lru_cache(maxsize=64)
def _validator(fields_json: str) -> Draft202012Validator:
    fields = json.loads(fields_json)
    return Draft202012Validator(answers_schema(fields, [answer_schema(each) for each in fields]))
