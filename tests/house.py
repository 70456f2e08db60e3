"""An application that stands for all tests of a module: for those whose requests leave nothing behind."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from domain.db import Base
from domain.transaction import Database, reading
from tests.world import World

# An application with nothing wrong in it.
APPLICATION: dict[str, Any] = {
    "person": {
        "given_names": "Ana",
        "family_name": "Petrović",
        "email": "ana@example.org",
        "birth_date": "2005-03-08",
        "country": "RS",
        "gender": "2",
        "phone": "+381 60 0000000",
    },
    "answers": {"motivation": "I want to learn."},
    "consents": [{"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}],
    "languages": [{"tag": "it", "cefr": "B1"}],
    "lang": "en",
    "isced_f": "0715",
    "eqf_level": 4,
    "graduation_date": "2026-06-30",
}


@dataclass(frozen=True)
class House:
    """The application, its database, and a call that is open to all."""

    client: FlaskClient
    database: Database
    world: World

    @cached_property
    def call(self) -> str:
        """The call's address."""
        return f"/v1/calls/{self.world.call().id}"

    def send(self, method: str, path: str, *, by: str | None = None, **options: Any) -> TestResponse:
        """Send what is to be refused, as a member or as the public; nothing may come of it."""
        environ = options.pop("environ_overrides", {})
        if by is not None:
            environ = {"HTTP_AUTHORIZATION": f"Bearer {self.world.token(by)}", **environ}
        before = self.rows()
        answer = self.client.open(path, method=method, environ_overrides=environ, **options)
        assert self.rows() == before
        return answer

    def apply(self, **options: Any) -> TestResponse:
        """Apply to the call, in a way that is to be refused."""
        return self.send("POST", f"{self.call}/applications", **options)

    def rows(self) -> dict[str, int | None]:
        """How many rows every table has."""
        with reading(self.database) as session:
            tables = Base.metadata.sorted_tables
            return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}


def told(answer: TestResponse) -> tuple[int, list[tuple[str, str]]]:
    """The status of a problem document, and the places and codes that it names."""
    assert answer.content_type == "application/problem+json", answer.text
    assert answer.json["status"] == answer.status_code
    return answer.status_code, [(error["pointer"], error["code"]) for error in answer.json.get("errors", [])]
