"""Signatures by Standard Webhooks 1.0.0, scheme `v1`: HMAC-SHA256 with a secret that both sides know.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme"
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105  what tells a secret from other strings, and no secret itself
SHORTEST_KEY, LONGEST_KEY = 24, 64  # bytes, both from the specification; ours have 32
NEW_KEY_BYTES = 32


def new_secret(random_bytes: bytes) -> str:
    """The secret made of these bytes, in the form in which its owner sees it; give it NEW_KEY_BYTES from a CSPRNG."""
    if not SHORTEST_KEY <= len(random_bytes) <= LONGEST_KEY:
        raise ValueError(f"A signing key has {SHORTEST_KEY} to {LONGEST_KEY} bytes, not {len(random_bytes)}.")
    return SECRET_PREFIX + b64encode(random_bytes).decode("ascii")


def sign(secret: str, *, message_id: str, timestamp: datetime, body: bytes) -> str:
    """One signature, such as `v1,K5oZfz…`; `timestamp` is the attempt's, of which whole seconds are signed."""
    # The three are joined by full stops: one inside the id would let two messages have one signature.
    if "." in message_id:
        raise ValueError("A message id must not contain a full stop.")
    key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    signed = b"%b.%d.%b" % (message_id.encode("ascii"), int(timestamp.timestamp()), body)
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def headers(secrets: Sequence[str], *, message_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """The three headers that a receiver verifies, with a signature by each secret in force, the newest first."""
    if not secrets:
        raise ValueError("A message without a secret can't be signed.")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(timestamp.timestamp())),
        "webhook-signature": " ".join(
            sign(secret, message_id=message_id, timestamp=timestamp, body=body) for secret in secrets
        ),
    }
