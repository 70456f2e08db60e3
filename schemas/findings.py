"""What marshmallow finds wrong, as findings of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.errors import Finding, pointer_step
from schemas.base import Coded


def findings_of(messages: Mapping[Any, Any] | list[Any], pointer: str = "") -> Iterator[Finding]:
    """Flatten marshmallow's nested messages into findings, each with its JSON Pointer."""
    if isinstance(messages, list):
        for text in messages:
            coded = text if isinstance(text, Coded) else Coded("invalid_input")
            yield Finding(pointer, str(coded), dict(coded.values))
        return
    for name, inner in messages.items():
        # marshmallow files errors of the whole under _schema.
        here = pointer if name == "_schema" else f"{pointer}/{pointer_step(str(name))}"
        yield from findings_of(inner, here)
