"""The columns of a table that people apply to a call by: what each is called, how its cells are read, where it goes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import policies
from domain.errors import Forbidden
from domain.languages import CATALOGUES, country_codes, country_name, fold, localise, message
from domain.models.calls import Call
from domain.models.consents import Purpose
from domain.models.organisations import Membership, Organisation
from domain.policies import Principal
from domain.services import forms
from domain.services.destinations import destination_labels
from domain.services.form_answers import LEVELS, Question, choices_of
from domain.services.form_schemas import Fields
from domain.services.import_cells import (
    Read,
    read_choice,
    read_code,
    read_date,
    read_level,
    read_number,
    read_several,
    read_text,
    read_yes_no,
)
from domain.services.sheet_words import COLUMN, column_title, distinct

NEEDED = ("given_names", "family_name", "email", "birth_date", "country")
MOST_PREFERENCES = 3  # columns; whoever has more wishes applies one by one
PREFERENCE, CONSENT, ANSWER, GUARDIAN = "preference_", "consent_", "/answers/", "/guardian/"
LANGUAGES = tuple(CATALOGUES)

# The columns that every call has: where their values go in an application, how they are read, what is said of them.
OWN: Mapping[str, tuple[str, Read, str]] = {
    "given_names": ("/person/given_names", read_text, "hint_text"),
    "family_name": ("/person/family_name", read_text, "hint_text"),
    "email": ("/person/email", read_text, "hint_text"),
    "birth_date": ("/person/birth_date", read_date, "hint_date"),
    "phone": ("/person/phone", read_code, "hint_digits"),
    "guardian_given_names": ("/guardian/given_names", read_text, "hint_of_minors"),
    "guardian_family_name": ("/guardian/family_name", read_text, "hint_of_minors"),
    "guardian_email": ("/guardian/email", read_text, "hint_guardian_email"),
    "guardian_phone": ("/guardian/phone", read_code, "hint_digits"),
    "guardian_relation": ("/guardian/relation", read_text, "hint_text"),
    "isced_f": ("/isced_f", read_code, "hint_digits"),
    "eqf_level": ("/eqf_level", read_number, "hint_number"),
    "graduation_date": ("/graduation_date", read_date, "hint_date"),
    "lang": ("/lang", read_text, "hint_lang"),
}
ORDER = (
    *("given_names", "family_name", "email", "birth_date", "gender", "nationality", "country", "phone"),
    *("guardian_given_names", "guardian_family_name", "guardian_email", "guardian_phone", "guardian_relation"),
    *("school", "isced_f", "eqf_level", "graduation_date", "lang"),
)


@dataclass(frozen=True)
class ImportColumn:
    """A column: its name and title, where its values go (a pointer), how they are read, what may be chosen."""

    name: str
    title: str
    pointer: str
    read: Read
    hint: str
    needed: bool = False
    choices: Sequence[str] = ()
    help: str = ""
    also: Sequence[str] = field(default=(), repr=False)  # what else it may be called


def import_columns(session: Session, call: Call, *, by: Principal, words: str, lang: str) -> list[ImportColumn]:
    """All columns, from the left. `words` is the language of our own words, `lang` that of the call's questions."""
    own = {column.name: column for column in (*_plain(words), *_chosen(session, call, by=by, words=words))}
    return [
        *(own[name] for name in ORDER if name in own),
        *_preferences(call, words),
        *_questions(forms.named_questions(session, call), lang),
        *_consents(call, words),
    ]


def by_title(columns: Iterable[ImportColumn]) -> dict[str, ImportColumn]:
    """The columns by everything that only they are called, in the form in which texts are compared."""
    columns = list(columns)
    found = {fold(column.name): column for column in columns}
    claimed: dict[str, set[str]] = {}
    for column in columns:
        for title in (column.title, *column.also):
            claimed.setdefault(fold(title), set()).add(column.name)
    alone = {title: next(iter(names)) for title, names in claimed.items() if len(names) == 1}
    return {title: found[fold(name)] for title, name in alone.items() if title not in found} | found


def _column(name: str, words: str, pointer: str, read: Read, hint: str, **more: Any) -> ImportColumn:
    also = [catalogue[COLUMN + name] for catalogue in CATALOGUES.values()]
    return ImportColumn(name, column_title(name, words), pointer, read, hint, name in NEEDED, also=also, **more)


def _plain(words: str) -> Iterator[ImportColumn]:
    for name, (pointer, read, hint) in OWN.items():
        yield _column(name, words, pointer, read, hint)


def _chosen(session: Session, call: Call, *, by: Principal, words: str) -> Iterator[ImportColumn]:
    countries = _names_of_countries()
    eligible = {code: [country_name(code, lang=words), *countries.get(code, ())] for code in call.eligible_countries}
    genders = {code: [message(f"gender_{code}", lang) for lang in (words, *LANGUAGES)] for code in ("1", "2")}
    schools = {str(place): [name] for place, name in _schools(session, call, by=by).items()}
    yield _choice("gender", "/person/gender", words, genders, strict=False)
    yield _column("nationality", words, "/person/nationality", _read_country(), "hint_country")
    yield _choice("country", "/person/country", words, eligible)
    if schools:
        yield _choice("school", "/sending_organisation_id", words, schools)


@lru_cache(maxsize=1)
def _names_of_countries() -> Mapping[str, Sequence[str]]:
    return {code: [country_name(code, lang=lang) for lang in LANGUAGES] for code in country_codes()}


@lru_cache(maxsize=1)
def _read_country() -> Read:
    names = _names_of_countries()
    return read_choice(_meanings(names), list(names))


def _choice(
    name: str, pointer: str, words: str, named: Mapping[str, Sequence[str]], *, strict: bool = True
) -> ImportColumn:
    shown = [titles[0] for titles in named.values()]
    read = read_choice(_meanings(named), shown, strict=strict)
    return _column(name, words, pointer, read, "hint_choice", choices=shown)


def _meanings(named: Mapping[Any, Sequence[str]]) -> dict[str, list[Any]]:
    """By every folded name, what it may mean; a value's own code means that value, whatever else is called so."""
    meanings: dict[str, list[Any]] = {}
    for value, titles in named.items():
        for title in dict.fromkeys(map(fold, titles)):
            meanings.setdefault(title, []).append(value)
    return meanings | {fold(str(value)): [value] for value in named}


def _schools(session: Session, call: Call, *, by: Principal) -> dict[UUID, str]:
    """The organisations for which the caller may apply, by id."""
    query = select(Membership, Organisation.legal_name).join(
        Organisation, Organisation.id == Membership.organisation_id
    )
    found = session.execute(query.where(Membership.project_id == call.project_id).order_by(Organisation.legal_name))
    return {
        member.organisation_id: name
        for member, name in found
        if policies.SENDERS.intersection(member.roles) and _may_send_for(by, call, member)
    }


def _may_send_for(by: Principal, call: Call, member: Membership) -> bool:
    try:
        policies.may_send_for(by, call, member)
    except Forbidden:
        return False
    return True


def _preferences(call: Call, words: str) -> Iterator[ImportColumn]:
    labels = {str(place): [label] for place, label in destination_labels(call.destinations).items()}
    for number in range(1, min(MOST_PREFERENCES, len(labels)) + 1):
        yield _choice(f"{PREFERENCE}{number}", f"/preferences/{number}", words, labels)


def _consents(call: Call, words: str) -> Iterator[ImportColumn]:
    shown = [message("cell_yes", words), message("cell_no", words)]
    for purpose in (*call.consent_purposes, Purpose.PARENTAL_CONSENT):
        name, pointer = f"{CONSENT}{purpose}", f"/consents/{purpose}"
        if COLUMN + name in CATALOGUES["en"]:
            yield _column(name, words, pointer, read_yes_no, "hint_consent", choices=shown)
        else:
            yield ImportColumn(name, name, pointer, read_yes_no, "hint_consent", choices=shown)


def _questions(fields: Fields, lang: str) -> Iterator[ImportColumn]:
    """A column for each question that a cell can answer: documents come by themselves."""
    asked = [each for each in fields if each["type"] != "file"]
    titles = {tag: _titles(asked, tag) for each in asked for tag in (lang, *each["label"])}
    for place, each in enumerate(asked):
        read, hint, choices = READINGS[each["type"]](each, lang)
        yield ImportColumn(
            name=each["name"] if each["name"] not in ORDER else f"answer_{each['name']}",
            title=titles[lang][place],
            pointer=ANSWER + each["name"],
            read=read,
            hint=hint,
            needed=bool(each.get("required")) and "shown_when" not in each,
            choices=choices,
            help=localise(each.get("help") or {}, lang),
            also=[name for tag in titles for name in (titles[tag][place], localise(each["label"], tag))],
        )


def _titles(fields: Fields, lang: str) -> list[str]:
    return distinct((each["name"], localise(each["label"], lang)) for each in fields)


# How the answers to a question are read, what is said of them, and from which list they may be chosen.
Reading = tuple[Read, str, Sequence[str]]


def _plainly(read: Read, hint: str) -> Callable[[Question, str], Reading]:
    return lambda _each, _lang: (read, hint, ())


def _yes_no(_each: Question, lang: str) -> Reading:
    return read_yes_no, "hint_choice", [message("cell_yes", lang), message("cell_no", lang)]


def _one_of(each: Question, lang: str) -> Reading:
    named = _named(each, lang)
    shown = [titles[0] for titles in named.values()]
    return read_choice(_meanings(named), shown), "hint_choice", shown


def _several(each: Question, lang: str) -> Reading:
    one, _, _ = _one_of(each, lang)
    return read_several(one), "hint_several", ()


def _organisation(each: Question, lang: str) -> Reading:
    one, hint, shown = _one_of(each, lang)
    if not each.get("not_listed"):
        return one, hint, shown
    listed = {title for titles in _named(each, lang).values() for title in map(fold, titles)}
    # Without a list in the cells: it would keep people from writing what isn't in it.
    return (lambda cell: one(cell) if fold(read_text(cell)) in listed else {"not_listed": read_text(cell)}), hint, ()


def _level(each: Question, _lang: str) -> Reading:
    if "tag" in each:
        return (lambda cell: read_text(cell).strip().upper()), "hint_choice", LEVELS
    return read_level, "hint_level", ()


def _named(each: Question, lang: str) -> dict[str, list[str]]:
    """What the choices of a question are called, in the reader's language first."""
    return {
        choice["value"]: [localise(choice["label"], tag) for tag in (lang, *choice["label"])]
        if "label" in choice
        else [choice["value"]]
        for choice in choices_of(each)
    }


READINGS: Mapping[str, Callable[[Question, str], Reading]] = {
    "text": _plainly(read_text, "hint_text"),
    "long_text": _plainly(read_text, "hint_text"),
    "number": _plainly(read_number, "hint_number"),
    "date": _plainly(read_date, "hint_date"),
    "yes_no": _yes_no,
    "choice": _one_of,
    "several": _several,
    "destinations": _several,
    "organisation": _organisation,
    "language_level": _level,
}
