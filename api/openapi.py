"""The contract: generated from the decorators that validate requests, so that it can't lie."""

from typing import Any

from apispec.ext.marshmallow.common import resolve_schema_cls


def schema_name(schema: Any) -> str:
    """The name of a schema in the contract: `CallSchema` is Call, and what a patch may hold of `CallWriteSchema` CallPatch."""
    name = resolve_schema_cls(schema).__name__.removesuffix("Schema")
    return f"{name.removesuffix('Write')}Patch" if getattr(schema, "partial", None) else name
