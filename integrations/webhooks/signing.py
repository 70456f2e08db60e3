"""Signatures by Standard Webhooks 1.0.0: `v1`, HMAC-SHA256 with a secret that both sides know, and `v1a`, Ed25519.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme"
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET_PREFIX = "whsec_"  # noqa: S105  what tells a secret from other strings, and no secret itself
SIGNING_KEY_PREFIX = "whsk_"  # the private half; its owner is never shown it
LOADED_KEYS = 1024  # Loading one costs as much as signing with it; each takes about a kilobyte.


def sign(key: str, *, message_id: str, timestamp: datetime, body: bytes) -> str:
    """One signature, `v1,K5oZfz…` by a `whsec_` and `v1a,hnO3f9…` by a `whsk_`.

    `timestamp` is the attempt's, of which whole seconds are signed.
    """
    return _signature(key, _content(message_id, timestamp, body))


def headers(keys: Sequence[str], *, message_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """The three headers that a receiver verifies, with a signature by each key in force, the newest first."""
    if not keys:
        raise ValueError("A message without a secret can't be signed.")
    content = _content(message_id, timestamp, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(timestamp.timestamp())),
        "webhook-signature": " ".join([_signature(key, content) for key in keys]),
    }


def _content(message_id: str, timestamp: datetime, body: bytes) -> bytes:
    # The three are joined by full stops: one inside the id would let two messages have one signature.
    if "." in message_id:
        raise ValueError("A message id must not contain a full stop.")
    return b"%b.%d.%b" % (message_id.encode("ascii"), int(timestamp.timestamp()), body)


def _signature(key: str, content: bytes) -> str:
    prefix, underscore, encoded = key.partition("_")
    scheme = SCHEMES.get(prefix + underscore)
    if scheme is None:  # The key is not told: whatever it is, it belongs in no log.
        raise ValueError(f"A key that signs begins with {' or '.join(SCHEMES)}.")
    return scheme(encoded, content)


def _v1(encoded: str, content: bytes) -> str:
    key = b64decode(encoded, validate=True)
    return "v1," + b64encode(hmac.digest(key, content, "sha256")).decode("ascii")


def _v1a(encoded: str, content: bytes) -> str:
    return "v1a," + b64encode(_private_key(encoded).sign(content)).decode("ascii")


@lru_cache(LOADED_KEYS)
def _private_key(encoded: str) -> Ed25519PrivateKey:
    # The seed of RFC 8032 alone, 32 bytes: the form of 64, with the public half behind it, is not the specification's.
    return Ed25519PrivateKey.from_private_bytes(b64decode(encoded, validate=True))


SCHEMES: Mapping[str, Callable[[str, bytes], str]] = {SECRET_PREFIX: _v1, SIGNING_KEY_PREFIX: _v1a}
