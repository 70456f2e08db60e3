"""Rows of imports, held against the shape that an application has on the wire, before they are taken in."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from domain.errors import InvalidInput
from domain.services.applications import ApplicationInput
from schemas.applications import ApplicationWriteSchema
from schemas.findings import findings_of


def load_application(body: Mapping[str, Any]) -> ApplicationInput:
    """What is sent in, from what JSON would say. Raises InvalidInput naming each field, as the API does."""
    try:
        loaded: ApplicationInput = ApplicationWriteSchema().load(body)
    except ValidationError as error:
        raise InvalidInput([*findings_of(error.messages)]) from error
    return loaded
