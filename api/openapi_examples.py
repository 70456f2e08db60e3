"""Examples for whole bodies, put together from the examples of their fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.openapi_schemas import REF

Json = dict[str, Any]

JSON = ("/json", "+json")  # how the names of kinds of content end that are one JSON value
BY_FORMAT = {
    "uuid": "01938f6e-5c00-7000-8000-000000000001",
    "date": "2027-02-01",
    "date-time": "2026-11-22T09:00:00Z",
    "uri": "https://intervet.example",
}
# Organisations, wherever they are shown by name, and what else is text without an example of its own.
BY_NAME: Mapping[str, Any] = {
    "coordinator": "A Chamber",
    "organisation": "Srednja mašinska škola",
    "secret": f"ivt_org_{'x' * 45}x7Kq",
}
# Part of a thing that is worth changing: the first fields of its schema are mostly those that never change.
PATCHES: Mapping[str, Json] = {
    "ActivityPatch": {"title": {"sq": "Tri javë në Lion"}},
    "ApplicationEditPatch": {"person": {"phone": "+355 69 111 1111"}},
    "CallPatch": {"places": 14},
    "EndpointPatch": {"description": "Our new CRM"},
    "MembershipPatch": {"roles": ["sending", "receiving"]},
    "MobilityPatch": {"start_date": "2027-02-08", "end_date": "2027-02-28"},
    "OrganisationPatch": {"city": "Niš"},
    "ParticipantPatch": {"phone": "+355 69 111 1111"},
    "ProjectPatch": {"call_year": 2027},
    "ReportedFigurePatch": {"value": "166"},
    "TargetPatch": {"planned": 380},
}
BY_TYPE: Mapping[str, Any] = {"string": "…", "boolean": False, "number": 0.5, "object": {}, "array": [], "null": None}


def exemplified(operations: Iterable[Json], schemas: Mapping[str, Json]) -> Json:
    """Give every JSON body an example where its view gives none; return those of named schemas, for all to refer to."""
    shared: Json = {}
    for operation in operations:
        for media in _bodies(operation):
            name = _name(media["schema"])
            if name is None:
                media["example"] = example(media["schema"], schemas)
            else:
                media["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}
                shared[name] = {"value": PATCHES.get(name) or example(media["schema"], schemas)}
    return dict(sorted(shared.items()))


def _bodies(operation: Json) -> Iterator[Json]:
    for carrier in (operation.get("requestBody", {}), *operation["responses"].values()):
        for kind, media in carrier.get("content", {}).items():
            if kind.endswith(JSON) and not {"example", "examples"} & media.keys():
                yield media


def _name(schema: Json) -> str | None:
    """The name of the schema, the first where there are several."""
    reference = schema.get("$ref") or schema.get("anyOf", [{}])[0].get("$ref")
    return None if reference is None else str(reference).removeprefix(REF)


def example(schema: Json, schemas: Mapping[str, Json]) -> Any:
    """A value that `schema` describes; `schemas` are the ones that it may refer to."""
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].removeprefix(REF)], schemas)
    if "const" in schema:
        return schema["const"]
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return example(schema[word][0], schemas)
    return _by_type(schema, schemas)


def _by_type(schema: Json, schemas: Mapping[str, Json]) -> Any:
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ["string"])
    if "null" in kinds:
        return None
    if "properties" in schema:
        wanted = schema.get("required", ())
        return {
            name: _field(name, field, schemas)
            for name, field in schema["properties"].items()
            if name in wanted or _tells(field)
        }
    if "items" in schema:
        return [example(schema["items"], schemas)]
    if kinds[0] == "integer":
        return max(schema.get("minimum", 1), 1)
    return BY_FORMAT.get(schema.get("format", ""), BY_TYPE[kinds[0]])


def _field(name: str, field: Json, schemas: Mapping[str, Json]) -> Any:
    shown = example(field, schemas)
    return BY_NAME.get(name, shown) if shown == BY_TYPE["string"] else shown


def _tells(field: Json) -> bool:
    """Whether an example of the field is worth showing where the field may be left out."""
    return "examples" in field or "$ref" in field or "$ref" in field.get("items", {})
