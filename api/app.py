"""The application put together: nothing happens at import, everything is handed in."""

import secrets
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter

from api import (
    activities,
    application_sheets,
    applications,
    call_decisions,
    calls,
    consent_forms,
    consent_texts,
    deliveries,
    docs,
    documents,
    errors,
    event_types,
    events,
    health,
    imports,
    logs,
    me,
    memberships,
    messages,
    metrics,
    mobilities,
    my_consents,
    my_editor,
    my_pages,
    organisations,
    parsing,
    participants,
    portal,
    projects,
    recoveries,
    reported_figures,
    statistics,
    targets,
    tokens,
    webhooks,
)
from api.http import Policy, Resource, Services
from api.prepared import Prepared
from domain.config import Config, with_keys
from domain.languages import parse_accept_language
from domain.services.catalogue import CatalogueVersion
from domain.transaction import Database, connect, utcnow
from domain.vault import Vault
from integrations.files.store import store_of
from schemas.base import EVERY_LANGUAGE, Reader, reader

LARGEST_BODY = 256 * 1024  # bytes of JSON; our largest form with all translations has a fifth of that
POOL = 4  # connections, one for each of gunicorn's threads

BLUEPRINTS = (
    me.blp,
    projects.blp,
    organisations.blp,
    memberships.blp,
    activities.blp,
    targets.blp,
    reported_figures.blp,
    statistics.blp,
    consent_texts.blp,
    consent_forms.blp,
    tokens.blp,
    calls.blp,
    applications.blp,
    application_sheets.blp,
    call_decisions.blp,
    imports.blp,
    my_consents.blp,  # with what stands in my.py
    documents.blp,
    messages.blp,
    participants.blp,
    mobilities.blp,
    events.blp,
    event_types.blp,
    webhooks.blp,
    deliveries.blp,
    recoveries.blp,
    docs.blp,
    health.blp,
)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
}
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, Content-Language, Last-Modified, Idempotency-Replayed",
}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Accept-Language, If-None-Match",
    "Access-Control-Max-Age": "86400",  # seconds
}


class NameConverter(BaseConverter):
    """An id or a slug; what can't be either is not found without asking the database."""

    regex = "[0-9A-Za-z-]{1,80}"


def create_app(config: Config, *, clock: Callable[[], datetime] = utcnow, database: Database | None = None) -> Flask:
    """Make the application. It connects at the first request, not before (gunicorn forks in between)."""
    config = with_keys(config)
    app = Flask("intervet", static_folder=None)
    app.config.update(
        BASE_URL=config.base_url,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        # Links are made from the configured address, never from Host; this refuses the odd ones before that.
        TRUSTED_HOSTS=[urlsplit(config.base_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"],
    )
    store_of(config)  # What can't be used is found out now, not by the first who sends a file.
    app.extensions["intervet"] = Services(
        config=config,
        database=database or connect(config.database_url, pool_size=POOL),
        clock=clock,
        vault=Vault(config.secret_keys),
    )
    app.url_map.converters["name"] = NameConverter
    parsing.set_up(app)
    logs.set_up(app)
    errors.set_up(app)
    for blueprint in (*BLUEPRINTS, docs.pages, portal.pages, my_pages.pages, my_editor.pages):
        app.register_blueprint(blueprint)
    metrics.set_up(app)
    app.before_request(lambda: _begin(config, clock))
    app.after_request(_finish)
    _check_policies(app)
    version = CatalogueVersion(app.extensions["intervet"].database)
    app.wsgi_app = Prepared(  # type: ignore[method-assign]
        app.wsgi_app, version=version, clock=clock, note=logs.note_prepared(app)
    )
    return app


def _begin(config: Config, clock: Callable[[], datetime]) -> None:
    """Take the instant that counts, and find out in which languages the reader reads."""
    wanted = request.args.get("lang")
    languages = (
        (EVERY_LANGUAGE,)
        if wanted == EVERY_LANGUAGE
        else parse_accept_language(request.headers.get("Accept-Language"), lang=wanted)
    )
    g.request_id = secrets.token_hex(8)
    reader.set(Reader(languages=languages or ("en",), at=clock(), base_url=config.base_url))
    if "HTTP_HOST" not in request.environ and request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
        raise BadRequest("The request names no Host.")


def _finish(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers.setdefault("Cache-Control", "private, no-store")
    if _is_open():
        response.headers.update(CORS_HEADERS)
        if request.method == "OPTIONS":
            response.headers.update(PREFLIGHT_HEADERS)
    return response


def _is_open() -> bool:
    """Whether browsers may call this from any origin: what is open to all, and its preflight."""
    view = _view(request.endpoint)
    method = request.headers.get("Access-Control-Request-Method", request.method)
    return view is not None and _policy(view, "GET" if method == "HEAD" else method) == Policy(public=True)


def _view(endpoint: str | None) -> type[Resource] | None:
    from flask import current_app  # noqa: PLC0415

    function = current_app.view_functions.get(endpoint or "")
    return getattr(function, "view_class", None)


def _policy(view: type[Resource], method: str) -> Policy | None:
    return getattr(getattr(view, method.lower(), None), "policy", None)


def _check_policies(app: Flask) -> None:
    """Refuse to start with an operation for which nobody said who may call it."""
    for rule in app.url_map.iter_rules():
        view = getattr(app.view_functions[rule.endpoint], "view_class", None)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if view is None or _policy(view, method) is None:
                raise AssertionError(f"{method} {rule.rule} declares no policy: use @needs(…) or @open_to_all.")
