"""From a claim to the request that is sent for it; what many requests have in common is made once."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from domain.models.events import Event
from domain.models.webhooks import Endpoint, EndpointSecret, Payload
from domain.services import webhook_headers
from domain.services.deliveries import Claim, Recipient
from domain.services.events import payload
from domain.services.webhook_secrets import unsealed
from domain.vault import Vault
from integrations.exchange import Exchange
from integrations.webhooks import deliver, signing
from schemas.events import dumped

REMEMBERED = 4096  # of each kind; beyond it all are forgotten and made again
Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Envelope(NamedTuple):
    """What all messages to a recipient have in common: headers and keys, in the clear."""

    headers: Mapping[str, str]
    keys: Sequence[str]
    timeout_s: float


class Messages:
    """Makes requests of claims. It belongs to one thread.

    A thin body is the same for every endpoint and every attempt, so it is rendered and validated once an event. Keys
    and headers are remembered by their sealed bytes, so that new ones are opened as soon as they are there.
    """

    def __init__(self, vault: Vault, *, base_url: str) -> None:
        self._vault, self._base_url = vault, base_url
        self._bodies: dict[UUID, bytes] = {}
        self._keys: dict[tuple[UUID, bytes], str] = {}
        self._headers: dict[tuple[UUID, bytes | None], Mapping[str, str]] = {}
        # By the very objects: those of one claim are shared by its deliveries, and have quick hashes.
        self._envelopes: dict[Recipient, Envelope] = {}
        self._told: dict[Event, tuple[str, bytes]] = {}

    def exchange(self, claim: Claim, resource: Any, *, at: datetime, start_by: float) -> Exchange:
        """The signed request of a claim's next attempt, at `at`. `resource` is what a full payload tells.

        Raises Unsealable for what was sealed under a lost key, ValidationError for a payload against its schema.
        """
        to = claim.endpoint
        envelope = _remembered(self._envelopes, to, self._envelope)
        message_id, body = _remembered(self._told, claim.event, self._thin)
        if to.payload is Payload.FULL:
            body = self._rendered(claim.event, {"object": resource})
        headers = {
            **envelope.headers,
            **signing.headers(envelope.keys, message_id=message_id, timestamp=at, body=body),
        }
        return Exchange(claim, to.id, to.url, body, headers, envelope.timeout_s, start_by=start_by)

    def _envelope(self, to: Recipient) -> Envelope:
        headers = _remembered(self._headers, (to.id, to.sealed_headers), lambda _: self._opened(to))
        return Envelope(
            headers, [self._key(key) for key in to.keys if key.scheme in to.signatures], float(to.timeout_s)
        )

    def _thin(self, event: Event) -> tuple[str, bytes]:
        return str(event.id), _remembered(self._bodies, event.id, lambda _: self._rendered(event, {}))

    def _rendered(self, event: Event, more: Mapping[str, Any]) -> bytes:
        told = payload(event, base_url=self._base_url)
        data = dumped(event.type, {**told["data"], **more})
        return deliver.render(told["type"], occurred_at=told["timestamp"], data=data)

    def _key(self, key: EndpointSecret) -> str:
        return _remembered(self._keys, (key.endpoint_id, key.sealed), lambda _: unsealed(key, vault=self._vault))

    def _opened(self, to: Recipient) -> Mapping[str, str]:
        # Of an endpoint it reads what a recipient has as well.
        own, authorization = webhook_headers.unsealed(cast(Endpoint, to), vault=self._vault)
        credentials = {"authorization": authorization} if authorization else {}
        return {**{name.lower(): value for name, value in own.items()}, **credentials, **deliver.OURS}


def _remembered(known: dict[Key, Made], key: Key, make: Callable[[Key], Made]) -> Made:
    made = known.get(key)
    if made is None:
        if len(known) >= REMEMBERED:
            known.clear()
        made = known[key] = make(key)
    return made
