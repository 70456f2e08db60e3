"""One event for one endpoint, as an exchange that `integrations.http.Sender` can make. Pure: nothing is sent here."""

import json
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime

from domain.db import instant_text
from integrations.exchange import TIMEOUT_S, Exchange
from integrations.webhooks import signing

USER_AGENT = "InterVET/0.1"
OURS: Mapping[str, str] = {"content-type": "application/json", "user-agent": USER_AGENT}


def prepare(
    *,
    key: Hashable,
    endpoint: Hashable,
    url: str,
    message_id: str,
    event_type: str,
    occurred_at: datetime,
    data: Mapping[str, object],
    secrets: Sequence[str],
    own_headers: Mapping[str, str],
    at: datetime,
    timeout_s: float = TIMEOUT_S,
    start_by: float | None = None,
) -> Exchange:
    """Build the signed POST of one attempt at `at`.

    `message_id` is the event's id and the same at every attempt; the signature, which holds `at`, is a new one.
    `own_headers` are the endpoint's; where they are named like ours, ours stand.
    """
    body = render(event_type, occurred_at=occurred_at, data=data)
    own = {name.lower(): value for name, value in own_headers.items()}
    headers = {**own, **OURS, **signing.headers(secrets, message_id=message_id, timestamp=at, body=body)}
    return Exchange(key, endpoint, url, body, headers, timeout_s, start_by=start_by)


def render(event_type: str, *, occurred_at: datetime, data: Mapping[str, object]) -> bytes:
    """The body: compact JSON in UTF-8. Its bytes are what is signed, so they are made once and never again parsed."""
    body = {"type": event_type, "timestamp": instant_text(occurred_at), "data": data}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
