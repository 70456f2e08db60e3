"""Idempotency-Key: the same request sent again gets the same answer, and nothing happens twice."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

import orjson
from flask import Response, request
from sqlalchemy.orm import Session

from api.parsing import StrictRequest, query_string
from domain.errors import Finding, InvalidInput
from domain.models.kept_answers import KeptAnswer
from domain.policies import Principal
from domain.services import kept_answers
from domain.vault import Vault

KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Content-Type", "Content-Language", "ETag", "Location", "Cache-Control")


class Replay(Exception):
    """The answer was given before; here it is again."""

    def __init__(self, response: Response) -> None:
        super().__init__("replay")
        self.response = response


@dataclass(frozen=True)
class Claim:
    """A key taken for the request at hand."""

    row: KeptAnswer
    vault: Vault

    def keep(self, response: Response) -> None:
        """Keep a success, in the transaction of what was done. A refusal was raised, and leaves no key."""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept = {"status": response.status_code, "headers": headers, "body": response.get_data(as_text=True)}
        kept_answers.keep(self.row, orjson.dumps(kept), vault=self.vault)


def claim(session: Session, by: Principal, *, fingerprint: bytes, vault: Vault, at: datetime) -> Claim:
    """Take the request's key, or raise Replay with the answer that it got before."""
    key = request.headers["Idempotency-Key"]
    if not KEY.fullmatch(key):
        _refuse()
    row = kept_answers.claim(session, _scope(by, key), key, fingerprint=fingerprint, at=at)
    answer = kept_answers.recall(row, vault=vault)
    if answer is not None:
        raise Replay(_response(answer))
    return Claim(row, vault)


def _scope(by: Principal, key: str) -> str:
    if by.link_id is not None:
        return f"link:{by.link_id.hex}"
    if by.organisation_id is not None:
        # A token for one project is often held by another than the organisation's own, and one with fewer scopes is
        # shown less: answers are shared only among those who would get the same.
        sight = hashlib.sha256(repr((by.within, sorted(by.scopes))).encode()).hexdigest()[:32]
        return f"organisation:{by.organisation_id.hex}:{sight}"
    try:
        # The public shares one room: only a key that nobody guesses keeps its answer to its sender.
        UUID(key)
    except ValueError:
        _refuse()
    return f"public:{hashlib.sha256(request.path.encode()).hexdigest()[:32]}"


def _refuse() -> NoReturn:
    raise InvalidInput([Finding("/Idempotency-Key", "not_a_key")], "The Idempotency-Key can't be used.")


def fingerprint() -> bytes:
    """What tells the request from another under the same key. To be taken before the transaction: a file is long."""
    assert isinstance(request, StrictRequest)
    parts = (request.method, request.path, query_string())
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request.digest).digest()


def _response(answer: bytes) -> Response:
    kept = orjson.loads(answer)
    response = Response(kept["body"], status=kept["status"])
    response.headers.update(kept["headers"])
    response.headers["Idempotency-Replayed"] = "true"
    return response
