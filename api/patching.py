"""JSON Merge Patch (RFC 7396): the resource as it would be written, the patch merged into it, the whole validated."""

from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from api.parsing import JSON_TYPES, MERGE_PATCH, BadJson, read_body, read_json
from schemas.base import Schema


def read_patch() -> dict[str, Any]:
    """The request's patch. Raises 415 for another kind of body, BadJson for what isn't an object."""
    if request.mimetype not in {*JSON_TYPES, MERGE_PATCH}:
        raise UnsupportedMediaType(f"Send the patch as {MERGE_PATCH} or application/json.")
    patch = read_json(read_body(request))
    if not isinstance(patch, dict):
        raise BadJson("A merge patch is a JSON object.")
    return patch


def patched(schema: type[Schema], current: Any, patch: dict[str, Any]) -> Any:
    """What `current` becomes with `patch` merged into it, validated as if it had been sent whole."""
    standing = _without_nulls(schema().dump(current))
    return schema().load(merge(standing, patch))


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396's algorithm: objects merge, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
