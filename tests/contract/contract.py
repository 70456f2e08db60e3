"""The contract as tests use it: its operations, and whether an answer keeps it."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any

import yaml
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from cli.openapi import contract as generated

JSON = ("/json", "+json")  # how the names of kinds of content end that are one JSON value
METHODS = ("get", "post", "patch", "delete", "put")
OPEN = {"Problem"}  # Some problems carry figures beside what all have.


class Contract:
    """An OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @classmethod
    def of_the_code(cls) -> "Contract":
        """What is generated now."""
        return cls(yaml.load(generated(), Loader=yaml.CSafeLoader))

    @property
    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All operations by path and method."""
        paths = self.document["paths"]
        return {(path, method): item[method] for path, item in paths.items() for method in METHODS if method in item}

    def resolved(self, node: Mapping[str, Any]) -> Any:
        """What a reference refers to."""
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def bodies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every body of requests, answers and webhooks in JSON, with where it stands."""
        hooks = {(name, "post"): item["post"] for name, item in self.document["webhooks"].items()}
        for (path, method), operation in (self.operations | hooks).items():
            carriers = {"request": operation.get("requestBody", {})} | operation["responses"]
            for name, carrier in carriers.items():
                for kind, media in self.resolved(carrier).get("content", {}).items():
                    if kind.endswith(JSON):
                        yield f"{method} {path} {name}", media

    def examples(self, media: Mapping[str, Any]) -> list[Any]:
        """The examples of a body, whether it has one or some by name."""
        named = [self.resolved(one)["value"] for one in media.get("examples", {}).values()]
        return named + ([media["example"]] if "example" in media else [])

    def wrong(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """Where `value` isn't what `schema` says."""
        whole = {**schema, "components": {"schemas": self._closed}}  # where its references lead to
        found = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
        return [f"{error.json_path}: {error.message}"[:300] for error in found]

    @cached_property
    def _closed(self) -> dict[str, Any]:
        """The schemas, with objects that hold what is described and nothing else."""
        closed = deepcopy(self.document["components"]["schemas"])
        for name, schema in closed.items():
            if "properties" in schema and name not in OPEN:
                schema["additionalProperties"] = False
        return closed


class CheckedClient(FlaskClient):
    """A client that takes no answer that the contract doesn't describe."""

    contract: Contract

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call, and hold the answer against the contract."""
        response = super().open(*args, **kwargs)
        found = broken(self.contract, self.application, response)
        assert not found, "\n".join(found)
        return response


def broken(contract: Contract, app: Flask, response: TestResponse) -> list[str]:
    """What an answer has that the contract doesn't say, or the other way round."""
    path, method = _operation(app, response)
    described = contract.operations.get((path, method), {}).get("responses", {}).get(str(response.status_code))
    if described is None:
        return [f"{method} {path} isn't described to answer {response.status_code}: {response.text[:300]}"]
    described = contract.resolved(described)
    missing = [f"{method} {path} lacks {name}" for name in _always(described) if name not in response.headers]
    content = described.get("content", {})
    if not content:
        return missing
    media = content.get(response.mimetype)
    if media is None:
        return [*missing, f"{method} {path} isn't described to answer {response.mimetype}"]
    return missing + (contract.wrong(media["schema"], response.json) if response.mimetype.endswith(JSON) else [])


def _operation(app: Flask, response: TestResponse) -> tuple[str, str]:
    method = response.request.method.lower().replace("head", "get")
    rule, _ = app.url_map.bind("").match(response.request.path, method=method, return_rule=True)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method


def _always(described: Mapping[str, Any]) -> set[str]:
    """The headers that come whenever they are described; the others say why they may be absent."""
    return {"ETag", "Location", "WWW-Authenticate"} & described.get("headers", {}).keys()
