"""An application held against what the server says that it takes, before it is sent."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from intervet_client.columns import REQUIRED, choice_schemas
from intervet_client.shapes import Body, Call, Schema

INDISPENSABLE = "processing"  # Without this consent the server takes no application.
MOST_LISTED = 10
DOCUMENTS = (
    "Documents are needed, which no sheet can hold: apply on the call's page, or have its owner ask for them later."
)
Wrong = tuple[str, str, str]  # JSON Pointer, code, sentence
FORMATS = FormatChecker(formats=("date", "uuid"))


class Check:
    """The rules for applications to one call: the contract's shape, the call's form, countries and consents."""

    def __init__(self, call: Call, form: Schema, contract: Schema) -> None:
        self.call = call
        self._read_in = {asked["purpose"]: _languages(asked["text"]) for asked in call["consents"]}
        self._answers = Draft202012Validator(form)
        shape = {"$ref": "#/components/schemas/ApplicationWrite", "components": contract["components"]}
        self._shape = Draft202012Validator(shape, format_checker=FORMATS)

    def wrong(self, application: Body) -> list[Wrong]:
        """What is wrong with an application, each place once."""
        found: dict[str, Wrong] = {}
        for each in self._all(application):
            found.setdefault(each[0], each)
        return list(found.values())

    def _all(self, application: Body) -> Iterator[Wrong]:
        person = application.get("person")
        for name in REQUIRED:
            if not isinstance(person, dict) or person.get(name) is None:
                yield f"/person/{name}", "required", "This is needed."
        yield from self._against(self._shape, application, "")
        if "answers" in application:
            yield from self._against(self._answers, application["answers"], "/answers")
        yield from self._rules(application)

    def _against(self, validator: Draft202012Validator, instance: Any, root: str) -> Iterator[Wrong]:
        for error in validator.iter_errors(instance):
            for each in _within(error):
                yield from _told(each, root)

    def _rules(self, application: Body) -> Iterator[Wrong]:
        countries = self.call["eligible_countries"]
        person = application.get("person") or {}
        if isinstance(person, dict) and person.get("country") not in (None, *countries):
            yield "/person/country", "not_a_choice", f"This call is for {', '.join(countries)}."
        if isinstance(person, dict) and application.get("guardian") is None and _is_minor(person.get("birth_date")):
            detail = "Whoever is under eighteen needs a guardian, with given names and family name at least."
            yield "/guardian/given_names", "required", detail
        consents = application.get("consents")
        listed = [each for each in consents if isinstance(each, dict)] if isinstance(consents, list) else []
        granted = [each.get("purpose") for each in listed if each.get("granted") is True]
        if INDISPENSABLE in self.call["consent_purposes"] and INDISPENSABLE not in granted:
            detail = "Without consent to processing nobody can be taken in: ask them (or their guardian), then say yes."
            yield f"/consents/{INDISPENSABLE}", "consent_needed", detail
        for each in listed:
            languages = self._read_in.get(str(each.get("purpose")), set())
            if languages and each.get("lang") not in languages:
                known = ", ".join(sorted(languages))
                detail = f"This text is not in {each.get('lang')}; say in the column lang which was read: {known}."
                yield f"/consents/{each['purpose']}", "no_text_in_language", detail


def _languages(text: Iterable[str]) -> set[str]:
    """Those in which a text can be read; Serbian is read in both its scripts."""
    found = set(text)
    return found | ({"sr-Latn", "sr-Cyrl"} if found & {"sr-Latn", "sr-Cyrl"} else set())


def _is_minor(birth_date: object) -> bool:
    """Whether somebody is not of age today; what is no date is told by another rule."""
    try:
        born = date.fromisoformat(str(birth_date))
    except ValueError:
        return False
    today = datetime.now().astimezone().date()
    return (born.year + 18, born.month, born.day) > (today.year, today.month, today.day)


def _within(error: ValidationError) -> list[ValidationError]:
    """What is wrong inside of something that may be left out, and isn't; else the error itself."""
    choices: Any = error.validator_value
    if error.validator == "anyOf" and choices[1:] == [{"type": "null"}]:
        return [each for each in error.context if each.relative_schema_path[0] == 0]
    return [error]


def _is_of_files(question: Schema) -> bool:
    return question.get("type") == "array" and not choice_schemas(question)


def _told(error: ValidationError, root: str) -> Iterator[Wrong]:
    schema: Any = error.schema
    value: Any = error.validator_value
    instance: Any = error.instance
    keyword = error.validator
    pointer = root + "".join(f"/{step}" for step in error.absolute_path)
    if keyword == "required":
        asked = schema.get("properties", {})
        for name in (name for name in value if name not in instance):
            yield f"{pointer}/{name}", "required", DOCUMENTS if _is_of_files(asked.get(name, {})) else "This is needed."
    elif keyword == "additionalProperties":
        for name in (name for name in instance if name not in schema.get("properties", {})):
            yield f"{pointer}/{name}", "unknown_field", "There is no such field."
    else:
        yield pointer, *_sentence(str(keyword), value, schema)


CODES = {
    "type": "wrong_type",
    "enum": "not_a_choice",
    "oneOf": "not_a_choice",
    "anyOf": "not_a_choice",
    "const": "not_a_choice",
    "maxLength": "too_long",
    "minLength": "required",
    "maxItems": "too_many",
    "minItems": "too_few",
    "uniqueItems": "repeated",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "multipleOf": "out_of_range",
    "format": "wrong_format",
}
SENTENCES = {
    "wrong_type": "This should be of another kind: {value}.",
    "not_a_choice": "This should be one of: {value}",
    "too_long": "This has more than {value} characters.",
    "required": "This is needed.",
    "too_many": "These are more than {value}.",
    "too_few": "These are fewer than {value}.",
    "repeated": "Something stands here twice.",
    "out_of_range": "This number is not allowed (limit: {value}).",
    "wrong_format": "This is no {value}.",
    # A form may ask for it only where another answer says so.
    "not_asked": "This doesn't fit the other answers; leave it empty.",
}


def _sentence(keyword: str, value: Any, schema: Any) -> tuple[str, str]:
    if keyword == "pattern":
        return _pattern_sentence(str(value), schema)
    code = CODES.get(keyword, "not_asked")
    shown = _listed(value) if isinstance(value, list) else value
    return code, SENTENCES[code].format(value=shown)


def _pattern_sentence(pattern: str, schema: Any) -> tuple[str, str]:
    if "formatMinimum" in schema:
        return "too_early", f"This is before {schema['formatMinimum']}."
    if "formatMaximum" in schema:
        return "too_late", f"This is after {schema['formatMaximum']}."
    if schema.get("format") == "date":
        return "not_a_date", "This is no date; write it as YYYY-MM-DD."
    if "u0000" in pattern:  # a class of characters that can't be kept
        return "control_character", "A character here can't be kept, or a text of one line has a line break."
    if pattern.startswith("[^"):  # anything but blanks
        return "required", SENTENCES["required"]
    return "wrong_format", _expected(schema)


def _expected(schema: Any) -> str:
    example = f", as in {schema['examples'][0]}" if schema.get("examples") else ""
    described = f": {schema['description']}" if "description" in schema else "."
    return f"This is not in the form that is expected{example}{described}"


def _listed(values: list[Any]) -> str:
    named = [str(each.get("const", "…") if isinstance(each, dict) else each) for each in values]
    return ", ".join(named[:MOST_LISTED]) + (" …" if len(named) > MOST_LISTED else "")
