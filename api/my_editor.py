"""The page on which an applicant edits an application: questions as fields, and what is wrong beside them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint as Pages
from flask import Response, g, request
from marshmallow import ValidationError

from api.errors import described
from api.http import by_link
from api.my import MyResource
from api.my_pages import STRINGS, back_to, must_come_from_here, rendered
from api.words import WEB
from domain.errors import Conflict, DomainError, Finding, InvalidInput, NotFound
from domain.languages import choose_for_record, country_name, localise
from domain.models.applications import Application, ApplicationState
from domain.services import consent_texts, corrections, forms, my
from domain.services.form_hints import hints
from schemas.applications import ConsentSchema
from schemas.findings import findings_of

pages = Pages("my_editor", __name__, url_prefix="/my", template_folder=WEB / "pages")

Sent = Mapping[str, Sequence[str]]  # what stands in the fields, by their names
Problems = Mapping[str, str]

PERSON = ("given_names", "family_name", "email", "birth_date", "country", "gender", "phone")
NEEDED = PERSON[:5]
KINDS = {"email": "email", "birth_date": "date", "phone": "tel"}
# Widgets for which there is a field here, and what it is; the others are answered elsewhere.
FIELDS = {
    "line": "text",
    "lines": "area",
    "number": "text",
    "date": "date",
    "checkboxes": "checkboxes",
    "yes_no": "select",
    "radio": "select",
    "list": "select",
    "search": "select",
    "language_level": "select",
}


class MyEditor(MyResource):
    """The editor."""

    @by_link
    def get(self, **_: Any) -> Response:
        """Show an applicant what they may change"""
        application = my.my_application(self.session, by=self.caller)
        if corrections.editable_until(application, at=self.at) is None:
            raise Conflict("This application can't be edited any more.")
        return self.form(application, _standing(application), problems={})

    get.reads_query = True  # type: ignore[attr-defined]

    @by_link
    def post(self, secret: str) -> Response:
        """Take what an applicant changed, or show it again with what is wrong beside it"""
        must_come_from_here()
        request.max_form_memory_size = request.max_content_length  # many long answers, in letters of several bytes
        sent = {name: [text.replace("\r\n", "\n") for text in texts] for name, texts in request.form.lists()}
        application = my.my_application(self.session, by=self.caller)
        self.speak_to(application)
        if sent.get("version") != [str(application.version)]:
            return self.form(application, sent, problems={"": STRINGS[self.lang]["changed"]})
        try:
            self.edited(application.id, self.changes(application, sent))
        except (InvalidInput, ValidationError) as error:
            return self.form(application, sent, problems=_problems(error))
        return back_to(secret)

    post.reads_query = True  # type: ignore[attr-defined]

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.headers["Content-Language"]

    def form(self, application: Application, sent: Sent, *, problems: Problems) -> Response:
        """The page, with what stands in its fields."""
        self.speak_to(application)
        fields = [*_person(application, self.lang), *self.questions(application)]
        known = {field["name"] for field in fields}
        return rendered(
            self.lang,
            template="my_edit.html",
            status=422 if problems else 200,
            address=request.path.removesuffix("/edit"),
            version=application.version,
            fields=fields,
            consents=_asked(application, self.lang),
            sent=sent,
            problems=problems,
            others=[text for name, text in problems.items() if name not in known],
        )

    def questions(self, application: Application) -> Iterator[dict[str, Any]]:
        """The call's questions, each as its field."""
        for each in hints(forms.named_questions(self.session, application.call), lang=self.lang):
            elsewhere = each["not_listed"] or (each["type"] == "language_level" and not each["options"]["tag"])
            kind = None if elsewhere else FIELDS.get(each["widget"])
            yield each | {"name": f"answers.{each['name']}", "question": each["name"], "kind": kind}

    def changes(self, application: Application, sent: Sent) -> dict[str, Any]:
        """What was sent as a merge patch: what is empty is no answer, and what has no field stays as it is."""
        answers = {
            each["question"]: _answer(each, [text for text in sent.get(each["name"], ()) if text.strip()])
            for each in self.questions(application)
            if each["kind"] is not None
        }
        person = {name: "".join(sent.get(f"person.{name}", ())).strip() or None for name in PERSON}
        consents = {} if application.state is not ApplicationState.DRAFT else {"consents": _given(application, sent)}
        return {"person": person, "answers": answers, **consents}


@pages.errorhandler(NotFound)
@pages.errorhandler(Conflict)
def _not_possible(error: DomainError) -> Response:
    """Lead back to the page, which says how things stand."""
    g.error_class = type(error).__name__
    return back_to((request.view_args or {})["secret"], problem="state_conflict")


def _standing(application: Application) -> Sent:
    person = {f"person.{name}": [str(getattr(application, name) or "")] for name in PERSON}
    answers = {f"answers.{name}": _texts(value) for name, value in application.answers.items()}
    given = {f"consents.{one.purpose}": [_read(one.text_version, one.lang)] for one in application.consents}
    return person | answers | given


def _texts(value: Any) -> list[str]:
    """An answer as its field holds it."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _answer(each: Mapping[str, Any], texts: Sequence[str]) -> Any:
    """What a field holds as an answer; what can't be one is left as it is, and refused by name."""
    match each["type"], texts:
        case _, []:
            return None
        case "several", _:
            return list(texts)
        case "yes_no", ["true" | "false" as text]:
            return text == "true"
        case "number", [text]:
            return _number(text)
        case "long_text", [text]:
            return text
        case _:
            return texts[0].strip()


def _number(text: str) -> Any:
    plain = text.strip().replace(",", ".")
    for kind in (int, float):
        try:
            return kind(plain) if plain.isascii() and "_" not in plain and plain[-1:].isdigit() else text
        except ValueError:
            continue
    return text


def _person(application: Application, lang: str) -> Iterator[dict[str, Any]]:
    words = STRINGS[lang]
    countries = [
        {"value": code, "label": country_name(code, lang=lang)} for code in application.call.eligible_countries
    ]
    choices = {"country": countries, "gender": [{"value": code, "label": words[f"gender_{code}"]} for code in "129"]}
    for name in PERSON:
        kind = "select" if name in choices else KINDS.get(name, "text")
        field = {"name": f"person.{name}", "label": words[name], "kind": kind, "choices": choices.get(name, ())}
        yield field | {"required": name in NEEDED, "help": None, "type": name}


def _asked(application: Application, lang: str) -> list[dict[str, Any]]:
    """The texts that a draft's applicant is asked to agree to; afterwards consents stay what they are."""
    if application.state is not ApplicationState.DRAFT:
        return []
    return [
        {
            "name": f"consents.{asked.purpose}",
            "purpose": str(asked.purpose),
            "required": asked.required,
            "value": _read(asked.text_version, chosen := choose_for_record([asked.text], (lang,))),
            "text": localise(asked.text, chosen),
            "lang": chosen,
        }
        for asked in consent_texts.asked_by(application.call)
    ]


def _read(text_version: str, lang: str) -> str:
    """Which text was read, in which language, as the box beside it says."""
    return f"{text_version} {lang}"


def _given(application: Application, sent: Sent) -> list[dict[str, Any]]:
    """The consents whose boxes are ticked: those that stand as they stand, others to the text that was read."""
    standing = {one.purpose: one for one in application.consents if one.granted}
    given: list[dict[str, Any]] = []
    for purpose in application.call.consent_purposes:
        text_version, _, lang = "".join(sent.get(f"consents.{purpose}", ())[:1]).partition(" ")
        if purpose in standing and text_version:
            given.append(ConsentSchema().dump(standing[purpose]))
        elif text_version:
            given.append({"purpose": purpose, "granted": True, "text_version": text_version, "lang": lang})
    return given


def _problems(error: InvalidInput | ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the field: the first of each."""
    problems: dict[str, str] = {}
    for one in described(_found(error)):
        problems.setdefault(".".join(one["pointer"].split("/")[1:3]), one["detail"])
    return problems


def _found(error: InvalidInput | ValidationError) -> Iterable[Finding]:
    if isinstance(error, InvalidInput):
        return error.findings
    return findings_of(error.normalized_messages())  # type: ignore[no-untyped-call]


pages.add_url_rule("/<secret>/edit", view_func=MyEditor.as_view("edit"))
