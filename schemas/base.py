"""The parts that every schema is made of: strict fields whose errors carry stable codes."""

import unicodedata
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, ClassVar
from zoneinfo import available_timezones

from marshmallow import RAISE, ValidationError, fields, post_dump, post_load, validate
from marshmallow import Schema as MarshmallowSchema

from domain.db import instant_text
from domain.languages import choose_for_record, is_language_tag, localise
from domain.services.pages import DEFAULT_LIMIT, LARGEST_LIMIT

EARLIEST, LATEST = 1900, 2100  # years; whatever lies outside is a slip of the finger
LARGEST_INTEGER = 2**31 - 1  # what an INTEGER column of PostgreSQL holds
LINE, PARAGRAPH, ESSAY = 300, 2000, 20_000  # characters
LANGUAGES = 30  # in one map; Europe's all told
EVERY_LANGUAGE = "*"


@dataclass(frozen=True)
class Reader:
    """For whom an answer is made: languages best first (`("*",)` for all at once), the instant, our own address."""

    languages: tuple[str, ...] = ("en",)
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    base_url: str = ""


reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039  a frozen value


class Coded(str):
    """An error message that is a stable code with figures; the sentence is made where the reader is known."""

    values: Mapping[str, object]

    def __new__(cls, code: str, **values: object) -> "Coded":
        coded = super().__new__(cls, code)
        coded.values = values
        return coded

    def format(self, *_args: object, **values: object) -> "Coded":
        """Keep the figures that marshmallow would have put into a sentence."""
        return Coded(str(self), **{**self.values, **values})


UNKNOWN = Coded("unknown_field")
# Comparing takes some 50 microseconds a name, and somebody may send ten thousand of them.
MOST_HINTS, LONGEST_HINT = 10, 60  # names, characters
ALIKE = 0.7  # of 1; below that, short names resemble each other by chance


def about(description: str, example: Any = None) -> dict[str, Any]:
    """What the docs say about a field."""
    return {"description": description} | ({} if example is None else {"example": example})


class Length(validate.Length):
    """How long, in characters or items."""

    def __call__(self, value: Any) -> Any:
        if self.max is not None and len(value) > self.max:
            raise ValidationError(Coded("too_long" if isinstance(value, str) else "too_many", limit=self.max))
        if self.min is not None and len(value) < self.min:
            raise ValidationError(Coded("too_short" if isinstance(value, str) else "too_few", limit=self.min))
        return value


class Range(validate.Range):
    """From which number to which."""

    def __call__(self, value: Any) -> Any:
        assert self.min is not None and self.max is not None
        if not self.min <= value <= self.max:
            raise ValidationError(Coded("out_of_range", minimum=self.min, maximum=self.max))
        return value


class Regexp(validate.Regexp):
    """A pattern, named by the code of what it is."""

    def __init__(self, pattern: str, *, code: str) -> None:
        super().__init__(pattern, error=Coded(code))


def errors_of(expected: str, **more: Coded) -> dict[str, Any]:
    """The errors of a field that takes what JSON calls `expected`."""
    wrong = Coded("wrong_type", expected=expected)
    generic = {"required": Coded("required"), "null": Coded("required"), "validator_failed": wrong, "invalid": wrong}
    return {**generic, "type": wrong, "special": wrong, **more}


class Str(fields.String):
    """Text: NFC, trimmed, without control characters or halves of characters, always of bounded length."""

    default_error_messages = errors_of(
        "string", invalid_utf8=Coded("control_character"), control=Coded("control_character")
    )
    keeps_line_breaks = False

    def __init__(self, *, most: int = LINE, least: int = 1, pattern: str | None = None, code: str = "", **options: Any):
        checks: list[Any] = [Length(min=least, max=most), *options.pop("validate", [])]
        if pattern is not None:
            checks.append(Regexp(rf"\A(?:{pattern})\Z", code=code))
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = unicodedata.normalize("NFC", super()._deserialize(value, attr, data, **kwargs)).strip()
        allowed = "\n\t" if self.keeps_line_breaks else ""
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed for sign in text):
            raise self.make_error("control")
        return text


class LongStr(Str):
    """Text of several lines."""

    keeps_line_breaks = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        unified = value.replace("\r\n", "\n") if isinstance(value, str) else value
        return super()._deserialize(unified, attr, data, **kwargs)


class Int(fields.Integer):
    """A whole number, as a number; text, fractions and foreign digits are refused."""

    default_error_messages = errors_of("integer")

    def __init__(self, *, least: int = 0, most: int = LARGEST_INTEGER, **options: Any) -> None:
        super().__init__(strict=True, validate=Range(min=least, max=most), **options)

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._validated(value)


class QueryInt(Int):
    """A whole number in an address, where everything is text: ASCII digits alone."""

    def _validated(self, value: Any) -> Any:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10):
            raise self.make_error("invalid")
        return super()._validated(int(value))


class Bool(fields.Boolean):
    """true or false, nothing that resembles them."""

    default_error_messages = errors_of("boolean")
    truthy = {True}  # noqa: RUF012  marshmallow reads it from the class
    falsy = {False}  # noqa: RUF012  marshmallow reads it from the class

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class QueryBool(fields.Boolean):
    """true or false in an address."""

    default_error_messages = errors_of("true, false")
    truthy = {"true"}  # noqa: RUF012  marshmallow reads it from the class
    falsy = {"false"}  # noqa: RUF012  marshmallow reads it from the class


class Id(fields.UUID):
    """The id of something, a UUID."""

    default_error_messages = errors_of("string", invalid_uuid=Coded("not_an_id"))


class Day(fields.Date):
    """A calendar day, YYYY-MM-DD."""

    default_error_messages = errors_of("string", invalid=Coded("not_a_date"), format=Coded("not_a_date"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or len(value) != len("2026-01-31"):
            raise self.make_error("invalid", input=value, obj_type="date")
        day = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST <= day.year <= LATEST:
            raise ValidationError(Coded("out_of_range", minimum=f"{EARLIEST}-01-01", maximum=f"{LATEST}-12-31"))
        return day


class Instant(fields.AwareDateTime):
    """An instant: RFC 3339 with its offset in, UTC out."""

    default_error_messages: dict[str, Any] = dict.fromkeys(
        ("invalid", "format", "awareness", "invalid_awareness"), Coded("not_an_instant")
    ) | {"required": Coded("required"), "null": Coded("required")}

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else instant_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        # The year first: near the ends of the calendar the conversion to UTC itself overflows.
        if not isinstance(value, str) or not value[:4].isdigit() or not EARLIEST <= int(value[:4]) <= LATEST:
            raise self.make_error("invalid", input=value, obj_type="datetime")
        return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)


class OneOf(fields.Enum[StrEnum]):
    """One of a set of codes."""

    default_error_messages = errors_of("string", unknown=Coded("not_a_choice"))

    def __init__(self, members: type[StrEnum], **options: Any) -> None:
        super().__init__(members, by_value=fields.String, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> StrEnum:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        # A list of codes comes out of the database as plain text.
        return None if value is None else str(value)


class ListOf(fields.List[Any]):
    """A list of bounded length."""

    default_error_messages = errors_of("array")

    def __init__(self, inner: Any, *, most: int = 100, least: int = 0, **options: Any) -> None:
        super().__init__(inner, validate=Length(min=least or None, max=most), **options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        # Before each is looked at: of a hundred thousand, each has something wrong with it, and all of it is told.
        if isinstance(value, list):
            Length(max=self.most)(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Map(fields.Dict):
    """An object whose names are not known beforehand."""

    default_error_messages = errors_of("object")

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), **options)


class Part(fields.Nested):
    """An object inside an object."""

    default_error_messages = errors_of("object")


class OwnPart(fields.Nested):
    """Some of the record's own fields, shown as an object inside of it."""

    def serialize(self, attr: str, obj: Any, *_: Any, **__: Any) -> Any:
        """The record itself, as the schema of the part shows it."""
        return self.schema.dump(obj)


class Either(fields.Raw):
    """One of several shapes, for the docs: the view dumps each row by the one that it has."""

    def __init__(self, *schemas: type["Schema"], **options: Any) -> None:
        super().__init__(**options)
        self.schemas = schemas


class Email(Str):
    """An e-mail address; what the mail system would accept, loosely."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            most=254, pattern=r'[^@\s<>",;:]+@[^@\s<>",;:]+\.[^@\s<>",;:.]+', code="not_an_email", **options
        )


class Country(Str):
    """A country: ISO 3166-1 alpha-2, or XK for Kosovo."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=2, least=2, pattern="[A-Z]{2}", code="not_a_country", **options)


class LanguageTag(Str):
    """A language: a BCP 47 tag, kept as written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=20, validate=[_language_tag], **options)


class TimeZone(Str):
    """A time zone by its IANA name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=60, validate=[_time_zone], **options)


class WebAddress(Str):
    """An http or https address, for people to follow."""

    def __init__(self, *, most: int = 2000, **options: Any) -> None:
        super().__init__(most=most, pattern=r"""https?://[^\s<>"']+""", code="not_a_url", **options)


class TextMap(fields.Dict):
    """A text in several languages: `{"en": "…", "sq": "…"}`."""

    default_error_messages = errors_of("object")

    def __init__(self, *, most: int = LINE, **options: Any) -> None:
        options.setdefault("metadata", {}).setdefault(
            "example", {"en": "Three weeks in Lyon", "sq": "Tri javë në Lion"}
        )
        super().__init__(keys=LanguageTag(), values=LongStr(most=most), validate=Length(max=LANGUAGES), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            Length(max=LANGUAGES)(value)
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        except ValidationError as error:
            # These come as {"key": […], "value": […]} by language: fields of those names are not to be taken for them.
            raise ValidationError(_flat(error.messages)) from error


class TextInLanguage(fields.Raw):
    """A text in the one language that was chosen for the record (see `lang`)."""


class Schema(MarshmallowSchema):
    """Unknown fields are refused by name. `makes` is the dataclass that loading gives; none gives a dict.

    `example` is for the docs, where the examples of the fields would not go together.
    """

    makes: ClassVar[Any] = None
    example: ClassVar[Any] = None
    error_messages = {  # noqa: RUF012  marshmallow reads it from the class
        "unknown": UNKNOWN,
        "type": Coded("wrong_type", expected="object"),
    }

    class Meta:
        """House rules."""

        unknown = RAISE

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data) if self.makes else data

    def handle_error(self, error: ValidationError, data: Any, *, many: bool, **_: Any) -> None:
        """Name the field that may be meant beside one that there isn't."""
        if many or not isinstance(error.messages, dict):
            return
        known = [field.data_key or name for name, field in self.load_fields.items()]
        unknown = [name for name, found in error.messages.items() if found == [UNKNOWN]]
        for name in unknown[:MOST_HINTS]:
            near = get_close_matches(str(name)[:LONGEST_HINT], known, n=1, cutoff=ALIKE)
            error.messages[name] = [Coded(UNKNOWN, near=near[0])] if near else [UNKNOWN]


class InLanguageSchema(Schema):
    """A record whose texts are shown in one language, chosen for the whole record and named in `lang`."""

    texts: ClassVar[Sequence[str]] = ()

    lang = fields.String(
        dump_only=True, metadata=about("The language in which the texts of this record are shown.", "en")
    )

    @post_dump
    def _choose(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        wanted = reader.get().languages
        if wanted == (EVERY_LANGUAGE,):
            return data
        lang = choose_for_record([data[name] for name in self.texts if data.get(name)], wanted)
        shown = {name: localise(data[name], lang) if data.get(name) else None for name in self.texts if name in data}
        return data | shown | {"lang": lang}


class ListQuery(Schema):
    """What every list understands."""

    limit = QueryInt(
        least=1, most=LARGEST_LIMIT, load_default=DEFAULT_LIMIT, metadata=about("Items on a page.", DEFAULT_LIMIT)
    )
    cursor = Str(most=1000, load_default=None, metadata=about("From `next` of the page before; opaque."))
    sort = Str(most=40, load_default=None, metadata=about("A sort key, with `-` before it for descending."))


class LanguageQuery(Schema):
    """In which language texts are wanted."""

    lang = Str(
        most=20,
        load_default=None,
        metadata={"description": "A language tag, before Accept-Language; `*` for all languages at once."},
    )


def _flat(messages: Any) -> Any:
    if not isinstance(messages, dict):
        return messages
    return {name: [*found.get("key", ()), *found.get("value", ())] for name, found in messages.items()}


def _language_tag(value: str) -> None:
    if not is_language_tag(value):
        raise ValidationError(Coded("not_a_language_tag", tag=value))


def _time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(Coded("not_a_timezone"))
