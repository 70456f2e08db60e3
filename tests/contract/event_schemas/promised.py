"""The schemas of events as they were published, one file for each type and version, beside those of the code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.models.events import EventType
from schemas.event_types import VERSIONS, json_schema
from tests.contract.event_schemas.comparison import breaks

FOLDER = Path(__file__).parent

Schemas = Mapping[str, Mapping[str, Any]]  # by type and version, as in `call.closed.v1`


def current() -> Schemas:
    """The schemas of the code."""
    return {f"{kind}.v{VERSIONS[kind]}": json_schema(kind) for kind in EventType}


def promised(folder: Path = FOLDER) -> Schemas:
    """The schemas in the files."""
    return {place.stem: json.loads(place.read_text("utf-8")) for place in sorted(folder.glob("*.json"))}


def promise(schemas: Schemas, folder: Path = FOLDER) -> None:
    """Write the files."""
    for name, schema in schemas.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True)
        (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def broken(before: Schemas, now: Schemas) -> list[str]:
    """What the schemas of now don't keep of those before."""
    return [
        f"{name} {found}"
        for name, schema in before.items()
        for found in (breaks(schema, now[name]) if name in now else _gone(name, now))
    ]


def _gone(name: str, now: Schemas) -> list[str]:
    """A version may go when there is a newer one; a type may not, nor may its version go down."""
    kind, version = _parts(name)
    newer = [other for other in map(_parts, now) if other[0] == kind and other[1] > version]
    return [] if newer else ["/: removed"]


def _parts(name: str) -> tuple[str, int]:
    kind, _, version = name.rpartition(".v")
    return kind, int(version)
