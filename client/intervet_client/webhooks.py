"""Whether a message came from the server, by Standard Webhooks 1.0.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme"
"""

import binascii
import hmac
import json
import time
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from intervet_client.errors import BadSignature

TOLERANCE = 300.0  # seconds; within it a message that somebody recorded can be played again, so keep ids that long
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
) -> dict[str, Any]:
    """The message, once it is certain who signed it: by `whsec_…` (v1) or by `whpk_…`, the public key (v1a).

    `body` is what arrived, byte for byte. With `tolerance` None a message of any age will do. Raises BadSignature.
    """
    message_id, timestamp, signatures = _told(headers)
    _check_age(timestamp, tolerance, time.time() if now is None else now)
    content = f"{message_id}.{timestamp}.".encode() + body
    scheme, key = _key(secret)
    candidates = [given.partition(",")[2] for given in signatures.split() if given.startswith(f"{scheme},")]
    if not candidates:
        raise BadSignature(f"There is no {scheme} signature.\nNext: use the endpoint's other secret (whsec_ or whpk_).")
    if not any(_signed(scheme, key, content, candidate) for candidate in candidates):
        raise BadSignature(
            "The signature is not by this secret, or the body was changed on its way.\n"
            "Next: compare the endpoint's secret; verify the body as it arrived, before anything parses it."
        )
    return _message(body)


def _told(headers: Mapping[str, str]) -> list[str]:
    found = {name.lower(): value.strip() for name, value in headers.items()}
    missing = [name for name in HEADERS if not found.get(name)]
    if missing:
        raise BadSignature(f"There is no header {missing[0]}.\nNext: keep all three: {', '.join(HEADERS)}.")
    return [found[name] for name in HEADERS]


def _check_age(timestamp: str, tolerance: float | None, now: float) -> None:
    if not timestamp.isdigit():
        raise BadSignature("webhook-timestamp is no number of seconds.\nNext: keep the header as it arrived.")
    age = now - int(timestamp)
    if tolerance is not None and abs(age) > tolerance:
        raise BadSignature(
            f"The message is {age:.0f} seconds old by this machine's clock, {tolerance:.0f} are allowed.\n"
            "Next: set this machine's clock, or allow any age for a message from a log."
        )


def _key(secret: str) -> tuple[str, bytes]:
    prefix, _, encoded = secret.strip().partition("_")
    scheme = {"whsec": "v1", "whpk": "v1a"}.get(prefix)
    try:
        if scheme is None:
            raise ValueError
        return scheme, b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise BadSignature("This is no secret.\nNext: use the endpoint's whsec_… or its public key whpk_….") from None


def _signed(scheme: str, key: bytes, content: bytes, signature: str) -> bool:
    try:
        given = b64decode(signature, validate=True)
        if scheme == "v1":
            return hmac.compare_digest(given, hmac.digest(key, content, "sha256"))
        Ed25519PublicKey.from_public_bytes(key).verify(given, content)
    except (ValueError, binascii.Error, InvalidSignature):
        return False
    return True


def _message(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError as error:
        raise BadSignature("The body is signed, but is no JSON.\nNext: tell the server's operator.") from error
    return dict(message)
