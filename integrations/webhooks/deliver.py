"""What of a message is the same for every endpoint: its body, and the headers that are ours. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime

from domain.db import instant_text

USER_AGENT = "InterVET/0.1"
OURS: Mapping[str, str] = {"content-type": "application/json", "user-agent": USER_AGENT}


def render(event_type: str, *, occurred_at: datetime, data: Mapping[str, object]) -> bytes:
    """The body: compact JSON in UTF-8. Its bytes are what is signed, so they are made once and never again parsed."""
    body = {"type": event_type, "timestamp": instant_text(occurred_at), "data": data}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
