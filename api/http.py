"""One request, one transaction: what every view stands on.

A view asks for `self.session` and `self.caller`; asking opens the transaction (reads get one that can't write), finds
out who is calling, and takes the Idempotency-Key. Arguments are validated before that, so that nobody holds the
writer's place while reading somebody's mistakes. The answer is complete before the commit, and the commit comes before
the answer leaves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, wraps
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, current_app, jsonify, make_response, request
from flask.views import MethodView
from flask_smorest import Blueprint as SmorestBlueprint
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from api import conditional, idempotency
from api.auth import presented_token
from api.parsing import MERGE_PATCH, MULTIPART, Parser, read_form, refuse_parameters
from api.patching import read_patch
from api.prepared import everyone_gets_this
from domain import policies
from domain.config import Config
from domain.db import Text
from domain.errors import Busy, Unauthenticated, Unavailable
from domain.languages import choose_for_record
from domain.models.tokens import Scope
from domain.policies import PUBLIC, Principal
from domain.services import links, tokens
from domain.services.pages import Page, PageRequest
from domain.transaction import Database, reading, should_retry, transaction
from domain.vault import Vault
from schemas.base import EVERY_LANGUAGE, Schema, reader

TRIES = 3  # a transaction that lost a race is begun anew twice
LONGEST_WRITE = timedelta(seconds=45)  # below LONGEST_OPEN_WRITE (60 s), with which the lists of changes reckon
SAFE = ("GET", "HEAD", "OPTIONS")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Services:
    """What an application stands on: its settings, its database, its clock, the keys for secrets at rest."""

    config: Config
    database: Database
    clock: Callable[[], datetime]
    vault: Vault


def services() -> Services:
    """Those of the application that is answering."""
    return current_app.extensions["intervet"]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Policy:
    """Who may call an operation at all: holders of a token with `scope`, or (`public`) anyone, or of a `link`."""

    scope: Scope | None = None
    public: bool = False
    link: bool = False


def needs(scope: Scope | None = None) -> Callable[[View], View]:
    """Declare that an operation takes a token, with this scope if one is named."""
    return _declared(Policy(scope=scope))


def open_to_all(view: View) -> View:
    """Declare that an operation answers anyone; a token shows its holder more. Browsers may call it from any origin."""
    return _declared(Policy(public=True))(view)


def by_link(view: View) -> View:
    """Declare that an operation is for who holds the link in its address. Tokens say nothing here."""
    return _declared(Policy(link=True))(view)


def _declared(policy: Policy) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return mark


class Blueprint(SmorestBlueprint):
    """A blueprint that reads its arguments strictly."""

    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> Any:
        """As flask-smorest's; the operation remembers that it reads parameters, all others refuse any."""
        read = super().arguments(schema, location=location, **options)

        def decorate(view: View) -> View:
            wrapper = read(view)
            wrapper.reads_query = location == "query" or getattr(view, "reads_query", False)
            return wrapper  # type: ignore[no-any-return]

        return decorate

    def response(self, status_code: int, schema: Any = None, *, dumped: bool = False, **options: Any) -> Any:
        """As flask-smorest's; with `dumped` the view chose the schema by who reads, and this one documents it."""
        if not dumped:
            return super().response(status_code, schema, **options)
        documented = super().alt_response(status_code, schema=schema, success=True, **options)

        def decorate(view: View) -> View:
            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return jsonify(view(*args, **kwargs)), status_code

            return documented(wrapper)  # type: ignore[no-any-return]

        return decorate

    def merge_patch(self, schema: type[Schema]) -> Callable[[View], View]:
        """Hand the view a JSON Merge Patch as it came (RFC 7396), and document it as a part of `schema`."""
        describe = self.describe_body(schema(partial=True), content_type=MERGE_PATCH)

        def decorate(view: View) -> View:
            @wraps(view)
            def wrapper(resource: Any, *args: Any, **kwargs: Any) -> Any:
                return view(resource, *args, read_patch(), **kwargs)

            return describe(wrapper)  # type: ignore[return-value]

        return decorate

    def describe_body(self, schema: Any, *, content_type: str = "application/json") -> Callable[[View], View]:
        """Document the body of a view that reads it by itself."""
        described = {"in": "json", "required": True, "schema": schema, "content_type": content_type}

        def decorate(view: View) -> View:
            documented = deepcopy(getattr(view, "_apidoc", {}))
            documented.setdefault("arguments", {}).setdefault("parameters", []).append(described)
            setattr(view, "_apidoc", documented)  # noqa: B010  where flask-smorest's own decorators keep it
            return view

        return decorate

    def form(self, schema: type[Schema]) -> Callable[[View], View]:
        """Hand the view a multipart form with a file in it, as `schema` loads it."""
        describe = self.describe_body(schema(), content_type=MULTIPART)

        def decorate(view: View) -> View:
            @wraps(view)
            def wrapper(resource: Any, *args: Any, **kwargs: Any) -> Any:
                resource.admit()
                return view(resource, schema().load(read_form(request)), *args, **kwargs)

            return describe(wrapper)  # type: ignore[return-value]

        return decorate


class Resource(MethodView):
    """One address. Its methods are the operations, each with a declared policy."""

    init_every_request: ClassVar[bool] = True

    def dispatch_request(self, **kwargs: Any) -> Response:
        """Answer in one transaction; begin it anew when it lost a race that it may well win."""
        self.at = reader.get().at
        self.policy = self._policy()
        self._token = None if self.policy.link else presented_token()
        if self._token is None and not (self.policy.public or self.policy.link):
            raise Unauthenticated("This needs a token; send `Authorization: Bearer ivt_…`.")
        if not getattr(self._operation(), "reads_query", False):
            refuse_parameters(request.args)
        for left in reversed(range(TRIES)):
            try:
                response = self._answered(**kwargs)
            except (IntegrityError, StaleDataError) as error:
                if not left or (isinstance(error, StaleDataError) and "If-Match" in request.headers):
                    raise
            except Exception as error:
                if not left or not should_retry(error):
                    raise
            else:
                self._note_use()
                return response
        raise AssertionError("the last try raises or answers")

    def _refuse_what_took_too_long(self) -> None:
        """Leave undone a write that is late: who reads by modified_since goes by the instant at which it came in."""
        if request.method not in SAFE and services().clock() - self.at > LONGEST_WRITE:
            raise Unavailable("This took too long and was not done; send it again.", retry_after=5)

    def _operation(self) -> Any:
        return getattr(self, "get" if request.method == "HEAD" else request.method.lower(), None)

    def _policy(self) -> Policy:
        return getattr(self._operation(), "policy", Policy())

    def _answered(self, **kwargs: Any) -> Response:
        self.headers: dict[str, str] = {}
        self._kept: idempotency.Claim | None = None
        self.__dict__.pop("session", None)
        try:
            with ExitStack() as self._stack:
                response = make_response(super().dispatch_request(**kwargs))
                response.headers.update(self.headers)
                if self.policy.public and request.method in ("GET", "HEAD"):
                    response = conditional.tagged(response)
                response = conditional.shortened(response)
                if self._kept is not None:
                    self._kept.keep(response)
                self._refuse_what_took_too_long()
        except idempotency.Replay as replay:
            response = replay.response
        return response

    @cached_property
    def session(self) -> Session:
        """The request's session; its transaction begins now."""
        opened = reading if request.method in SAFE else transaction
        keyed = request.method == "POST" and "Idempotency-Key" in request.headers
        fingerprint = idempotency.fingerprint() if keyed else b""
        session = self._stack.enter_context(opened(services().database))
        self._caller = self._admitted(session)
        if keyed:
            self._kept = idempotency.claim(
                session, self._caller, fingerprint=fingerprint, vault=services().vault, at=self.at
            )
        return session

    def _admitted(self, session: Session) -> Principal:
        caller = self._who(session)
        if self.policy.scope is not None:
            policies.require_scope(caller, self.policy.scope)
        return caller

    def _who(self, session: Session) -> Principal:
        if self.policy.link:
            secret = (request.view_args or {})["secret"]
            return links.authenticate(session, secret, key=services().config.link_key)
        return tokens.authenticate(session, self._token, at=self.at) if self._token else PUBLIC

    @contextmanager
    def glance(self) -> Iterator[tuple[Session, Principal]]:
        """A look before the transaction: to turn strangers away before long work that must not be done within it.

        Ask for rights alone: what else may have changed would keep a request that is repeated from its first answer.
        """
        with reading(services().database) as session:
            yield session, self._admitted(session)

    @property
    def caller(self) -> Principal:
        """Who is calling."""
        _ = self.session
        return self._caller

    def concerns(self, whom: UUID) -> None:
        """Say which application or participant the answer shows: a kept one is dropped when they are erased."""
        _ = self.session
        if self._kept is not None:
            self._kept.row.about_id = whom

    def admit(self) -> None:
        """Refuse whoever may not send it before a large body is read; `session` asks again where it counts."""
        with self.glance():
            pass

    def _note_use(self) -> None:
        """Keep the day on which a token was last used, once a day and outside the request's own transaction."""
        caller = self.__dict__.get("_caller")
        if caller is None or not caller.unnoted or caller.token_id is None:
            return
        # What was asked for is done, and its answer stands: a note that fails is made by the next request.
        with suppress(Busy, DBAPIError), transaction(services().database) as session:
            tokens.touch_token(session, caller.token_id, at=self.at)

    def tag(self, version: int, *facets: object) -> None:
        """Give the answer an ETag: the row's version, and a hash of what else decides its bytes."""
        audience = (self.caller.organisation_id, sorted(self.caller.scopes)) if self._token else "public"
        self.headers["ETag"] = conditional.etag(version, reader.get().languages, audience, *facets)

    def may_be_kept(self, next_change: datetime | None, modified: datetime | None = None) -> None:
        """Let caches keep a public answer for a minute, and us for longer, never across a scheduled change of it."""
        if modified is not None:
            self.headers["Last-Modified"] = conditional.http_date(modified)
        self.headers["Cache-Control"] = (
            "private, no-store" if self._token else conditional.cache_control(self.at, next_change)
        )
        self.headers["Vary"] = "Accept-Language, Authorization"
        if not self._token:
            everyone_gets_this(request.environ, until=next_change)

    def speak(self, *records: Sequence[Text]) -> None:
        """Say in which languages the texts of these records come: each record has one of its own."""
        wanted = reader.get().languages
        chosen = dict.fromkeys(choose_for_record(texts, wanted) for texts in records)
        if chosen and wanted != (EVERY_LANGUAGE,):
            self.headers["Content-Language"] = ", ".join(chosen)

    def check_if_match(self, version: int) -> None:
        """Raise PreconditionFailed when the caller's copy is stale."""
        conditional.check_if_match(version)

    def page(self, query: dict[str, Any]) -> PageRequest:
        """Take the paging parameters out of a validated query."""
        return PageRequest(limit=query.pop("limit"), cursor=query.pop("cursor"), sort=query.pop("sort"))

    def listed(self, page: Page[Any], *, dump: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """A page as it is answered, with the address of the next one in the body and as a Link.

        `dump` turns each row into what this caller may see, where that differs from row to row.
        """
        items = page.items if dump is None else [dump(row) for row in page.items]
        if page.next_cursor is None:
            return {"items": items, "next": None}
        parameters = request.args.to_dict() | {"cursor": page.next_cursor}
        address = f"{services().config.base_url}{request.path}?{urlencode(parameters)}"
        self.headers["Link"] = f'<{address}>; rel="next"'
        return {"items": items, "next": address}

    def located(self, path: str) -> None:
        """Say where the thing just made stands."""
        self.headers["Location"] = services().config.base_url + path


def every_language() -> None:
    """Answer with all languages: what writers get back is what they wrote."""
    reader.set(replace(reader.get(), languages=(EVERY_LANGUAGE,)))


def streamed(lines: Iterable[bytes], *, mimetype: str, filename: str) -> Response:
    """An answer that is sent while it is made; `lines` opens its own reading transactions."""
    response = Response(lines, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
