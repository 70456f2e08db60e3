"""What `make run` says once it serves: where it is, and four lines to try."""

import json
import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from domain.config import Config
from domain.languages import choose
from domain.models.calls import Call, CallStatus, HowToApply
from domain.policies import PUBLIC
from domain.services import calls, consent_texts
from domain.services.calls import CallFilter
from domain.services.pages import LARGEST_LIMIT, PageRequest
from domain.transaction import Database, reading, utcnow

TOKEN = "$INTERVET_TOKEN"  # noqa: S105  what stands for a token that we don't know
JSON = "Content-Type: application/json"
COUNTRY, LANGUAGE = "RS", "sr-Cyrl"
ANSWERS: Mapping[str, Any] = {
    "text": "Cook",
    "long_text": "I want to learn how others work.",
    "date": "2030-01-01",
    "yes_no": True,
}
PROJECT = {
    "code": "MY-PROJECT",
    "title": {"en": "My project"},
    "action_type": "KA121-VET",
    "rule_set": "KA1-VET-2021",
    "starts_on": "2027-01-01",
    "ends_on": "2028-12-31",
    "languages": ["en"],
}


def greeting(config: Config, database: Database, token: str | None) -> str:
    """The address, the docs, the token, and curl lines that work as they stand."""
    here = f"http://127.0.0.1:{config.port}"  # The base URL may lead through a proxy that isn't there yet.
    with reading(database) as session:
        call = _open_call(session, at=utcnow())
    return "\n".join(
        [
            "",
            f"InterVET  {config.base_url}",
            f"Docs      {config.base_url}/docs",
            f"Token     {token or 'not known here; make one: .venv/bin/intervet-admin token create --help'}",
            "",
            "Try:",
            *_lines(here, token or TOKEN, call),
            "",
        ]
    )


def _lines(here: str, token: str, call: Call | None) -> Iterator[str]:
    bearer = f"Authorization: Bearer {token}"
    yield _curl(f"{here}/v1/calls?status=open&country={COUNTRY}&lang={LANGUAGE}")
    yield _curl(f"{here}/v1/me", headers=[bearer])
    if call is None:
        yield _curl(f"{here}/openapi.json")
        yield _curl(f"{here}/v1/projects", headers=[bearer, JSON], body=PROJECT)
    else:
        yield _curl(f"{here}/v1/projects/INTERVET-WB/statistics")
        # With its key it is one application, however often the line is repeated.
        key = f"Idempotency-Key: {uuid4()}"
        yield _curl(f"{here}/v1/calls/{call.slug}/applications", headers=[JSON, key], body=application(call))


def application(call: Call) -> dict[str, Any]:
    """Somebody's application that this call takes: only what it asks for, in words that fit the question's type."""
    person = {
        "given_names": "Ana",
        "family_name": "Example",
        "email": "ana@example.org",
        "birth_date": "2007-03-08",
        "country": call.eligible_countries[0],
    }
    consents = [
        {"purpose": one.purpose, "granted": True, "text_version": one.text_version, "lang": choose(one.text, ("en",))}
        for one in consent_texts.asked_by(call)
    ]
    answers = {each["name"]: _answer(each) for each in call.form if each.get("required")}
    return {"person": person, "answers": answers, "consents": consents}


def _answer(question: Mapping[str, Any]) -> Any:
    return question["choices"][0]["value"] if question["type"] == "choice" else ANSWERS[question["type"]]


def _open_call(session: Session, *, at: datetime) -> Call | None:
    """An open call that anyone may apply to here with our example, of the listed country if there is one."""
    page = PageRequest(limit=LARGEST_LIMIT)
    found = calls.list_calls(session, CallFilter(status=CallStatus.OPEN), by=PUBLIC, at=at, page=page)
    open_to_all = [call for call in found.items if _takes_an_example(call)]
    return min(open_to_all, key=lambda call: COUNTRY not in call.eligible_countries, default=None)


def _takes_an_example(call: Call) -> bool:
    here = call.public_intake and call.how_to_apply is HowToApply.HERE
    required = [each for each in call.form if each.get("required")]
    return here and all("shown_when" not in each and each["type"] in {"choice", *ANSWERS} for each in required)


def _curl(address: str, *, headers: list[str] | None = None, body: Any = None) -> str:
    words = ["curl", "-sS", *(word for header in headers or [] for word in ("-H", header))]
    if body is not None:
        words += ["-d", json.dumps(body, ensure_ascii=False)]
    # In double quotes a shell still fills in $INTERVET_TOKEN.
    return " ".join([*(f'"{word}"' if TOKEN in word else shlex.quote(word) for word in words), shlex.quote(address)])
