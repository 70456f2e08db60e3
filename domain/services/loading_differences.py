"""What loading a file would change: the standing and the wanted held against each other, field by field. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """What becomes of a thing, as it stands before its line."""

    ADDED = "+"
    CHANGED = "~"
    UNCHANGED = "="


@dataclass(frozen=True)
class FieldChange:
    """A field that changes; a text in one language is a field of its own (`title.sq`)."""

    name: str
    old: object
    new: object


@dataclass(frozen=True)
class Change:
    """What becomes of one thing."""

    mark: Mark
    kind: str
    name: str
    fields: Sequence[FieldChange] = ()


def added(kind: str, name: str) -> Change:
    """It isn't there yet."""
    return Change(Mark.ADDED, kind, name)


def compared(kind: str, name: str, standing: Any, wanted: Any) -> Change:
    """It is there: unchanged, or changed in these fields. Both are inputs of the same kind."""
    found = tuple(differences(standing, wanted))
    return Change(Mark.CHANGED if found else Mark.UNCHANGED, kind, name, found)


def differences(standing: Any, wanted: Any) -> Iterator[FieldChange]:
    """The fields in which two inputs of the same kind differ."""
    for name in (field.name for field in fields(wanted)):
        yield from _difference(name, _plain(getattr(standing, name)), _plain(getattr(wanted, name)))


def _difference(name: str, old: object, new: object) -> Iterator[FieldChange]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _difference(f"{name}.{key}", old.get(key), new.get(key))
    else:
        yield FieldChange(name, old, new)


def _plain(value: Any) -> object:
    """A list is a list, however it is kept; parts in a list are told apart by their number."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        parts = any(is_dataclass(each) or isinstance(each, Mapping) for each in value)
        return {str(number): _plain(each) for number, each in enumerate(value)} if parts else list(value)
    return value
