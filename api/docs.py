"""The contract and the pages that explain it: all from this server, nothing from anywhere else."""

import hashlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint as Pages
from flask import Response, current_app, render_template, send_file
from werkzeug.exceptions import NotFound

from api import conditional, openapi
from api.http import Blueprint, Resource, open_to_all, services
from domain.languages import CATALOGUES
from schemas.problems import PROBLEMS

blp = Blueprint("contract", __name__, description="What this document says, for programs.")
WEB = Path(__file__).parent.parent / "web"
pages = Pages("docs", __name__, template_folder=WEB / "pages")

KEPT = "public, max-age=3600"  # seconds; a new release changes them, and an hour later everybody has it
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _swagger_ui() -> Path:
    # Found, not imported: at its import the package asks the machine for its own version, to no use of ours.
    found = find_spec("flask_swagger_ui")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "dist"


ICON = "favicon-32x32.png"
ASSETS = {name: _swagger_ui() / name for name in ("swagger-ui.css", "swagger-ui-bundle.js", ICON)} | {
    name: WEB / "static" / name for name in ("api.js", "pages.css")
}


class ContractResource(Resource):
    """What both forms of the contract share."""

    def answer(self, contract: bytes, content_type: str) -> Response:
        """The contract, to be kept for a while."""
        self.headers["ETag"] = conditional.etag(1, hashlib.sha256(contract).hexdigest())
        return Response(contract, content_type=content_type, headers={"Cache-Control": KEPT})


@blp.route("/openapi.json")
class Contract(ContractResource):
    """The contract as JSON."""

    @open_to_all
    @blp.response(200, {"type": "object"}, description="OpenAPI 3.1.", example={"openapi": "3.1.0"})
    def get(self) -> Response:
        """Read this document as JSON"""
        return self.answer(_kept("json", orjson.dumps), "application/json")


@blp.route("/openapi.yaml")
class ContractYaml(ContractResource):
    """The contract as YAML."""

    @open_to_all
    @blp.response(200, {"type": "string"}, content_type="application/yaml", description="OpenAPI 3.1.")
    def get(self) -> Response:
        """Read this document as YAML"""
        return self.answer(_kept("yaml", lambda contract: openapi.written(contract).encode()), "application/yaml")


class Docs(Resource):
    """The contract, to be read and tried."""

    @open_to_all
    def get(self) -> Response:
        """Show Swagger UI"""
        return _page("api.html")


class Problems(Resource):
    """What problem documents mean."""

    @open_to_all
    def get(self) -> Response:
        """Show all codes; the `type` of a problem document leads to its own"""
        findings = {code: sentence for code, sentence in CATALOGUES["en"].items() if code not in PROBLEMS}
        return _page("problems.html", problems=PROBLEMS, findings=findings)


class Asset(Resource):
    """What the pages load."""

    @open_to_all
    def get(self, name: str) -> Response:
        """Send a file"""
        if name not in ASSETS:
            raise NotFound
        return _sent(name)


class Entrance(Resource):
    """Where people come in who were told the server's address and no more."""

    @open_to_all
    def get(self) -> Response:
        """Lead to the documentation"""
        return Response(status=302, headers={"Location": "/docs", "Cache-Control": KEPT})


class Icon(Resource):
    """What browsers ask every server for."""

    @open_to_all
    def get(self) -> Response:
        """Send the icon"""
        return _sent(ICON)


pages.add_url_rule("/", view_func=Entrance.as_view("entrance"))
pages.add_url_rule("/docs/", view_func=Entrance.as_view("docs_entrance"))
pages.add_url_rule("/favicon.ico", view_func=Icon.as_view("icon"))
pages.add_url_rule("/docs", view_func=Docs.as_view("docs"))
pages.add_url_rule("/docs/problems", view_func=Problems.as_view("problems"))
pages.add_url_rule("/docs/assets/<name>", view_func=Asset.as_view("asset"))


def _sent(name: str) -> Response:
    response = send_file(ASSETS[name])
    response.headers["Cache-Control"] = KEPT
    return response


def _page(template: str, **values: Any) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": KEPT}
    return Response(render_template(template, **values), mimetype="text/html", headers=headers)


def _kept(form: str, write: Callable[[dict[str, Any]], bytes]) -> bytes:
    """The contract in one form, made at the first request for it: that takes a second, and it never changes."""
    kept: dict[str, bytes] = current_app.extensions.setdefault("intervet-contract-bytes", {})
    if form not in kept:
        # Whoever makes a client of it needs no other setting: it names this server.
        servers = [{"url": services().config.base_url, "description": "This server."}]
        kept[form] = write(openapi.document(current_app) | {"servers": servers})
    return kept[form]
