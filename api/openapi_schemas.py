"""The schemas of the contract: what may be sent, and what comes back, where the two differ."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

REF = "#/components/schemas/"
ONE_LANGUAGE = "InLanguage"  # how the names of schemas end whose texts are in one language
PATCH = "Patch"  # and of those that hold a part of a thing


def names(node: Any) -> Iterator[str]:
    """The names of the schemas that a part of the contract speaks of, itself."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(REF)
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from names(inner)


class Schemas:
    """All schemas, and which of them are sent and which come back.

    A schema that does both has two shapes. Who sends names no field that only we fill in; who reads finds every field
    that we always fill in, and may one day find more.
    """

    def __init__(self, raw: Mapping[str, Json], *, sent: Iterable[str], answered: Iterable[str]) -> None:
        self._raw = {name: plain(deepcopy(schema)) for name, schema in raw.items()}
        whole = {base for name in self._raw if (base := name.removesuffix(ONE_LANGUAGE)) != name and base in self._raw}
        self._answered = self._reached({*answered, *whole} & self._raw.keys())
        self._sent = self._reached({*sent} & self._raw.keys())

    def components(self) -> Json:
        """The schemas by their names in the contract."""
        answered = {name: self.answered(self._answer(name)) for name in self._answered}
        sent = {self._sent_name(name): self.sent(self._request(name)) for name in self._sent}
        assert not answered.keys() & sent.keys(), "a schema that is sent and comes back needs a name for each"
        return dict(sorted((answered | sent).items()))

    def sent(self, node: Any) -> Any:
        """A part of the contract that speaks of what is sent, with the names of what is."""
        return _renamed(node, {name: {"$ref": REF + self._sent_name(name)} for name in self._sent})

    def answered(self, node: Any) -> Any:
        """A part of the contract that speaks of what comes back: in one language, or with `lang=*` in all of them."""
        return _renamed(node, {name: self._reference(name) for name in self._answered})

    def _reached(self, begin: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(begin)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += names(self._raw[name])
        return reached

    def _sent_name(self, name: str) -> str:
        return f"{name}Write" if name in self._answered else name

    def _reference(self, name: str) -> Json:
        whole = name.removesuffix(ONE_LANGUAGE)
        if whole == name or whole not in self._answered:
            return {"$ref": REF + name}
        return {"anyOf": [{"$ref": REF + name}, {"$ref": REF + whole}]}

    def _request(self, name: str) -> Json:
        schema = deepcopy(self._raw[name])
        schema["properties"] = {
            key: value for key, value in schema.get("properties", {}).items() if not value.get("readOnly")
        }
        if name.endswith(PATCH):
            schema["properties"] = {key: _removable(value) for key, value in schema["properties"].items()}
        return schema

    def _answer(self, name: str) -> Json:
        schema = deepcopy(self._raw[name])
        always = self._always_there(name)
        whole = self._raw.get(name.removesuffix(ONE_LANGUAGE), schema).get("properties", {})
        schema["properties"] = {
            key: _shown(field, whole.get(key, field))
            for key, field in schema.get("properties", {}).items()
            if not field.get("writeOnly")
        }
        schema.pop("additionalProperties", None)
        return schema | ({"required": always} if always else {})

    def _always_there(self, name: str) -> list[str]:
        """The fields that an answer always has: those that say so, or all of a schema in which none says anything."""
        schema = self._raw[name]
        fields = schema.get("properties", {})
        said = [
            key
            for key, field in fields.items()
            if key in schema.get("required", ()) or "default" in field or field.get("readOnly")
        ]
        whole_only = fields.keys() - self._raw.get(name + ONE_LANGUAGE, schema).get("properties", {}).keys()
        return sorted({*(said or fields)} - whole_only)


def plain(schema: Json) -> Json:
    """The same schema without what only Python or an older OpenAPI understands."""
    plain = {word: _inside(word, said) for word, said in schema.items()}
    if "pattern" in plain:
        plain["pattern"] = plain["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    if "example" in plain:
        plain["examples"] = [plain.pop("example")]
    if "object" in _types(plain):
        renamed = {"minLength": "minProperties", "maxLength": "maxProperties"}
        plain = {renamed.get(word, word): said for word, said in plain.items()}
    return plain


def _inside(word: str, said: Any) -> Any:
    if word == "properties":
        return {name: plain(field) for name, field in said.items()}
    if word in ("oneOf", "anyOf", "allOf"):
        return [plain(one) for one in said]
    return plain(said) if word in ("items", "additionalProperties") and isinstance(said, dict) else said


def _shown(field: Json, whole: Json) -> Json:
    """The field as it comes back; in one language it is null only where it may be in all of them."""
    shown = {word: said for word, said in field.items() if word not in ("readOnly", "default")}
    return shown if "null" in _types(whole) or "type" not in whole else shown | _never_null(shown)


def _never_null(field: Json) -> Json:
    kinds = [kind for kind in _types(field) if kind != "null"]
    return {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}


def _types(schema: Json) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else kind


def _removable(field: Json) -> Json:
    """The field as a merge patch may hold it: null takes it away, and so in a map; what is left out stays."""
    field = {word: said for word, said in field.items() if word != "default"}
    if "additionalProperties" in field and isinstance(field["additionalProperties"], dict):
        field = field | {"additionalProperties": _removable(field["additionalProperties"])}
    kinds = _types(field)
    if not kinds or "null" in kinds:
        return field
    return field | {"type": [*kinds, "null"]} | ({"enum": [*field["enum"], None]} if "enum" in field else {})


def _renamed(node: Any, references: Mapping[str, Json]) -> Any:
    if isinstance(node, list):
        return [_renamed(inner, references) for inner in node]
    if not isinstance(node, dict):
        return node
    name = str(node.get("$ref", "")).removeprefix(REF)
    others = {key: _renamed(value, references) for key, value in node.items() if key != "$ref"}
    if name in references and "$ref" in node:
        return others | references[name]
    return node | others
