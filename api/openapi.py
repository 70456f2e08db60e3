"""The contract: generated from the decorators that validate requests, so that it can't lie.

flask-smorest collects what the decorators say; what is the same for every operation (who may call, which errors, which
headers) is added here by rule, so that a new operation has it without a word.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import yaml
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask
from flask_smorest import Api, Blueprint
from flask_smorest.spec import FlaskPlugin
from marshmallow import fields
from werkzeug.routing.converters import DEFAULT_CONVERTERS

from api.openapi_examples import exemplified
from api.openapi_operations import described, webhook
from api.openapi_parts import HEADERS, NOT_MODIFIED, PARAMETERS, SECURITY_SCHEMES, refusals
from api.openapi_schemas import Schemas, names
from domain.models.events import EventType
from schemas.base import Either, TextInLanguage
from schemas.events import DATA, MEANING
from schemas.problems import ProblemSchema

Json = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
INFO = {
    "summary": "Calls, applications, mobilities and their partners, for vocational education.",
    "description": (
        "What partners need to publish calls, take applications, follow mobilities and report results.\n\n"
        "Every error is a problem document (RFC 9457); its `type` leads to [what to do](/docs/problems). Lists "
        "come in pages, with the address of the next one in `next`. Texts come in one language, chosen by `lang` or "
        "Accept-Language; `lang=*` gives all of them. What happens is told by webhooks (Standard Webhooks 1.0.0), "
        "and by `GET /v1/events` to those who can't be called."
    ),
    "contact": {"name": "The operator of the server that you call"},
    "license": {"name": "European Union Public Licence 1.2", "identifier": "EUPL-1.2"},
}
# Relative: the contract is the same on every server. The one that a server hands out names that server.
SERVERS = [{"url": "/", "description": "The server that this document comes from."}]
JSON_TYPES: Mapping[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
    NoneType: "null",
}
PATHS: Mapping[str, str] = {
    "id_or_slug": "The call's id, or its slug.",
    "code": "The project's code.",
    "secret": "The secret of the link: the last part of `my_url`.",
    "purpose": "What for, such as `processing`.",
    "event_type": "The type's name, such as `application.submitted`.",
}


def schema_name(schema: Any) -> str:
    """A schema's name in the contract: `CallSchema` is Call; what a patch may hold of `CallWriteSchema`, CallPatch."""
    resolved: Any = resolve_schema_cls(schema)
    name = str(resolved.__name__).removesuffix("Schema")
    return f"{name.removesuffix('Write')}Patch" if getattr(schema, "partial", None) else name


def _registry(app: Flask) -> Any:
    """What the decorators of `app`'s operations say, collected when it is asked for: no server needs it to start.

    On a bare application, because flask-smorest registers and collects in one step, and ours has registered already.
    """
    bare = Flask(app.name, static_folder=None)
    bare.config.update(API_TITLE="InterVET", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    bare.url_map.converters.update(app.url_map.converters)
    api = Api(bare, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=schema_name)})
    api.ma_plugin.converter.add_attribute_function(_what_python_knows)
    for converter in set(app.url_map.converters.values()) - set(DEFAULT_CONVERTERS.values()):
        api.register_converter(converter, lambda one: {"type": "string", "pattern": f"^{one.regex}$"})
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, Blueprint):
            api.register_blueprint(blueprint)
    return api


def document(app: Flask) -> Json:
    """The whole contract of `app`: the same for the same code, whatever its settings."""
    api = _registry(app)
    refer = api.ma_plugin.converter.resolve_nested_schema
    events = {kind: refer(schema) for kind, schema in DATA.items()}
    problems = refusals(refer(ProblemSchema))
    raw = deepcopy(api.spec.to_dict())
    for (schema, *_), name in api.ma_plugin.converter.refs.items():
        # Its own alone: what is sent and what comes back are one class and a class made of it.
        if vars(schema).get("example") is not None:
            raw["components"]["schemas"][name]["example"] = schema.example
    paths = _paths(app, raw["paths"], raw["components"]["schemas"])
    webhooks = {str(kind): {"post": webhook(kind, MEANING[kind], events[kind])} for kind in EventType}
    schemas = Schemas(
        raw["components"]["schemas"],
        sent=names([operation.get("requestBody") for operation in _operations(paths)]),
        answered=names([*(operation["responses"] for operation in _operations(paths)), webhooks, problems]),
    )
    for operation in _operations(paths):
        operation["responses"] = schemas.answered(operation["responses"])
        if "requestBody" in operation:
            operation["requestBody"] = schemas.sent(operation["requestBody"])
    components = schemas.components()
    return {
        "openapi": raw["openapi"],
        "info": raw["info"] | INFO,
        "servers": SERVERS,
        "tags": raw["tags"],
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": components,
            "examples": exemplified([*_operations(paths), *_operations(webhooks)], components),
            "responses": NOT_MODIFIED | problems,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def written(contract: Json) -> str:
    """The contract as YAML: what is committed, and what /openapi.yaml answers."""
    return yaml.dump(contract, Dumper=Unaliased, sort_keys=False, allow_unicode=True, width=120)


class Unaliased(yaml.CSafeDumper):
    """Writes a value that stands in two places twice: readers of contracts don't expect YAML's aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True


def _operations(paths: Json) -> Iterator[Json]:
    return (item[method] for item in paths.values() for method in METHODS if method in item)


def _paths(app: Flask, raw: Json, schemas: Json) -> Json:
    views: dict[str, Any] = {
        FlaskPlugin.flaskpath2openapi(rule.rule): app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()
    }
    return {path: _path(path, item, views[path].view_class, schemas) for path, item in raw.items()}


def _path(path: str, item: Json, view: type, schemas: Json) -> Json:
    parameters = [_explained(parameter) for parameter in item.get("parameters", ())]
    operations = {method: _operation(item[method], path, method, view, schemas) for method in METHODS if method in item}
    return ({"parameters": parameters} if parameters else {}) | operations


def _operation(operation: Json, path: str, method: str, view: type, schemas: Json) -> Json:
    policy = getattr(view, method).policy
    return described(operation, path=path, method=method, view=view.__name__, policy=policy, schemas=schemas)


def _explained(parameter: Json) -> Json:
    name = parameter["name"]
    return parameter | {"description": PATHS.get(name, f"The {name.removesuffix('_id').replace('_', ' ')}'s id.")}


def _what_python_knows(converter: Any, field: fields.Field[Any], ret: Json) -> Json:
    """The type of a field of which marshmallow doesn't know it."""
    if field.dump_default is None and isinstance(ret.get("type"), str):
        return {"type": [ret["type"], "null"]}
    if "type" in ret or "$ref" in ret:
        return {}
    return next((say(converter, field) for kind, say in UNTYPED.items() if isinstance(field, kind)), {})


def _shapes(converter: Any, field: Any) -> Json:
    return {"anyOf": [converter.resolve_nested_schema(schema) for schema in field.schemas]}


def _returned(_converter: Any, field: Any) -> Json:
    return _type(get_type_hints(getattr(field.parent, field.serialize_method_name))["return"])


UNTYPED: Mapping[type, Callable[[Any, Any], Json]] = {
    Either: _shapes,
    TextInLanguage: lambda *_: {"type": ["string", "null"], "examples": ["Three weeks in Lyon"]},
    fields.Constant: lambda _, field: {"const": field.constant},
    fields.Method: _returned,
}


def _type(annotation: Any) -> Json:
    """The schema of what Python calls `annotation`; nothing for what may be anything."""
    several = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    shapes = [_shape(one) for one in several]
    if not all(shapes):
        return {}
    kinds = [shape["type"] for shape in shapes]
    return {word: said for shape in shapes for word, said in shape.items()} | {
        "type": kinds[0] if len(kinds) == 1 else kinds
    }


def _shape(annotation: Any) -> Json:
    origin, inner = get_origin(annotation) or annotation, get_args(annotation)
    if origin not in JSON_TYPES:
        return {}
    holds = {list: "items", dict: "additionalProperties"}.get(origin)
    return {"type": JSON_TYPES[origin]} | ({holds: _type(inner[-1])} if holds else {})
