"""Signatures, held against the vector that the specification's authors publish and against their own verifier."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from integrations.webhooks.signing import headers, new_secret, sign

VECTORS = json.loads((Path(__file__).parents[2] / "contract" / "vectors" / "standard-webhooks.json").read_text())
SECRET = new_secret(bytes(range(32)))
OLD_SECRET = new_secret(bytes(range(32, 64)))
BODY = '{"type":"call.published","data":{"title":"Mobilnost učenika — Тирана"}}'.encode()


def signed(*secrets: str, **changes: str) -> dict[str, str]:
    """The headers of a message of this moment, some of them tampered with."""
    now = datetime.now(UTC)
    return headers(secrets or (SECRET,), message_id="msg_1", timestamp=now, body=BODY) | changes


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["message_id"])
def test_a_signature_is_the_published_one(vector: dict[str, Any]) -> None:
    timestamp = datetime.fromtimestamp(vector["timestamp"], UTC)

    signature = sign(
        vector["secret"], message_id=vector["message_id"], timestamp=timestamp, body=vector["body"].encode()
    )

    assert signature == vector["signature"]


def test_the_reference_library_accepts_a_signed_message() -> None:
    assert Webhook(SECRET).verify(BODY, signed()) == json.loads(BODY)


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET], ids=["new", "old"])
def test_during_a_rotation_either_secret_verifies(secret: str) -> None:
    assert Webhook(secret).verify(BODY, signed(SECRET, OLD_SECRET)) == json.loads(BODY)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (BODY.replace(b"Mobilnost", b"mobilnost"), {}),
        (BODY, {"webhook-id": "msg_2"}),
        (BODY, {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) + 60)}),
        (BODY, {"webhook-timestamp": "1614265330"}),
        (BODY, {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}),
    ],
    ids=["body", "id", "time within tolerance", "old time", "signature"],
)
def test_a_message_that_was_tampered_with_is_refused(body: bytes, changes: dict[str, str]) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, signed(**changes))


def test_another_endpoints_secret_does_not_verify() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(BODY, signed(SECRET))


def test_a_secret_is_its_bytes_in_base64_behind_a_prefix() -> None:
    assert SECRET == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_key_of_the_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        new_secret(bytes(length))


def test_an_id_with_a_full_stop_is_refused() -> None:
    with pytest.raises(ValueError, match="full stop"):
        sign(SECRET, message_id="msg_1.1614265330", timestamp=datetime.now(UTC), body=BODY)


def test_a_message_is_never_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="without a secret"):
        headers((), message_id="msg_1", timestamp=datetime.now(UTC), body=BODY)
