"""The page for people: an organisation's webhooks. It is a shell; all that it shows, it asks of the public API."""

from flask import Blueprint as Pages
from flask import Response, jsonify, render_template, send_file
from werkzeug.exceptions import NotFound

from api.http import Resource, open_to_all
from api.words import LANGUAGE_NAMES, WEB, read_strings
from domain.languages import sentence_language
from schemas.base import EVERY_LANGUAGE, reader

pages = Pages("portal", __name__, url_prefix="/portal", template_folder=WEB / "pages")

ASSETS = {name: WEB / "static" / name for name in ("portal.js", "portal.css")}
# Asked for anew each time, and mostly answered 304: page, program and texts are of one release.
ASKED_ANEW = "no-cache"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
STRINGS = read_strings("portal")


class Portal(Resource):
    """The page."""

    @open_to_all
    def get(self) -> Response:
        """Show the page in the reader's language"""
        lang = sentence_language([tag for tag in reader.get().languages if tag != EVERY_LANGUAGE])
        page = render_template("portal.html", lang=lang, words=STRINGS[lang], languages=LANGUAGE_NAMES)
        headers = {
            "Content-Security-Policy": POLICY,
            "Content-Language": lang,
            "Vary": "Accept-Language",
            "Cache-Control": ASKED_ANEW,
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        return Response(page, mimetype="text/html", headers=headers)

    # `?lang=` is read where each request begins. Whatever else a link has gathered on its way is no reason to turn a
    # person away.
    get.reads_query = True  # type: ignore[attr-defined]


class Strings(Resource):
    """The page's texts."""

    @open_to_all
    def get(self, lang: str) -> Response:
        """Send the texts of one language, so that it can be changed without signing in again"""
        if lang not in STRINGS:
            raise NotFound
        response = jsonify(STRINGS[lang])
        response.headers["Cache-Control"] = ASKED_ANEW
        return response


class Asset(Resource):
    """What the page loads."""

    @open_to_all
    def get(self, name: str) -> Response:
        """Send a file"""
        if name not in ASSETS:
            raise NotFound
        response = send_file(ASSETS[name])
        response.headers["Cache-Control"] = ASKED_ANEW
        return response


pages.add_url_rule("", view_func=Portal.as_view("portal"))
pages.add_url_rule("/strings/<lang>", view_func=Strings.as_view("strings"))
pages.add_url_rule("/assets/<name>", view_func=Asset.as_view("asset"))
