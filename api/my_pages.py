"""The page behind an applicant's link: plain HTML that shows what `/v1/my/{secret}` answers, in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint as Pages
from flask import Response, g, render_template, request, send_file
from werkzeug.exceptions import NotFound as NoSuchPage

from api.http import Resource, by_link, open_to_all, services
from api.my import MyResource
from api.my_consents import MyConsentResource
from api.words import LANGUAGE_NAMES, WEB, read_strings
from domain.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from domain.languages import country_name, format_day, format_instant, localise, message, sentence_language
from domain.models.applications import Application, ApplicationState
from domain.models.consents import Purpose
from domain.policies import Principal
from domain.services import consent_texts, forms, my
from domain.services.consents import ConsentInput
from domain.services.form_schemas import Fields
from domain.services.my import Action
from schemas.base import EVERY_LANGUAGE, reader
from schemas.my import in_words

pages = Pages("my_pages", __name__, url_prefix="/my", template_folder=WEB / "pages")

STRINGS = read_strings("my")
ASSETS = {name: WEB / "static" / name for name in ("my.css", "consent_form.css")}
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
ANSWERED = {"agree": True, "refuse": False}
# Problems that the page has a sentence for, whoever wrote its address.
TOLD = ("state_conflict", "invalid_input", "precondition_failed")
Row = tuple[str, str]


class MyPage(MyResource):
    """The page."""

    @by_link
    def get(self, **_: Any) -> Response:
        """Show an application to who applied"""
        application = my.opened_application(self.session, by=self.caller)
        shown = self.dumped(application)
        lang = self.headers["Content-Language"]
        moments = [(_instant(application, moment["at"], lang), moment["state_text"]) for moment in shown["history"]]
        problem = request.args.get("problem")
        questions = forms.named_questions(self.session, application.call)
        return rendered(
            lang,
            my=shown,
            address=request.path,
            parts=list(_parts(application, questions, shown, lang)),
            consents=list(_consents(application, lang, by=self.caller)),
            moments=moments,
            editable=shown["editable_until"] is not None,
            missing=_missing(shown["missing"], questions, lang),
            notice=message(problem, lang) if problem in TOLD else None,
        )

    get.reads_query = True  # type: ignore[attr-defined]  # `?lang=`, and whatever a link gathers on its way


class MyStep(MyResource):
    """What the page's buttons do."""

    @by_link
    def post(self, secret: str, action: str) -> Response:
        """Do what the applicant chose, and lead back to the page"""
        must_come_from_here()
        if action not in list(Action):
            raise NoSuchPage
        my.take_step(self.session, Action(action), by=self.caller, at=self.at)
        return back_to(secret)

    post.reads_query = True  # type: ignore[attr-defined]


class MyErasurePage(MyResource):
    """The last button."""

    @by_link
    def post(self, **_: Any) -> Response:
        """Forget the applicant, and say so: the page itself opens no more"""
        must_come_from_here()
        lang = self.speak_to(my.my_application(self.session, by=self.caller))
        self.erase()
        return rendered(lang, my=None, gone="erased")

    post.reads_query = True  # type: ignore[attr-defined]


class MyConsentWithdrawal(MyConsentResource):
    """The button by which a consent is taken back."""

    @by_link
    def post(self, secret: str, purpose: str) -> Response:
        """Take a consent back, and lead back to the page"""
        must_come_from_here()
        self.withdraw(purpose)
        return back_to(secret)

    post.reads_query = True  # type: ignore[attr-defined]


class MyConsentAnswer(MyConsentResource):
    """The buttons by which one agrees, or does not."""

    @by_link
    def post(self, secret: str, purpose: str, answer: str) -> Response:
        """Answer what is asked, and lead back to the page"""
        must_come_from_here()
        if answer not in ANSWERED:
            raise NoSuchPage
        read = {name: request.args.get(name, "") for name in ("text_version", "read")}
        self.give(ConsentInput(purpose, ANSWERED[answer], read["text_version"], read["read"]))
        return back_to(secret)

    post.reads_query = True  # type: ignore[attr-defined]


@pages.errorhandler(NotFound)
def _opens_nothing(error: NotFound) -> Response:
    g.error_class = type(error).__name__
    lang = sentence_language([tag for tag in reader.get().languages if tag != EVERY_LANGUAGE])
    return rendered(lang, status=404, my=None, gone="not_found")


@pages.errorhandler(Conflict)
@pages.errorhandler(InvalidInput)
def _not_possible(error: DomainError) -> Response:
    """Lead back to the page, which shows how it stands now, and what is missing; what was begun is undone."""
    g.error_class = type(error).__name__
    named = request.view_args or {}
    # Of a consent the page fills in all but the answer: what can be wrong is that its text has been replaced.
    wrong = "precondition_failed" if "purpose" in named else "invalid_input"
    return back_to(named["secret"], problem=wrong if isinstance(error, InvalidInput) else "state_conflict")


def must_come_from_here() -> None:
    """Refuse what another site's page sends. The secret stops it already; browsers say more, so we listen."""
    site, origin = request.headers.get("Sec-Fetch-Site", "same-origin"), request.headers.get("Origin", "null")
    # By our own Referrer-Policy a browser hides the origin of our own pages, too.
    if site not in ("same-origin", "none") or origin not in ("null", request.host_url.rstrip("/"), _own_origin()):
        raise Forbidden("Another site's page has sent this.")


def _own_origin() -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(services().config.base_url))


def back_to(secret: str, **more: str) -> Response:
    """Lead to the page by a GET, so that loading it anew repeats nothing; in the language that was chosen."""
    chosen = {name: value for name, value in request.args.items() if name == "lang"}
    address = f"/my/{secret}?{urlencode(chosen | more)}".rstrip("?")
    return Response(status=303, headers={"Location": address})


def rendered(lang: str, *, template: str = "my.html", status: int = 200, **shown: Any) -> Response:
    """A page of the applicant's, with the words of its language."""
    page = render_template(template, lang=lang, words=STRINGS[lang], languages=LANGUAGE_NAMES, **shown)
    headers = {"Content-Security-Policy": POLICY, "Content-Language": lang, "X-Robots-Tag": "noindex"}
    return Response(page, status=status, mimetype="text/html", headers=headers)


class Asset(Resource):
    """What the page loads."""

    @open_to_all
    def get(self, name: str) -> Response:
        """Send a file"""
        if name not in ASSETS:
            raise NoSuchPage
        response = send_file(ASSETS[name])
        response.headers["Cache-Control"] = "no-cache"  # asked for anew, and mostly answered 304
        return response


def _parts(
    application: Application, questions: Fields, shown: Mapping[str, Any], lang: str
) -> Iterator[tuple[str, Sequence[Row]]]:
    """The parts of the page, each with its title and rows; what isn't there has no row."""
    words = STRINGS[lang]
    guardian = shown["guardian"] or {}
    for title, facts in (
        ("application", _facts(application, shown, lang)),
        ("person", _person(shown["person"], lang)),
        ("guardian", {name: guardian.get(name) for name in ("given_names", "family_name", "email", "phone")}),
    ):
        yield words[title], [(words[name], value) for name, value in facts.items() if value]
    yield words["answers"], list(_answers(questions, shown["answers"] or {}, lang))


def _consents(application: Application, lang: str, *, by: Principal) -> Iterator[dict[str, Any]]:
    """The last word on each purpose; what is agreed to can be taken back, but a guardian's consent only by them.

    A guardian, who has not read what the applicant agreed to, reads it here.
    """
    words = STRINGS[lang]
    for purpose in dict.fromkeys(consent.purpose for consent in application.consents):
        answer, name = application.answer_to(purpose), words.get(f"purpose_{purpose}", purpose)
        said = "consent_withdrawn" if answer is None else "granted" if answer.granted else "refused"
        theirs = purpose != Purpose.PARENTAL_CONSENT or by.guardian_of is not None
        means = words.get(f"without_{purpose}") if theirs and application.agrees_to(purpose) else None
        text = consent_texts.text_read(application, purpose) if by.guardian_of is not None else {}
        paragraphs = localise(text, lang).split("\n\n") if text else []
        yield {"purpose": purpose, "name": name, "said": words[said], "means": means, "text": paragraphs}


def _missing(names: Sequence[str], questions: Fields, lang: str) -> list[str]:
    """What is still missing, as its reader calls it."""
    labels = {each["name"]: localise(each["label"], lang) for each in questions}
    return [labels.get(name) or STRINGS[lang].get(name, name) for name in names]


def _facts(application: Application, shown: Mapping[str, Any], lang: str) -> dict[str, str | None]:
    received = _instant(application, shown["submitted_at"], lang)
    late = f", {STRINGS[lang]['late']}" if shown["late"] else ""
    place = shown["destination"]
    return {
        "reference": shown["reference"],
        "school": shown["sending_organisation"],
        "correct_by": application.correct_by and in_words(application.correct_by, application.call.timezone),
        "deadline": shown["call"]["closes_at_text"],
        "submitted_at": None if application.state is ApplicationState.DRAFT else received + late,
        "destination": place and f"{place['city']}, {country_name(place['country'], lang=lang)}",
        "confirm_by": shown["confirm_by"] and _instant(application, shown["confirm_by"], lang),
        "rank": shown["rank"] and str(shown["rank"]),
        "reason": None if application.state is ApplicationState.RETURNED else shown["reason"],  # which stands above
        "contact": shown["call"]["contact"],
    }


def _person(person: Mapping[str, Any] | None, lang: str) -> dict[str, str | None]:
    if person is None:
        return {}
    gender = person["gender"] and STRINGS[lang][f"gender_{person['gender']}"]
    countries = {name: person[name] and country_name(person[name], lang=lang) for name in ("country", "nationality")}
    birth_date = person["birth_date"] and format_day(date.fromisoformat(person["birth_date"]), lang=lang)
    return {**person, **countries, "gender": gender, "birth_date": birth_date}


def _answers(questions: Fields, answers: Mapping[str, Any], lang: str) -> Iterator[Row]:
    for question in questions:
        if question["name"] in answers:
            yield localise(question["label"], lang), _answer(question, answers[question["name"]], lang)


def _answer(question: Mapping[str, Any], value: Any, lang: str) -> str:
    """An answer as its reader would say it."""
    if isinstance(value, bool):
        return STRINGS[lang]["yes" if value else "no"]
    if isinstance(value, list):
        return ", ".join(_answer(question, one, lang) for one in value)
    if isinstance(value, dict):
        return ", ".join(_answer(question, one, lang) for one in value.values())
    labels = {choice["value"]: choice["label"] for choice in question.get("choices", ())}
    if value in labels:
        return localise(labels[value], lang)
    return format_day(date.fromisoformat(value), lang=lang) if question["type"] == "date" else str(value)


def _instant(application: Application, text: str, lang: str) -> str:
    return format_instant(datetime.fromisoformat(text), timezone=application.call.timezone, lang=lang)


pages.add_url_rule("/<secret>", view_func=MyPage.as_view("page"))
pages.add_url_rule("/<secret>/consent-withdrawals/<purpose>", view_func=MyConsentWithdrawal.as_view("withdrawal"))
pages.add_url_rule("/<secret>/consents/<purpose>/<answer>", view_func=MyConsentAnswer.as_view("answer"))
pages.add_url_rule("/<secret>/erasure", view_func=MyErasurePage.as_view("erasure"))
pages.add_url_rule("/<secret>/<action>", view_func=MyStep.as_view("step"))
pages.add_url_rule("/assets/<name>", view_func=Asset.as_view("asset"))
