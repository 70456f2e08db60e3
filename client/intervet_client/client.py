"""The server as Python: calls, forms, applications, mobilities, events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid5

from intervet_client import settings
from intervet_client.shapes import (
    Application,
    Body,
    Call,
    ConsentAsked,
    Event,
    EventPage,
    Me,
    Mobility,
    MyApplication,
    Receipt,
    Schema,
)
from intervet_client.transport import PATIENCE, Transport

NAMESPACE = UUID("6f0a7e2c-3d0e-5c8e-9a52-5d1c5b0f7a11")  # of the keys that are made of what is sent
PAGE = 200  # the most that the server gives at once


class Client:
    """A server, as the holder of `token` or as the public.

    Lists are iterators that fetch page after page. What the server refuses is raised as a Problem. Requests that
    nobody answers, or with 429 or 5xx, are sent again for `patience` seconds.
    """

    def __init__(
        self, url: str, token: str | None = None, *, lang: str | None = None, patience: float = PATIENCE
    ) -> None:
        self.has_token = token is not None
        self._transport = Transport(url, token, lang=lang, patience=patience)

    @classmethod
    def from_settings(cls) -> "Client":
        """The server and token of the environment, or of `intervet login`. Raises BadSettings."""
        kept = settings.load()
        return cls(kept.url, kept.token, lang=kept.lang)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._transport.url

    def me(self) -> Me:
        """Who the token is."""
        return cast(Me, self._transport.get("/v1/me"))

    def calls(self, **filters: Any) -> Iterator[Call]:
        """Calls by `status`, `country`, `lang`, `language`, `activity`, `destination`, `project`, `q` …"""
        return self._items("/v1/calls", filters)

    def call(self, call: str, *, lang: str | None = None) -> Call:
        """One call by its id or slug."""
        return cast(Call, self._transport.get(f"/v1/calls/{quote(call, safe='')}", {"lang": lang}))

    def form(self, call: str, *, lang: str | None = None) -> Schema:
        """A call's questions, as the JSON Schema of an application's `answers`."""
        return cast(Schema, self._transport.get(f"/v1/calls/{quote(call, safe='')}/form", {"lang": lang}))

    def consent_text(self, project: str, purpose: str, *, lang: str | None = None) -> ConsentAsked:
        """What a project asks people to agree to for a purpose, as it stands now."""
        address = f"/v1/projects/{quote(project, safe='')}/consent-texts/{quote(purpose, safe='')}"
        return cast(ConsentAsked, self._transport.get(address, {"lang": lang}))

    def contract(self) -> Schema:
        """The server's OpenAPI document."""
        return cast(Schema, self._transport.get("/openapi.json"))

    def apply(self, call_id: str, application: Mapping[str, Any], *, key: str | None = None) -> Receipt:
        """Send an application. Sent again unchanged it is the same application: the key is made of what it says.

        `call_id` is the call's id, since the same by its slug would be another request.
        """
        body = canonical(application)
        address = f"/v1/calls/{quote(call_id, safe='')}/applications"
        return cast(Receipt, self._transport.post(address, body, key=key or key_of(call_id, application)))

    def applications(self, **filters: Any) -> Iterator[Application]:
        """Applications by `call_id`, `state`, `country`, `sending_organisation_id`, `modified_since` …"""
        return self._items("/v1/applications", filters)

    def application(self, application_id: str) -> Application:
        """One application."""
        return cast(Application, self._transport.get(f"/v1/applications/{quote(application_id, safe='')}"))

    def my_application(self, my_url: str) -> MyApplication:
        """One application by its applicant's own link, which needs no token."""
        secret = urlsplit(my_url).path.rstrip("/").rpartition("/")[2]
        return cast(MyApplication, self._transport.get(f"/v1/my/{quote(secret, safe='')}"))

    def mobilities(self, **filters: Any) -> Iterator[Mobility]:
        """Mobilities by `state`, `project`, `sending_country`, `modified_since` …"""
        return self._items("/v1/mobilities", filters)

    def events(self, *, after: str | None = None, **filters: Any) -> Iterator[Event]:
        """What happened after the event `after`, until now, by `types`, `project`, `country`."""
        while True:
            page = self.event_page(after=after, **filters)
            yield from page["items"]
            after = page["last"]
            if page["next"] is None:
                return

    def event_page(self, *, after: str | None = None, **filters: Any) -> EventPage:
        """Some events, and after which one to ask next time."""
        return cast(EventPage, self._transport.get("/v1/events", {"limit": PAGE, "after": after, **filters}))

    def _items(self, path: str, filters: Mapping[str, Any]) -> Iterator[Any]:
        page = self._transport.get(path, {"limit": PAGE, **filters})
        yield from page["items"]
        while page["next"]:
            # The server knows itself by one name; we may have reached it by another, and the token stays with ours.
            address = urlsplit(page["next"])
            page = self._transport.get(f"{path}?{address.query}")
            yield from page["items"]


def canonical(application: Mapping[str, Any]) -> bytes:
    """The application as bytes: the same for the same content, in whatever order it was put together."""
    return json.dumps(application, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def key_of(call_id: str, application: Body | Mapping[str, Any]) -> str:
    """The Idempotency-Key of an application to a call: of the same content, on every machine, the same."""
    return str(uuid5(NAMESPACE, f"{call_id}\n{canonical(application).decode()}"))
